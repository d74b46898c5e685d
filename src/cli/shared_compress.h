// SPDX-License-Identifier: Apache-2.0
// The blocks of one file, which several processes compress, or estimate: the result is that of one.
#pragma once

#include "cli/shared_blocks.h"
#include "llmz/compress.h"
#include "llmz/estimate.h"

namespace llmz {

// nullptr for an input that this process does alone. target: of the journal, as for SharedBlocks.
std::unique_ptr<SharedBlocks> share_content(const Options& options, const Models& models,
                                            InputFile& input, const std::string& target);

// As compress() and estimate().
Totals compress_shared(const Options& options, const Models& models, InputFile& input,
                       SharedBlocks& blocks, ByteSink& out, const Progress& progress);
Estimate estimate_shared(const Options& options, const Models& models, InputFile& input,
                         SharedBlocks& blocks, const Progress& progress);

// What a process does of either.
Share compressing_share(const Options& options, const Models& models, ByteView description);
Share estimating_share(const Options& options, const Models& models, ByteView description);

}  // namespace llmz
