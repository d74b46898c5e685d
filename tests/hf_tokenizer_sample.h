// SPDX-License-Identifier: Apache-2.0
// Small tokenizers in files, made up by the tests, and the real ones where they are at hand.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "hf/tokenizer.h"
#include "tests/one_line.h"
#include "tests/tokenizer_sample.h"

namespace llmz::test {

namespace fs = std::filesystem;

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "llmz-hf-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

inline std::string read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

inline hf::Config config_of(hf::Family family, uint32_t vocabulary) {
  hf::Config config;
  config.family = family;
  config.vocabulary = vocabulary;
  return config;
}

// The characters of a token in vocab.json: those of GPT-2's bytes_to_unicode(), written down here
// as encoder.py has them.
inline std::string characters(const std::string& bytes) {
  std::string written;
  for (const char c : bytes) {
    const uint32_t byte = static_cast<uint8_t>(c);
    if (byte <= 0x20) {
      written += utf8(0x100 + byte);
    } else if (byte >= 0x7f && byte <= 0xa0) {
      written += utf8(0x100 + 33 + byte - 0x7f);
    } else {
      written += utf8(byte == 0xad ? 0x143 : byte);
    }
  }
  return written;
}

// Tokens as bytes, in the order of their ids, and pairs of them.
struct SmallBpe {
  std::vector<std::string> tokens;
  std::vector<std::pair<std::string, std::string>> merges;

  SmallBpe() {
    // Not in the order of their values.
    for (uint32_t i = 0; i < 256; ++i) tokens.emplace_back(1, static_cast<char>(i * 7 + 3));
  }
  void merge(const std::string& left, const std::string& right) {
    merges.emplace_back(left, right);
    for (const std::string& token : tokens) {
      if (token == left + right) return;
    }
    tokens.push_back(left + right);
  }

  nlohmann::json vocabulary() const {
    nlohmann::json ids = nlohmann::json::object();
    for (size_t id = 0; id < tokens.size(); ++id) ids[characters(tokens[id])] = id;
    return ids;
  }
  std::string merges_txt() const {
    std::string text = "#version: 0.2\n";
    for (const auto& [left, right] : merges) {
      text += characters(left) + " " + characters(right) + "\n";
    }
    return text;
  }
  nlohmann::json tokenizer_json(bool pairs) const {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [left, right] : merges) {
      const std::string l = characters(left), r = characters(right);
      list.push_back(pairs ? nlohmann::json{l, r} : nlohmann::json(l + " " + r));
    }
    return {{"version", "1.0"},
            {"added_tokens", nlohmann::json::array()},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"model", {{"type", "BPE"}, {"vocab", vocabulary()}, {"merges", list}}}};
  }
  hf::Tokenizer open(hf::Family family = hf::Family::kGpt2) const {
    const Folder folder;
    folder.write("vocab.json", vocabulary().dump());
    folder.write("merges.txt", merges_txt());
    return hf::Tokenizer::open(folder.path(),
                               config_of(family, static_cast<uint32_t>(tokens.size())));
  }
};

// Merges of random tokens that begin with the bytes of `letters`: long chains, and the same bytes
// made in several ways.
inline SmallBpe random_bpe(std::mt19937& random, const std::string& letters, uint32_t merges) {
  SmallBpe bpe;
  std::vector<std::string> known;
  for (const char letter : letters) known.emplace_back(1, letter);
  while (bpe.merges.size() < merges) {
    const std::string& left = known[below(random, static_cast<uint32_t>(known.size()))];
    const std::string& right = known[below(random, static_cast<uint32_t>(known.size()))];
    if (left.size() + right.size() > 12) continue;
    bpe.merge(left, right);
    known.push_back(left + right);
  }
  return bpe;
}

// With some of the sample's words.
inline const hf::Tokenizer& small_gpt2() {
  static const hf::Tokenizer tokenizer = [] {
    SmallBpe bpe;
    bpe.merge("b", "a");
    bpe.merge("l", "o");
    bpe.merge("m", "i");
    bpe.merge("c", "o");
    bpe.merge("co", "n");
    bpe.merge("lo", "mi");
    bpe.merge(" ", "lomi");
    bpe.merge(" ", "ba");
    bpe.merge("\n", " ");
    bpe.merge("\xc3", "\xa9");
    bpe.merge("\xe6", "\x97");
    bpe.merge("\xe6\x97", "\xa5");
    bpe.merge("a", "a");
    bpe.merge("aa", "aa");
    return bpe.open();
  }();
  return tokenizer;
}

// A ModelProto with LLaMA's options.
inline std::string llama_proto(uint32_t pieces) {
  OneLine sample(sample_text(60'000));
  std::string proto;
  const auto status =
      sentencepiece::SentencePieceTrainer::Train({{"model_type", "bpe"},
                                                  {"vocab_size", std::to_string(pieces)},
                                                  {"byte_fallback", "true"},
                                                  {"character_coverage", "0.9999"},
                                                  {"split_digits", "true"},
                                                  {"allow_whitespace_only_pieces", "true"},
                                                  {"normalization_rule_name", "identity"},
                                                  {"remove_extra_whitespaces", "false"},
                                                  {"max_sentence_length", "100000"},
                                                  {"minloglevel", "3"}},
                                                 &sample, &proto);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return proto;
}

inline const std::string& small_llama_proto() {
  static const std::string model = llama_proto(600);
  return model;
}

inline const hf::Tokenizer& small_llama() {
  static const hf::Tokenizer tokenizer = [] {
    const Folder folder;
    folder.write("tokenizer.model", small_llama_proto());
    return hf::Tokenizer::open(folder.path(), config_of(hf::Family::kLlama, 600));
  }();
  return tokenizer;
}

// The folder `name` of the real tokenizers, or nothing, with a message, where they are not: then
// the test has nothing to ask. LLMZ_SHARED names the folder above; it is no part of the repository.
inline fs::path real_tokenizer(const std::string& name) {
  const char* shared = std::getenv("LLMZ_SHARED");
  const fs::path root = shared != nullptr ? fs::path(shared) : fs::path(LLMZ_SOURCE) / "../shared";
  const fs::path folder = root / "real/tokenizers" / name;
  if (fs::is_directory(folder)) return folder;
  std::fprintf(stderr, "SKIPPED, no folder %s (LLMZ_SHARED)\n", folder.c_str());
  return {};
}

inline std::vector<uint32_t> ids_of(const hf::Tokenizer& tokenizer, const std::string& text,
                                    bool add_prefix = true) {
  std::vector<uint32_t> ids;
  tokenizer.encode(ByteView(text), ids, add_prefix);
  return ids;
}

inline std::string joined_bytes(const hf::Tokenizer& tokenizer, const std::vector<uint32_t>& ids) {
  std::string text;
  for (uint32_t id : ids) text += tokenizer.bytes(id);
  return text;
}

}  // namespace llmz::test
