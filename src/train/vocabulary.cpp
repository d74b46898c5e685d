// SPDX-License-Identifier: Apache-2.0
#include "train/vocabulary.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/words.h"

namespace llmz::train {
namespace {

constexpr size_t kMaxLineBytes = 4000;
// Characters that get pieces of their own; the others are written as bytes. A text with Chinese in
// it would fill a small vocabulary with characters.
constexpr double kMaxCharacterCoverage = 0.9997;
constexpr uint32_t kCharacterShare = 8;  // at most this part of the vocabulary
constexpr int kMaxTrainings = 4;

// Pieces that training would never find, because it does not look beyond a line. Runs of spaces are
// not among them: sentencepiece finds those that pay by itself (allow_whitespace_only_pieces), also
// with the word that follows, and runs given here would be cut off before it.
constexpr const char* kUserDefinedSymbols =
    "\n,\n\n,\r\n,\r\n\r\n,\t,\t\t,\t\t\t\t,\n\t,\n\t\t,\n\n\t";

// Calls visit(line) for each line, or part of a long line, that can teach something. A lone CR ends
// a line too: pieces such as ".\r" would cross the words that tokenizer.h promises.
template <typename Visit>
void for_each_line(std::string_view sample, Visit visit) {
  while (!sample.empty()) {
    const size_t end = std::min(sample.find_first_of(std::string_view("\n\r\0", 3)), sample.size());
    std::string_view line = sample.substr(0, end);
    sample.remove_prefix(std::min(end + 1, sample.size()));
    if (plain_text_length(line) != line.size()) continue;
    while (!line.empty()) {
      size_t length = std::min(line.size(), kMaxLineBytes);
      while (length < line.size() && (line[length] & 0xc0) == 0x80) --length;
      const std::string_view part = line.substr(0, length);
      if (part.find_first_not_of(" \t") != std::string_view::npos) visit(part);
      line.remove_prefix(length);
    }
  }
}

// splitmix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  uint64_t below(uint64_t limit) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  uint64_t state_ = 0;
};

// At most `max_lines` lines, in order (selection sampling: Knuth, volume 2, algorithm 3.4.2 S).
std::vector<std::string_view> choose_lines(std::string_view sample, size_t max_lines) {
  size_t left = 0;
  for_each_line(sample, [&](std::string_view) { ++left; });
  size_t wanted = std::min(left, max_lines);
  std::vector<std::string_view> lines;
  lines.reserve(wanted);
  Random random;
  for_each_line(sample, [&](std::string_view line) {
    if (random.below(left--) >= wanted) return;
    --wanted;
    lines.push_back(line);
  });
  return lines;
}

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::vector<std::string_view>& lines) : lines_(lines) { load(); }
  bool done() const override { return at_ >= lines_.size(); }
  void Next() override {
    ++at_;
    load();
  }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void load() {
    if (!done()) value_ = lines_[at_];
  }

  const std::vector<std::string_view>& lines_;
  size_t at_ = 0;
  std::string value_;
};

// sentencepiece makes a piece of each character, the frequent ones first, until they cover a share
// of the text.
struct Characters {
  double coverage = 0;        // that share
  uint32_t single_bytes = 2;  // pieces that will probably stand for a byte; tab and newline anyway
};

Characters choose_characters(const std::vector<std::string_view>& lines, uint32_t vocabulary_size) {
  std::unordered_map<std::string_view, uint64_t> counts;
  uint64_t all = 0;
  for (std::string_view line : lines) {
    for (size_t at = 0; at < line.size(); ++all) {
      const size_t length = utf8_length(line.substr(at));
      ++counts[line.substr(at, length)];
      at += length;
    }
  }
  std::vector<std::pair<uint64_t, std::string_view>> sorted;
  for (const auto& [character, count] : counts) sorted.emplace_back(count, character);
  std::sort(sorted.rbegin(), sorted.rend());
  const size_t most = vocabulary_size / kCharacterShare;
  Characters characters;
  uint64_t covered = 0, pieces = 0;
  for (const auto& [count, character] : sorted) {
    if (characters.coverage >= kMaxCharacterCoverage || pieces == most) break;
    covered += count;
    ++pieces;
    characters.coverage = static_cast<double>(covered) / static_cast<double>(all);
    characters.single_bytes += character.size() == 1 && character != "\t";
  }
  characters.coverage = std::min(characters.coverage, kMaxCharacterCoverage);
  return characters;
}

std::string train_pieces(const std::vector<std::string_view>& lines, uint32_t pieces,
                         double coverage, const VocabularyOptions& options) {
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(pieces)},
      {"byte_fallback", "true"},
      {"normalization_rule_name", "identity"},
      {"add_dummy_prefix", "false"},
      {"remove_extra_whitespaces", "false"},
      {"allow_whitespace_only_pieces", "true"},
      {"bos_id", "-1"},
      {"eos_id", "-1"},
      {"pad_id", "-1"},
      {"character_coverage", std::to_string(coverage)},
      {"max_sentencepiece_length", "16"},
      {"user_defined_symbols", kUserDefinedSymbols},
      {"num_threads", std::to_string(options.threads)},
      {"max_sentence_length", std::to_string(2 * kMaxLineBytes)},
      {"minloglevel", "3"},  // a library does not print
  };
  Lines iterator(lines);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) {
    throw Error(ErrorKind::kUsage,
                "cannot make a vocabulary of " + std::to_string(options.vocabulary_size) +
                    " tokens from " + std::to_string(lines.size()) +
                    " lines of text; give more text or ask for another size. sentencepiece says: " +
                    status.ToString());
  }
  return model;
}

}  // namespace

std::string train_sentencepiece(std::string_view sample, const VocabularyOptions& options) {
  if (options.threads < 1) throw Error(ErrorKind::kUsage, "training needs at least one thread");
  if (options.vocabulary_size < 256 || options.vocabulary_size > Vocabulary::kMaxTokens) {
    throw Error(ErrorKind::kUsage,
                "a vocabulary of " + std::to_string(options.vocabulary_size) +
                    " tokens was asked for; possible are 256 (every byte is one) to " +
                    std::to_string(Vocabulary::kMaxTokens));
  }
  const std::vector<std::string_view> lines = choose_lines(sample, options.max_lines);
  if (lines.empty()) {
    throw Error(ErrorKind::kUsage,
                "the sample of " + std::to_string(sample.size()) +
                    " bytes has no line of UTF-8 text to learn a vocabulary from");
  }
  // One piece is the unknown piece, which stands for nothing; some stand for bytes, which have
  // pieces already. How many shows only afterwards.
  const Characters characters = choose_characters(lines, options.vocabulary_size);
  uint32_t pieces = options.vocabulary_size + 1 + characters.single_bytes;
  for (int training = 0; training < kMaxTrainings; ++training) {
    std::string model = train_pieces(lines, pieces, characters.coverage, options);
    const uint32_t size = sentencepiece_vocabulary(model).size();
    if (size == options.vocabulary_size) return model;
    pieces += options.vocabulary_size - size;
  }
  throw Error(ErrorKind::kInternal, "sentencepiece gave another vocabulary size than " +
                                        std::to_string(options.vocabulary_size) + " in " +
                                        std::to_string(kMaxTrainings) + " trainings");
}

}  // namespace llmz::train
