// SPDX-License-Identifier: Apache-2.0
#include "hf/tokenizer.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "hf/byte_level_bpe.h"
#include "hf/gguf_tokenizer.h"
#include "hf/sentencepiece_ids.h"
#include "hf/text_file.h"

namespace llmz::hf {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void bad(const std::string& path, const std::string& message) {
  throw Error(ErrorKind::kModelBad, path + ": " + message);
}

bool has_byte_level_bpe(Family family) { return family == Family::kGpt2 || family == Family::kOpt; }

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

[[noreturn]] void no_tokenizer(const std::string& directory, const char* looked_for) {
  throw Error(ErrorKind::kIo, directory + ": no tokenizer there; looked for " + looked_for);
}

}  // namespace

struct Tokenizer::Parts {
  std::vector<std::string> bytes;  // by id
  std::vector<uint32_t> added_at_start;
  std::optional<uint32_t> bos, eos;
  // One of the two.
  std::unique_ptr<SentencepieceIds> sentencepiece;
  std::unique_ptr<BytePairs> pairs;
  std::string model_proto;    // of the first
  std::vector<Merge> merges;  // of the second
  bool space_at_start = false;

  static std::unique_ptr<Parts> from_sentencepiece(std::string model_proto, const Config& config,
                                                   const std::string& path);
  static std::unique_ptr<Parts> from_bpe(ByteLevelBpe bpe, const Config& config,
                                         const std::string& path);
};

std::unique_ptr<Tokenizer::Parts> Tokenizer::Parts::from_sentencepiece(std::string model_proto,
                                                                       const Config& config,
                                                                       const std::string& path) {
  auto parts = std::make_unique<Parts>();
  parts->model_proto = std::move(model_proto);
  try {
    parts->sentencepiece = std::make_unique<SentencepieceIds>(parts->model_proto);
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  }
  parts->bytes = parts->sentencepiece->bytes();
  if (parts->bytes.size() > config.vocabulary) {
    bad(path, std::to_string(parts->bytes.size()) + " pieces, but the model has rows for " +
                  std::to_string(config.vocabulary) + " tokens");
  }
  parts->bos = parts->sentencepiece->bos();
  parts->eos = parts->sentencepiece->eos();
  if (parts->bos) parts->added_at_start.push_back(*parts->bos);
  return parts;
}

std::unique_ptr<Tokenizer::Parts> Tokenizer::Parts::from_bpe(ByteLevelBpe bpe, const Config& config,
                                                             const std::string& path) {
  auto parts = std::make_unique<Parts>();
  const auto special = [&](const char* name, std::optional<uint32_t> configured) {
    const auto found = bpe.specials.find(name);
    return found == bpe.specials.end() ? configured : found->second;
  };
  const bool opt = config.family == Family::kOpt;
  parts->bos = special(opt ? "</s>" : "<|endoftext|>", config.bos);
  parts->eos = special(opt ? "</s>" : "<|endoftext|>", config.eos);
  if (opt && !parts->bos) bad(path, "no </s>, which OPT puts before every text");
  if (opt) parts->added_at_start.push_back(*parts->bos);
  parts->pairs = std::make_unique<BytePairs>(bpe.byte_ids, bpe.merges);
  parts->bytes = std::move(bpe.bytes);
  parts->merges = std::move(bpe.merges);
  parts->space_at_start = bpe.space_at_start;
  return parts;
}

Tokenizer Tokenizer::open_gguf(const std::string& path, const Config& config) {
  const GgufFile file(path);
  GgufTokenizer tokenizer = gguf_tokenizer(file, config.vocabulary);
  auto parts = tokenizer.bpe
                   ? Parts::from_bpe(std::move(*tokenizer.bpe), config, path)
                   : Parts::from_sentencepiece(std::move(tokenizer.model_proto), config, path);
  // What the file names is the model's own, whatever such tokenizers usually have.
  if (config.bos) parts->bos = config.bos;
  if (config.eos) parts->eos = config.eos;
  parts->added_at_start.clear();
  if (tokenizer.adds_bos && parts->bos) parts->added_at_start.push_back(*parts->bos);
  return Tokenizer(std::move(parts));
}

Tokenizer Tokenizer::open(const std::string& directory, const Config& config) {
  std::error_code ignored;
  if (fs::is_regular_file(directory, ignored)) return open_gguf(directory, config);
  const fs::path folder(directory);
  const fs::path json = folder / "tokenizer.json";
  if (!has_byte_level_bpe(config.family)) {
    const fs::path model = folder / "tokenizer.model";
    if (!is_there(model)) no_tokenizer(directory, "tokenizer.model");
    return open_file(model.string(), config);
  }
  const fs::path vocab = folder / "vocab.json";
  const fs::path merges = folder / "merges.txt";
  if (is_there(vocab) && is_there(merges)) {
    return Tokenizer(
        Parts::from_bpe(read_vocab_and_merges(vocab.string(), merges.string(), config.vocabulary),
                        config, vocab.string()));
  }
  if (!is_there(json))
    no_tokenizer(directory, "vocab.json with merges.txt, then for tokenizer.json");
  return open_file(json.string(), config);
}

Tokenizer Tokenizer::open_file(const std::string& path, const Config& config) {
  const bool is_json = fs::path(path).extension() == ".json";
  if (is_json != has_byte_level_bpe(config.family)) {
    bad(path, is_json ? "LLaMA and Mistral need tokenizer.model instead"
                      : "GPT-2 and OPT need tokenizer.json instead");
  }
  if (!is_json)
    return Tokenizer(Parts::from_sentencepiece(read_tokenizer_file(path), config, path));
  return Tokenizer(Parts::from_bpe(read_tokenizer_json(path, config.vocabulary), config, path));
}

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

void Tokenizer::encode(ByteView text, std::vector<uint32_t>& ids, bool add_prefix) const {
  if (parts_->sentencepiece) return parts_->sentencepiece->encode(text, ids, add_prefix);
  constexpr size_t kMaxWordBytes = size_t{1} << 30;
  if (add_prefix && parts_->space_at_start && text.size > 0 && text[0] != ' ') {
    const std::string spaced = " " + std::string(text.text());
    return parts_->pairs->encode(ByteView(spaced), ids, kMaxWordBytes);
  }
  parts_->pairs->encode(text, ids, kMaxWordBytes);
}

const std::string& Tokenizer::bytes(uint32_t id) const {
  static const std::string nothing;
  return id < size() ? parts_->bytes[id] : nothing;
}

uint32_t Tokenizer::size() const { return static_cast<uint32_t>(parts_->bytes.size()); }
const std::vector<uint32_t>& Tokenizer::added_at_start() const { return parts_->added_at_start; }
std::optional<uint32_t> Tokenizer::bos() const { return parts_->bos; }
std::optional<uint32_t> Tokenizer::eos() const { return parts_->eos; }

std::string Tokenizer::segmenter(const Vocabulary& vocabulary) const {
  if (parts_->sentencepiece) return parts_->model_proto;
  const auto find = [&](uint32_t id) { return vocabulary.find(parts_->bytes[id]); };
  std::vector<Merge> merges;
  for (const Merge& merge : parts_->merges) {
    const auto left = find(merge.left), right = find(merge.right), token = find(merge.token);
    if (left && right && token) merges.push_back({*left, *right, *token});
  }
  return serialize_merges(merges);
}

}  // namespace llmz::hf
