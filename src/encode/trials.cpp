// SPDX-License-Identifier: Apache-2.0
#include "encode/trials.h"

#include "encode/block_encoder.h"
#include "encode/byte_mix_encoder.h"

namespace llmz {
namespace {

constexpr uint8_t kTrialMemoryBits = 22;

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

}  // namespace

Cost lean_mix_cost(ByteView sample) {
  mix::MixingModel mix(kTrialMemoryBits, false);
  return cost_of(sample, [&](ByteView part) { return byte_mix_encode(mix, part).size(); });
}

Cost rich_mix_cost(ByteView sample, const std::function<void()>& tick) {
  mix::RichModel mix(kTrialMemoryBits, mix::kSecondRichMix);
  return cost_of(sample, [&](ByteView part) {
    return byte_mix_encode(mix, part, [&](uint64_t) { tick(); }).size();
  });
}

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

}  // namespace llmz
