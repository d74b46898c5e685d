// SPDX-License-Identifier: Apache-2.0
#include "encode/one_block.h"

#include <algorithm>
#include <utility>

#include "encode/compressing_memory.h"
#include "encode/lzma2_encoder.h"
#include "exact/make_engine.h"
#include "model/model_file.h"

namespace llmz {

BlockOutput::BlockOutput(ByteSink& out, const CompressSettings& settings,
                         const EngineSettings& engine, const Models& models, Progress tick)
    : out_(out) {
  if (settings.verify) verifier_.emplace(settings, engine, models, std::move(tick));
}

void BlockOutput::write(ByteView bytes) {
  out_.write(bytes);
  if (verifier_) verifier_->compressed(bytes);
}

void BlockOutput::content(ByteView bytes) {
  if (verifier_) verifier_->content(bytes);
}

void BlockOutput::end(bool indexed) {
  if (!verifier_) return;
  if (indexed && !frames_.empty()) verifier_->compressed(encode_index(frames_));
  verifier_->end();
}

OneBlock::OneBlock(CompressCall& call, Session& session, const EngineSettings& engine,
                   const std::function<void(uint64_t)>& tick)
    : output_(frames_, call.settings, engine, call.models, tick),
      block_(call, session, true, output_, {tick, [this](const IndexEntry& sizes) {
                                              output_.frame(sizes);
                                              sizes_.push_back(sizes);
                                            }}) {}

void OneBlock::add(ByteView segment, bool block_ends) {
  output_.content(segment);
  block_.add(segment, block_ends);
}

CompressedBlock OneBlock::take() {
  output_.end(true);
  return {frames_.take(), std::move(sizes_), block_.totals};
}

void FrameIndex::add(const IndexEntry& sizes, ByteSink& out) {
  frames_.push_back(sizes);
  if (frames_.size() == kMaxIndexFrames) end(out);
}

void FrameIndex::write(const CompressedBlock& block, ByteSink& out) {
  ByteView left = block.frames;
  for (const IndexEntry& sizes : block.sizes) {
    const auto size =
        static_cast<size_t>(std::min<uint64_t>(sizes.compressed_size_bytes, left.size));
    out.write(left.subview(0, size));
    left = left.subview(size, left.size - size);
    add(sizes, out);
  }
}

void FrameIndex::end(ByteSink& out) {
  if (!frames_.empty()) out.write(encode_index(std::exchange(frames_, {})));
}

void add_block_totals(Totals& sum, const Totals& of_block) {
  sum.content_bytes += of_block.content_bytes;
  sum.tokens += of_block.tokens;
  add_totals(sum, of_block);
}

Bytes carried_model_frame(const CompressSettings& settings, const Models& models,
                          const std::function<void()>& tick) {
  const ModelInfo info = models.find(settings.model);
  const ModelFileBytes bytes = read_model_file(info.path);
  const ByteView file = bytes;
  const uint64_t fingerprint = summarize_model(file, info.path).fingerprint;
  return model_frame(fingerprint, file.size, lzma2_compress(file, {}, tick));
}

unsigned blocks_that_fit(unsigned threads, const CompressSettings& settings,
                         const std::optional<ModelInfo>& model, uint64_t segment_bytes,
                         unsigned sharing) {
  const uint64_t limit = settings.max_memory_bytes;
  check_memory(compressing_bytes(settings, model, segment_bytes, segment_bytes), limit, "compress");
  if (threads < 2 || !blocks_have_engines(settings.engine, model ? &*model : nullptr)) return 1;
  // The block, and one that is done and waits for its turn.
  const uint64_t content = 2 * std::min(settings.block_size_bytes, uint64_t{1} << 60);
  const uint64_t one = compressing_bytes(settings, model, segment_bytes, content);
  const uint64_t all = memory_for_blocks(limit) / (limit > 0 ? 1 : sharing);
  return static_cast<unsigned>(std::clamp<uint64_t>(all / one, 1, threads));
}

}  // namespace llmz
