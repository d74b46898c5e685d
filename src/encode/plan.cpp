// SPDX-License-Identifier: Apache-2.0
#include "encode/plan.h"

#include <algorithm>
#include <utility>

#include "encode/byte_mix_encoder.h"
#include "encode/find_copies.h"
#include "encode/find_samples.h"
#include "encode/kinds.h"
#include "encode/lzma2_encoder.h"
#include "encode/sample_headers.h"
#include "encode/samples_encoder.h"
#include "encode/trials.h"

namespace llmz {
namespace {

constexpr size_t kSampleBytes = 64 << 10;

// The network's lead shrinks the longer the mix learns. Measured on logs, JSON, XML and C++ of 200
// to 300 KB.
constexpr double kNetworkMargin = 0.04;

// A text is prose that costs the lean mix more than 1.75 bits a byte, once it knows the text a
// little. In 69 texts of 23 kinds only such whose language the network does not know were then
// smaller by the rich mix, by less than 1 %.
constexpr double kProseBitsPerByte = 1.75;

// A shorter text is not worth the longer frame that names the method.
constexpr size_t kLeastOneLaneBytes = 4 << 10;

// Of a run that looks random: the share that must have come before.
constexpr double kWorthwhileRepeats = 0.01;

size_t mixed_cost(ByteView sample, bool rich, const std::function<void()>& tick) {
  return rich ? rich_mix_cost(sample, tick).all : lean_mix_cost(sample).all;
}

// Of a picture, or sound, that is smaller so than as other bytes; by a sample from its middle.
std::optional<SampleHead> worthwhile_samples(ByteView segment, bool rich,
                                             const std::function<void()>& tick) {
  const auto head = find_samples(segment, tick);
  if (!head) return std::nullopt;
  const size_t begin = segment.size <= kSampleBytes ? 0 : (segment.size - kSampleBytes) / 2;
  const ByteView sample = segment.subview(begin, std::min(segment.size, kSampleBytes));
  const uint64_t row = std::max<uint64_t>(head->layout.row, head->layout.channels);
  const uint64_t step = row * head->layout.bytes;
  const SampleHead inside =
      begin == 0 ? *head
                 : samples_from(head->layout, (head->before_bytes + step - begin % step) % step);
  const size_t size = samples_encode(sample, inside, [&](uint64_t) { tick(); }).size();
  const size_t other = std::min(lzma2_compress(sample).size(), mixed_cost(sample, rich, tick));
  return size < other ? head : std::nullopt;
}

// The choice for one segment.
class Planner {
 public:
  Planner(const PlanSettings& settings, Session& session, const std::function<void()>& use_model,
          const std::function<void()>& tick)
      : settings_(settings), session_(session), use_model_(use_model), tick_(tick) {}

  std::vector<Run> plan(ByteView segment) {
    if (settings_.scope == PlanScope::kTokensOnly) {
      use_model_();
      return {{settings_.token_method, 0, segment.size}};
    }
    if (std::optional<Found> found = found_in(segment))
      return {{found->samples ? RoundMethod::kSamples : RoundMethod::kCopies, 0, segment.size,
               std::move(*found)}};
    std::vector<Run> runs;
    for (const KindRun& run : kind_runs(segment))
      add({method_of(run.kind, segment.subview(run.begin, run.size_bytes)), run.begin,
           run.size_bytes},
          runs);
    return with_one_token_method(std::move(runs));
  }

 private:
  bool with_network() const { return settings_.scope == PlanScope::kAll; }

  // What the segment is as a whole: a new version, or a picture, whose bytes are of many kinds.
  std::optional<Found> found_in(ByteView segment) const {
    if (settings_.reference.size > 0) {
      std::vector<Copy> copies = find_copies(segment, settings_.reference);
      if (!is_new_version(segment, copies)) return std::nullopt;
      return Found{{}, std::move(copies)};
    }
    if (const auto samples = worthwhile_samples(segment, with_network(), tick_))
      return Found{samples, {}};
    return std::nullopt;
  }

