// SPDX-License-Identifier: Apache-2.0
// One block by itself, into memory, and what its frames become in a file of blocks: the parts that
// compress() and those who code blocks elsewhere share.
#pragma once

#include <optional>
#include <vector>

#include "decode/frame_decoder.h"
#include "encode/block_compressor.h"
#include "encode/verifier.h"
#include "llmz/blocks.h"

namespace llmz {

// Where the frames of a block go. Decodes them again where the settings ask for that.
class BlockOutput : public ByteSink {
 public:
  BlockOutput(ByteSink& out, const CompressSettings& settings, const EngineSettings& engine,
              const Models& models, Progress tick = {});
  void write(ByteView bytes) override;
  void content(ByteView bytes);
  void frame(const IndexEntry& sizes) { frames_.push_back(sizes); }
  // The block alone, with an index if it announces one, is a file.
  void end(bool indexed);

 private:
  ByteSink& out_;
  std::optional<Verifier> verifier_;
  std::vector<IndexEntry> frames_;
};

// A block of an indexed file. engine: of the decoder that verifies.
class OneBlock {
 public:
  OneBlock(CompressCall& call, Session& session, const EngineSettings& engine,
           const std::function<void(uint64_t)>& tick);
  void add(ByteView segment, bool block_ends);
  // After the last segment.
  CompressedBlock take();

 private:
  MemorySink frames_;
  std::vector<IndexEntry> sizes_;
  BlockOutput output_;
  BlockCompressor block_;
};

class CountedSink : public ByteSink {
 public:
  explicit CountedSink(ByteSink& out) : out_(out) {}
  void write(ByteView bytes) override {
    out_.write(bytes);
    count += bytes.size;
  }
  uint64_t count = 0;

 private:
  ByteSink& out_;
};

// The index of the frames of a file: as many index frames as it takes.
class FrameIndex {
 public:
  // After a frame was written.
  void add(const IndexEntry& sizes, ByteSink& out);
  // The frames too; without them, where the block has only their sizes.
  void write(const CompressedBlock& block, ByteSink& out);
  void end(ByteSink& out);

 private:
  std::vector<IndexEntry> frames_;
};

void add_block_totals(Totals& sum, const Totals& of_block);

// What a file that carries its model begins with.
Bytes carried_model_frame(const CompressSettings& settings, const Models& models,
                          const std::function<void()>& tick);

// How many blocks may be at work at once, each on one of so many threads: 1 where no two fit.
// model: that of the settings; nullopt without. sharing: processes that share this machine's
// memory. Throws kLimit.
unsigned blocks_that_fit(unsigned threads, const CompressSettings& settings,
                         const std::optional<ModelInfo>& model, uint64_t segment_bytes,
                         unsigned sharing);

}  // namespace llmz
