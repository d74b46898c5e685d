// SPDX-License-Identifier: Apache-2.0
// Is this a picture or sound, and how do its samples lie? By a header or, without one, by what
// makes the differences of neighbours small.
#pragma once

#include <functional>
#include <optional>

#include "decode/samples.h"

namespace llmz {

// Nothing for text, and for most other bytes; what it finds is worth a trial. 2 ms for text, up to
// half a second for others. `tick` is called several times a second, and may throw to stop.
std::optional<SampleHead> find_samples(ByteView content, const std::function<void()>& tick);

}  // namespace llmz
