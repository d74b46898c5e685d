// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/freed_memory.h"
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

// One of the two parts of a training, and how far it has come.
struct Part {
  const Schedule& schedule;
  bool finish;

  double share_done(const State& s) const {
    if (schedule.in_steps()) {
      const int64_t steps = s.optimizer.steps - (finish ? s.finish_from_step : 0);
      return share(static_cast<double>(steps),
                   static_cast<double>(finish ? schedule.finish_steps : schedule.flat_steps));
    }
    const double seconds = s.elapsed_seconds - (finish ? s.finish_from_seconds : 0);
    return share(seconds, finish ? schedule.finish_seconds : schedule.flat_seconds);
  }
  bool is_rounding(const State& s) const {
    return finish && share_done(s) >= schedule.rounding_from;
  }
  double rate_factor(const TrainSettings& settings, const State& s) const {
    const double warm = std::min(1.0, static_cast<double>(s.optimizer.steps + 1) /
                                          static_cast<double>(settings.warmup_steps + 1));
    return finish ? warm * std::max(0.0, 1 - share_done(s)) : warm;
  }

 private:
  static double share(double done, double all) { return all > 0 ? done / all : 1; }
};

// Means since the last report.
struct Means {
  double seconds = 0, loss = 0, norm = 0, rate = 0;
  int64_t steps = 0;
};

// Of the whole training, in seconds; estimated where steps decide.
double total_seconds(const Schedule& schedule, const State& state, const Means& means) {
  if (!schedule.in_steps()) {
    return std::max(schedule.flat_seconds,
                    state.finish_from_seconds > 0 ? state.finish_from_seconds : 0) +
           schedule.finish_seconds;
  }
  const double flat = static_cast<double>(
      std::max<int64_t>(static_cast<int64_t>(schedule.flat_steps), state.finish_from_step));
  const double left = flat + static_cast<double>(schedule.finish_steps) -
                      static_cast<double>(state.optimizer.steps);
  return state.elapsed_seconds +
         left * means.seconds / static_cast<double>(std::max<int64_t>(means.steps, 1));
}

TrainProgress progress_of(const TrainSettings& s, const Schedule& schedule, const State& state,
                          const Means& means) {
  const double steps = static_cast<double>(std::max<int64_t>(means.steps, 1));
  TrainProgress p;
  p.step = static_cast<uint64_t>(state.optimizer.steps);
  p.elapsed_seconds = state.elapsed_seconds;
  p.total_seconds = total_seconds(schedule, state, means);
  p.tokens = state.sequences_seen * s.sequence_tokens;
  p.loss_bits_per_token = means.loss / steps / std::log(2.0);
  p.gradient_norm = means.norm / steps;
  p.rate = means.rate / steps;
  p.tokens_per_second = static_cast<double>(means.steps) *
                        static_cast<double>(s.batch_sequences * s.sequence_tokens) /
                        std::max(means.seconds, 1e-9);
  return p;
}

}  // namespace

