// SPDX-License-Identifier: Apache-2.0
#include "container/index.h"

#include <cstring>

#include "base/hash.h"

namespace llmz {
namespace {

template <class Io>
void visit_entry(Io& io, IndexEntry& entry) {
  io.varint(entry.compressed_size_bytes, "compressed size in the index");
  io.varint(entry.content_size_bytes, "content size in the index");
}

uint64_t check_of(ByteView checked) { return xxh3_64(checked) & 0xffffffff; }

}  // namespace

Bytes encode_index(const std::vector<IndexEntry>& frames) {
  if (frames.empty() || frames.size() > kMaxIndexFrames) {
    throw Error(ErrorKind::kInternal, "an index holds 1 to " + std::to_string(kMaxIndexFrames) +
                                          " frames, not " + std::to_string(frames.size()));
  }
  FieldWriter fields;
  fields.raw(ByteView(kFrameMagic, sizeof kFrameMagic));
  fields.le(frame_tag(FrameKind::kIndex), 1, "version and kind");
  fields.varint(frames.size(), "number of frames");
  for (IndexEntry entry : frames) visit_entry(fields, entry);
  fields.le(check_of(fields.bytes()), kCheckBytes, "index check");
  fields.le(fields.bytes().size() + kIndexSizeBytes + sizeof kIndexEndMagic, kIndexSizeBytes,
            "index size");
  fields.raw(ByteView(kIndexEndMagic, sizeof kIndexEndMagic));
  return fields.bytes();
}

std::optional<uint64_t> index_size_from_tail(ByteView tail) {
  constexpr size_t kNeeded = kIndexSizeBytes + sizeof kIndexEndMagic;
  if (tail.size < kNeeded) return std::nullopt;
  const uint8_t* end = tail.data + tail.size;
  if (std::memcmp(end - sizeof kIndexEndMagic, kIndexEndMagic, sizeof kIndexEndMagic) != 0) {
    return std::nullopt;
  }
  return load_le(end - kNeeded, kIndexSizeBytes);
}

std::vector<IndexEntry> decode_index(ByteView frame) {
  MemorySource source(frame);
  FieldReader input(source);
  input.start_record();
  uint8_t start[3] = {};
  input.try_read(start, sizeof start);
  if (std::memcmp(start, kFrameMagic, sizeof kFrameMagic) != 0 ||
      start[2] != frame_tag(FrameKind::kIndex)) {
    throw Error(ErrorKind::kCorrupt, "no index frame begins where the end of the file says");
  }
  std::vector<IndexEntry> frames = read_index(input, 0);
  if (input.position() != frame.size) {
    throw Error(ErrorKind::kCorrupt, "the index frame is shorter than the end of the file says");
  }
  return frames;
}

std::vector<IndexEntry> read_index(FieldReader& input, uint64_t offset) {
  uint64_t count = 0;
  input.varint(count, "number of frames in the index");
  const auto damaged = [offset] {
    return Error(ErrorKind::kCorrupt,
                 "the index frame at offset " + std::to_string(offset) + " is damaged");
  };
  if (count == 0 || count > kMaxIndexFrames) throw damaged();
  std::vector<IndexEntry> frames;
  for (uint64_t i = 0; i < count; ++i) {
    IndexEntry entry;
    visit_entry(input, entry);
    frames.push_back(entry);
  }
  const uint64_t expected = check_of(input.record());
  uint64_t check = 0, size = 0, end_magic = 0;
  input.le(check, kCheckBytes, "index check");
  input.le(size, kIndexSizeBytes, "index size");
  input.le(end_magic, sizeof kIndexEndMagic, "end of the index");
  if (is_damaged(expected, check) || size != input.record().size() ||
      end_magic != load_le(kIndexEndMagic, sizeof kIndexEndMagic)) {
    throw damaged();
  }
  return frames;
}

}  // namespace llmz