  RoundMethod method_of(Kind kind, ByteView run) const {
    const ByteView sample = run.subview(0, std::min<size_t>(run.size, kSampleBytes));
    switch (kind) {
      case Kind::kRandom:  // bytes that look random may still repeat
        return settings_.reference.size > 0 || repeated_share(run) > kWorthwhileRepeats
                   ? RoundMethod::kLzma2
                   : RoundMethod::kStored;
      case Kind::kOneByte:
        // The mix would save some bytes, and take minutes for what LZMA2 takes a second for.
        return run.size > kSampleBytes ? RoundMethod::kLzma2 : method_of_binary(sample);
      case Kind::kBinary:
        return method_of_binary(sample);
      case Kind::kText:
        return method_of_text(run, sample);
    }
    return RoundMethod::kStored;
  }

  RoundMethod method_of_text(ByteView run, ByteView sample) const {
    // Nothing to choose from; the encoder compares the results.
    if (!with_network()) return RoundMethod::kByteMix;
    use_model_();
    const bool one_lane = settings_.coder.lanes == 1 && run.size >= kLeastOneLaneBytes;
    if (sample.size == run.size && !one_lane) return settings_.token_method;
    // Prose always gains by the network: the lean mix tells it quickly.
    if (lean_mix_cost(sample).second_half_bits_per_byte() > kProseBitsPerByte)
      return settings_.token_method;
    const RoundMethod method = one_lane ? RoundMethod::kSecondRichTokenMix : settings_.token_method;
    // Of a short text, too, the encoder compares the results.
    if (sample.size == run.size) return method;
    const Cost tokens = token_cost(sample, method, settings_.coder, session_, tick_);
    const double margin = one_lane ? 0 : kNetworkMargin;
    return tokens.of(run.size) * (1 + margin) < rich_mix_cost(sample, tick_).of(run.size)
               ? method
               : RoundMethod::kSecondRichMix;
  }

  RoundMethod method_of_binary(ByteView sample) const {
    const size_t lzma2 = lzma2_compress(sample).size();
    const size_t mixed = mixed_cost(sample, with_network(), tick_);
    if (std::min(lzma2, mixed) >= sample.size) return RoundMethod::kStored;
    if (lzma2 < mixed) return RoundMethod::kLzma2;
    return with_network() ? RoundMethod::kSecondRichMix : RoundMethod::kByteMix;
  }

  static void add(Run run, std::vector<Run>& runs) {
    if (!runs.empty() && runs.back().method == run.method) {
      runs.back().size_bytes += run.size_bytes;
    } else {
      runs.push_back(std::move(run));
    }
  }

  // A frame has one at most: that of prose, where there is prose.
  std::vector<Run> with_one_token_method(std::vector<Run> runs) const {
    const RoundMethod of_prose = settings_.token_method;
    if (std::none_of(runs.begin(), runs.end(),
                     [&](const Run& run) { return run.method == of_prose; }))
      return runs;
    std::vector<Run> changed;
    for (Run& run : runs) {
      if (run.method == RoundMethod::kSecondRichTokenMix) run.method = of_prose;
      add(std::move(run), changed);
    }
    return changed;
  }

  const PlanSettings& settings_;
  Session& session_;
  const std::function<void()>& use_model_;
  const std::function<void()>& tick_;
};

}  // namespace

// The rich mix makes 2 to 13 % less of a text than the lean one, which takes a fifth of its time.
bool rich_mix_may_be_smaller(ByteView text, uint64_t network_bytes) {
  mix::MixingModel lean(implied_memory_bits(std::min<uint64_t>(text.size, 4096), false), false);
  return 3 * network_bytes > 2 * byte_mix_encode(lean, text).size();
}

std::vector<Run> plan_segment(ByteView segment, const PlanSettings& settings, Session& session,
                              const std::function<void()>& use_model,
                              const std::function<void()>& tick) {
  return Planner(settings, session, use_model, tick).plan(segment);
}

}  // namespace llmz
