// SPDX-License-Identifier: Apache-2.0
// What decoding a frame takes, without the model and its engine: an upper bound.
#pragma once

#include <algorithm>

#include "container/frame.h"

namespace llmz {

class FrameMemory {
 public:
  explicit FrameMemory(const FrameHeader& header)
      : mix_bytes_(kSmallTablesBytes + (uint64_t{1} << header.memory_bits())),
        copies_(header.reference_check ? 2 : 1) {}

  void add(RoundMethod method, uint64_t content_bytes, uint64_t payload_bytes) {
    byte_mix_ |= method == RoundMethod::kByteMix || method == RoundMethod::kCopies;
    token_mix_ |= method == RoundMethod::kTokenMix;
    rich_mix_ |= method == RoundMethod::kRichMix;
    second_rich_mix_ |= method == RoundMethod::kSecondRichMix;
    samples_ |= method == RoundMethod::kSamples;
    rich_token_mix_ |= mixes_tokens_richly(method);
    // LZMA2 has a dictionary as large as the content.
    const uint64_t round = payload_bytes + 2 * content_bytes;
    round_bytes_ = std::max(round_bytes_, round);
  }
  uint64_t bytes() const {
    // A frame has one mix of tokens at most.
    const uint64_t tokens = rich_token_mix_ ? mix_bytes_ * 2 : token_mix_ * mix_bytes_;
    return round_bytes_ +
           copies_ * (byte_mix_ * mix_bytes_ + tokens +
                      (rich_mix_ + second_rich_mix_) * mix_bytes_ * 3 / 2) +
           samples_ * kSamplesBytes;
  }

 private:
  static constexpr uint64_t kSmallTablesBytes = 16 << 20;  // of a mix, beside 2^memory_bits
  static constexpr uint64_t kSamplesBytes = 14 << 20;      // tables and the longest rows
  uint64_t mix_bytes_, copies_, round_bytes_ = 0;          // a reference keeps one of each mix
  bool byte_mix_ = false, token_mix_ = false, rich_mix_ = false, second_rich_mix_ = false,
       rich_token_mix_ = false, samples_ = false;
};

}  // namespace llmz
