// SPDX-License-Identifier: Apache-2.0
// Sizes of files with the learning head on, straight from a checkpoint of llmz train: the body in
// floating point with every rounding of inference, the head in integers. For comparing networks
// before they are model files; without the mix, 16 lanes of equal length.
//   learned_sizes CHECKPOINT PREFIX...    (PREFIX.train.0.pack: llmz train --write-packs PREFIX
//   --held-out 0 FILE)
#include <cmath>
#include <cstdio>
#include <string>

#include "exact/engine.h"
#include "train/checkpoint.h"
#include "train/quantize.h"

using namespace llmz;
using namespace llmz::train;

namespace {

constexpr size_t kLanes = 16;

// Bits of the tokens, in lanes that each begin without context.
double bits_of(const Weights& w, Head& head, const std::vector<uint32_t>& tokens) {
  const ModelConfig& c = w.settings.model;
  const auto prepared = prepare_weights(c, w.parameters, true);
  const size_t steps = (tokens.size() + kLanes - 1) / kLanes,
               length = (steps + c.window - 1) / c.window * c.window;
  std::vector<std::vector<int8_t>> hidden(kLanes);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    torch::Tensor ids = torch::zeros({1, static_cast<int64_t>(length) + 2}, torch::kInt64);
    for (size_t i = 0; i < steps && lane * steps + i < tokens.size(); ++i)
      ids.data_ptr<int64_t>()[i + 2] = tokens[lane * steps + i];
    const torch::Tensor h =
        (hidden_vectors(c, prepared, ids, true).to(torch::kFloat32) * 16).round().to(torch::kInt8);
    hidden[lane].assign(h.data_ptr<int8_t>(), h.data_ptr<int8_t>() + steps * c.dim);
  }
  double bits = 0;
  head.reset(kDefaultLearning.rate);
  std::vector<int8_t> rows(kLanes * c.dim);
  std::vector<uint32_t> frequencies(kLanes * c.vocabulary), coded(kLanes);
  for (size_t i = 0; i < steps; ++i) {
    size_t n = 0;
    for (size_t lane = 0; lane < kLanes && lane * steps + i < tokens.size(); ++lane, ++n) {
      std::copy_n(hidden[lane].data() + i * c.dim, c.dim, rows.data() + n * c.dim);
      coded[n] = tokens[lane * steps + i];
    }
    head.frequencies(rows.data(), n, frequencies.data());
    for (size_t r = 0; r < n; ++r) bits += 24 - std::log2(frequencies[r * c.vocabulary + coded[r]]);
    head.learn(rows.data(), frequencies.data(), coded.data(), n);
  }
  return bits;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: learned_sizes CHECKPOINT PREFIX...\n");
    return 2;
  }
  try {
    const Weights weights = read_weights({argv[1]});
    const ExactModel exact =
        quantize(weights.parameters, weights.settings.model, "learned_sizes", kDefaultLearning);
    Engine engine = make_cpu_engine(exact, 1);
    for (int i = 2; i < argc; ++i) {
      const TokenPack pack = TokenPack::read_parts(std::string(argv[i]) + ".train");
      const std::vector<uint32_t> tokens(pack.tokens.begin(), pack.tokens.end());
      std::printf("%s %.0f\n", argv[i], bits_of(weights, *engine.head, tokens) / 8);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "learned_sizes: %s\n", e.what());
    return 1;
  }
}
