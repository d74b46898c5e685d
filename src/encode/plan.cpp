// SPDX-License-Identifier: Apache-2.0
#include "encode/plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "encode/block_encoder.h"
#include "encode/byte_mix_encoder.h"
#include "encode/find_copies.h"
#include "encode/find_samples.h"
#include "encode/lzma2_encoder.h"
#include "encode/sample_headers.h"
#include "encode/samples_encoder.h"

namespace llmz {
namespace {

constexpr size_t kPieceBytes = 16 << 10;
constexpr size_t kSmallestRunBytes = 32 << 10;
constexpr size_t kSampleBytes = 64 << 10;
constexpr uint8_t kTrialMemoryBits = 22;

enum class Kind { kText, kBinary, kRandom, kOneByte };

// Bits per byte of the bytes taken one by one.
double entropy(const std::array<uint32_t, 256>& counts, size_t total) {
  double bits = 0;
  for (uint32_t n : counts) {
    if (n > 0) bits -= n * std::log2(static_cast<double>(n) / static_cast<double>(total));
  }
  return bits / static_cast<double>(total);
}

// Text in any encoding has few control characters.
Kind kind_of(ByteView piece) {
  if (std::memcmp(piece.data, piece.data + 1, piece.size - 1) == 0) return Kind::kOneByte;
  std::array<uint32_t, 256> counts{};
  for (uint8_t byte : piece) ++counts[byte];
  size_t controls = counts[127];
  for (size_t byte = 0; byte < 32; ++byte) {
    if (byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f') controls += counts[byte];
  }
  const bool few_controls = controls * 100 <= piece.size;
  // Random bytes are half high ones; so are Chinese and Russian, but they repeat themselves.
  if (few_controls && entropy(counts, piece.size) < 6.8) return Kind::kText;
  // 16 KB of random bytes have 7.99 bits, compressed data 7.95 and more.
  return piece.size >= 4096 && entropy(counts, piece.size) > 7.9 ? Kind::kRandom : Kind::kBinary;
}

// The share of the bytes that are likely to repeat what stood before, from one in 64 of all strings
// of 32 bytes (chosen by their hash, so that a repeat is seen at any distance and offset). 200
// MB/s, where the fastest LZMA2 takes noise at 2 to 5 MB/s.
double repeated_share(ByteView bytes) {
  constexpr size_t kString = 32;
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;  // of a rolling hash, Karp and Rabin (1987)
  if (bytes.size < kString) return 0;
  uint64_t oldest = 1;  // kFactor^kString
  for (size_t i = 0; i < kString; ++i) oldest *= kFactor;
  std::unordered_set<uint64_t> seen;
  uint64_t hash = 0, chosen = 0, repeated = 0;
  for (size_t i = 0; i < bytes.size; ++i) {
    hash = hash * kFactor + bytes[i] + 1;
    if (i >= kString) hash -= (bytes[i - kString] + 1) * oldest;
    if (i + 1 < kString || hash >> 58 != 0) continue;
    ++chosen;
    repeated += !seen.insert(hash).second;
  }
  return chosen == 0 ? 0 : static_cast<double>(repeated) / static_cast<double>(chosen);
}

struct KindRun {
  Kind kind;
  uint64_t begin, size_bytes;
};

std::vector<KindRun> kind_runs(ByteView segment) {
  std::vector<KindRun> runs;
  for (size_t begin = 0; begin < segment.size; begin += kPieceBytes) {
    const size_t size = std::min(kPieceBytes, segment.size - begin);
    const Kind kind = kind_of(segment.subview(begin, size));
    // A piece of another kind ends a run only when the run is worth its own start.
    if (!runs.empty() && (runs.back().kind == kind || size < kPieceBytes)) {
      runs.back().size_bytes += size;
    } else if (runs.size() > 1 && runs.back().size_bytes < kSmallestRunBytes &&
               runs[runs.size() - 2].kind == kind) {
      runs[runs.size() - 2].size_bytes += runs.back().size_bytes + size;
      runs.pop_back();
    } else {
      runs.push_back({kind, begin, size});
    }
  }
  return runs;
}

// What a sample costs, and what a run that begins with it might: the first half of the sample is
// spent on getting to know the text, the second one says how it goes on.
struct Cost {
  size_t sample_bytes = 0, all = 0, second_half = 0;
  double second_half_bits_per_byte() const {
    return 16 * static_cast<double>(second_half) / static_cast<double>(sample_bytes);
  }
  double of(uint64_t run_bytes) const {
    const double halves =
        2 * static_cast<double>(run_bytes - sample_bytes) / static_cast<double>(sample_bytes);
    return static_cast<double>(all) + halves * static_cast<double>(second_half);
  }
};

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

template <class Encode>
Cost cost_of(ByteView sample, Encode&& encode) {
  const size_t half = sample.size / 2;
  Cost cost;
  cost.sample_bytes = sample.size;
  cost.all = encode(sample.subview(0, half));
  cost.second_half = encode(sample.subview(half, sample.size - half));
  cost.all += cost.second_half;
  return cost;
}

Cost lean_mix_cost(ByteView sample) {
  mix::MixingModel mix(kTrialMemoryBits, false);
  return cost_of(sample, [&](ByteView part) { return byte_mix_encode(mix, part).size(); });
}

Cost rich_mix_cost(ByteView sample, const std::function<void()>& tick) {
  mix::RichModel mix(kTrialMemoryBits);
  return cost_of(sample, [&](ByteView part) {
    return byte_mix_encode(mix, part, [&](uint64_t) { tick(); }).size();
  });
}

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

// With an engine of its own: the session's may be in the middle of a block.
Cost token_cost(ByteView sample, RoundMethod method, CoderSettings coder, Session& session,
                const std::function<void()>& tick) {
  coder.memory_bits = kTrialMemoryBits;
  Session trial = session.another();
  BlockEncoder encoder(trial, coder, nullptr);
  encoder.state().progress = [&](uint64_t) { tick(); };
  uint64_t tokens = 0;
  return cost_of(sample,
                 [&](ByteView part) { return encoder.encode(method, part, tokens).size(); });
}

}  // namespace

// The rich mix makes 2 to 13 % less of a text than the lean one, which takes a fifth of its time.
bool rich_mix_may_be_smaller(ByteView text, uint64_t network_bytes) {
  mix::MixingModel lean(implied_memory_bits(std::min<uint64_t>(text.size, 4096), false), false);
  return 3 * network_bytes > 2 * byte_mix_encode(lean, text).size();
}

std::vector<Run> plan_segment(ByteView segment, const PlanSettings& settings, Session& session,
                              const std::function<void()>& use_model,
                              const std::function<void()>& tick) {
  const RoundMethod token_method = settings.token_method;
  if (settings.scope == PlanScope::kTokensOnly) {
    use_model();
    return {{token_method, 0, segment.size}};
  }
  if (settings.reference.size > 0 &&
      is_new_version(segment, find_copies(segment, settings.reference)))
    return {{RoundMethod::kCopies, 0, segment.size}};
  const bool with_network = settings.scope == PlanScope::kAll;
  const auto method_of_text = [&](ByteView run, ByteView sample) {
    // Nothing to choose from; the encoder compares the results.
    if (!with_network) return RoundMethod::kByteMix;
    use_model();
    const bool one_lane = settings.coder.lanes == 1 && run.size >= kLeastOneLaneBytes;
    if (sample.size == run.size && !one_lane) return token_method;
    // Prose always gains by the network: the lean mix tells it quickly.
    if (lean_mix_cost(sample).second_half_bits_per_byte() > kProseBitsPerByte) return token_method;
    const RoundMethod method = one_lane ? RoundMethod::kRichTokenMix : token_method;
    // Of a short text, too, the encoder compares the results.
    if (sample.size == run.size) return method;
    const Cost tokens = token_cost(sample, method, settings.coder, session, tick);
    const double margin = one_lane ? 0 : kNetworkMargin;
    return tokens.of(run.size) * (1 + margin) < rich_mix_cost(sample, tick).of(run.size)
               ? method
               : RoundMethod::kRichMix;
  };
  const auto method_of_binary = [&](ByteView sample) {
    const size_t lzma2 = lzma2_compress(sample).size();
    const size_t mixed = mixed_cost(sample, with_network, tick);
    if (std::min(lzma2, mixed) >= sample.size) return RoundMethod::kStored;
    if (lzma2 < mixed) return RoundMethod::kLzma2;
    return with_network ? RoundMethod::kRichMix : RoundMethod::kByteMix;
  };
  // Whole segments only: the bytes of a picture are of many kinds.
  if (settings.reference.size == 0) {
    if (const auto samples = worthwhile_samples(segment, with_network, tick))
      return {{RoundMethod::kSamples, 0, segment.size, samples}};
  }
  std::vector<Run> runs;
  const auto add = [&](const Run& run) {
    if (!runs.empty() && runs.back().method == run.method) {
      runs.back().size_bytes += run.size_bytes;
    } else {
      runs.push_back(run);
    }
  };
  for (const KindRun& found : kind_runs(segment)) {
    const ByteView run = segment.subview(found.begin, found.size_bytes);
    const ByteView sample = run.subview(0, std::min<size_t>(run.size, kSampleBytes));
    RoundMethod method = RoundMethod::kStored;
    switch (found.kind) {
      case Kind::kRandom:  // bytes that look random may still repeat
        if (settings.reference.size > 0 || repeated_share(run) > kWorthwhileRepeats)
          method = RoundMethod::kLzma2;
        break;
      case Kind::kOneByte:
        // The mix would save some bytes, and take minutes for what LZMA2 takes a second for.
        method = run.size > kSampleBytes ? RoundMethod::kLzma2 : method_of_binary(sample);
        break;
      case Kind::kBinary:
        method = method_of_binary(sample);
        break;
      case Kind::kText:
        method = method_of_text(run, sample);
        break;
    }
    add({method, found.begin, run.size});
  }
  const bool has_prose = std::any_of(runs.begin(), runs.end(),
                                     [&](const Run& run) { return run.method == token_method; });
  if (!has_prose) return runs;
  for (Run run : std::exchange(runs, {})) {
    if (run.method == RoundMethod::kRichTokenMix) run.method = token_method;
    add(run);
  }
  return runs;
}

}  // namespace llmz
