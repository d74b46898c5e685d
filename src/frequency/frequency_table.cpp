// SPDX-License-Identifier: Apache-2.0
#include "frequency/frequency_table.h"

#include <algorithm>

namespace llmz {

void FrequencyTable::assign(const uint32_t* frequencies, uint32_t vocabulary) {
  frequencies_ = frequencies;
  vocabulary_ = vocabulary;
  block_low_.resize((vocabulary + kBlock - 1) / kBlock);
  uint64_t low = 0;
  uint32_t smallest = ~uint32_t{0};
  for (size_t b = 0; b < block_low_.size(); ++b) {
    block_low_[b] = static_cast<uint32_t>(low);
    const uint32_t begin = static_cast<uint32_t>(b) * kBlock,
                   end = std::min(begin + kBlock, vocabulary);
    uint64_t sum = 0;
    for (uint32_t i = begin; i < end; ++i) {
      sum += frequencies[i];
      smallest = std::min(smallest, frequencies[i]);
    }
    low += sum;
  }
  if (smallest == 0 || low != kFrequencyTotal) {
    throw Error(ErrorKind::kInternal, "a frequency table sums to " + std::to_string(low) +
                                          " with a smallest entry of " + std::to_string(smallest));
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
