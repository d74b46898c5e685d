// SPDX-License-Identifier: Apache-2.0
// How content is cut into blocks and rounds, and what settings mean; shared by compress() and
// estimate().
#pragma once

#include <algorithm>
#include <functional>

#include "container/frame.h"
#include "decode/coder_settings.h"
#include "decode/phase.h"
#include "llmz/compress.h"

namespace llmz {

constexpr uint64_t kByteMixRoundBytes = uint64_t{1} << 20;

// Cuts content into blocks of block_bytes (0: one block) and each of them into segments, the bytes
// that an encoder plans for at once. Memory: one segment.
class Segmenter {
 public:
  static constexpr uint64_t kSegmentBytes = kMaxRoundBytes;
  struct Segment {
    Bytes bytes;
    bool block_ends = false;    // no other segment of the block follows
    bool more_follows = false;  // there is more content
  };
  using Take = std::function<void(Segment)>;

  Segmenter(uint64_t block_bytes, Take take);
  // A segment is given when it is full and more content comes.
  void feed(ByteView content);
  // Gives what is waiting, whatever comes.
  void flush();
  // Gives the last segment: an empty one for a block whose end was not known when its last bytes
  // were flushed.
  void end();

 private:
  void give(bool block_ends, bool more_follows);
  const uint64_t block_bytes_;
  const Take take_;
  uint64_t left_in_block_;
  Bytes waiting_;
};

// Feeds all of a source, and ends. before_read() is called before each read.
void segment_all(
    ByteSource& in, Segmenter& segments, const std::function<void()>& before_read = [] {});

// Calls work(part) for the parts of a run that are coded as one round each.
template <class Work>
void for_each_round(ByteView run, RoundMethod method, uint32_t lanes, Work&& work) {
  const bool mixes_bytes = method == RoundMethod::kByteMix || mixes_bytes_richly(method);
  const uint64_t most = needs_model(method) ? round_size_bytes(lanes)
                        : mixes_bytes       ? kByteMixRoundBytes
                                            : kMaxRoundBytes;
  for (uint64_t begin = 0; begin < run.size; begin += most)
    work(run.subview(begin, std::min(most, run.size - begin)));
}

// Of a frame that needs no model.
CoderSettings plain_coder_settings(const CompressSettings& settings);
CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model);
bool is_model_default(const CoderSettings& coder, const ExactModel& model);

}  // namespace llmz
