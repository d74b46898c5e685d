// SPDX-License-Identifier: Apache-2.0
// A folder of Hugging Face's or a GGUF file in, a model file of llmz out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "llmz/bytes.h"
#include "llmz/error.h"

namespace llmz {

struct ImportSettings {
  std::string directory;  // or the path of a GGUF file
  std::string tokenizer;  // a file to take instead of its own; empty: none
  std::string name;
  uint32_t context = 0;  // 0: the model's, at most 2048
  unsigned threads = 0;  // 0: one for each usable processor
};

// What rounding costs, on a text of the importer's own.
struct CalibrationResult {
  uint64_t tokens = 0, text_bytes = 0;
  double float_bits = 0, exact_bits = 0;  // of the checkpoint in float32, of the integers
};

// Called with what is being done, several times a layer or step; may throw to stop.
using ImportProgress = std::function<void(const std::string& what)>;

struct ImportedFile {
  Bytes file;  // what NAME.llmzmodel is to hold
  uint64_t fingerprint = 0, parameters = 0, checkpoint_bytes = 0;
  uint32_t vocabulary = 0, context = 0;  // tokens
  CalibrationResult calibration;
};

// Takes a second to minutes, memory for about 4 bytes a parameter and 10 for each weight of the
// head, and libtorch. The file is read back, and passes its self-test, before it is returned.
// Throws kUsage without libtorch and for what the exact arithmetic of imported models does not
// cover, kModelBad and kIo for the folder's files.
ImportedFile import_model_file(const ImportSettings& settings, const ImportProgress& progress);

}  // namespace llmz
