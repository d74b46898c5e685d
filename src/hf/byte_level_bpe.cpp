// SPDX-License-Identifier: Apache-2.0
#include "hf/byte_level_bpe.h"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "hf/json.h"
#include "hf/text_file.h"
#include "tokenizer/words.h"

namespace llmz::hf {
namespace {

using nlohmann::json;

[[noreturn]] void bad(const std::string& path, const std::string& message) {
  throw Error(ErrorKind::kModelBad, path + ": " + message);
}

// GPT-2's bytes_to_unicode(): printable characters of Latin-1 stand for themselves, the other bytes
// for the characters from U+0100 on, in order.
constexpr uint32_t kCharacters = 256 + 68;
std::array<int, kCharacters> byte_of_character() {
  std::array<int, kCharacters> byte_of;
  byte_of.fill(-1);
  uint32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
    byte_of[printable ? static_cast<uint32_t>(byte) : next++] = byte;
  }
  return byte_of;
}

// The bytes that a token's characters stand for; nothing where some stand for none.
std::optional<std::string> bytes_of(std::string_view name) {
  static const std::array<int, kCharacters> byte_of = byte_of_character();
  std::string bytes;
  for (size_t at = 0; at < name.size();) {
    const size_t length = utf8_length(ByteView(name.substr(at)));
    uint32_t character = static_cast<uint8_t>(name[at]);
    if (length == 2) character = (character & 0x1f) << 6 | (name[at + 1] & 0x3f);
    if (length == 0 || length > 2 || character >= kCharacters || byte_of[character] < 0) return {};
    bytes += static_cast<char>(byte_of[character]);
    at += length;
  }
  return bytes;
}

// Collects ids and merges, and checks them; the files differ only in how they are written.
class Builder {
 public:
  Builder(std::string path, uint32_t rows) : path_(std::move(path)), rows_(rows) {
    if (rows > Vocabulary::kMaxTokens) {
      bad(path_, "config.json says that there are " + std::to_string(rows) + " tokens; at most " +
                     std::to_string(Vocabulary::kMaxTokens) + " are supported");
    }
  }

  void add_token(const std::string& name, const json& id) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= rows_) {
      bad(path_, "the id of " + in_quotes(name) + " is " + id.dump().substr(0, 40) +
                     "; a number from 0 to " + std::to_string(int64_t{rows_} - 1) +
                     " was expected, as config.json says that there are " + std::to_string(rows_) +
                     " tokens");
    }
    const uint32_t number = id.get<uint32_t>();
    if (number >= names_.size()) names_.resize(number + 1);
    if (names_[number] && *names_[number] != name) {
      bad(path_, "the id " + std::to_string(number) + " is that of " + in_quotes(*names_[number]) +
                     " and of " + in_quotes(name));
    }
    const auto [known, added] = ids_.emplace(name, number);
    if (!added && known->second != number) {
      bad(path_, in_quotes(name) + " has the ids " + std::to_string(known->second) + " and " +
                     std::to_string(number));
    }
    names_[number] = name;
  }

  void finish_tokens() {
    bpe_.bytes.resize(names_.size());
    std::array<bool, 256> found{};
    for (uint32_t id = 0; id < names_.size(); ++id) {
      const auto bytes = names_[id] ? bytes_of(*names_[id]) : std::nullopt;
      if (!bytes || bytes->size() != 1) continue;
      bpe_.bytes[id] = *bytes;
      bpe_.byte_ids[static_cast<uint8_t>((*bytes)[0])] = id;
      found[static_cast<uint8_t>((*bytes)[0])] = true;
    }
    for (size_t byte = 0; byte < 256; ++byte) {
      if (!found[byte]) {
        bad(path_, "the byte " + std::to_string(byte) +
                       " has no token; a byte-level BPE, which has all 256, was expected");
      }
    }
  }

  // `where` says which merge this is.
  void add_merge(const std::string& left, const std::string& right, const std::string& where) {
    Merge merge{known(left, where), known(right, where), known(left + right, where)};
    auto bytes = bytes_of(left + right);
    if (!bytes) bad(where, in_quotes(left + right) + " has characters that stand for no byte");
    bpe_.bytes[merge.token] = std::move(*bytes);
    bpe_.merges.push_back(merge);
  }

  ByteLevelBpe take() {
    for (uint32_t id = 0; id < names_.size(); ++id) {
      if (names_[id] && bpe_.bytes[id].empty()) bpe_.specials.emplace(*names_[id], id);
    }
    return std::move(bpe_);
  }

 private:
  uint32_t known(const std::string& name, const std::string& where) const {
    const auto found = ids_.find(name);
    if (found == ids_.end() || name.empty())
      bad(where, in_quotes(name) + " is not in the vocabulary");
    return found->second;
  }

  std::string path_;
  uint32_t rows_;
  std::vector<std::optional<std::string>> names_;  // by id
  std::unordered_map<std::string, uint32_t> ids_;
  ByteLevelBpe bpe_;
};

