// SPDX-License-Identifier: Apache-2.0
// A folder of Hugging Face's in, an llmz model out.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "model/model_file.h"

namespace llmz::importer {

struct ImportSettings {
  std::string directory;
  std::string tokenizer;  // a file to take instead of the folder's; empty: none
  std::string name;
  uint32_t context = 0;  // 0: the model's, at most 2048
  unsigned threads = 1;
};

// What rounding costs, on a text of the importer's own.
struct CalibrationResult {
  uint64_t tokens = 0, text_bytes = 0;
  double float_bits = 0, exact_bits = 0;  // of the checkpoint in float32, of the integers
};

struct ImportedModel {
  ExactModel exact;
  Tokenizer tokenizer;
  SelfTest self_test;
  uint64_t checkpoint_bytes = 0;
  CalibrationResult calibration;
};

// Called with what is being done, several times a layer or step; may throw to stop.
using ImportProgress = std::function<void(const std::string& what)>;

// Needs libtorch, and memory for about 4 bytes a parameter and 10 for each weight of the head.
// Throws kUsage for what the exact arithmetic of imported models does not cover, {kModelBad} and
// {kIo} for the folder's files.
ImportedModel import_model(const ImportSettings& settings, const ImportProgress& progress);

}  // namespace llmz::importer
