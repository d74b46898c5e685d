// SPDX-License-Identifier: Apache-2.0
// What measuring adds up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace llmz {

// The rate against the position in the sequence (Deletang et al. 2023, figure 6): bucket 0 holds
// the first byte of each sequence, bucket k the bytes from 2^(k-1) to 2^k - 1.
struct PositionCurve {
  static constexpr size_t kBuckets = 33;
  std::array<double, kBuckets> bits{};
  std::array<uint64_t, kBuckets> bytes{};

  static uint64_t begin(size_t bucket) { return bucket == 0 ? 0 : uint64_t{1} << (bucket - 1); }
  // The bits of a token are shared evenly by its bytes.
  void add(uint64_t position, uint64_t token_bytes, double token_bits);
};

struct Tally {
  uint64_t content_bytes = 0, characters = 0, tokens = 0, sequences = 0;
  double bits = 0;
  PositionCurve curve;
};

}  // namespace llmz
