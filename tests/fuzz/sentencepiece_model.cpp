// SPDX-License-Identifier: Apache-2.0
// A serialized sentencepiece model of a stranger, as the segmenter of a model file and as the
// tokenizer.model of a Hugging Face folder: is it refused, or does it lose nothing?
#include "choices.h"
#include "hf/sentencepiece_ids.h"
#include "target.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

const Bytes& base() {
  static const Bytes proto = [] {
    const std::string text = test::tiny_tokenizer().segmenter();
    return Bytes(text.begin(), text.end());
  }();
  return proto;
}

void use_in_model(const std::string& proto, ByteView text) {
  static const Vocabulary vocabulary = test::tiny_tokenizer().vocabulary();
  const Tokenizer tokenizer(vocabulary, proto);
  std::vector<uint32_t> tokens;
  tokenizer.encode(text, tokens);
  Bytes back;
  tokenizer.decode(tokens, back);
  require(ByteView(back).text() == text.text(), "an accepted segmenter loses something");
  tokenizer.table();
}

// Its tokens may be others than the text, as its pieces may; they must be there.
void use_as_checkpoint(const std::string& proto, ByteView text) {
  const hf::SentencepieceIds model(proto);
  for (const bool add_prefix : {false, true}) {
    std::vector<uint32_t> ids;
    model.encode(text, ids, add_prefix);
    for (const uint32_t id : ids) require(id < model.bytes().size(), "an id of no piece");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  const bool is_whole = in.flag();
  const ByteView text = in.take(in.below(40));
  const Bytes bytes = edited(is_whole ? Bytes() : base(), in);
  const std::string proto(bytes.begin(), bytes.end());
  // Pieces are kept several times, and sentencepiece makes a tree of them.
  const uint64_t most = 256 * bytes.size() + (uint64_t{4} << 20);
  within_heap(most, [&] { return refusal([&] { use_in_model(proto, text); }); });
  within_heap(most, [&] { return refusal([&] { use_as_checkpoint(proto, text); }); });
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  const Bytes text = test::text(30, 5);
  const auto begun = [&](uint8_t whole) {
    Bytes input{whole, static_cast<uint8_t>(text.size())};
    input.insert(input.end(), text.begin(), text.end());
    return input;
  };
  std::vector<Bytes> all{begun(0), begun(1)};
  // Type of the model (unigram, BPE, word, char), a tokenizer that adds spaces or suffixes, other
  // fields of the normalizer, and a table that it would follow.
  for (const uint8_t type : {1, 2, 3, 4})
    append_edit(all.emplace_back(begun(0)), base().size(), 0, Bytes{0x12, 2, 0x18, type});
  append_edit(all.emplace_back(begun(0)), base().size(), 0, Bytes{0x12, 3, 0xc0, 1, 1});
  append_edit(all.emplace_back(begun(0)), base().size(), 0, Bytes{0x1a, 4, 0x18, 1, 0x20, 1});
  const Bytes table{0x1a, 14, 0x12, 12, 4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 'a', 0, 'b', 0};
  append_edit(all.emplace_back(begun(0)), base().size(), 0, table);
  append_edit(all.emplace_back(begun(0)), 300, 9, Bytes{1, 2, 3});
  return all;
}
