// SPDX-License-Identifier: Apache-2.0
// What each family calls its tensors.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hf/checkpoint.h"

namespace llmz::hf {

struct Tensors {
  TensorView embedding, positions, project_in, project_out, final_norm, final_norm_bias;
  TensorView head;  // a copy of embedding where tied
  std::vector<LayerTensors> layers;
};

struct Wanted {
  std::string name;
  std::vector<int64_t> shape;
  TensorView* view;
};

struct NameTable {
  std::vector<Wanted> wanted;
  // Files of the family may have it, and the model does not need it.
  std::function<bool(const std::string& name)> ignored;
};

// The tensors of a model of this shape, with the prefix that `names` (of the file) have. Makes
// tensors.layers; the table points into `tensors`.
NameTable name_table(const Config& config, const std::vector<std::string>& names, Tensors& tensors);

// The same of llama.cpp's names.
NameTable gguf_name_table(const Config& config, Tensors& tensors);

// Calls it for every tensor that is there, the tied head only once, in the order of Checkpoint's
// declarations.
void for_each_tensor(const Tensors& tensors,
                     const std::function<void(const TensorView& tensor)>& call);

uint64_t size_bytes(const TensorView& tensor);

}  // namespace llmz::hf
