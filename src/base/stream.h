// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llmz/stream.h"  // IWYU pragma: export
