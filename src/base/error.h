// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llmz/error.h"  // IWYU pragma: export
