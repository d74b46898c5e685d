// SPDX-License-Identifier: Apache-2.0
// Frames from the middle of a file.
#pragma once

#include <memory>
#include <vector>

#include "container/caller.h"
#include "decode/file_decoder.h"
#include "llmz/frame.h"

namespace llmz {

struct SomeFrames {
  using Place = std::vector<FramePlace>::const_iterator;
  CallerSeekable& file;
  const std::vector<FramePlace>& all;  // of the file
  Place begin, end;                    // at least one
};

// What a sink throws that needs no more: the decoding ends there.
struct EnoughContent {};

// The model that the file carries for the first of these frames.
std::shared_ptr<const CarriedModel> carried_before(const SomeFrames& frames);

Totals decode_frames(const SomeFrames& frames, ByteSink& out, const Models& models,
                     const DecompressSettings& settings, const Progress& progress);

}  // namespace llmz
