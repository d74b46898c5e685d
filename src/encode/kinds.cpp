// SPDX-License-Identifier: Apache-2.0
#include "encode/kinds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <unordered_set>

namespace llmz {
namespace {

constexpr size_t kPieceBytes = 16 << 10;
constexpr size_t kSmallestRunBytes = 32 << 10;

// Text in any encoding has few control characters.
Kind kind_of(ByteView piece) {
  if (std::memcmp(piece.data, piece.data + 1, piece.size - 1) == 0) return Kind::kOneByte;
  std::array<uint32_t, 256> counts{};
  for (uint8_t byte : piece) ++counts[byte];
  size_t controls = counts[127];
  for (size_t byte = 0; byte < 32; ++byte) {
    if (byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f') controls += counts[byte];
  }
  const double bits_per_byte =
      entropy_bits(counts.data(), counts.size(), piece.size) / static_cast<double>(piece.size);
  const bool few_controls = controls * 100 <= piece.size;
  // Random bytes are half high ones; so are Chinese and Russian, but they repeat themselves.
  if (few_controls && bits_per_byte < 6.8) return Kind::kText;
  // 16 KB of random bytes have 7.99 bits, compressed data 7.95 and more.
  return piece.size >= 4096 && bits_per_byte > 7.9 ? Kind::kRandom : Kind::kBinary;
}

}  // namespace

double entropy_bits(const uint32_t* counts, size_t size, size_t total) {
  double bits = 0;
  for (size_t i = 0; i < size; ++i) {
    if (counts[i] > 0)
      bits -= counts[i] * std::log2(static_cast<double>(counts[i]) / static_cast<double>(total));
  }
  return bits;
}

// From one in 64 of all strings of 32 bytes, chosen by their hash, so that a repeat is seen at any
// distance and offset. The fastest LZMA2 takes noise at 2 to 5 MB/s.
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

}  // namespace llmz
