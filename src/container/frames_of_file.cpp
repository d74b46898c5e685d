// SPDX-License-Identifier: Apache-2.0
// The frames of a file by its indexes, from its end to its beginning.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/source_part.h"
#include "container/caller.h"
#include "container/index.h"
#include "llmz/frame.h"

namespace llmz {
namespace {

// Two varints of at most 10 bytes for each frame. Bounds the memory for sizes that lie.
constexpr uint64_t kMostIndexBytes = 20 * kMaxIndexFrames + 64;

Bytes read_part(SeekableSource& file, uint64_t offset, size_t size_bytes) {
  Bytes bytes(size_bytes);
  file.seek(offset);
  bytes.resize(read_fully(file, bytes.data(), bytes.size()));
  return bytes;
}

// The end without the zeros that tapes and block devices add.
uint64_t end_of_frames(SeekableSource& file) {
  constexpr uint64_t kStep = 1 << 16;
  uint64_t end = file.size_bytes();
  while (end > 0) {
    const uint64_t begin = end - std::min(end, kStep);
    const Bytes part = read_part(file, begin, static_cast<size_t>(end - begin));
    const auto last = std::find_if(part.rbegin(), part.rend(), [](uint8_t b) { return b != 0; });
    if (last != part.rend()) return begin + static_cast<uint64_t>(part.rend() - last);
    end = begin;
  }
  return 0;
}

// The frames that the index before `end` lists, in order, without the places of their content; none
// if no index ends there.
std::vector<FramePlace> frames_before(SeekableSource& file, uint64_t end) {
  const uint64_t tail_bytes = std::min<uint64_t>(end, kIndexTailBytes);
  const auto size =
      index_size_from_tail(read_part(file, end - tail_bytes, static_cast<size_t>(tail_bytes)));
  if (!size || *size > std::min(end, kMostIndexBytes)) return {};
  std::vector<IndexEntry> index;
  try {
    index = decode_index(read_part(file, end - *size, static_cast<size_t>(*size)));
  } catch (const Error&) {  // a payload may end like an index
    return {};
  }
  std::vector<FramePlace> frames(index.size());
  uint64_t offset = end - *size;
  for (size_t i = index.size(); i-- > 0;) {
    if (index[i].compressed_size_bytes > offset) return {};
    offset -= index[i].compressed_size_bytes;
    frames[i].offset = offset;
    frames[i].compressed_size_bytes = index[i].compressed_size_bytes;
    frames[i].content_size_bytes = index[i].content_size_bytes;
  }
  return frames;
}

std::vector<FramePlace> walked(SeekableSource& file, uint64_t end) {
  std::vector<FramePlace> frames;
  file.seek(0);
  SourcePart beginning(file, end);
  for_each_frame(beginning, [&](const FrameInfo& frame) {
    frames.push_back({frame.offset, frame.compressed_size_bytes, 0, frame.content_size_bytes});
  });
  return frames;
}

std::vector<FramePlace> located(SeekableSource& file) {
  std::vector<FramePlace> all;
  uint64_t end = end_of_frames(file);
  while (end > 0) {
    std::vector<FramePlace> frames = frames_before(file, end);
    // Zeros are a part of what is walked: a frame may end with one.
    if (frames.empty()) frames = walked(file, all.empty() ? file.size_bytes() : end);
    if (frames.empty()) break;
    end = frames.front().offset;
    all.insert(all.begin(), frames.begin(), frames.end());
  }
  uint64_t content = 0;
  for (FramePlace& frame : all) {
    frame.content_offset = content;
    content += frame.content_size_bytes;
  }
  return all;
}

}  // namespace

std::vector<FramePlace> locate_frames(SeekableSource& file) {
  Caller caller;
  return caller.in([&] {
    CallerSeekable callers(caller, file);
    return located(callers);
  });
}

}  // namespace llmz
