// SPDX-License-Identifier: Apache-2.0
#include "encode/samples_encoder.h"

#include <algorithm>

#include "encode/token_encoders.h"
#include "mix/sample_model.h"

namespace llmz {

Bytes samples_encode(ByteView content, SampleHead head,
                     const std::function<void(uint64_t)>& progress) {
  head.before_bytes = static_cast<uint32_t>(std::min<size_t>(head.before_bytes, content.size));
  const size_t bytes = head.layout.bytes;
  const size_t samples = (content.size - head.before_bytes) / bytes;
  const size_t end = head.before_bytes + samples * bytes;
  Bytes payload;
  head.write(payload);
  payload.insert(payload.end(), content.begin(), content.begin() + head.before_bytes);
  payload.insert(payload.end(), content.begin() + end, content.end());

  RangeEncoder encoder;
  mix::SampleModel model(head.layout);
  for (size_t at = head.before_bytes; at < end; at += bytes) {
    const uint32_t value = head.layout.value(content.data + at);
    model.begin();
    while (!model.done()) {
      const uint32_t bit = model.outcome(value);
      encode_decision(encoder, model.predict(), bit);
      model.learn(bit);
    }
    model.end();
    if ((at - head.before_bytes) / bytes % kSamplesPerReport == 0 && progress) progress(at);
  }
  const Bytes message = encoder.finish();
  payload.insert(payload.end(), message.begin(), message.end());
  return payload;
}

}  // namespace llmz
