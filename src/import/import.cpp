// SPDX-License-Identifier: Apache-2.0
#include "import/import.h"

#include <algorithm>

#include "exact/make_engine.h"
#include "float/float_model.h"
#include "hf/sorted_vocabulary.h"
#include "import/calibrate.h"
#include "import/quantize.h"
#include "model/self_test.h"

namespace llmz::importer {
namespace {

constexpr uint32_t kMaxContext = 2048, kMinContext = 4;

// Short: every token is a step through the whole network.
constexpr char kSelfTestText[] =
    "The same text, on every machine: \"42\", na\xc3\xafve\n\tint main() { return 0; }\r\n";

uint32_t choose_context(const hf::Config& config, uint32_t asked) {
  uint32_t most = std::min(kMaxContext, config.max_positions);
  if (config.sliding_window > 0) most = std::min(most, config.sliding_window);
  if (asked == 0) return most;
  if (asked >= kMinContext && asked <= most) return asked;
  throw Error(ErrorKind::kUsage, "--context " + std::to_string(asked) + ": this model takes " +
                                     std::to_string(kMinContext) + " to " + std::to_string(most) +
                                     " tokens");
}

uint32_t start_token(const hf::Tokenizer& tokenizer, const hf::Config& config,
                     const TokenRows& rows) {
  if (!tokenizer.added_at_start().empty()) return tokenizer.added_at_start().back();
  return tokenizer.bos().value_or(config.bos.value_or(rows.tokens[0]));
}

void check_rows(const TokenRows& rows, const hf::Tokenizer& tokenizer, const hf::Config& config) {
  const uint32_t top =
      std::max(*std::max_element(rows.tokens.begin(), rows.tokens.end()), rows.start);
  if (top < config.vocabulary) return;
  throw Error(ErrorKind::kModelBad,
              "the tokenizer has " + std::to_string(tokenizer.size()) +
                  " ids, and the checkpoint's embedding rows for " +
                  std::to_string(config.vocabulary) +
                  ": it belongs to another model; --tokenizer names the right one");
}

Engine integer_engine(const ExactModel& model, unsigned threads) {
  return make_engine(model, {"auto", threads});
}

double float_bits(const hf::Checkpoint& checkpoint, const TokenRows& rows,
                  const std::vector<uint32_t>& tokens, unsigned threads) {
  FloatSettings settings;
  settings.threads = threads;
  const std::unique_ptr<LanguageModel> model = open_float_model(checkpoint, settings);
  std::vector<uint32_t> original = {rows.start};
  for (uint32_t t : tokens) original.push_back(rows.tokens[t]);
  std::vector<float> bits;
  model->bits({{original.data(), original.size(), 1}}, bits);
  double sum = 0;
  for (float b : bits) sum += b;
  return sum;
}

// As many tokens of the calibration text as a lane holds without starting again.
std::vector<uint32_t> calibration_tokens(const Tokenizer& tokenizer, uint32_t context,
                                         CalibrationResult& result) {
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(kCalibrationText), tokens);
  tokens.resize(std::min<size_t>(tokens.size(), context - 1));
  for (uint32_t t : tokens) result.text_bytes += tokenizer.vocabulary().bytes(t).size();
  result.tokens = tokens.size();
  return tokens;
}

}  // namespace

ImportedModel import_model(const ImportSettings& settings, const ImportProgress& progress) {
  progress("reading " + settings.directory);
  const hf::Checkpoint checkpoint = hf::Checkpoint::open(settings.directory);
  const hf::Config& config = checkpoint.config();
  const hf::Tokenizer original = settings.tokenizer.empty()
                                     ? hf::Tokenizer::open(settings.directory, config)
                                     : hf::Tokenizer::open_file(settings.tokenizer, config);
  hf::SortedVocabulary sorted = hf::sorted_vocabulary(original, 1);
  TokenRows rows{std::move(sorted.original_ids), 0};
  rows.start = start_token(original, config, rows);
  check_rows(rows, original, config);
  const uint32_t context = choose_context(config, settings.context);

  ImportedModel result{quantize(checkpoint, rows, context, settings.name, progress),
                       std::move(sorted.tokenizer),
                       {},
                       checkpoint.weight_bytes(),
                       {}};
  ExactModel& exact = result.exact;
  exact.learning.threshold = kLearningThreshold;
  check_model(exact, settings.directory);
  progress("calibrating");
  CalibrationResult& calibration = result.calibration;
  const std::vector<uint32_t> tokens = calibration_tokens(result.tokenizer, context, calibration);
  {
    Engine engine = integer_engine(exact, settings.threads);
    set_head(checkpoint, rows,
             filled_range(hidden_vectors(engine, exact, tokens), widest_range(checkpoint)), exact);
  }
  Engine engine = integer_engine(exact, settings.threads);
  const std::vector<int8_t> hidden = hidden_vectors(engine, exact, tokens);
  exact.learning.rate = learning_rate(hidden, exact.config.dim - 1);
  check_model(exact, settings.directory);
  calibration.exact_bits = coded_bits(engine, exact, hidden, tokens);
  progress("comparing with floating point");
  calibration.float_bits = float_bits(checkpoint, rows, tokens, settings.threads);
  progress("computing the self-test");
  std::vector<uint32_t> test_tokens;
  result.tokenizer.encode(ByteView(kSelfTestText), test_tokens);
  result.self_test = make_self_test(exact, std::move(test_tokens), engine);
  return result;
}

}  // namespace llmz::importer
