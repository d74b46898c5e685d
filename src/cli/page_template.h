// SPDX-License-Identifier: Apache-2.0
// src/cli/page/ in one piece, made by cmake/embed_page.cmake: what stands before the data, a JSON
// object, and what follows it.
#pragma once

namespace llmz {

extern const char* const kPageBeforeData;
extern const char* const kPageAfterData;

}  // namespace llmz
