// SPDX-License-Identifier: Apache-2.0
// src/cli/page/ in one piece, made by cmake/embed_page.cmake: what stands before the data and what
// follows it. The data are elements of type application/json: one of the page, then one of each
// model, because browsers have no strings above 512 MB.
#pragma once

namespace llmz {

extern const char* const kPageBeforeData;
extern const char* const kPageAfterData;

}  // namespace llmz
