// SPDX-License-Identifier: Apache-2.0
// The frames of one file, which several processes decode, for decompress and test.
#pragma once

#include "cli/shared_blocks.h"
#include "llmz/decompress.h"

namespace llmz {

// nullptr for an input that this process does alone. target: of the journal, as for SharedBlocks.
std::unique_ptr<SharedBlocks> share_frames(const Options& options, const Models& models,
                                           InputFile& input, const std::string& target);

// As decompress().
Totals decompress_shared(const Options& options, const Models& models, InputFile& input,
                         SharedBlocks& frames, ByteSink& out, const Progress& progress);
// Decodes into no output, or compares with the file of --against.
Totals test_shared(const Options& options, const Models& models, InputFile& input,
                   SharedBlocks& frames, const Progress& progress);

// What a process does of either.
Share decompressing_share(const Options& options, const Models& models, ByteView description);
Share testing_share(const Options& options, const Models& models, ByteView description);

}  // namespace llmz
