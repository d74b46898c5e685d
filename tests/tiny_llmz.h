// SPDX-License-Identifier: Apache-2.0
// Everything around the library that its tests need: a tiny random model in a folder of its own,
// contents, sources with bad manners, and compress() and decompress() from memory to memory.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "container/frame_reader.h"
#include "container/frame_writer.h"
#include "decode/block_decoder.h"
#include "decode/session.h"
#include "encode/block_encoder.h"
#include "encode/segments.h"
#include "exact/make_engine.h"
#include "llmz/llmz.h"
#include "model/model_file.h"
#include "model/self_test.h"
#include "random_model.h"
#include "temp_folder.h"
#include "tokenizer/byte_pairs.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/tokenizer.h"

namespace llmz::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

inline void write_file(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data), static_cast<std::streamsize>(bytes.size));
}

// A sentencepiece model written by hand (ModelProto): the bytes, and pieces that all cost the same,
// so that the fewest pieces win.
inline std::string handmade_sentencepiece(const std::vector<std::string>& pieces) {
  const auto field = [](int number, const std::string& bytes) {
    std::string out(1, static_cast<char>(number << 3 | 2));
    for (size_t n = bytes.size();; n >>= 7) {
      out += static_cast<char>(n >= 128 ? n % 128 + 128 : n);
      if (n < 128) break;
    }
    return out + bytes;
  };
  const auto piece = [&](const std::string& text, char type) {
    const std::string score("\x15\x00\x00\x80\xbf", 5);  // -1.0f
    return field(1, field(1, text) + score + "\x18" + type);
  };
  std::string model = piece("<unk>", 2);
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    model += piece(name, 6);
  }
  for (const std::string& text : pieces) model += piece(text, 1);
  return model + field(2, std::string("\x18\x01\x98\x02\x01", 5));  // unigram, byte fallback
}

// 256 bytes and 32 longer tokens, the longest of 64 bytes.
inline Tokenizer tiny_tokenizer() {
  const std::string space = "\xe2\x96\x81";
  std::string spaces;
  for (int i = 0; i < 32; ++i) spaces += space;
  std::vector<std::string> pieces{
      space + "the", space + "of", space + "and", space + "to", space + "in",
      space + "a",   space + "w",  space + "s",   spaces,       "ing",
      "tion",        "ment",       "ed",          "er",         "th",
      "he",          "an",         "on",          "re",         "at",
      "en",          "or",         "es",          "\xc3\xa9",   "\xe6\x97\xa5"};
  for (size_t n = 2; n <= 64; n *= 2) pieces.emplace_back(n, 'a');
  pieces.push_back(space + space);
  const std::string proto = handmade_sentencepiece(pieces);
  return Tokenizer(sentencepiece_vocabulary(proto), proto);
}

// The tokens of tiny_tokenizer(), each made of the longest token that begins it and bytes, so far
// as that goes.
inline Tokenizer tiny_tokenizer_with_merges() {
  const Vocabulary vocabulary = tiny_tokenizer().vocabulary();
  std::vector<Merge> merges;
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view bytes = vocabulary.bytes(id);
    for (size_t length = bytes.size() - 1; length > 0; --length) {
      const auto left = vocabulary.find(bytes.substr(0, length));
      const auto right = vocabulary.find(bytes.substr(length));
      if (!left || !right) continue;
      merges.push_back({*left, *right, id});
      break;
    }
  }
  return Tokenizer(vocabulary, serialize_merges(merges));
}

inline Tokenizer bytes_only_tokenizer() { return Tokenizer(Vocabulary(), ""); }

// The smallest shape that has everything; it fits both tokenizers.
inline ExactModel tiny_exact_model(const Tokenizer& tokenizer, uint64_t seed = 1) {
  ModelConfig config;
  config.vocabulary = tokenizer.vocabulary().size();
  config.dim = 32;
  config.layers = 1;
  config.heads = 2;
  config.head_dim = 16;
  config.hidden = 32;
  config.window = 32;
  config.pair_rows = 16;
  config.value_every = 1;
  ExactModel model = random_model(seed, config);
  model.name = "tiny";
  model.learning.rate = 64 * 1024;
  return model;
}

inline const char* const kSelfTestText = "the cat sat on the mat, and the dog ran to it. \xc3\xa9";

// The model file, with a true self-test.
inline Bytes tiny_model_file(const Tokenizer& tokenizer, uint64_t seed = 1) {
  const ExactModel exact = tiny_exact_model(tokenizer, seed);
  Engine engine = make_cpu_engine(exact, 1);
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(kSelfTestText), tokens);
  return serialize_model(exact, tokenizer.table(), make_self_test(exact, tokens, engine));
}

// A model file with the hash that belongs to it: a forger's, not a damaged one.
inline Bytes rehashed(Bytes file) {
  file.resize(file.size() - 8);
  append_le(file, xxh3_64(file), 8);
  return file;
}