void add_vocabulary(Builder& builder, const json& vocabulary, const std::string& path) {
  if (!vocabulary.is_object()) bad(path, "an object of tokens and their ids was expected");
  for (const auto& [name, id] : vocabulary.items()) builder.add_token(name, id);
}

// "left right"
void add_written_merge(Builder& builder, std::string_view merge, const std::string& where) {
  const size_t space = merge.find(' ');
  if (space == merge.npos || merge.find(' ', space + 1) != merge.npos) {
    bad(where, "two tokens with one space between them were expected, found " +
                   in_quotes(std::string(merge)));
  }
  builder.add_merge(std::string(merge.substr(0, space)), std::string(merge.substr(space + 1)),
                    where);
}

void add_merges_txt(Builder& builder, std::string_view text, const std::string& path) {
  for (size_t line_number = 1; !text.empty(); ++line_number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || (line_number == 1 && line.substr(0, 8) == "#version")) continue;
    add_written_merge(builder, line, path + ", line " + std::to_string(line_number));
  }
}

void add_json_merges(Builder& builder, const json& merges, const std::string& path) {
  if (!merges.is_array()) bad(path, "model.merges: a list was expected");
  for (size_t i = 0; i < merges.size(); ++i) {
    const json& merge = merges[i];
    const std::string where = path + ", merge " + std::to_string(i);
    if (merge.is_string()) {
      add_written_merge(builder, merge.get_ref<const std::string&>(), where);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      builder.add_merge(merge[0].get<std::string>(), merge[1].get<std::string>(), where);
    } else {
      bad(where, "two tokens were expected, found " + merge.dump().substr(0, 60));
    }
  }
}

// The member, or null where it is absent or `object` is none.
const json& member(const json& object, const char* name) {
  static const json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

bool is_set(const json& option) {
  return !option.is_null() && option != false && option != "" && option != 0;
}

// What llmz would do otherwise than the original is refused.
void check_options(const json& tokenizer, const std::string& path) {
  const json& model = member(tokenizer, "model");
  if (member(model, "type") != "BPE") {
    bad(path, "model.type is " + member(model, "type").dump().substr(0, 60) +
                  "; \"BPE\" was expected (sentencepiece: give tokenizer.model)");
  }
  for (const char* option :
       {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"}) {
    if (is_set(member(model, option))) {
      bad(path, std::string("model.") + option + " is set; llmz cannot do that");
    }
  }
  if (is_set(member(tokenizer, "normalizer"))) bad(path, "has a normalizer; llmz has none");
}

const json& byte_level(const json& tokenizer, const std::string& path) {
  const json* cutter = &member(tokenizer, "pre_tokenizer");
  const json& parts = member(*cutter, "pretokenizers");
  if (parts.is_array() && parts.size() == 1) cutter = &parts[0];
  if (member(*cutter, "type") != "ByteLevel" || member(*cutter, "use_regex") == false) {
    bad(path,
        "the pre_tokenizer is " + cutter->dump().substr(0, 100) +
            "; ByteLevel with its own expression, as GPT-2 and OPT have it, was expected (LLaMA "
            "and Mistral: give tokenizer.model)");
  }
  return *cutter;
}

}  // namespace

ByteLevelBpe read_vocab_and_merges(const std::string& vocab_path, const std::string& merges_path,
                                   uint32_t rows) {
  Builder builder(vocab_path, rows);
  add_vocabulary(builder, parse_json(ByteView(read_tokenizer_file(vocab_path)), vocab_path),
                 vocab_path);
  builder.finish_tokens();
  add_merges_txt(builder, read_tokenizer_file(merges_path), merges_path);
  return builder.take();
}

ByteLevelBpe read_tokenizer_json(const std::string& path, uint32_t rows) {
  const json tokenizer = parse_json(ByteView(read_tokenizer_file(path)), path);
  check_options(tokenizer, path);
  const json& cutter = byte_level(tokenizer, path);
  Builder builder(path, rows);
  const json& model = member(tokenizer, "model");
  add_vocabulary(builder, member(model, "vocab"), path);
  for (const json& added : member(tokenizer, "added_tokens")) {
    const json& content = member(added, "content");
    if (!content.is_string()) bad(path, "an added token without content");
    builder.add_token(content.get<std::string>(), member(added, "id"));
  }
  builder.finish_tokens();
  add_json_merges(builder, member(model, "merges"), path);
  ByteLevelBpe bpe = builder.take();
  bpe.space_at_start = member(cutter, "add_prefix_space") == true;
  return bpe;
}

ByteLevelBpe bpe_of_lists(const std::vector<std::string_view>& tokens,
                          const std::vector<std::string_view>& merges, const std::string& path,
                          uint32_t rows) {
  Builder builder(path, rows);
  uint32_t id = 0;
  for (std::string_view token : tokens) builder.add_token(std::string(token), json(id++));
  builder.finish_tokens();
  for (size_t i = 0; i < merges.size(); ++i)
    add_written_merge(builder, merges[i], path + ", merge " + std::to_string(i));
  return builder.take();
}

}  // namespace llmz::hf
