// SPDX-License-Identifier: Apache-2.0
// Files that say how their samples lie: WAV, PGM and PPM, BMP, TIFF. Wrong headers of others cost
// size only: what a header says is a proposal.
#pragma once

#include <optional>

#include "decode/samples.h"

namespace llmz {

std::optional<SampleHead> samples_by_header(ByteView content);

// Samples that begin at an offset. One too far away is kept in step only.
SampleHead samples_from(const mix::SampleLayout& layout, uint64_t offset);

}  // namespace llmz
