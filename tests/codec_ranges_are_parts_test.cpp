// SPDX-License-Identifier: Apache-2.0
// Is a range of a file what it is of the content, and are only the blocks read that hold it?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Counts what is read.
class Counting : public MemorySource {
 public:
  using MemorySource::MemorySource;
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = MemorySource::read(out, count);
    read_bytes += got;
    return got;
  }
  uint64_t read_bytes = 0;
};

Bytes in_blocks(const Bytes& content, uint64_t size) {
  CompressSettings settings = with_lanes(2);
  settings.block_size_bytes = size;
  return compressed(content, settings);
}

Bytes range_of(const Bytes& file, uint64_t from, uint64_t count, uint64_t* read_bytes = nullptr) {
  Counting source(file);
  MemorySink out;
  const Totals totals = decompress_range(source, from, count, out, tiny_models(), threads(2), {});
  CHECK(totals.content_bytes == out.bytes().size());
  if (read_bytes) *read_bytes = source.read_bytes;
  return out.take();
}

Bytes part_of(const Bytes& content, uint64_t from, uint64_t count) {
  const auto begin = content.begin() + static_cast<long>(from);
  return Bytes(begin, begin + static_cast<long>(std::min<uint64_t>(count, content.size() - from)));
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

TEST_CASE("every range is that part of the content, whatever the file was made of") {
  std::mt19937 random(1);
  Bytes content, file;
  // Blocks with an index, one block without, and blocks again; then padding.
  for (const auto& [size, block] :
       {std::pair{7000u, 1000u}, {2500u, 0u}, {5000u, 900u}, {1u, 0u}}) {
    const Bytes part = text(size, size);
    append(content, part);
    append(file, in_blocks(part, block));
    if (size == 7000) continue;
    Bytes padded = file;
    padded.resize(file.size() + (size == 2500 ? 3 : 100'000));
    for (const Bytes& one : {file, padded}) {
      for (int i = 0; i < 12; ++i) {
        const uint64_t from = random() % (content.size() + 1);
        const uint64_t count = random() % 3 == 0 ? random() % 20 : random() % content.size();
        CAPTURE(size, from, count, one.size());
        if (range_of(one, from, count) != part_of(content, from, count)) FAIL("another content");
      }
    }
  }
}

TEST_CASE("the ends of ranges") {
  const Bytes content = text(5000, 1), file = in_blocks(content, 1000);
  for (const uint64_t from : {0, 1, 999, 1000, 1001, 4999, 5000}) {
    CAPTURE(from);
    for (const uint64_t count :
         {uint64_t{0}, uint64_t{1}, uint64_t{1000}, uint64_t{1001}, UINT64_MAX})
      CHECK(range_of(file, from, count) == part_of(content, from, count));
  }
  CHECK(kind_of_error([&] { range_of(file, 5001, 1); }) == ErrorKind::kUsage);
  CHECK(kind_of_error([&] { range_of(file, UINT64_MAX, 0); }) == ErrorKind::kUsage);
  CHECK(kind_of_error([&] { range_of({}, 0, 1); }) == ErrorKind::kTruncated);
  CHECK(kind_of_error([&] { range_of(text(100, 1), 0, 1); }) == ErrorKind::kNotLlmz);
  CHECK(range_of(in_blocks({}, 100), 0, 10).empty());
}

TEST_CASE("only the blocks that hold the range are read, and damage elsewhere does not matter") {
  const Bytes content = text(40'000, 1), file = in_blocks(content, 1000);
  MemorySource source(file);
  const std::vector<FramePlace> frames = locate_frames(source);
  REQUIRE(frames.size() == 40);
  CHECK(frames[39].content_offset == 39'000);
  uint64_t read = 0;
  CHECK(range_of(file, 17'100, 1800, &read) == part_of(content, 17'100, 1800));
  const uint64_t index_bytes = file.size() - frames[39].offset - frames[39].compressed_size_bytes;
  const uint64_t held = frames[17].compressed_size_bytes + frames[18].compressed_size_bytes;
  CHECK(read < held + index_bytes + (1 << 16));
  Bytes damaged = file;
  for (const FramePlace& frame : frames) {
    if (&frame != &frames[17] && &frame != &frames[18])
      damaged[frame.offset + frame.compressed_size_bytes / 2] ^= 1;
  }
  CHECK(range_of(damaged, 17'100, 1800) == part_of(content, 17'100, 1800));
  CHECK(kind_of_error([&] { range_of(damaged, 18'100, 1800); }) == ErrorKind::kCorrupt);
}

TEST_CASE("an index that lies costs an error, not memory") {
  Bytes file = in_blocks(text(3000, 1), 1000);
  const size_t tail = file.size() - 6;
  for (int i = 0; i < 4; ++i) file[tail + static_cast<size_t>(i)] = 0xff;
  // Walked, and then the index itself is found wrong.
  CHECK(kind_of_error([&] { range_of(file, 0, 10); }) == ErrorKind::kCorrupt);
}
