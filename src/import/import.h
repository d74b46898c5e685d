// SPDX-License-Identifier: Apache-2.0
// A folder of Hugging Face's in, an llmz model in memory out.
#pragma once

#include "llmz_lab/importing.h"
#include "model/model_file.h"
#include "tokenizer/tokenizer.h"

namespace llmz::importer {

struct ImportedModel {
  ExactModel exact;
  Tokenizer tokenizer;
  SelfTest self_test;
  uint64_t checkpoint_bytes = 0;
  CalibrationResult calibration;
};

// As import_model_file(), which see.
ImportedModel import_model(const ImportSettings& settings, const ImportProgress& progress);

}  // namespace llmz::importer
