// SPDX-License-Identifier: Apache-2.0
// A transformer up to the vectors that its head reads.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "exact/exact_model.h"
#include "float/weight.h"
#include "hf/checkpoint.h"

namespace llmz::floating {

using at::Tensor;

// Tokens that belong together: the first one sees no other.
struct Sequence {
  const uint32_t* tokens = nullptr;
  size_t count = 0;
  uint32_t previous = 0;  // the token before tokens[0], for models that look at it
};

class Body {
 public:
  virtual ~Body() = default;
  // One row for each token, sequence after sequence: float32 [rows][width of the head].
  virtual Tensor hidden(const std::vector<Sequence>& sequences) const = 0;
  // [vocabulary][width]
  virtual const Weight& head() const = 0;
  // A row depends on so many tokens before its own, and on no position; 0: on all, and theirs.
  virtual size_t reach() const = 0;
  // The most float32 that computing one row holds at a time, of one layer.
  virtual size_t floats_per_row() const = 0;
};

std::unique_ptr<Body> make_hf_body(const hf::Checkpoint& checkpoint, const Target& target);
std::unique_ptr<Body> make_exact_body(const ExactModel& model, const Target& target);

}  // namespace llmz::floating