// A folder with the models "default" (longer tokens), "merges" (the same from a byte-level BPE) and
// "bytes" (every byte a token).
inline const Models& tiny_models() {
  static const TempFolder folder;
  static const Models models = [] {
    write_file(folder.file("default.llmzmodel"), tiny_model_file(tiny_tokenizer()));
    write_file(folder.file("merges.llmzmodel"), tiny_model_file(tiny_tokenizer_with_merges()));
    write_file(folder.file("bytes.llmzmodel"), tiny_model_file(bytes_only_tokenizer()));
    return Models({folder.path()});
  }();
  return models;
}

inline EngineSettings threads(unsigned count) { return {"cpu", count}; }

// The default with 0 lanes; with others also little memory, which is faster to make.
inline CompressSettings with_lanes(unsigned lanes, unsigned thread_count = 1) {
  CompressSettings settings;
  settings.lanes = lanes;
  if (lanes > 0) settings.memory_bits = 18;
  settings.engine = threads(thread_count);
  return settings;
}

// The network alone, whatever the bytes are.
inline CompressSettings tokens_only(unsigned lanes, unsigned thread_count = 1) {
  CompressSettings settings = with_lanes(lanes, thread_count);
  settings.mix = false;
  return settings;
}

inline CompressSettings no_network() {
  CompressSettings settings = with_lanes(0);
  settings.network = false;
  return settings;
}

// Gives at most `step` bytes at a time.
class DribblingSource : public ByteSource {
 public:
  DribblingSource(ByteView bytes, size_t step) : bytes_(bytes), step_(step) {}
  size_t read(uint8_t* out, size_t count) override {
    return bytes_.read(out, std::min(count, step_));
  }

 private:
  MemorySource bytes_;
  size_t step_;
};

inline Bytes compressed(ByteView content, const CompressSettings& settings,
                        const Models& models = tiny_models()) {
  MemorySource in(content);
  MemorySink out;
  compress(in, out, models, settings);
  return out.take();
}

inline Bytes decompressed(ByteView file, unsigned thread_count = 1,
                          const Models& models = tiny_models()) {
  MemorySource in(file);
  MemorySink out;
  decompress(in, out, models, threads(thread_count));
  return out.take();
}

constexpr RoundMethod kAllMethods[] = {
    RoundMethod::kStored,        RoundMethod::kLzma2,
    RoundMethod::kByteMix,       RoundMethod::kTokenMix,
    RoundMethod::kTokens,        RoundMethod::kRichMix,
    RoundMethod::kSamples,       RoundMethod::kRichTokenMix,
    RoundMethod::kSecondRichMix, RoundMethod::kSecondRichTokenMix};
// Of which a frame has one at most.
constexpr RoundMethod kTokenMethods[] = {RoundMethod::kTokenMix, RoundMethod::kTokens,
                                         RoundMethod::kRichTokenMix,
                                         RoundMethod::kSecondRichTokenMix};

struct Piece {
  RoundMethod method;
  Bytes content;
};

inline Bytes content_of(const std::vector<Piece>& pieces) {
  Bytes all;
  for (const Piece& p : pieces) all.insert(all.end(), p.content.begin(), p.content.end());
  return all;
}

// A file of one frame, in which every piece is a round of its method: compress() would not choose
// a noisy model's tokens.
inline Bytes coded_as(const std::vector<Piece>& pieces, const CompressSettings& settings) {
  Session session(settings.engine);
  CoderSettings coder = plain_coder_settings(settings);
  FrameSettings frame;
  frame.needs_model = false;
  for (const Piece& piece : pieces) frame.needs_model |= needs_model(piece.method);
  if (frame.needs_model) {
    const ModelInfo info = tiny_models().find(settings.model);
    session.use(info);
    frame.model_fingerprint = info.fingerprint;
    coder = coder_settings(settings, session.model().exact);
    frame.coder_is_model_default = is_model_default(coder, session.model().exact);
  }
  frame.coder = coder;
  BlockEncoder encoder(session, coder, nullptr);
  MemorySink out;
  FrameWriter writer(out, frame);
  ContentCheck check(frame.model_fingerprint);
  uint64_t tokens = 0;
  for (const Piece& piece : pieces) {
    const Bytes payload = encoder.encode(piece.method, piece.content, tokens);
    writer.add_round(piece.method, piece.content.size(), payload);
    check.update(piece.content);
  }
  writer.finish(check.value());
  return out.take();
}

template <class Action>
std::optional<ErrorKind> kind_of_error(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

inline Bytes random_bytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() >> 24);
  return bytes;
}

// Words of an invented language in lines; with a few characters beyond ASCII.
inline Bytes text(size_t size, uint32_t seed) {
  static const char* const kParts[] = {"the", "an", "ing", "tion", "s",        "e",  "ro", "mi",
                                       "of",  "to", "and", "re",   "\xc3\xa9", "at", "en", "w"};
  std::mt19937 random(seed);
  Bytes bytes;
  while (bytes.size() < size) {
    std::string word;
    for (uint32_t i = random() % 3 + 1; i > 0; --i)
      word += kParts[std::min(random() % 16, random() % 16)];
    word += random() % 12 == 0 ? ".\n" : " ";
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  bytes.resize(size);
  return bytes;
}

inline Bytes repeated(uint8_t byte, size_t size) { return Bytes(size, byte); }

}  // namespace llmz::test
