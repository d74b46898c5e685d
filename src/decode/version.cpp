// SPDX-License-Identifier: Apache-2.0
#include "container/format.h"
#include "llmz/llmz.h"

namespace llmz {

const char* version() { return LLMZ_VERSION_STRING; }
unsigned format_version() { return kFormatVersion; }

}  // namespace llmz
