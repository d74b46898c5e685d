// SPDX-License-Identifier: Apache-2.0
#pragma once

// What libllmz shows to programs; everything else in it is hidden.
#define LLMZ_API __attribute__((visibility("default")))
