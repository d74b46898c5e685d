// SPDX-License-Identifier: Apache-2.0
// The weights of a Hugging Face directory: model.safetensors, or its shards listed in
// model.safetensors.index.json, memory-mapped (format: github.com/huggingface/safetensors); or of a
// GGUF file of llama.cpp (gguf.h), LLaMA family only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hf/config.h"

namespace llmz::hf {

// The quantized ones are those of ggml (quantized.h), in GGUF files only.
enum class Type { kFloat32, kFloat16, kBfloat16, kQ8_0, kQ4_0, kQ4_K, kQ6_K };

// A tensor inside a mapped file. Valid as long as its Checkpoint.
struct TensorView {
  Type type = Type::kFloat32;
  std::vector<int64_t> shape;
  const uint8_t* data = nullptr;  // row-major, little-endian; not necessarily aligned
  uint64_t elements = 0;
  // llama.cpp has the rows i and i + n/2 of a head of n rows side by side, which turn together;
  // read_floats() gives them in the order of Hugging Face. n, or 0: the rows are in order.
  uint32_t paired_head_rows = 0;
};
// Whether the bytes are the values in order: floats that need no read_floats().
bool is_plain(const TensorView& tensor);
// Element `index` as float; and `count` of them from `first`.
void read_floats(const TensorView& tensor, uint64_t first, uint64_t count, float* out);

// Whether no value is infinite or not a number. Reads all of it.
bool all_finite(const TensorView& tensor);

// A layer with the names of the four families translated to one. Matrices are [outputs][inputs]
// unless `transposed` (GPT-2's Conv1D: [inputs][outputs]); absent ones have elements == 0.
struct LayerTensors {
  TensorView norm1, norm1_bias, norm2, norm2_bias;
  TensorView query, key, value, output;  // GPT-2: views of c_attn would not be contiguous, so
  TensorView query_key_value;  // this one holds all three (transposed) and they are absent
  TensorView query_bias, key_bias, value_bias, query_key_value_bias, output_bias;
  TensorView gate, up, down, up_bias, down_bias;
};

class Checkpoint {
 public:
  // Throws Error{kModelBad} with *all* missing, unexpected and mis-shaped tensors in one message,
  // or what is wrong with a file (offsets that overlap or leave the file, header too large, JSON
  // too deep, unknown type); {kIo} when a file cannot be read.
  // A directory, or a GGUF file.
  static Checkpoint open(const std::string& path);
  ~Checkpoint();
  Checkpoint(Checkpoint&&) noexcept;

  const Config& config() const;
  const std::string& path() const;
  bool transposed() const;  // GPT-2's matrices
  const TensorView& embedding() const;
  const TensorView& positions() const;   // learned positions, or absent
  const TensorView& project_in() const;  // OPT 350M, or absent
  const TensorView& project_out() const;
  const TensorView& final_norm() const;  // absent in OPT 350M
  const TensorView& final_norm_bias() const;
  const TensorView& head() const;  // embedding() when tied
  const std::vector<LayerTensors>& layers() const;
  uint64_t parameters() const;
  uint64_t weight_bytes() const;
  // XXH3-64 over the shape and all tensor bytes in the order above (reads everything).
  uint64_t fingerprint() const;

 private:
  struct Parts;
  explicit Checkpoint(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace llmz::hf
