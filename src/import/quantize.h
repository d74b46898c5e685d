// SPDX-License-Identifier: Apache-2.0
// A checkpoint's floats in, the integers of docs/exact-imported.md out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "exact/exact_model.h"
#include "hf/checkpoint.h"

namespace llmz::importer {

// Which rows of the checkpoint's tables the model takes.
struct TokenRows {
  std::vector<uint32_t> tokens;  // by id in the sorted vocabulary
  uint32_t start = 0;            // of the start token
};

// Where the components of the last norm's output lie, in the checkpoint's units.
struct HiddenRange {
  std::vector<double> middle, half;  // [dim]; half is 0 for a constant component
};

// A range that no input leaves.
HiddenRange widest_range(const hf::Checkpoint& checkpoint);

// The body with `positions` positions, and what set_head() does with the widest range. Reads the
// checkpoint tensor by tensor. Throws Error{kUsage} for what docs/exact-imported.md does not cover
// (OPT 350M), {kModelBad} for weights that are not finite or leave their fixed point.
ExactModel quantize(const hf::Checkpoint& checkpoint, const TokenRows& rows, uint32_t positions,
                    const std::string& name,
                    const std::function<void(const std::string&)>& progress);

// The integers of the hidden vector and of the head that reads it: the components of `range` fill
// int8.
void set_head(const hf::Checkpoint& checkpoint, const TokenRows& rows, const HiddenRange& range,
              ExactModel& model);

}  // namespace llmz::importer
