// SPDX-License-Identifier: Apache-2.0
#include "frequency/frequency_table.h"

#include <algorithm>

namespace llmz {
namespace {

uint32_t sum_of_rest(const uint32_t* frequencies, size_t count, uint32_t* less_one) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += frequencies[i];
    *less_one |= frequencies[i] - 1;
  }
  return sum;
}

// With a count that is known, in vectors.
template <size_t kCount>
uint32_t sum_of(const uint32_t* frequencies, uint32_t* less_one) {
  uint32_t sum = 0, bits = 0;
  for (size_t i = 0; i < kCount; ++i) {
    sum += frequencies[i];
    bits |= frequencies[i] - 1;
  }
  *less_one |= bits;
  return sum;
}

}  // namespace

void FrequencyTable::assign(const uint32_t* frequencies, uint32_t vocabulary) {
  frequencies_ = frequencies;
  vocabulary_ = vocabulary;
  block_low_.resize((vocabulary + kBlock - 1) / kBlock);
  uint64_t low = 0;
  // Some bit from 24 on is set where a frequency is 0 or above 2^24; where none is, the sums of
  // blocks fit 32 bits.
  uint32_t less_one = 0;
  for (size_t b = 0; b < block_low_.size(); ++b) {
    block_low_[b] = static_cast<uint32_t>(low);
    const uint32_t begin = static_cast<uint32_t>(b) * kBlock;
    low += begin + kBlock <= vocabulary
               ? sum_of<kBlock>(frequencies + begin, &less_one)
               : sum_of_rest(frequencies + begin, vocabulary - begin, &less_one);
  }
  if (less_one >= kFrequencyTotal || low != kFrequencyTotal) {
    throw Error(ErrorKind::kInternal, "a frequency table sums to " + std::to_string(low) +
                                          (less_one >= kFrequencyTotal ? " with an entry of 0 or "
                                                                         "above 2^24"
                                                                       : ""));
  }
}

uint32_t FrequencyTable::cumulative(uint32_t token) const {
  if (token == vocabulary_) return kFrequencyTotal;
  uint32_t low = block_low_[token / kBlock];
  for (uint32_t i = token / kBlock * kBlock; i < token; ++i) low += frequencies_[i];
  return low;
}

TokenInterval FrequencyTable::interval(uint32_t token) const {
  return {token, cumulative(token), frequencies_[token]};
}

TokenInterval FrequencyTable::find(uint32_t target) const {
  const auto block = std::upper_bound(block_low_.begin(), block_low_.end(), target) - 1;
  uint32_t token = static_cast<uint32_t>(block - block_low_.begin()) * kBlock, low = *block;
  while (target - low >= frequencies_[token]) low += frequencies_[token++];
  return {token, low, frequencies_[token]};
}

}  // namespace llmz
