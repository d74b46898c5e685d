// SPDX-License-Identifier: Apache-2.0
// Weights as .safetensors, as src/train/gpu reads and writes them. The metadata hold the settings
// of the training ("settings") and the CRC-32 of the tensors' bytes ("crc32", eight hexadecimal
// digits).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "train/checkpoint.h"

namespace llmz::train {

// Whether the name of a file, or of its first part, is one of .safetensors.
bool is_weights_file(const std::string& path);

// Reads a file, or its parts in their order. Tensors that are no parameters (a checkpoint's
// moments) are passed over. Throws kIo, kModelBad and kCorrupt.
Weights read_weights_file(const std::vector<std::string>& paths);

// Writes one file, matrices and tables in 16 bits, from which quantize() makes the integers that
// they were dequantize()d from. It appears under its name only when it is whole. Throws kIo.
void write_weights_file(const Weights& weights, const std::string& path);

// The same with tensors of any kind, as they are: float32 or float16.
void write_tensors(const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                   const TrainSettings& settings, const std::string& path);

}  // namespace llmz::train
