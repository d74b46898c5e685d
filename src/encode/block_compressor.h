// SPDX-License-Identifier: Apache-2.0
// The segments of one block in, its frames out: one, unless a part of the block is better without
// what the rest has taught, or is the first to need a model. What comes out depends on the block
// and on the settings alone.
#pragma once

#include <functional>
#include <optional>

#include "container/frame_writer.h"
#include "decode/call_model.h"
#include "encode/background_lzma2.h"
#include "encode/block_encoder.h"
#include "llmz/compress.h"

namespace llmz {

// What the blocks of a call share; it outlives them.
struct CompressCall {
  CompressCall(const CompressSettings& settings, const Models& models, Session& first);

  const CompressSettings& settings;
  const Models& models;
  ReferenceState* const reference;  // may be null
  const CoderSettings plain_coder;  // of frames without a model
  CallModel model;
  SpareThreads spare;
  unsigned blocks_at_once = 1;
};

class BlockCompressor {
 public:
  struct Reports {
    // Content bytes of the block done so far, several times a second; may throw to stop.
    std::function<void(uint64_t)> progress;
    // After everything of a frame was written.
    std::function<void(const IndexEntry&)> frame;
  };

  // indexed: an index of all frames will follow.
  BlockCompressor(CompressCall& call, Session& session, bool indexed, ByteSink& out,
                  Reports reports);

  // The next bytes of the block, at most a segment; none in the last call if it was not known
  // before that the block ends.
  void add(ByteView segment, bool block_ends);
  // The frame of a file without content.
  void add_nothing();
  // Writes what is held back.
  void flush();

  // Of all but the size of what was written.
  Totals totals;

 private:
  struct Coded {
    RoundMethod method;
    ByteView content;
    Bytes payload;
    bool behind_reference;
  };

  void use_model();
  void tick() const;
  void add_segment(ByteView segment, bool block_ends);
  static uint64_t size_bytes(const std::vector<Coded>& coded);
  bool replaced_without_reference(ByteView segment, bool block_ends, std::vector<Coded>& coded);
  bool replaced_by_one_round(ByteView segment, BackgroundLzma2& lzma2,
                             std::vector<Coded>& coded) const;
  ByteView reference_bytes() const;
  void imply_settings(uint64_t content_bytes);
  void fit_memory(uint64_t content_bytes);
  void begin_encoder(uint64_t segment_bytes, bool block_ends);
  void begin_frame(bool model_needed, bool behind_reference,
                   std::optional<uint64_t> content_size_bytes);
  void add_round(const Coded& round);
  void finish_frame();

  CompressCall& call_;
  const CompressSettings& settings_;
  Session& session_;
  SpareThreads::Block thread_;
  CoderSettings plain_coder_, coder_;  // of frames without a model, and with one
  const bool indexed_;
  ByteSink& out_;
  const Reports reports_;
  std::optional<uint64_t> fingerprint_;  // of the model in use
  uint64_t done_bytes_ = 0;
  bool frame_needs_model_ = false;
  std::optional<RoundMethod> frame_tokens_;  // the method of its rounds of tokens
  std::optional<FrameWriter> frame_;
  std::optional<ContentCheck> check_;
  std::optional<BlockEncoder> encoder_;
};

}  // namespace llmz
