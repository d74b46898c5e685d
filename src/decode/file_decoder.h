// SPDX-License-Identifier: Apache-2.0
// Frames in, content out. Frames that announce an index are several, and are decoded side by side
// where there are threads and memory for that; others one after the other.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "decode/crew.h"
#include "decode/frame_decoder.h"

namespace llmz {

class FileDecoder {
 public:
  FileDecoder(ByteSource& in, ByteSink& out, const Models& models,
              const DecompressSettings& settings, const Progress& progress);
  ~FileDecoder();

  // All frames of the reader, whose source is `in`. On an exception, all content before what is
  // wrong was written.
  void decode(FrameReader& reader);
  // After everything.
  Totals finish();

 private:
  struct Job;

  void decode_here(FrameReader& reader, const FrameHeader& header);
  Job* begin_job(const FrameHeader& header);
  void read_rounds(FrameReader& reader, Job& job);
  void run(Job& job, unsigned worker);
  std::optional<Round> take_round(Job& job);
  void give(Job& job, Bytes content);
  void write_ready();
  void wait(std::chrono::milliseconds most);
  void wait_for_input();
  void finish_jobs();

  ByteSource& in_;
  ByteSink& out_;
  const Progress& progress_;
  const Models& models_;
  const unsigned most_jobs_;
  const uint64_t most_memory_bytes_;
  std::vector<Session> sessions_;  // of the workers
  DecompressCall call_;
  ContentLimit content_limit_;
  Totals totals_;
  std::deque<std::unique_ptr<Job>> jobs_;  // in order, the first one is being written
  std::optional<Crew> crew_;               // the last member: it ends first
};

}  // namespace llmz
