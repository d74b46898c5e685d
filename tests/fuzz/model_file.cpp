// SPDX-License-Identifier: Apache-2.0
// A model file of a stranger: is it refused with a reason, in memory that it is worth, or does all
// that uses a model work with it?
#include "choices.h"
#include "encode/model_tokenizer.h"
#include "target.h"
#include "tests/random_imported_model.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

Bytes imported_file() {
  RandomImportedMaker maker(1, 1);
  ImportedShape shape = maker.shape(TestFamily::kLlama);
  const Tokenizer tokenizer = test::bytes_only_tokenizer();
  const ExactModel model = maker.model(shape, tokenizer.vocabulary().size());
  return serialize_model(model, tokenizer.table(), {{1, 2, 3}, 1});
}

// What edits are made to: the first choice takes one, or nothing at all.
const std::vector<Bytes>& files() {
  static const std::vector<Bytes> all = {test::tiny_model_file(test::tiny_tokenizer()),
                                         test::tiny_model_file(test::tiny_tokenizer_with_merges()),
                                         test::tiny_model_file(test::bytes_only_tokenizer()),
                                         imported_file(), Bytes()};
  return all;
}

// The shape may ask for more steps than a fuzzer has time for.
bool is_small(const ModelConfig& c) {
  return uint64_t{c.layers} * c.dim * (c.hidden + c.heads * c.head_dim) <= 64 * 1024 &&
         c.vocabulary <= 1024 && c.layers * c.window <= 4096;
}

void use(const LoadedModel& model) {
  const std::string text = "the cat, \xc3\xa9\xff and 12  aaaaaaaaa";
  const Tokenizer* tokenizer = nullptr;
  const auto refused = refusal([&] { tokenizer = &tokenizer_of(model); });
  require(!refused || refused == ErrorKind::kModelBad, "a segmenter is refused for another reason");
  if (tokenizer) {
    std::vector<uint32_t> tokens;
    tokenizer->encode(ByteView(text), tokens);
    Bytes back;
    tokenizer->decode(tokens, back);
    require(ByteView(back).text() == text, "a tokenizer that was accepted loses something");
    tokenizer->table();
  }
  if (model.exact.imported || !is_small(model.exact.config)) return;
  Engine engine = make_cpu_engine(model.exact, 1);
  self_test_hash(model.exact, {0, 97, 255, 98}, engine);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  const Bytes& base = files()[in.below(files().size())];
  Bytes file = edited(base, in);
  if (file.size() >= 8) file = test::rehashed(std::move(file));
  // A token of three bytes may share 63 with the one before it.
  const uint64_t most = 8 * file.size() + (uint64_t{2} << 20);
  std::shared_ptr<const LoadedModel> model;
  const auto summary = refusal([&] { summarize_model(file, "model"); });
  const auto refused =
      within_heap(most, [&] { return refusal([&] { model = parse_model(file, "model"); }); });
  require(refused || !summary, "a model was read of which there is no summary");
  require(!refused || refused == ErrorKind::kModelBad, "a model is refused for another reason");
  if (model) use(*model);
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  for (size_t number = 0; number < files().size(); ++number) {
    const auto base = static_cast<uint8_t>(number);
    const size_t size = files()[base].size();
    all.push_back({base});
    // Fields of the shape, of the vocabulary, and at the end.
    for (const size_t at : {8, 9, 11, 16, 18, 24, 26, 40}) {
      append_edit(all.emplace_back(Bytes{base}), at, 1, Bytes{1});
    }
    append_edit(all.emplace_back(Bytes{base}), size - std::min<size_t>(size, 100), 8,
                Bytes{255, 255, 255, 127});
    append_edit(all.emplace_back(Bytes{base}), size / 2, 200, Bytes(200, 127));
  }
  return all;
}
