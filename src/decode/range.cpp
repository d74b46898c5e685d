// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "container/caller.h"
#include "decode/some_frames.h"

namespace llmz {
namespace {

// Passes on `count` bytes after the first `skipped`, and ends the decoding by an exception.
class RangeSink : public ByteSink {
 public:
  RangeSink(ByteSink& out, uint64_t skipped, uint64_t count)
      : out_(out), skipped_(skipped), left_(count) {}
  void write(ByteView bytes) override {
    const auto before = static_cast<size_t>(std::min<uint64_t>(skipped_, bytes.size));
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size - before));
    if (wanted > 0) out_.write(bytes.subview(before, wanted));
    skipped_ -= before;
    left_ -= wanted;
    if (left_ == 0 && before + wanted < bytes.size) throw EnoughContent();
  }

 private:
  ByteSink& out_;
  uint64_t skipped_, left_;
};

}  // namespace

Totals decompress_range(SeekableSource& file, uint64_t from, uint64_t count, ByteSink& out,
                        const Models& models, const DecompressSettings& settings,
                        const Progress& progress) {
  Caller caller;
  return caller.in([&]() -> Totals {
    CallerSeekable source(caller, file);
    const std::vector<FramePlace> frames = locate_frames(source);
    if (frames.empty()) throw_empty();
    const uint64_t size = frames.back().content_offset + frames.back().content_size_bytes;
    if (from > size)
      throw Error(ErrorKind::kUsage, "holds " + std::to_string(size) +
                                         " bytes, and the range begins at " + std::to_string(from));
    count = std::min(count, size - from);
    Totals totals;
    if (count == 0) return totals;
    const auto ends_after = [](uint64_t place, const FramePlace& frame) {
      return place < frame.content_offset + frame.content_size_bytes;
    };
    const auto first = std::upper_bound(frames.begin(), frames.end(), from, ends_after);
    const auto last = std::upper_bound(first, frames.end(), from + count - 1, ends_after);
    CallerSink sink(caller, out);
    RangeSink range(sink, from - first->content_offset, count);
    const Progress report = callers_progress(caller, progress);
    totals = decode_frames({source, frames, first, last + 1}, range, models, settings, report);
    totals.content_bytes = count;
    return totals;
  });
}

}  // namespace llmz
