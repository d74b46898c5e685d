// SPDX-License-Identifier: Apache-2.0
// The rounds of a frame in, its content out.
#pragma once

#include <functional>
#include <optional>

#include "container/frame_memory.h"
#include "container/frame_reader.h"
#include "decode/block_decoder.h"
#include "decode/call_model.h"
#include "llmz/decompress.h"

namespace llmz {

// What the frames of a call share; it outlives them.
struct DecompressCall {
  DecompressCall(const DecompressSettings& settings, const Models& models, Session& first);
  // Of a frame that needs one. Throws kModelMissing, kReferenceMissing.
  ModelInfo model_of(const FrameHeader& header);
  bool is_model_of(const FrameHeader& header, uint64_t fingerprint) const;
  ModelInfo find_model(const FrameHeader& header) const;
  ModelInfo find_installed(const FrameHeader& header) const;
  // nullptr for a frame that is not behind a reference. Throws kReferenceMissing.
  ReferenceState* reference_of(const FrameHeader& header, uint64_t fingerprint) const;

  const DecompressSettings& settings;
  const Models& models;
  CallModel model;
  SpareThreads spare;
};

class FrameDecoder {
 public:
  // Loads the model if the frame needs one. progress: content bytes of the frame done so far, about
  // every 10 ms; may throw to stop.
  FrameDecoder(DecompressCall& call, Session& session, const FrameHeader& header,
               std::function<void(uint64_t)> progress);

  Bytes decode(const Round& round);
  // After the last round, with the frame's content check.
  void end(uint32_t check);

  // Without the sizes of the file and of what was written.
  const Totals& totals() const { return totals_; }

 private:
  void use_model();
  void limit_memory(uint64_t bytes) const;

  DecompressCall& call_;
  Session& session_;
  SpareThreads::Block thread_;
  const FrameHeader header_;
  uint64_t model_bytes_ = 0;
  FrameMemory memory_;
  std::optional<ContentCheck> check_;
  std::optional<BlockDecoder> decoder_;
  Totals totals_;
};

// What the frame's model and its engine take.
uint64_t model_bytes(const ModelInfo& model, const FrameHeader& header);

// Adds what FrameDecoder::totals() has.
void add_totals(Totals& sum, const Totals& of_frame);

// For an input without a frame.
[[noreturn]] inline void throw_empty() {
  throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 9 bytes");
}

// Counts content as it is read, before it is decoded. Throws kLimit.
class ContentLimit {
 public:
  explicit ContentLimit(const DecompressSettings& settings) : most_(settings.max_content_bytes) {}
  void add(uint64_t bytes) {
    if (most_ > 0 && bytes > most_ - read_)
      throw Error(ErrorKind::kLimit,
                  "holds more than the limit of " + std::to_string(most_) + " bytes of content");
    read_ += bytes;
  }

 private:
  const uint64_t most_;
  uint64_t read_ = 0;
};

}  // namespace llmz
