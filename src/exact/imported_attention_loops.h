// SPDX-License-Identifier: Apache-2.0
// Step 3 of a layer of docs/exact-imported.md. A part of imported_loops.cpp.
#pragma once

#include <algorithm>

#include "exact/cpu_vector.h"
#include "exact/imported_loops.h"
#include "exact/imported_row_loops.h"

namespace llmz::exact {
namespace {

constexpr size_t kMaxPositions = 2048;
constexpr size_t kParts = 3;  // of a weight, 8 bits each, so that 256 products add up in 32 bits
constexpr size_t kPartPositions = 256;
constexpr size_t kAheadPositions = 32;  // what comes from afar is asked for so much before

// A query in two halves of 8 bits, so that products with 16 bits add up in 32.
struct HalfQuery {
  alignas(64) int16_t upper[kMaxWideHeadDim], lower[kMaxWideHeadDim];
};

// s_j of kCount blocks of keys.
template <size_t kCount>
void scores_of_blocks(const HalfQuery& query, const int16_t* keys, size_t dim, int64_t* scores) {
  constexpr size_t kEach = kWideRows / kDwords, kAll = kCount * kEach;
  Dword high[kAll] = {}, low[kAll] = {};
  for (size_t i = 0; i < dim; i += 2) {
    const Word up = (Word)broadcast_dword(query.upper + i);
    const Word down = (Word)broadcast_dword(query.lower + i);
    for (size_t k = 0; k < kAll; ++k) {
      const int16_t* block = keys + k / kEach * kWideRows * dim + i * kWideRows;
      const Word pairs = load<Word>(block + k % kEach * kWords);
      __builtin_prefetch(block + k % kEach * kWords + kCount * kWideRows * dim);
      high[k] = add_pairs(high[k], pairs, up);
      low[k] = add_pairs(low[k], pairs, down);
    }
  }
  alignas(64) int32_t above[kCount * kWideRows], below[kCount * kWideRows];
  for (size_t k = 0; k < kAll; ++k) {
    store(above + k * kDwords, high[k]);
    store(below + k * kDwords, low[k]);
  }
  for (size_t j = 0; j < kCount * kWideRows; ++j) scores[j] = int64_t{above[j]} * 256 + below[j];
}

// s_j for the positions below `count`, and what a block has more; gives the largest.
int64_t scores_of(const WideAttention& head, int64_t* scores) {
  HalfQuery query;
  for (size_t i = 0; i < head.dim; ++i) {
    query.upper[i] = static_cast<int16_t>(head.query[i] >> 8);
    query.lower[i] = static_cast<int16_t>(head.query[i] & 255);
  }
  constexpr size_t kMany = kVectorBytes == 64 ? 4 : 1;  // blocks, as registers allow
  size_t j = 0;
  for (; j + kMany * kWideRows <= head.count; j += kMany * kWideRows)
    scores_of_blocks<kMany>(query, head.keys + j * head.dim, head.dim, scores + j);
  for (; j < head.count; j += kWideRows)
    scores_of_blocks<1>(query, head.keys + j * head.dim, head.dim, scores + j);
  int64_t top = scores[0];  // std::max_element is not vectorized
  for (size_t i = 1; i < head.count; ++i) top = top < scores[i] ? scores[i] : top;
  return top;
}

// e_j in three parts; gives their sum. What a block has more is 0.
int64_t weights_of(const WideAttention& head, const int64_t* scores, int64_t top,
                   int16_t (*parts)[kMaxPositions]) {
  int64_t den = 0;
  for (size_t j = 0; j < head.count; ++j) {
    const int64_t u = least(top - scores[j], (int64_t{1} << 38) - 1);
    const int64_t t = (u * head.multiplier) >> head.shift;
    const int64_t e = (power_of(t) << 9) >> least(t >> 15, 31);
    den += e;
    parts[0][j] = static_cast<int16_t>(e & 255);
    parts[1][j] = static_cast<int16_t>(e >> 8 & 255);
    parts[2][j] = static_cast<int16_t>(e >> 16);
  }
  for (size_t j = head.count; j % 2 != 0; ++j)
    for (size_t part = 0; part < kParts; ++part) parts[part][j] = 0;
  return den;
}

// sums[i] += sum_j e_j * v_j[i] for kCount * kDwords components and the positions begin .. end
// (even).
template <size_t kCount>
void add_values(const int16_t* values, size_t dim, const int16_t (*parts)[kMaxPositions],
                size_t begin, size_t end, int64_t* sums) {
  Dword acc[kParts][kCount] = {};
  for (size_t j = begin; j < end; j += 2) {
    Word pairs[kCount];
    for (size_t k = 0; k < kCount; ++k) {
      pairs[k] = load<Word>(values + j * dim + k * kWords);
      __builtin_prefetch(values + (j + kAheadPositions) * dim + k * kWords);
    }
    for (size_t part = 0; part < kParts; ++part) {
      const Word weights = (Word)broadcast_dword(parts[part] + j);
      for (size_t k = 0; k < kCount; ++k) acc[part][k] = add_pairs(acc[part][k], pairs[k], weights);
    }
  }
  alignas(64) int32_t each[kParts][kCount * kDwords];
  for (size_t part = 0; part < kParts; ++part)
    for (size_t k = 0; k < kCount; ++k) store(each[part] + k * kDwords, acc[part][k]);
  for (size_t i = 0; i < kCount * kDwords; ++i)
    sums[i] += each[0][i] + int64_t{each[1][i]} * 256 + int64_t{each[2][i]} * 65536;
}

void attend(const WideAttention& head, int64_t* o) {
  alignas(64) int64_t scores[kMaxPositions];
  alignas(64) int16_t parts[kParts][kMaxPositions];
  alignas(64) int64_t sums[kMaxWideHeadDim] = {};
  const int64_t top = scores_of(head, scores);
  const int64_t den = weights_of(head, scores, top, parts);
  const size_t count = padded(head.count, 2);
  for (size_t begin = 0; begin < count; begin += kPartPositions) {
    const size_t end = std::min(begin + kPartPositions, count);
    constexpr size_t kMany = kVectorBytes == 64 ? 4 : 2;
    size_t i = 0;
    for (; i + kMany * kDwords <= head.dim; i += kMany * kDwords)
      add_values<kMany>(head.values + 2 * i, head.dim, parts, begin, end, sums + i);
    for (; i < head.dim; i += kDwords)
      add_values<1>(head.values + 2 * i, head.dim, parts, begin, end, sums + i);
  }
  for (size_t i = 0; i < head.head_dim; ++i) {
    const int64_t above = sums[i] * 4096 + (den >> 1);
    const int64_t quotient = above / den;
    o[i] = quotient - (quotient * den > above);
  }
}

}  // namespace
}  // namespace llmz::exact
