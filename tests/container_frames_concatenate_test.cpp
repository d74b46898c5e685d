// SPDX-License-Identifier: Apache-2.0
// Are concatenated files a file, and does an index find every frame?
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

struct Run {
  Bytes file;
  std::vector<Bytes> contents;  // one per frame
};

Run run(uint64_t seed, size_t frames, bool index) {
  Run run;
  MemorySink sink;
  std::vector<IndexEntry> entries;
  for (size_t i = 0; i < frames; ++i) {
    run.contents.push_back(toy_content(100 + 317 * i * i, seed + i));
    entries.push_back(toy_compress(sink, run.contents.back(), toy_settings(i % 2), 700));
  }
  if (index) sink.write(encode_index(entries));
  run.file = sink.take();
  return run;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

// Offsets of the frames of the last index before `end`, and where the first of them begins; as
// docs/format.md tells a seeker to do it.
struct Found {
  std::vector<size_t> offsets;
  size_t begin;
};

std::optional<Found> seek(const Bytes& file, size_t end) {
  const auto size = index_size_from_tail(ByteView(file.data(), end));
  if (!size || *size > end) return std::nullopt;
  const auto entries = decode_index(ByteView(file.data() + end - *size, *size));
  Found found{{}, end - *size};
  for (const IndexEntry& e : entries) found.begin -= e.compressed_size_bytes;
  size_t offset = found.begin;
  for (const IndexEntry& e : entries) {
    found.offsets.push_back(offset);
    offset += e.compressed_size_bytes;
  }
  return found;
}

}  // namespace

TEST_CASE("files concatenate, with and without an index") {
  for (bool index_a : {true, false}) {
    for (bool index_b : {true, false}) {
      const Run a = run(10, 3, index_a), b = run(20, 4, index_b), empty = run(30, 0, false);
      const Bytes file = joined({a.file, empty.file, b.file, a.file});
      CHECK(toy_decompress(file) ==
            joined({joined(a.contents), joined(b.contents), joined(a.contents)}));
      MemorySource source(file);
      CHECK(list_frames(source).size() == 10);
    }
  }
}

TEST_CASE("the index finds every frame, back through concatenated files") {
  const Run a = run(10, 3, true), b = run(20, 5, true);
  const Bytes file = joined({a.file, b.file});
  std::vector<Bytes> found;
  for (size_t end = file.size(); end > 0;) {
    const auto part = seek(file, end);
    REQUIRE(part);
    std::vector<Bytes> contents;
    for (size_t i = 0; i < part->offsets.size(); ++i) {
      MemorySource source(ByteView(file.data() + part->offsets[i], end - part->offsets[i]));
      FrameReader reader(source);
      REQUIRE(reader.next_frame());
      Bytes content;
      while (const auto round = reader.next_round()) toy_decode(*round, content);
      contents.push_back(content);
    }
    found.insert(found.begin(), contents.begin(), contents.end());
    end = part->begin;
  }
  CHECK(joined(found) == joined({joined(a.contents), joined(b.contents)}));
}

TEST_CASE("the index holds the sizes of its frames") {
  const Run a = run(10, 3, true);
  const auto size = *index_size_from_tail(a.file);
  const auto entries = decode_index(ByteView(a.file.data() + a.file.size() - size, size));
  MemorySource source(a.file);
  const auto frames = list_frames(source);
  REQUIRE(entries.size() == frames.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].compressed_size_bytes == frames[i].compressed_size_bytes);
    CHECK(entries[i].content_size_bytes == frames[i].content_size_bytes);
  }
}

TEST_CASE("a file without an index, or with a damaged one, has no index") {
  const Run a = run(10, 3, false);
  CHECK_FALSE(index_size_from_tail(a.file));
  CHECK_FALSE(index_size_from_tail(ByteView()));
  const Bytes index = encode_index({{100, 200}, {300, 400}});
  CHECK(decode_index(index).size() == 2);
  for (size_t bit = 0; bit < 8 * index.size(); ++bit) {
    Bytes damaged = index;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK_THROWS_AS(decode_index(damaged), Error);
  }
  CHECK_THROWS_AS(decode_index(joined({index, {0}})), Error);
  CHECK_THROWS_AS(encode_index({}), Error);
}
