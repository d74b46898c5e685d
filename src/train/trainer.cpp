// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <thread>

#include "base/error.h"

namespace llmz::train {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Runs work(0 .. count - 1), one thread each: the passes of a micro-batch take less time on one
// thread than shared by two.
void parallel(size_t count, const std::function<void(size_t)>& work) {
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(count);
  for (size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      at::set_num_threads(1);
      try {
        work(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

struct State {
  Parameters parameters;
  Optimizer optimizer;
  double elapsed_seconds = 0;
  uint64_t sequences_seen = 0;

  void save(const std::string& path) const {
    torch::serialize::OutputArchive archive;
    for (size_t i = 0; i < parameters.tensors.size(); ++i) {
      archive.write(parameters.names[i], parameters.tensors[i]);
      archive.write(parameters.names[i] + ".first", optimizer.first[i]);
      archive.write(parameters.names[i] + ".second", optimizer.second[i]);
    }
    archive.write("clock", torch::tensor({static_cast<double>(optimizer.steps), elapsed_seconds,
                                          static_cast<double>(sequences_seen)},
                                         torch::kFloat64));
    archive.save_to(path + ".tmp");
    std::filesystem::rename(path + ".tmp", path);
  }

  void load(const std::string& path) {
    torch::serialize::InputArchive archive;
    archive.load_from(path);
    for (size_t i = 0; i < parameters.tensors.size(); ++i) {
      const std::vector<int64_t> shape = parameters.tensors[i].sizes().vec();
      archive.read(parameters.names[i], parameters.tensors[i]);
      if (parameters.tensors[i].sizes().vec() != shape) {
        throw Error(ErrorKind::kUsage, path +
                                           " is the checkpoint of a network of another shape; "
                                           "delete it, or name another one (--checkpoint)");
      }
      archive.read(parameters.names[i] + ".first", optimizer.first[i]);
      archive.read(parameters.names[i] + ".second", optimizer.second[i]);
    }
    Tensor clock;
    archive.read("clock", clock);
    optimizer.steps = static_cast<int64_t>(clock[0].item<double>());
    elapsed_seconds = clock[1].item<double>();
    sequences_seen = static_cast<uint64_t>(clock[2].item<double>());
  }
};

// One forward and backward pass over the batch. Threads take small parts of it as they come free,
// because a thread whose processor is busy elsewhere would hold up the others. Fills the mean
// gradients, returns the mean loss.
double gradients_of(const TrainSettings& s, const std::vector<Tensor>& weights, const Tensor& batch,
                    bool rounding, std::vector<Tensor>& gradients) {
  constexpr int64_t kPart = 2;
  const int64_t parts = batch.size(0) / kPart;
  std::vector<std::vector<Tensor>> leaves(s.threads);
  std::vector<double> losses(s.threads);
  std::atomic<int64_t> next{0};
  parallel(s.threads, [&](size_t thread) {
    for (const Tensor& w : weights) leaves[thread].push_back(w.detach().requires_grad_(true));
    for (int64_t i = next++; i < parts; i = next++) {
      Tensor mean = loss(s.model, leaves[thread], batch.slice(0, i * kPart, (i + 1) * kPart),
                         rounding, true, nullptr);
      mean.backward();
      losses[thread] += mean.item<double>();
    }
  });
  gradients.clear();
  for (size_t p = 0; p < weights.size(); ++p) {
    Tensor sum = torch::zeros(weights[p].sizes());
    for (size_t i = 0; i < s.threads; ++i) {
      if (leaves[i][p].grad().defined()) sum += leaves[i][p].grad();
    }
    gradients.push_back(sum.div_(static_cast<double>(parts)));
  }
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(parts);
}

double rate_factor(const TrainSettings& s, int64_t step, double fraction) {
  const double warm = std::min(1.0, static_cast<double>(step + 1) / s.warmup_steps);
  return warm *
         (fraction < s.decay_from ? 1.0 : std::max(0.0, (1 - fraction) / (1 - s.decay_from)));
}

}  // namespace

double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack,
                              const TrainSettings& s, bool rounding, size_t limit) {
  torch::NoGradGuard no_gradient;
  const std::vector<Tensor> weights = prepare_weights(parameters, rounding);
  const size_t length = s.sequence_tokens;
  if (pack.tokens.size() < length + 2) return std::nan("");
  const size_t count = (std::min(limit, pack.tokens.size()) - 2) / length;
  std::vector<double> nats(s.threads), bytes(s.threads);
  parallel(s.threads, [&](size_t thread) {
    for (size_t i = thread; i < count; i += s.threads) {
      const uint16_t* from = pack.tokens.data() + i * length;
      std::vector<int64_t> ids(from, from + length + 2);
      nats[thread] +=
          loss(s.model, weights, torch::tensor(ids).view({1, -1}), rounding, false, nullptr)
              .item<double>();
      for (size_t j = 2; j < length + 2; ++j) bytes[thread] += pack.token_bytes[from[j]];
    }
  });
  double total_nats = 0, total_bytes = 0;
  for (size_t i = 0; i < s.threads; ++i) total_nats += nats[i], total_bytes += bytes[i];
  return total_nats / std::log(2.0) / total_bytes;
}

Parameters load_parameters(const std::string& path, const ModelConfig& config) {
  Parameters parameters = Parameters::initialize(config, 0);
  torch::serialize::InputArchive archive;
  archive.load_from(path);
  for (size_t i = 0; i < parameters.tensors.size(); ++i)
    archive.read(parameters.names[i], parameters.tensors[i]);
  return parameters;
}

Parameters train(const TokenPack& data, const TokenPack& held_out, const TrainSettings& s,
                 const std::function<void(const TrainProgress&)>& report,
                 const std::atomic<bool>& stop) {
  Parameters initial = Parameters::initialize(s.model, s.seed);
  Optimizer optimizer(initial, s.optimizer);
  State state{std::move(initial), std::move(optimizer)};
  if (std::filesystem::exists(s.checkpoint_path)) state.load(s.checkpoint_path);
  Sequences sequences(data.tokens, s.sequence_tokens, s.seed);
  double loss_sum = 0, since_report = 0, since_checkpoint = 0;
  int64_t steps_since_report = 0;
  std::vector<Tensor> gradients;
  while (!stop && state.elapsed_seconds < s.seconds) {
    const auto start = Clock::now();
    const double fraction = state.elapsed_seconds / s.seconds;
    const bool rounding = fraction >= s.rounding_from;
    Tensor batch = sequences.batch(state.sequences_seen, s.batch_sequences);
    const double mean =
        gradients_of(s, prepare_weights(state.parameters, rounding), batch, rounding, gradients);
    if (!std::isfinite(mean))
      throw Error(ErrorKind::kInternal, "the loss is no longer a number; lower the learning rates");
    state.optimizer.step(state.parameters, gradients,
                         rate_factor(s, state.optimizer.steps, fraction));
    state.sequences_seen += s.batch_sequences;
    const double seconds =
        std::min(seconds_since(start), 60.0);  // a stopped process is not training
    state.elapsed_seconds += seconds;
    since_report += seconds;
    since_checkpoint += seconds;
    loss_sum += mean;
    ++steps_since_report;
    const bool last = stop || state.elapsed_seconds >= s.seconds;
    if (since_report >= s.report_seconds || last) {
      TrainProgress p;
      p.step = state.optimizer.steps;
      p.elapsed_seconds = state.elapsed_seconds;
      p.total_seconds = s.seconds;
      p.tokens = state.sequences_seen * s.sequence_tokens;
      p.loss_bits_per_token = loss_sum / static_cast<double>(steps_since_report) / std::log(2.0);
      p.tokens_per_second = static_cast<double>(static_cast<size_t>(steps_since_report) *
                                                s.batch_sequences * s.sequence_tokens) /
                            since_report;
      p.held_out_bits_per_byte =
          held_out_bits_per_byte(state.parameters, held_out, s, rounding, last ? 400000 : 40000);
      report(p);
      since_report = loss_sum = 0;
      steps_since_report = 0;
    }
    if (since_checkpoint >= s.checkpoint_seconds || last) {
      state.save(s.checkpoint_path);
      since_checkpoint = 0;
    }
  }
  // Stopped while the last report was made.
  if (since_checkpoint > 0) state.save(s.checkpoint_path);
  return state.parameters;
}

}  // namespace llmz::train
