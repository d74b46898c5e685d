// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/protocols.h"

#include <algorithm>

#include "base/characters.h"
#include "llmz_lab/window_scorer.h"

namespace llmz {
namespace {

constexpr size_t kWordsOfText = 200;
constexpr size_t kWindowOfPaper = 1900, kStrideOfPaper = 512;

// Passes each text to work() until it says that it has enough.
void for_each_word_text(std::string_view content, const std::function<bool(ByteView)>& work) {
  std::string text;
  size_t words = 0;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find(' ', begin), content.size());
    if (end > begin) {
      if (words > 0) text += ' ';
      text.append(content, begin, end - begin);
      if (++words == kWordsOfText) {
        if (!work(ByteView(text))) return;
        text.clear();
        words = 0;
      }
    }
    begin = end + 1;
  }
}

void run_text8(const ProtocolSettings& settings, const std::vector<Bytes>& files,
               WindowScorer& scorer) {
  const uint64_t most = settings.most_texts > 0 ? settings.most_texts : kTextsOfText8;
  for (const Bytes& file : files) {
    for_each_word_text(ByteView(file).text(), [&](ByteView text) {
      if (scorer.tally().sequences == most) return false;
      scorer.text(text);
      return true;
    });
  }
}

void run_chunks(const ProtocolSettings& settings, const std::vector<Bytes>& files,
                WindowScorer& scorer) {
  const uint64_t most = settings.most_texts > 0 ? settings.most_texts : UINT64_MAX;
  for (const Bytes& file : files) {
    MemorySource source(file);
    for_each_document(source, DocumentsBy::kChunk, settings.chunk_bytes, [&](ByteView chunk) {
      if (scorer.tally().sequences < most) scorer.text(chunk);
    });
  }
}

// The tokens of all documents.
std::vector<uint32_t> concatenated(const ProtocolSettings& settings, const MeasuredModel& model,
                                   const std::vector<Bytes>& files, Tally& tally) {
  std::vector<uint32_t> tokens;
  for (const Bytes& file : files) {
    MemorySource source(file);
    for_each_document(source, settings.documents, 0, [&](ByteView document) {
      tokens.insert(tokens.end(), model.added_at_start.begin(), model.added_at_start.end());
      model.encode(document, tokens);
      tally.content_bytes += document.size;
      tally.characters += count_characters(document);
      ++tally.sequences;
    });
  }
  return tokens;
}

void run_bits_per_character(const std::vector<uint32_t>& tokens, size_t window,
                            WindowScorer& scorer) {
  size_t scored_to = 0;
  for (size_t begin = 0; begin < tokens.size(); begin += kStrideOfPaper) {
    const size_t end = std::min(begin + window, tokens.size());
    const size_t fresh = end - scored_to;
    // Of a text shorter than a window all is scored.
    if (scored_to > 0 && fresh < kStrideOfPaper) return;
    const size_t first = scored_to == 0 ? 1 : scored_to - begin;
    if (first < end - begin)
      scorer.window({tokens.begin() + static_cast<ptrdiff_t>(begin),
                     tokens.begin() + static_cast<ptrdiff_t>(end)},
                    first);
    scored_to = end;
    if (end == tokens.size()) return;
  }
}

double per(double value, double count) { return count > 0 ? value / count : 0; }

}  // namespace

const char* protocol_name(Protocol protocol) {
  static const char* const kNames[] = {"text8", "chunks", "bpc"};
  return kNames[static_cast<int>(protocol)];
}

double ProtocolResult::ratio() const {
  return per(8 * static_cast<double>(tally.content_bytes), tally.bits);
}
double ProtocolResult::bits_per_byte() const {
  return per(tally.bits, static_cast<double>(tally.content_bytes));
}
double ProtocolResult::bits_per_character() const {
  return per(tally.bits, static_cast<double>(tally.characters));
}

ProtocolResult run_protocol(const ProtocolSettings& settings, MeasuredModel& model,
                            const std::vector<Bytes>& files, const Progress& progress) {
  ProtocolResult result;
  const size_t most_context = model.model->description().max_context;
  const bool by_tokens = settings.protocol == Protocol::kBitsPerCharacter;
  result.window = kWindowOfPaper;
  if (most_context > 0) result.window = std::min(result.window, most_context);
  if (by_tokens && result.window <= kStrideOfPaper)
    throw Error(ErrorKind::kUsage,
                model.model->description().name + " reads " + std::to_string(result.window) +
                    " tokens at once; the protocol needs more than its stride, " +
                    std::to_string(kStrideOfPaper));
  const uint32_t start =
      settings.protocol == Protocol::kText8 ? model.end_token : model.start_token;
  WindowScorer scorer(model, sliding_for(model, by_tokens ? result.window : 0, 0), start, progress);
  Tally documents;
  if (by_tokens) {
    run_bits_per_character(concatenated(settings, model, files, documents), result.window, scorer);
  } else if (settings.protocol == Protocol::kText8) {
    run_text8(settings, files, scorer);
  } else {
    run_chunks(settings, files, scorer);
  }
  scorer.finish();
  result.tally = scorer.tally();
  if (by_tokens) {
    result.tally.content_bytes = documents.content_bytes;
    result.tally.characters = documents.characters;
    result.tally.sequences = documents.sequences;
  }
  if (result.tally.tokens == 0)
    throw Error(ErrorKind::kUsage,
                std::string("nothing to measure for the protocol ") +
                    protocol_name(settings.protocol) +
                    (settings.protocol == Protocol::kText8 ? ": it takes 200 words or more" : ""));
  return result;
}

}  // namespace llmz
