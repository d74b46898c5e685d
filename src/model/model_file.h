// SPDX-License-Identifier: Apache-2.0
// A model file: bytes in, an exact model with its tokens and self-test out. Layout:
// docs/model-file.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/zero_memory.h"
#include "exact/exact_model.h"
#include "model/companion.h"
#include "vocabulary/token_table.h"

namespace llmz {

// Tokens, and the XXH3-64 of the frequency tables (little-endian uint32, table after table) that
// the model gives for each of them, learning, in one lane. A machine that finds another hash
// computes something else.
struct SelfTest {
  std::vector<uint32_t> tokens;
  uint64_t tables_hash = 0;
};

// Immutable; shared by threads.
struct LoadedModel {
  ExactModel exact;
  TokenTable token_table;
  SelfTest self_test;
  uint64_t fingerprint = 0;
  std::shared_ptr<Companion> companion = std::make_shared<Companion>();
};

// Throws kModelBad with what was expected and found; limits of docs/exact-arithmetic.md are
// checked, so that no accepted model can overflow.
std::shared_ptr<const LoadedModel> parse_model(ByteView file, const std::string& path);
std::shared_ptr<const LoadedModel> load_model(const std::string& path);

// Throws kIo.
struct ModelFileBytes {
  std::unique_ptr<const ZeroMemory<uint8_t>> memory;
  operator ByteView() const { return {memory->data(), memory->size()}; }
};
ModelFileBytes read_model_file(const std::string& path);

// Shape, name and fingerprint alone. Verifies the file's hash.
struct ModelSummary {
  std::string name;
  ModelConfig config;
  bool imported = false;
  uint64_t fingerprint = 0, parameters = 0, file_size_bytes = 0;
};
ModelSummary summarize_model(ByteView file, const std::string& path);
// What the file says of itself, unverified, from its first and last bytes: 0.1 ms.
ModelSummary outline_model(const std::string& path);

// The file. There must be exact.config.vocabulary tokens.
Bytes serialize_model(const ExactModel& exact, const TokenTable& token_table,
                      const SelfTest& self_test);

// Throws kModelBad unless the shape, or the whole model, keeps the limits of the arithmetic. `path`
// begins the message.
void check_config(const ModelConfig& config, const std::string& path);
void check_model(const ExactModel& model, const std::string& path);

}  // namespace llmz
