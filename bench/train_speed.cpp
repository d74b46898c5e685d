// SPDX-License-Identifier: Apache-2.0
// Tokens a second of llmz's training step beside a plain composition of libtorch operations in
// float32 (src/train/plain_network.h) with the same optimizer, on the same batches, in turns.
//   train_speed [--alone] [CONFIG [SECONDS [THREADS]]]    (defaults: default, 60, 2)
// --alone leaves out the plain composition, which takes nearly all of the time.
//   train_speed --check CONFIG [FILE]
// --check only compares loss and gradients of the two, with a table of pairs and value embeddings,
// and fails where they differ. FILE (.safetensors) gets weights, tokens, losses and gradients of
// the plain composition.
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

#include "base/freed_memory.h"
#include "train/configs.h"
#include "train/plain_network.h"
#include "train/trainer.h"
#include "train/weights_file.h"

using namespace llmz;
using namespace llmz::train;
using torch::Tensor;

namespace {

// Tokens as frequent as words are.
Tensor some_tokens(const TrainSettings& s, std::mt19937& random) {
  const int64_t rows = static_cast<int64_t>(s.batch_sequences),
                columns = static_cast<int64_t>(s.sequence_tokens) + 2;
  Tensor tokens = torch::empty({rows, columns}, torch::kInt64);
  std::uniform_real_distribution<double> uniform(0, std::log(s.model.vocabulary));
  for (int64_t i = 0; i < tokens.numel(); ++i)
    tokens.data_ptr<int64_t>()[i] = static_cast<int64_t>(std::exp(uniform(random))) - 1;
  return tokens;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Loop {
  const char* name;
  Parameters parameters;
  Optimizer optimizer;
  uint64_t tokens = 0;
  double seconds = 0, cpu_seconds = 0, loss = 0;
};

// A network in which nothing is at its beginning, so that every part counts.
Parameters some_parameters(const ModelConfig& model) {
  Parameters p = Parameters::initialize(model, 1);
  for (size_t i = ParameterIndex::scalars(model); i < p.tensors.size(); ++i)
    p.tensors[i] += torch::randn(p.tensors[i].sizes()) * 0.1;
  limit_scalars(model, p);
  return p;
}

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

int compare(const TrainSettings& s, const Parameters& parameters, const Tensor& batch,
            bool rounding, NamedTensors& results) {
  int failures = 0;
  std::vector<Tensor> ours, plain;
  const double our_loss = mean_gradients(s.model, prepare_weights(s.model, parameters, rounding),
                                         batch, rounding, 2, ours);
  const Tensor plain_mean = plain_gradients(s.model, parameters, batch, rounding, plain);
  const double plain_loss = plain_mean.item<double>();
  // bfloat16 has 8 bits; roundings at the border of two levels may differ.
  const double loss_limit = 2e-3, cosine_limit = rounding ? 0.97 : 0.99,
               length_limit = rounding ? 0.1 : 0.05;
  std::printf("rounding %d: loss %.5f and %.5f\n", rounding, our_loss, plain_loss);
  failures += !(std::fabs(our_loss - plain_loss) < loss_limit * plain_loss);
  const std::string suffix = rounding ? ".rounded" : ".exact";
  results.emplace_back("loss" + suffix, plain_mean.view({1}));
  for (size_t i = 0; i < ours.size(); ++i) {
    const double cosine =
        ((ours[i] * plain[i]).sum() / ours[i].norm() / plain[i].norm()).item<double>();
    const double length = (ours[i].norm() / plain[i].norm()).item<double>();
    const bool good = cosine > cosine_limit && std::fabs(length - 1) < length_limit;
    failures += !good;
    std::printf("  %-22s cosine %.5f, length %.4f%s\n", parameters.names[i].c_str(), cosine, length,
                good ? "" : "  DIFFERENT");
    results.emplace_back(parameters.names[i] + suffix, plain[i]);
  }
  return failures;
}

int check(TrainSettings s, const std::string& file) {
  s.model.heads = std::max(s.model.heads, 2u);
  s.model.pair_rows = 512;
  s.model.value_every = 2;
  std::mt19937 random(1);
  const Parameters parameters = some_parameters(s.model);
  const Tensor batch = some_tokens(s, random);
  NamedTensors results = {{"tokens", batch.to(torch::kFloat32)}};
  for (size_t i = 0; i < parameters.tensors.size(); ++i)
    results.emplace_back(parameters.names[i], parameters.tensors[i]);
  int failures = 0;
  for (bool rounding : {false, true}) failures += compare(s, parameters, batch, rounding, results);
  if (!file.empty()) write_tensors(results, s, file);
  return failures > 0;
}

void measure(const TrainSettings& s, double seconds, size_t threads, bool alone) {
  keep_freed_memory();  // as train() does
  std::mt19937 random(1);
  Parameters first = Parameters::initialize(s.model, 1),
             second = Parameters::initialize(s.model, 1);
  Optimizer first_optimizer(first, s.optimizer), second_optimizer(second, s.optimizer);
  Loop loops[] = {{"plain libtorch, float32", std::move(first), std::move(first_optimizer)},
                  {"llmz train", std::move(second), std::move(second_optimizer)}};
  for (int turn = 0; loops[0].seconds + loops[1].seconds < seconds; ++turn) {
    const Tensor batch = some_tokens(s, random);
    for (Loop& loop : loops) {
      if (alone && &loop == loops) continue;
      const auto start = std::chrono::steady_clock::now();
      const double cpu_start = cpu_seconds();
      std::vector<Tensor> gradients;
      loop.loss =
          &loop == loops
              ? plain_gradients(s.model, loop.parameters, batch, false, gradients).item<double>()
              : mean_gradients(s.model, prepare_weights(s.model, loop.parameters, false), batch,
                               false, threads, gradients);
      loop.optimizer.step(loop.parameters, gradients, 0.1, threads);
      if (turn == 0) continue;  // libraries make their kernels
      loop.seconds +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      loop.cpu_seconds += cpu_seconds() - cpu_start;
      loop.tokens += s.batch_sequences * s.sequence_tokens;
    }
  }
  std::printf("| loop | tokens/s | tokens per CPU second | last loss, nats |\n|---|--:|--:|--:|\n");
  for (const Loop& loop : loops) {
    if (loop.tokens == 0) continue;
    std::printf("| %s | %.0f | %.0f | %.3f |\n", loop.name,
                static_cast<double>(loop.tokens) / loop.seconds,
                static_cast<double>(loop.tokens) / loop.cpu_seconds, loop.loss);
  }
  if (alone) return;
  std::printf("ratio: %.2f, of CPU time %.2f\n", loops[0].seconds / loops[1].seconds,
              loops[0].cpu_seconds / loops[1].cpu_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string option = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
  const bool checking = option == "--check", alone = option == "--alone";
  char** values = argv + 1 + (checking || alone);
  const int count = argc - 1 - (checking || alone);
  const std::string name = count > 0 ? values[0] : "default";
  const size_t threads = count > 2 ? std::strtoul(values[2], nullptr, 10) : 2;
  at::set_num_threads(static_cast<int>(threads));
  for (const NamedConfig& config : kConfigs) {
    if (config.name != name) continue;
    TrainSettings s;
    s.model = config.model;
    s.sequence_tokens = config.sequence_tokens;
    s.batch_sequences = checking ? 2 : config.batch_sequences;
    if (checking) return check(s, count > 1 ? values[1] : "");
    measure(s, count > 1 ? std::atof(values[1]) : 60, threads, alone);
    return 0;
  }
  std::fprintf(stderr, "no configuration is called %s\n", name.c_str());
  return 2;
}
