// SPDX-License-Identifier: Apache-2.0
// An imported model's logits beside those of its checkpoint in floating point.
#pragma once

#include <cmath>

#include "float_test_models.h"
#include "import/calibrate.h"
#include "import_test_engine.h"

namespace llmz::test {

struct LogitErrors {
  double worst = 0, mean = 0;             // of a position: error / spread, both root mean square
  double float_bits = 0, exact_bits = 0;  // of all tokens, over the tokens that the model has
};

// tokens: in the model's ids; rows: the checkpoint's ids for them. The start token's own position
// does not count for the errors.
inline LogitErrors logit_errors(const ExactModel& model, const hf::Checkpoint& checkpoint,
                                const importer::TokenRows& rows,
                                const std::vector<uint32_t>& tokens) {
  Engine engine;
  const auto network = float_model(checkpoint);
  if (!torch_engine(model, engine) || !network) return {};
  const size_t vocabulary = rows.tokens.size(), wide = model.config.dim;
  const std::vector<int8_t> hidden = importer::hidden_vectors(engine, model, tokens);
  engine.head->reset(0);
  std::vector<uint32_t> read = {rows.start};
  std::vector<int32_t> integers(vocabulary);
  std::vector<int8_t> h(wide, 127);
  std::vector<float> logs;
  LogitErrors errors;
  for (size_t i = 0; i < tokens.size(); ++i) {
    network->next(read.data(), read.size(), logs);
    std::copy_n(hidden.data() + i * (wide - 1), wide - 1, h.data());
    engine.head->logits(h.data(), 1, integers.data());
    const auto a = [&](size_t j) { return double{logs[rows.tokens[j]]}; };
    const auto b = [&](size_t j) { return std::ldexp(integers[j], -17); };
    double mean_a = 0, mean_b = 0, sum_a = 0, sum_b = 0, error = 0, spread = 0;
    for (size_t j = 0; j < vocabulary; ++j) {
      mean_a += a(j) / static_cast<double>(vocabulary);
      mean_b += b(j) / static_cast<double>(vocabulary);
    }
    for (size_t j = 0; j < vocabulary; ++j) {
      error += std::pow(a(j) - mean_a - b(j) + mean_b, 2);
      spread += std::pow(a(j) - mean_a, 2);
      sum_a += std::exp(a(j) - mean_a);
      sum_b += std::exp(b(j) - mean_b);
    }
    errors.float_bits += (std::log(sum_a) - a(tokens[i]) + mean_a) / std::log(2);
    errors.exact_bits += (std::log(sum_b) - b(tokens[i]) + mean_b) / std::log(2);
    read.push_back(rows.tokens[tokens[i]]);
    if (i == 0) continue;
    const double relative = std::sqrt(error / spread);
    errors.worst = std::max(errors.worst, relative);
    errors.mean += relative / static_cast<double>(tokens.size() - 1);
  }
  return errors;
}

}  // namespace llmz::test
