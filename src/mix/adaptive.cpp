// SPDX-License-Identifier: Apache-2.0
#include "mix/adaptive.h"

namespace llmz::mix {

const Reciprocals kReciprocals;

}  // namespace llmz::mix
