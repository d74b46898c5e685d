// SPDX-License-Identifier: Apache-2.0
#include "hf/gguf_tokenizer.h"

#include <cstring>

#include "base/error.h"
#include "hf/json.h"
#include "vocabulary/vocabulary.h"

namespace llmz::hf {
namespace {

constexpr uint64_t kUnknown = 2, kTypes = 6;  // of tokens; sentencepiece has the same numbers

[[noreturn]] void bad(const GgufFile& file, const std::string& what) {
  throw Error(ErrorKind::kModelBad, file.path() + ": " + what);
}

// Fields of protocol buffers.
class Message {
 public:
  void number(uint32_t field, uint64_t value) {
    append_varint(bytes_, field << 3);
    append_varint(bytes_, value);
  }
  void real(uint32_t field, float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    append_varint(bytes_, field << 3 | 5);
    append_le(bytes_, bits, 4);
  }
  void text(uint32_t field, std::string_view value) {
    append_varint(bytes_, field << 3 | 2);
    append_varint(bytes_, value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  std::string take() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  Bytes bytes_;
};

struct Lists {
  std::vector<std::string_view> tokens;
  std::vector<float> scores;
  std::vector<uint64_t> types;
};

Lists read_lists(const GgufFile& file) {
  Lists lists{file.texts("tokenizer.ggml.tokens"), file.numbers("tokenizer.ggml.scores"),
              file.naturals("tokenizer.ggml.token_type")};
  if (lists.scores.size() != lists.tokens.size() || lists.types.size() != lists.tokens.size()) {
    bad(file, "has " + std::to_string(lists.tokens.size()) + " tokens, " +
                  std::to_string(lists.scores.size()) + " scores and " +
                  std::to_string(lists.types.size()) + " types of tokens");
  }
  return lists;
}

// The text of a special token, or `usual` where the file does not say which it is.
std::string_view special(const GgufFile& file, const Lists& lists, const char* name,
                         std::string_view usual) {
  if (!file.has(name)) return usual;
  const uint64_t id = file.natural(name);
  return id < lists.tokens.size() ? lists.tokens[id] : usual;
}

// Numbers of fields: sentencepiece_model.proto of github.com/google/sentencepiece.
std::string sentencepiece_proto(const GgufFile& file) {
  constexpr uint64_t kBpe = 2;
  const Lists lists = read_lists(file);
  Message proto;
  std::string_view unknown = "<unk>";
  for (size_t i = 0; i < lists.tokens.size(); ++i) {
    const uint64_t type = lists.types[i];
    if (type < 1 || type > kTypes) bad(file, "a token of the unknown type " + std::to_string(type));
    if (type == kUnknown) unknown = lists.tokens[i];
    Message piece;
    piece.text(1, lists.tokens[i]);
    piece.real(2, lists.scores[i]);
    piece.number(3, type);
    proto.text(1, piece.take());
  }
  Message trainer;
  trainer.number(3, kBpe);
  trainer.number(4, lists.tokens.size());
  trainer.number(35, 1);  // byte_fallback
  trainer.text(45, unknown);
  trainer.text(46, special(file, lists, "tokenizer.ggml.bos_token_id", "<s>"));
  trainer.text(47, special(file, lists, "tokenizer.ggml.eos_token_id", "</s>"));
  proto.text(2, trainer.take());
  const char* prefix = "tokenizer.ggml.add_space_prefix";
  Message normalizer;
  normalizer.text(1, "identity");
  normalizer.number(3, !file.has(prefix) || file.flag(prefix) ? 1 : 0);  // add_dummy_prefix
  normalizer.number(4, 0);                                               // keeps white space
  normalizer.number(5, 1);                                               // a space is U+2581
  proto.text(3, normalizer.take());
  return proto.take();
}

bool flag(const GgufFile& file, const std::string& name, bool otherwise) {
  return file.has(name) ? file.flag(name) : otherwise;
}

}  // namespace

GgufTokenizer gguf_tokenizer(const GgufFile& file, uint32_t rows) {
  if (!file.has("tokenizer.ggml.model"))
    bad(file, "has no tokenizer; --tokenizer names a tokenizer.model");
  const std::string model = file.text("tokenizer.ggml.model");
  GgufTokenizer tokenizer;
  if (model == "llama") {
    tokenizer.model_proto = sentencepiece_proto(file);
    tokenizer.adds_bos = flag(file, "tokenizer.ggml.add_bos_token", true);
    return tokenizer;
  }
  const std::string pre =
      file.has("tokenizer.ggml.pre") ? file.text("tokenizer.ggml.pre") : "not named";
  if (model != "gpt2" || pre != "gpt-2") {
    throw Error(ErrorKind::kUsage,
                file.path() + ": the tokenizer " + in_quotes(model) +
                    (model == "gpt2" ? ", cutting words as " + in_quotes(pre) : "") +
                    "; llmz has \"llama\" and \"gpt2\" that cuts words as \"gpt-2\"");
  }
  tokenizer.bpe = bpe_of_lists(file.texts("tokenizer.ggml.tokens"),
                               file.texts("tokenizer.ggml.merges"), file.path(), rows);
  tokenizer.adds_bos = flag(file, "tokenizer.ggml.add_bos_token", false);
  return tokenizer;
}

}  // namespace llmz::hf
