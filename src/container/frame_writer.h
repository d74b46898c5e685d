// SPDX-License-Identifier: Apache-2.0
// Rounds in, one frame out. The writer chooses the layout, so it may hold the first round back
// until it knows whether a second one comes; everything else is written at once.
#pragma once

#include "base/stream.h"
#include "container/frame.h"
#include "container/index.h"

namespace llmz {

class FrameWriter {
 public:
  // `sink` must outlive the writer. Throws Error{kInternal} for settings that no frame can hold.
  FrameWriter(ByteSink& sink, const FrameSettings& settings);

  // content_size_bytes in 1..kMaxRoundBytes, the payload at most max_payload_bytes of it; the sum
  // must not exceed the content size that was announced, and the method must not need a model that
  // the frame has not. Error{kInternal} otherwise.
  void add_round(RoundMethod method, uint64_t content_size_bytes, ByteView payload);

  // Writes what is held back, so that all rounds so far can be read.
  void flush();

  // Ends the frame; the writer is then used up. No round at all is a frame of empty content, which
  // needs no model.
  // Returns the frame's sizes, for an index.
  IndexEntry finish(uint32_t content_check);

 private:
  void write(ByteView bytes);
  void write_header();
  void write_round(const Round& round);
  void write_single_with_reference(const Round& round, uint32_t content_check);
  void write_single(const Round& round, uint32_t content_check);
  void write_plain(const Round& round, uint32_t content_check);
  bool may_be_held(const Round& round) const;

  ByteSink& sink_;
  FrameSettings settings_;
  std::optional<Round> held_;                // the only round so far
  std::optional<RoundMethod> token_method_;  // of the rounds so far that need the model
  bool header_written_ = false;
  uint64_t content_bytes_ = 0;
  uint64_t written_bytes_ = 0;
  uint64_t chain_ = 0;
};

// A frame that carries a model for those behind it; `payload` is its file as an LZMA2 stream.
// Throws kUsage for one that is too large.
Bytes model_frame(uint64_t fingerprint, uint64_t size_bytes, ByteView payload);

}  // namespace llmz
