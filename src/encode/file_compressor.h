// SPDX-License-Identifier: Apache-2.0
// Content in, a file out: blocks one after the other, or side by side where there are threads and
// memory for that. The bytes are the same.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "decode/crew.h"
#include "encode/one_block.h"
#include "encode/segments.h"

namespace llmz {

class FileCompressor {
 public:
  // side_by_side: blocks may be at work between two calls.
  FileCompressor(ByteSink& out, const Models& models, const CompressSettings& settings,
                 const Progress& progress, bool side_by_side);
  ~FileCompressor();

  Segmenter& segments() { return segments_; }
  // All content so far is in the frames written so far.
  void flush();
  // After the end of the segments.
  const Totals& finish();
  const Totals& totals();

  // Before a source is read that may have to wait (ByteSource::may_wait()): writes what is done,
  // and returns whether blocks are at work that will give more.
  bool write_done();
  // Until the next block is done, or for some milliseconds.
  void wait();

 private:
  struct Job;
  void take(Segmenter::Segment segment);
  void plan_for(const Segmenter::Segment& first);
  std::optional<ModelInfo> named_model();
  void add_here(const Segmenter::Segment& segment);
  void begin_job();
  void run(Job& job, unsigned worker, bool on_a_thread);
  void write(const Job& job);
  void end_block(const Totals& of_block);
  void note_frame(const IndexEntry& sizes);
  void report(uint64_t done) const;

  const CompressSettings& settings_;
  const Models& models_;
  const Progress& progress_;
  CountedSink out_;
  const bool side_by_side_;
  std::vector<Session> sessions_;  // of the blocks at work
  CompressCall call_;
  Segmenter segments_;
  Totals totals_;
  FrameIndex index_;
  bool decided_ = false, indexed_ = false;

  // One after the other: the block in hand.
  std::unique_ptr<BlockOutput> output_;
  std::optional<BlockCompressor> block_;

  // Side by side: the block whose content is collected; those at work, in order.
  std::unique_ptr<Job> next_;
  std::deque<std::unique_ptr<Job>> jobs_;
  std::optional<Crew> crew_;  // the last member: it ends first
};

}  // namespace llmz
