// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "container/caller.h"
#include "encode/one_block.h"
#include "encode/segments.h"
#include "exact/make_engine.h"
#include "llmz/blocks.h"

namespace llmz {
namespace {

uint64_t total_bytes(const std::vector<FrameSizes>& frames) {
  uint64_t total = 0;
  for (const FrameSizes& sizes : frames) total += sizes.compressed_size_bytes;
  return total;
}

// nullopt where none is installed: that matters only if some text is found.
std::optional<ModelInfo> model_of(const CompressSettings& settings, const Models& models) {
  if (!settings.network) return std::nullopt;
  try {
    return models.find(settings.model);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kModelMissing) return std::nullopt;
    throw;
  }
}

}  // namespace

unsigned blocks_at_once(uint64_t content_bytes, const CompressSettings& settings,
                        const Models& models, unsigned sharing) {
  return at_border([&] {
    const uint64_t block = settings.block_size_bytes;
    const bool several = block > 0 && content_bytes > block;
    const uint64_t segment =
        std::min({content_bytes, kMaxRoundBytes, block > 0 ? block : kMaxRoundBytes});
    const unsigned threads = several ? thread_count(settings.engine) : 1;
    return blocks_that_fit(threads, settings, model_of(settings, models), segment,
                           std::max(sharing, 1u));
  });
}

CompressedBlock compress_block(ByteSource& in, const CompressSettings& settings,
                               const Models& models, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    const Progress report = callers_progress(caller, progress);
    Session session(settings.engine, models);
    CompressCall call(settings, models, session);
    OneBlock block(call, session, settings.engine, report);
    Segmenter segments(0, [&](const Segmenter::Segment& segment) {
      block.add(segment.bytes, segment.block_ends);
    });
    segment_all(source, segments);
    CompressedBlock coded = block.take();
    coded.totals.compressed_bytes = total_bytes(coded.sizes);
    std::move(session).return_to(models);
    return coded;
  });
}

class FileOfBlocksState {
 public:
  FileOfBlocksState(ByteSink& out, const CompressSettings& settings, const Models& models)
      : out_(out) {
    if (settings.embed_model && settings.network)
      out_.write(at_border([&] { return carried_model_frame(settings, models, {}); }));
  }
  void add(const CompressedBlock& block) {
    index_.write(block, out_);
    add_block_totals(totals_, block.totals);
    if (block.frames.empty()) left_out_bytes_ += total_bytes(block.sizes);
  }
  const Totals& finish() {
    index_.end(out_);
    totals_.compressed_bytes = out_.count + left_out_bytes_;
    return totals_;
  }

 private:
  CountedSink out_;
  FrameIndex index_;
  Totals totals_;
  uint64_t left_out_bytes_ = 0;
};

FileOfBlocks::FileOfBlocks(ByteSink& out, const CompressSettings& settings, const Models& models)
    : state_(std::make_unique<FileOfBlocksState>(out, settings, models)) {}
FileOfBlocks::~FileOfBlocks() = default;
FileOfBlocks::FileOfBlocks(FileOfBlocks&&) noexcept = default;
FileOfBlocks& FileOfBlocks::operator=(FileOfBlocks&&) noexcept = default;
void FileOfBlocks::add(const CompressedBlock& block) { state_->add(block); }
const Totals& FileOfBlocks::finish() { return state_->finish(); }

}  // namespace llmz
