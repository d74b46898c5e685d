// SPDX-License-Identifier: Apache-2.0
// What the model file of an imported transformer holds where others hold the matrices of llmz's
// own (docs/model-file.md).
#pragma once

#include <string>

#include "base/bytes.h"
#include "exact/exact_model.h"

namespace llmz {

// The shape, into model.imported and model.config.
void read_imported_shape(ByteReader& in, ExactModel& model, const std::string& path);
void append_imported_shape(Bytes& out, const ExactModel& model);

// The weights of a model whose shape has been read.
void read_imported_weights(ByteReader& in, ExactModel& model);
void append_imported_weights(Bytes& out, const ExactModel& model);

// Throws Error{kModelBad} unless the shape, or all of it, keeps the limits of
// docs/exact-imported.md.
void check_imported_shape(const ExactModel& model, const std::string& path);
void check_imported(const ExactModel& model, const std::string& path);

uint64_t imported_parameter_count(const ExactModel& model);

}  // namespace llmz