double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack,
                              const TrainSettings& s, size_t threads, bool rounding, size_t limit) {
  torch::NoGradGuard no_gradient;
  const size_t length = s.sequence_tokens;
  if (pack.tokens.size() < length + 2) return std::nan("");
  // Evenly spread over the pack, whose texts stand in the order of the mixture.
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

namespace {

// Takes the loss of a step and returns that of the step before, so that the GPU has the next step
// to do while this one's end is waited for.
double loss_before(Tensor& waiting, Tensor loss) {
  if (!waiting.defined()) waiting = loss;
  std::swap(waiting, loss);
  return loss.item<double>();
}

// What both parts of a training share.
struct Training {
  const TokenPack& held_out;
  const TrainSettings& settings;
  const Schedule& schedule;
  const RunSettings& run;
  const std::function<void(const TrainProgress&)>& report;
  const std::atomic<bool>& stop;
  Sequences sequences;
  bool on_cpu;
  std::vector<Tensor> gradients;
  Tensor waiting = {};  // the loss of the step before, where a GPU computes it

  // One step of the optimizer. Adds to `means`; returns the seconds that count.
  double step(const Part& part, State& state, Means& means) {
    const auto start = Clock::now();
    const bool rounding = part.is_rounding(state);
    const double rate = part.rate_factor(settings, state);
    const Tensor batch = sequences.batch(state.sequences_seen, settings.batch_sequences);
    const double mean =
        on_cpu ? mean_gradients(settings.model,
                                prepare_weights(settings.model, state.parameters, rounding), batch,
                                rounding, run.threads, gradients)
               : loss_before(waiting, plain_gradients(settings.model, state.parameters, batch,
                                                      rounding, gradients));
    if (!std::isfinite(mean))
      throw Error(ErrorKind::kInternal, "the loss is no longer a number; lower the learning rates");
    means.norm += state.optimizer.step(state.parameters, gradients, rate, on_cpu ? run.threads : 1);
    limit_scalars(settings.model, state.parameters);
    state.sequences_seen += settings.batch_sequences;
    // A stopped process is not training.
    const double seconds = std::min(seconds_since(start), 60.0);
    state.elapsed_seconds += seconds;
    means.seconds += seconds;
    means.loss += mean;
    means.rate += rate;
    ++means.steps;
    return seconds;
  }

  // Steps until the part has ended, with its checkpoints and reports.
  void go(const Part& part, State& state, const std::string& checkpoint) {
    Means means;
    double since_checkpoint = 0;
    while (!stop && part.share_done(state) < 1) {
      since_checkpoint += step(part, state, means);
      const bool over = part.share_done(state) >= 1;
      // What was learned is safe before anything takes time.
      if (stop || over || since_checkpoint >= run.checkpoint_seconds) {
        state.save(checkpoint);
        since_checkpoint = 0;
      }
      if (!stop && means.seconds >= run.report_seconds && !over) {
        tell(part.is_rounding(state), state, means, size_t{40} << 10, false);
        means = Means();
      }
    }
    if (since_checkpoint > 0) state.save(checkpoint);  // stopped during a report
    const bool last = part.finish || !schedule.has_finish();
    if (!stop && last) tell(part.finish, state, means, size_t{400} << 10, true);
  }

  void tell(bool rounding, const State& state, const Means& means, size_t limit, bool end) {
    TrainProgress p = progress_of(settings, schedule, state, means);
    p.end = end;
    p.held_out_bits_per_byte =
        held_out_bits_per_byte(state.parameters, held_out, settings, run.threads, rounding, limit);
    report(p);
  }
};

// The finish has an origin of its own: where the flat part was, and how long it takes.
void begin_finish(const Schedule& schedule, State& state) {
  state.finish_from_step = state.optimizer.steps;
  state.finish_from_seconds = state.elapsed_seconds;
  state.origin += "finish from step " + std::to_string(state.finish_from_step) + "\nfinish " +
                  (schedule.in_steps() ? std::to_string(schedule.finish_steps) + " steps"
                                       : std::to_string(schedule.finish_seconds) + " seconds") +
                  "\nrounding from " + std::to_string(schedule.rounding_from) + "\n";
}

}  // namespace

State train(Parameters initial, const TokenPack& data, const TokenPack& held_out,
            const TrainSettings& settings, const Schedule& schedule, const RunSettings& run,
            const std::function<void(const TrainProgress&)>& report,
            const std::atomic<bool>& stop) {
  const bool on_cpu = run.device == "cpu";
  if (on_cpu) {
    keep_freed_memory();
  } else {
    move_to_device(initial, run.device);
  }
  Optimizer optimizer(initial, settings.optimizer);
  State state{std::move(initial), std::move(optimizer), origin_text(settings, data)};
  Training training{held_out,
                    settings,
                    schedule,
                    run,
                    report,
                    stop,
                    Sequences(data.tokens, settings.sequence_tokens, settings.seed),
                    on_cpu,
                    {}};
  // The first checkpoint shows early that there will be others.
  if (std::filesystem::exists(run.checkpoint_path)) {
    state.load(run.checkpoint_path);
  } else {
    state.save(run.checkpoint_path);
  }
  training.go({schedule, false}, state, run.checkpoint_path);
  if (stop || !schedule.has_finish()) return state;
  begin_finish(schedule, state);
  if (state.can_load(finish_path(run))) state.load(finish_path(run));
  training.go({schedule, true}, state, finish_path(run));
  return state;
}

}  // namespace llmz::train
