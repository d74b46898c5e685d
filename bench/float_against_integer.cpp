// SPDX-License-Identifier: Apache-2.0
// What the integer arithmetic costs: bits per byte of the first tokens of PREFIX.held-out.*.pack
// under the weights of a checkpoint in floating point, in floating point with every rounding of
// inference simulated, and in the integers of docs/exact-arithmetic.md; frozen, one lane.
//   float_against_integer CHECKPOINT PREFIX [TOKENS]    (default: 32768)
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "exact/engine.h"
#include "train/checkpoint.h"
#include "train/plain_network.h"
#include "train/quantize.h"

using namespace llmz;
using namespace llmz::train;

namespace {

double integer_bits(const ExactModel& model, const std::vector<uint32_t>& inputs,
                    const std::vector<uint32_t>& targets) {
  Engine engine = make_cpu_engine(model, 2);
  engine.body->reset();
  engine.head->reset(0);
  constexpr size_t kStep = Body::kMaxTokensPerLane;
  std::vector<int8_t> hidden(kStep * model.config.dim);
  std::vector<uint32_t> frequencies(kStep * model.config.vocabulary);
  double bits = 0;
  for (size_t begin = 0; begin < inputs.size(); begin += kStep) {
    const size_t count = std::min(kStep, inputs.size() - begin);
    engine.body->advance({{0, inputs.data() + begin, count}}, hidden.data());
    engine.head->frequencies(hidden.data(), count, frequencies.data());
    for (size_t i = 0; i < count; ++i)
      bits += 24 - std::log2(frequencies[i * model.config.vocabulary + targets[begin + i]]);
  }
  return bits;
}

int run(const std::string& checkpoint, const std::string& prefix, size_t wanted) {
  const Weights weights = read_weights({checkpoint});
  const ModelConfig& config = weights.settings.model;
  const TokenPack pack = TokenPack::read_parts(prefix + ".held-out");
  const size_t count = std::min(wanted, pack.tokens.size()) / config.window * config.window;
  // A block begins with the token 0 twice (docs/exact-arithmetic.md).
  std::vector<int64_t> tokens(2, 0);
  tokens.insert(tokens.end(), pack.tokens.begin(),
                pack.tokens.begin() + static_cast<ptrdiff_t>(count));
  const std::vector<uint32_t> inputs(tokens.begin() + 1, tokens.end() - 1),
      targets(tokens.begin() + 2, tokens.end());
  double bytes = 0;
  for (uint32_t t : targets) bytes += pack.token_bytes[t];
  const torch::Tensor batch = torch::tensor(tokens).view({1, -1});
  const double exact = plain_loss(config, weights.parameters, batch, false) / std::log(2.0);
  const double rounded = plain_loss(config, weights.parameters, batch, true) / std::log(2.0);
  const double integer =
      integer_bits(quantize(weights.parameters, config, "bench", HeadLearning()), inputs, targets);
  std::printf(
      "%zu tokens, %.0f bytes\n\n| arithmetic | bits per byte | against float |\n|---|--:|--:|\n",
      count, bytes);
  const auto row = [&](const char* name, double bits) {
    std::printf("| %s | %.5f | %+.3f %% |\n", name, bits / bytes, 100 * (bits / exact - 1));
  };
  row("float32", exact);
  row("float32, rounded as inference rounds", rounded);
  row("integers", integer);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: float_against_integer CHECKPOINT PREFIX [TOKENS]\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 32768);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "float_against_integer: %s\n", e.what());
    return 1;
  }
}
