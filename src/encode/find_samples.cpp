// SPDX-License-Identifier: Apache-2.0
#include "encode/find_samples.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "encode/kinds.h"
#include "encode/sample_headers.h"
#include "encode/samples_encoder.h"

namespace llmz {
namespace {

constexpr size_t kFewBytes = 8 << 10, kPieceBytes = 48 << 10, kLeastBytes = 256;
constexpr size_t kLongestPeriod = 16384, kRowCandidates = 8;
constexpr size_t kTrialBytes = 12 << 10, kTrials = 6;
constexpr double kWorthwhile = 0.97;   // of what bytes cost one by one
constexpr double kWorthATrial = 1.25;  // of the best proposal
constexpr double kSignedCost = 1.02, kNoCost = 1e9;

double bits_per_byte(ByteView bytes) {
  std::vector<uint32_t> counts(256);
  for (uint8_t byte : bytes) ++counts[byte];
  return entropy_bits(counts.data(), counts.size(), bytes.size) / static_cast<double>(bytes.size);
}

// From the middle, where no header is; at an even place.
ByteView piece_of(ByteView content, size_t bytes) {
  const size_t size = std::min(content.size, bytes);
  return content.subview((content.size - size) / 4 * 2, size);
}

using Values = std::vector<int32_t>;

Values values_of(ByteView piece, const SampleHead& head) {
  const size_t bytes = head.layout.bytes;
  Values values;
  for (size_t at = head.before_bytes; at + bytes <= piece.size; at += bytes)
    values.push_back(static_cast<int32_t>(head.layout.value(piece.data + at)));
  return values;
}

// What to expect behind `left`: that itself or, with rows, something between it and `above`.
enum class Guess { kLeft, kMean, kGradient };

int32_t guessed(Guess guess, int32_t left, int32_t above, int32_t corner) {
  if (guess == Guess::kLeft) return left;
  if (guess == Guess::kMean) return (left + above) / 2;
  return std::clamp(left + above - corner, std::min(left, above), std::max(left, above));
}

// Binary digits, without the sign.
uint32_t digits_of(int32_t x) {
  const uint32_t away = static_cast<uint32_t>(std::abs(x));
  return away == 0 ? 0 : 32 - static_cast<uint32_t>(__builtin_clz(away));
}

// What the differences from a guess would cost a byte: their sizes by how often each comes, and
// their digits.
double cost_of_guess(const Values& v, const mix::SampleLayout& layout, Guess guess) {
  const size_t s = layout.channels, r = layout.row, first = r + s;
  if (v.size() < first + kLeastBytes / 4) return kNoCost;
  std::vector<uint32_t> sizes(64);
  double bits = 0;
  for (size_t i = first; i < v.size(); ++i) {
    const int32_t off = v[i] - guessed(guess, v[i - s], v[i - r], v[i - r - s]);
    const uint32_t digits = digits_of(off);
    ++sizes[2 * digits + (off < 0)];
    bits += digits > 1 ? digits - 1 : 0;
  }
  const size_t count = v.size() - first;
  return (bits + entropy_bits(sizes.data(), sizes.size(), count)) /
         static_cast<double>(count * layout.bytes);
}

double cost(const Values& v, const mix::SampleLayout& layout) {
  if (layout.row == 0) return cost_of_guess(v, layout, Guess::kLeft);
  return std::min(cost_of_guess(v, layout, Guess::kMean),
                  cost_of_guess(v, layout, Guess::kGradient));
}

struct Proposal {
  SampleHead head;
  double cost = kNoCost;
};

// How bytes, or pairs of them at even or odd places, are best taken for samples.
Proposal best_samples(ByteView piece, uint32_t bytes) {
  Proposal best;
  const auto consider = [&](const SampleHead& head) {
    const double c = cost(values_of(piece, head), head.layout);
    // Where both are nearly the same, numbers without a sign end at 0.
    if (c * (head.layout.is_signed ? kSignedCost : 1) < best.cost) best = {head, c};
  };
  for (uint32_t channels : {1, 2, 3, 4}) {
    if (bytes == 1) consider({{1, false, false, channels, 0}, 0});
    for (uint32_t how = 0; bytes == 2 && how < 8; ++how)
      consider({{2, (how & 1) != 0, (how & 2) != 0, channels, 0}, how >> 2});
  }
  return best;
}

// How many binary digits samples that lie so far apart differ by, in the mean of some thousand.
double distance(const Values& v, size_t period) {
  constexpr size_t kWindows = 16, kWindow = 128;
  const size_t count = v.size() - period;
  const size_t window = std::min(kWindow, count / kWindows);
  size_t sum = 0;
  for (size_t w = 0; w < kWindows; ++w) {
    const size_t first = w * (count / kWindows);
    for (size_t i = first; i < first + window; ++i) sum += digits_of(v[i + period] - v[i]);
  }
  return static_cast<double>(sum) / static_cast<double>(kWindows * window);
}

// The periods that bring samples nearer to those a period before than periods a little shorter or
// longer do.
std::vector<size_t> likely_rows(const Values& v) {
  constexpr size_t kLittle = 4, kShortest = mix::SampleLayout::kFewestPlaces;
  const size_t longest = std::min(v.size() / 3, kLongestPeriod);
  std::vector<double> distances;
  for (size_t period = 0; period <= longest; ++period) distances.push_back(distance(v, period));
  std::vector<std::pair<double, size_t>> nearer;
  for (size_t p = kShortest; p + kLittle <= longest; ++p) {
    const double beside = (distances[p - kLittle] + distances[p + kLittle]) / 2;
    nearer.emplace_back(distances[p] - beside, p);
  }
  std::sort(nearer.begin(), nearer.end());
  if (nearer.size() > kRowCandidates) nearer.resize(kRowCandidates);
  std::vector<size_t> rows;
  for (const auto& [by, period] : nearer) rows.push_back(period);
  return rows;
}

// With every number of channels, without rows and with the best ones.
void propose(ByteView piece, const SampleHead& samples, std::vector<Proposal>& all) {
  const Values v = values_of(piece, samples);
  const std::vector<size_t> rows = likely_rows(v);
  for (uint32_t channels = 1; channels <= mix::SampleLayout::kMaxChannels; ++channels) {
    mix::SampleLayout layout = samples.layout;
    layout.channels = channels;
    all.push_back({{layout, samples.before_bytes}, cost(v, layout)});
    Proposal best;
    for (size_t row : rows) {
      layout.row = static_cast<uint32_t>(row);
      const double c = layout.valid() ? cost(v, layout) : kNoCost;
      if (c < best.cost) best = {{layout, samples.before_bytes}, c};
    }
    if (best.cost < kNoCost) all.push_back(best);
  }
}

// The estimate knows nothing of what channels say of each other: the best ones are tried.
SampleHead smallest(ByteView content, std::vector<Proposal>& proposals,
                    const std::function<void()>& tick) {
  std::stable_sort(proposals.begin(), proposals.end(),
                   [](const Proposal& a, const Proposal& b) { return a.cost < b.cost; });
  const double most = proposals.front().cost * kWorthATrial;
  if (proposals.size() > kTrials) proposals.resize(kTrials);
  size_t rows_bytes = 0;
  for (const Proposal& p : proposals)
    rows_bytes = std::max<size_t>(rows_bytes, 4 * p.head.layout.row * p.head.layout.bytes);
  const ByteView piece = piece_of(content, std::clamp(rows_bytes, kTrialBytes, kPieceBytes));
  SampleHead best = proposals.front().head;
  size_t best_bytes = ~size_t{0};
  for (const Proposal& p : proposals) {
    if (p.cost > most) break;
    const size_t bytes = samples_encode(piece, p.head, [&](uint64_t) { tick(); }).size();
    if (bytes < best_bytes) best = p.head;
    best_bytes = std::min(best_bytes, bytes);
  }
  return best;
}

}  // namespace

std::optional<SampleHead> find_samples(ByteView content, const std::function<void()>& tick) {
  if (content.size < kLeastBytes) return std::nullopt;
  if (const auto head = samples_by_header(content)) return head;
  const ByteView few = piece_of(content, kFewBytes);
  const double most = bits_per_byte(few) * kWorthwhile;
  if (std::min(best_samples(few, 1).cost, best_samples(few, 2).cost) >= most) return std::nullopt;
  const ByteView piece = piece_of(content, kPieceBytes);
  std::vector<Proposal> proposals;
  for (uint32_t bytes : {1, 2}) propose(piece, best_samples(piece, bytes).head, proposals);
  return smallest(content, proposals, tick);
}

}  // namespace llmz
