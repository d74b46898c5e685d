// SPDX-License-Identifier: Apache-2.0
// A reference: content that is coded as if it had come before. For many short texts of one kind
// (messages, records) and for a new version of a document. What was compressed with a reference can
// only be decompressed with the same bytes: keep them.
#pragma once

#include <cstdint>
#include <memory>

#include "llmz/bytes.h"
#include "llmz/export.h"

namespace llmz {

// Keeps what the coders have learned from it (for the default settings 150 MB), so that many calls
// with one object learn it once: at about 50 KB/s with a model. Copies share that; any number of
// threads may use them.
class LLMZ_API Reference {
 public:
  static constexpr uint64_t kMaxBytes = uint64_t{16} << 20;

  // Throws Error{kUsage} unless there are 1 to kMaxBytes bytes.
  explicit Reference(ByteView content);

  // What frames name it by: the low 32 bits of XXH3 of its bytes, with the fingerprint of the
  // frame's model (0 without one) for the seed.
  uint32_t check(uint64_t model_fingerprint) const;

 private:
  friend class ReferenceState;
  std::shared_ptr<class ReferenceState> state_;
};

}  // namespace llmz
