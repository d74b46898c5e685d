// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "train/dataset.h"
#include "train/parallel.h"
#include "train/plain_network.h"

namespace llmz::train {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double mean_gradients(const ModelConfig& model, const std::vector<Tensor>& weights,
                      const Tensor& batch, bool rounding, size_t threads,
                      std::vector<Tensor>& gradients) {
  constexpr int64_t kPart = 2;  // sequences
  const size_t parts = static_cast<size_t>(batch.size(0) / kPart);
  std::vector<std::vector<Tensor>> of_part(parts);
  std::vector<double> losses(parts);
  parallel(threads, parts, [&](size_t i) {
    for (const Tensor& w : weights) of_part[i].push_back(torch::zeros(w.sizes()));
    const int64_t begin = static_cast<int64_t>(i) * kPart;
    losses[i] =
        add_gradients(model, weights, batch.slice(0, begin, begin + kPart), rounding, of_part[i]);
  });
  gradients = of_part[0];
  parallel(threads, weights.size(), [&](size_t p) {
    for (size_t i = 1; i < parts; ++i) gradients[p] += of_part[i][p];
    gradients[p] /= static_cast<double>(parts);
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(parts);
}

namespace {

double rate_factor(const TrainSettings& s, int64_t step, double fraction) {
  // A short training has no time for a long rise.
  const uint64_t rise = s.steps > 0 ? std::min(s.warmup_steps, s.steps / 10 + 1) : s.warmup_steps;
  const double warm = std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(rise));
  return warm *
         (fraction < s.decay_from ? 1.0 : std::max(0.0, (1 - fraction) / (1 - s.decay_from)));
}

// Share of the training that is done.
double fraction_done(const TrainSettings& s, const State& state) {
  return s.steps > 0 ? static_cast<double>(state.optimizer.steps) / static_cast<double>(s.steps)
                     : state.elapsed_seconds / s.seconds;
}

// Means since the last report.
struct Means {
  double seconds = 0, loss = 0, norm = 0, rate = 0;
  int64_t steps = 0;
};

TrainProgress progress_of(const TrainSettings& s, const State& state, const Means& means) {
  const double steps = static_cast<double>(std::max<int64_t>(means.steps, 1));
  TrainProgress p;
  p.step = static_cast<uint64_t>(state.optimizer.steps);
  p.total_steps = s.steps;
  p.elapsed_seconds = state.elapsed_seconds;
  p.total_seconds = state.elapsed_seconds / std::max(fraction_done(s, state), 1e-9);
  p.tokens = state.sequences_seen * s.sequence_tokens;
  p.loss_bits_per_token = means.loss / steps / std::log(2.0);
  p.gradient_norm = means.norm / steps;
  p.rate = means.rate / steps;
  p.tokens_per_second = static_cast<double>(means.steps) *
                        static_cast<double>(s.batch_sequences * s.sequence_tokens) /
                        std::max(means.seconds, 1e-9);
  return p;
}

// Takes the loss of a step and returns that of the step before, so that the GPU has the next step
// to do while this one's end is waited for.
double loss_before(Tensor& waiting, Tensor loss) {
  if (!waiting.defined()) waiting = loss;
  std::swap(waiting, loss);
  return loss.item<double>();
}

}  // namespace

double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack,
                              const TrainSettings& s, size_t threads, bool rounding, size_t limit) {
  torch::NoGradGuard no_gradient;
  const size_t length = s.sequence_tokens;
  if (pack.tokens.size() < length + 2) return std::nan("");
  // Evenly spread over the pack, whose texts stand in the order of the mix.
  const size_t all = (pack.tokens.size() - 2) / length, count = std::min(all, limit / length);
  if (count == 0) return std::nan("");
  const bool on_cpu = parameters.tensors[0].is_cpu();
  std::vector<Tensor> weights;
  if (on_cpu) weights = prepare_weights(s.model, parameters, rounding);
  std::vector<double> nats(count), bytes(count);
  parallel(on_cpu ? threads : 1, count, [&](size_t i) {
    const uint16_t* from = pack.tokens.data() + i * all / count * length;
    const std::vector<int64_t> ids(from, from + length + 2);
    const Tensor tokens = torch::tensor(ids).view({1, -1});
    nats[i] = on_cpu ? loss(s.model, weights, tokens, rounding)
                     : plain_loss(s.model, parameters, tokens, rounding);
    for (size_t j = 2; j < length + 2; ++j) bytes[i] += pack.token_bytes[from[j]];
  });
  return std::accumulate(nats.begin(), nats.end(), 0.0) / std::log(2.0) /
         std::accumulate(bytes.begin(), bytes.end(), 0.0);
}

State train(Parameters initial, const TokenPack& data, const TokenPack& held_out,
            const TrainSettings& s, const RunSettings& run,
            const std::function<void(const TrainProgress&)>& report,
            const std::atomic<bool>& stop) {
  const bool on_cpu = run.device == "cpu";
  if (!on_cpu) move_to_device(initial, run.device);
  Optimizer optimizer(initial, s.optimizer);
  State state{std::move(initial), std::move(optimizer), origin_text(s, data)};
  Sequences sequences(data.tokens, s.sequence_tokens, s.seed);
  // The first checkpoint shows early that there will be others.
  if (std::filesystem::exists(run.checkpoint_path)) {
    state.load(run.checkpoint_path);
  } else {
    state.save(run.checkpoint_path);
  }
  Means means;
  double since_checkpoint = 0;
  std::vector<Tensor> gradients;
  Tensor waiting;  // a loss that the GPU still computes
  while (!stop && fraction_done(s, state) < 1) {
    const auto start = Clock::now();
    const double fraction = fraction_done(s, state);
    const bool rounding = fraction >= s.rounding_from;
    const Tensor batch = sequences.batch(state.sequences_seen, s.batch_sequences);
    const double mean =
        on_cpu ? mean_gradients(s.model, prepare_weights(s.model, state.parameters, rounding),
                                batch, rounding, run.threads, gradients)
               : loss_before(waiting, plain_gradients(s.model, state.parameters, batch, rounding,
                                                      gradients));
    if (!std::isfinite(mean))
      throw Error(ErrorKind::kInternal, "the loss is no longer a number; lower the learning rates");
    const double rate = rate_factor(s, state.optimizer.steps, fraction);
    means.norm += state.optimizer.step(state.parameters, gradients, rate, on_cpu ? run.threads : 1);
    limit_scalars(s.model, state.parameters);
    state.sequences_seen += s.batch_sequences;
    const double seconds =
        std::min(seconds_since(start), 60.0);  // a stopped process is not training
    state.elapsed_seconds += seconds;
    since_checkpoint += seconds;
    means.seconds += seconds;
    means.loss += mean;
    means.rate += rate;
    ++means.steps;
    // What was learned is safe before anything takes time.
    if (stop || since_checkpoint >= run.checkpoint_seconds || fraction_done(s, state) >= 1) {
      state.save(run.checkpoint_path);
      since_checkpoint = 0;
    }
    if (!stop && means.seconds >= run.report_seconds && fraction_done(s, state) < 1) {
      TrainProgress p = progress_of(s, state, means);
      p.held_out_bits_per_byte = held_out_bits_per_byte(state.parameters, held_out, s, run.threads,
                                                        rounding, size_t{40} << 10);
      report(p);
      means = Means();
    }
  }
  if (since_checkpoint > 0) state.save(run.checkpoint_path);  // stopped during a report
  if (!stop) {
    TrainProgress p = progress_of(s, state, means);
    p.end = true;
    p.held_out_bits_per_byte =
        held_out_bits_per_byte(state.parameters, held_out, s, run.threads, true, size_t{400} << 10);
    report(p);
  }
  return state;
}

}  // namespace llmz::train
