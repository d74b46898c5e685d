// SPDX-License-Identifier: Apache-2.0
#include "decode/coder_settings.h"

#include "container/format.h"

namespace llmz {

CoderSettings default_coder_settings() {
  CoderSettings settings;
  settings.memory_bits = kDefaultMemoryBits;
  settings.head_learning = false;
  settings.lanes = kDefaultLanes;
  return settings;
}

CoderSettings default_coder_settings(const ExactModel& model) {
  return with_head(default_coder_settings(), model, true);
}

CoderSettings with_head(CoderSettings settings, const ExactModel& model, bool learning) {
  settings.head_learning = learning && model.learning.rate > 0;
  settings.head_rate_code =
      settings.head_learning ? static_cast<uint8_t>(model.learning.rate / 1024) : 0;
  return settings;
}

uint32_t lanes_of(RoundMethod method, const CoderSettings& coder) {
  return mixes_tokens_richly(method) ? 1 : coder.lanes;
}

uint32_t head_rate(const CoderSettings& coder) {
  return coder.head_learning ? coder.head_rate_code * 1024u : 0;
}

}  // namespace llmz
