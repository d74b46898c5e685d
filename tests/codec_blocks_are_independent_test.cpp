// SPDX-License-Identifier: Apache-2.0
// Is every block, found through the index, decodable on its own, and made of its own content only?
#include <catch2/catch.hpp>

#include "container/frame_reader.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

CompressSettings in_blocks(uint64_t size, unsigned lanes, bool mix = false) {
  CompressSettings settings = with_lanes(lanes);
  settings.mix = mix;
  settings.block_size_bytes = size;
  return settings;
}

std::vector<IndexEntry> index_of(const Bytes& file, uint64_t& index_size) {
  const auto size = index_size_from_tail(file);
  REQUIRE(size.has_value());
  REQUIRE(*size <= file.size());
  index_size = *size;
  return decode_index(ByteView(file).subview(file.size() - *size, *size));
}

// One block's frame, with what makes a file of it: an index of this frame alone.
Bytes alone(const Bytes& file, uint64_t offset, const IndexEntry& entry) {
  Bytes one(file.begin() + static_cast<ptrdiff_t>(offset),
            file.begin() + static_cast<ptrdiff_t>(offset + entry.compressed_size_bytes));
  const Bytes index = encode_index({entry});
  one.insert(one.end(), index.begin(), index.end());
  return one;
}

}  // namespace

TEST_CASE("each block found through the index gives its part of the content") {
  const Bytes content = text(9500, 1);
  for (const auto& [lanes, mix] : {std::pair{1u, false}, {3u, false}, {16u, false}, {3u, true}}) {
    const uint64_t block = 2000;
    CAPTURE(lanes, mix);
    const Bytes file = compressed(content, in_blocks(block, lanes, mix));
    uint64_t index_size = 0, offset = 0, begin = 0;
    const std::vector<IndexEntry> index = index_of(file, index_size);
    CHECK(index.size() == 5);
    for (const IndexEntry& entry : index) {
      const auto first = content.begin() + static_cast<ptrdiff_t>(begin);
      CHECK(entry.content_size_bytes == std::min<uint64_t>(block, content.size() - begin));
      CHECK(decompressed(alone(file, offset, entry)) ==
            Bytes(first, first + static_cast<ptrdiff_t>(entry.content_size_bytes)));
      offset += entry.compressed_size_bytes;
      begin += entry.content_size_bytes;
    }
    CHECK(offset + index_size == file.size());
    CHECK(begin == content.size());
  }
}

TEST_CASE("a block's bytes depend on its content only") {
  const bool mix = GENERATE(false, true);
  CAPTURE(mix);
  const uint64_t block = 1500;
  Bytes content = text(3 * block, 2);
  Bytes other = random_bytes(block, 3);
  Bytes changed = content;
  std::copy(other.begin(), other.end(), changed.begin());
  const Bytes a = compressed(content, in_blocks(block, 2, mix));
  const Bytes b = compressed(changed, in_blocks(block, 2, mix));
  uint64_t size = 0;
  const std::vector<IndexEntry> of_a = index_of(a, size), of_b = index_of(b, size);
  REQUIRE(of_a.size() == 3);
  REQUIRE(of_b.size() == 3);
  const auto rest = [](const Bytes& file, const std::vector<IndexEntry>& index) {
    const auto begin = file.begin() + static_cast<ptrdiff_t>(index[0].compressed_size_bytes);
    return Bytes(begin, begin + static_cast<ptrdiff_t>(index[1].compressed_size_bytes +
                                                       index[2].compressed_size_bytes));
  };
  CHECK(rest(a, of_a) == rest(b, of_b));
  // And equal blocks are equal, wherever they stand.
  Bytes twice(content.begin(), content.begin() + block);
  twice.insert(twice.end(), content.begin(), content.begin() + block);
  const Bytes file = compressed(twice, in_blocks(block, 2, mix));
  const std::vector<IndexEntry> index = index_of(file, size);
  REQUIRE(index.size() == 2);
  const auto n = static_cast<ptrdiff_t>(index[0].compressed_size_bytes);
  CHECK(index[1].compressed_size_bytes == index[0].compressed_size_bytes);
  CHECK(Bytes(file.begin(), file.begin() + n) == Bytes(file.begin() + n, file.begin() + 2 * n));
}

TEST_CASE("a block that is larger than a round has several rounds") {
  const Bytes content = repeated('a', 200'000);
  const Bytes file = compressed(content, in_blocks(150'000, 1));
  MemorySource source(file);
  const std::vector<FrameInfo> frames = list_frames(source);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].content_size_bytes == 150'000);
  CHECK(frames[0].rounds == 3);
  CHECK(frames[1].content_size_bytes == 50'000);
  CHECK(decompressed(file) == content);
}
