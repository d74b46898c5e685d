// SPDX-License-Identifier: Apache-2.0
#include "cli/estimate_page.h"

#include <algorithm>
#include <cmath>

#include "cli/jobs.h"
#include "cli/page_data.h"
#include "cli/page_template.h"
#include "llmz_lab/compressor.h"

namespace llmz {
namespace {

// A bit costs so many units in a page, a probability of 1 so many.
constexpr double kUnitsOfBit = 1024, kUnitsOfProbability = 65535;

constexpr char kElementBegins[] = "<script type=\"application/json\">";
constexpr char kElementEnds[] = "</script>\n";

Bytes read_content(InputFile& input) {
  constexpr uint64_t kMost = PageFile::kMostBytes;
  Bytes content(std::min(kMost, input.size_bytes().value_or(kMost)) + 1);
  content.resize(read_fully(input, content.data(), content.size()));
  if (content.size() <= kMost) return content;
  const std::string most = std::to_string(kMost >> 20);
  throw Error(ErrorKind::kUsage, "--html shows at most " + most + " MB of text; head -c " + most +
                                     "M gives the first part");
}

// JSON that holds nothing that ends or begins an element.
std::string json_text(const Json& json) {
  std::string text;
  for (char c : json.dump(-1, ' ', true)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

// Without the brace that ends it: planes follow.
std::string open_object(const Json& json) {
  const std::string text = json_text(json);
  return text.substr(0, text.size() - 1);
}

// LLaMA's tokenizer puts a space before a text: how many bytes the tokens have before the content.
// Throws kUsage if they are not the content otherwise.
size_t added_bytes(const PageModel& model, const Dictionary& dictionary, ByteView content) {
  std::string joined;
  for (uint32_t token : model.scored.tokens) joined += dictionary.bytes(token);
  if (joined == content.text()) return 0;
  if (!joined.empty() && joined[0] == ' ' && std::string_view(joined).substr(1) == content.text())
    return 1;
  throw Error(ErrorKind::kUsage, "the tokens of " + model.found.model +
                                     " are not exactly the bytes of the text, which --html needs");
}

void write_dictionary(OutputFile& file, const Dictionary& dictionary) {
  Plane lengths(file, "lengths", 4);
  for (const std::string& text : dictionary.texts()) lengths.add(text.size());
  lengths.end();
  Plane bytes(file, "bytes", 1);
  for (const std::string& text : dictionary.texts()) {
    for (char byte : text) bytes.add(static_cast<uint8_t>(byte));
  }
  bytes.end();
}

// Units are rounded so that the sum of the first tokens is right for any number of them.
void write_bits(OutputFile& file, const std::vector<float>& bits) {
  Plane plane(file, "costs", 2);
  double sum = 0, written = 0;
  for (float one : bits) {
    sum += one * kUnitsOfBit;
    const double units = std::clamp(std::round(sum - written), 0.0, 65535.0);
    written += units;
    plane.add(static_cast<uint64_t>(units));
  }
  plane.end();
}

void write_guesses(OutputFile& file, const std::vector<Guesses>& all,
                   const Dictionary& dictionary) {
  Plane tokens(file, "guesses", dictionary.size_bytes());
  for (const Guesses& guesses : all) {
    for (const Guess& guess : guesses) tokens.add(dictionary.number(guess.token));
  }
  tokens.end();
  Plane probabilities(file, "probabilities", 2);
  for (const Guesses& guesses : all) {
    for (const Guess& guess : guesses)
      probabilities.add(static_cast<uint64_t>(std::round(kUnitsOfProbability * guess.probability)));
  }
  probabilities.end();
}

}  // namespace

PageFile::PageFile(const Options& options, InputFile& input)
    : path_(input.path()), file_(*options.html, may_overwrite(options, *options.html)) {
  if (file_.is_same_file_as(input))
    throw Error(ErrorKind::kUsage, "is the text and the page: choose another name for the page");
  content_ = read_content(input);
}

void PageFile::write_model(const PageModel& model) {
  const ScoredText& scored = model.scored;
  const Dictionary dictionary(scored);
  write_text(kElementBegins);
  write_text(open_object({{"name", base64(model.found.model)},
                          {"arithmetic", model.found.arithmetic},
                          {"context", model.found.context},
                          {"tokens", model.found.tally.tokens},
                          {"bits", model.found.tally.bits},
                          {"added_bytes", added_bytes(model, dictionary, content_)},
                          {"number_bytes", dictionary.size_bytes()}}));
  write_dictionary(file_, dictionary);
  Plane tokens(file_, "text", dictionary.size_bytes());
  for (uint32_t token : scored.tokens) tokens.add(dictionary.number(token));
  tokens.end();
  write_bits(file_, scored.bits);
  write_guesses(file_, scored.guesses, dictionary);
  write_text("}");
  write_text(kElementEnds);
}

void PageFile::write(const std::vector<PageModel>& models) {
  const Compressor xz = lzma2_compressor();
  const Bytes compressed = xz.compress(content_, [](uint64_t) { throw_if_interrupted(); });
  write_text(kPageBeforeData);
  write_text(kElementBegins);
  write_text(json_text({{"file", base64(path_ == "-" ? "(standard input)" : path_)},
                        {"content_bytes", content_.size()},
                        {"units_of_bit", kUnitsOfBit},
                        {"units_of_probability", kUnitsOfProbability},
                        {"other", {{"name", xz.name}, {"bytes", compressed.size()}}}}));
  write_text(kElementEnds);
  for (const PageModel& model : models) write_model(model);
  write_text(kPageAfterData);
  file_.commit();
}

}  // namespace llmz
