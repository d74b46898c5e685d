// SPDX-License-Identifier: Apache-2.0
// Does every content come back, and is the file the same however it was made?
#include <catch2/catch.hpp>

#include "codec/stretch.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

struct Content {
  const char* name;
  Bytes bytes;
};

std::vector<Content> contents() {
  // BOM, NUL, CRLF, a surrogate, U+2581, ill-formed UTF-8.
  const Bytes signs{0xef, 0xbb, 0xbf, 0,    '\r', '\n', 0xed, 0xa0,
                    0x80, 0xe2, 0x96, 0x81, ' ',  0xff, 0xc0, 0x80};
  Bytes hostile;
  for (int i = 0; i < 32; ++i) hostile.insert(hostile.end(), signs.begin(), signs.end());
  Bytes mixed = text(3000, 3);
  for (const Bytes& more :
       {random_bytes(500, 4), repeated('a', 3000), text(1500, 5), repeated(' ', 900)})
    mixed.insert(mixed.end(), more.begin(), more.end());
  return {{"text", text(6000, 1)},
          {"random bytes", random_bytes(4500, 2)},
          {"zeros", repeated(0, 4500)},
          {"one byte in long tokens", repeated('a', 70'000)},
          {"what tokenizers stumble over", hostile},
          {"all of it", mixed}};
}

// Lanes have 64-byte tokens and single bytes, so that none ends where its share ends.
Bytes long_content(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes;
  while (bytes.size() < size) {
    const Bytes part =
        random() % 4 == 0 ? text(1 + random() % 90, random()) : repeated('a', 1 + random() % 3000);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  bytes.resize(size);
  return bytes;
}

void check_round_trip(const Bytes& content, const CompressSettings& settings,
                      unsigned threads_back) {
  const Bytes file = compressed(content, settings);
  if (decompressed(file, threads_back) != content) FAIL("other content came back");
}

}  // namespace

TEST_CASE("every kind of content comes back, with any number of lanes, learning and frozen") {
  for (const Content& content : contents()) {
    for (unsigned lanes : {0u, 1u, 3u}) {
      for (const char* model : {"default", "bytes"}) {
        if (content.bytes.size() > 10'000 && std::string(model) == "bytes") continue;
        CompressSettings settings = with_lanes(lanes);
        settings.model = model;
        settings.learning = lanes != 3;
        CAPTURE(content.name, lanes, model);
        check_round_trip(content.bytes, settings, 1);
      }
    }
  }
}

TEST_CASE("content of every size around the borders of stretches and rounds comes back") {
  const std::vector<size_t> sizes{0,     1,     2,     63,     64,     65,     4095,   4096,
                                  4097,  12287, 12288, 12289,  28672,  28673,  61440,  61441,
                                  65535, 65536, 65537, 131073, 262144, 524287, 524288, 524289};
  const Bytes all = long_content(sizes.back(), 1);
  unsigned turn = 0;
  for (size_t size : sizes) {
    for (unsigned lanes : {1u, 2u, 5u, 16u, 255u}) {
      // All combinations of the small ones, a third of the large ones.
      if (size > 66'000 && ++turn % 3 != 0 && !(lanes == 16 && size >= 524'287)) continue;
      CAPTURE(size, lanes);
      check_round_trip(Bytes(all.begin(), all.begin() + static_cast<ptrdiff_t>(size)),
                       with_lanes(lanes), 1);
    }
  }
}

TEST_CASE("the file does not depend on threads, and another number of them reads it") {
  const Bytes content = long_content(90'000, 2);
  for (unsigned lanes : {1u, 3u, 16u}) {
    CAPTURE(lanes);
    const Bytes file = compressed(content, with_lanes(lanes, 1));
    CHECK(compressed(content, with_lanes(lanes, 2)) == file);
    CHECK(compressed(content, with_lanes(lanes, 3)) == file);
    for (unsigned count : {2u, 3u}) CHECK(decompressed(file, count) == content);
  }
}

TEST_CASE("the file does not depend on how the source delivers") {
  const Bytes content = long_content(70'000, 3);
  const CompressSettings settings = with_lanes(1);
  const Bytes file = compressed(content, settings);
  for (size_t step : {1u, 1000u}) {
    DribblingSource in(content, step);
    MemorySink out;
    compress(in, out, tiny_models(), settings);
    CHECK(out.bytes() == file);
    DribblingSource back(file, step);
    MemorySink original;
    decompress(back, original, tiny_models(), threads(1));
    CHECK(original.bytes() == content);
  }
}

TEST_CASE("block sizes, a size said in advance and settings of a lone frame come back") {
  const Bytes content = long_content(20'000, 4);
  for (uint64_t block : {700u, 9999u, 10'000u, 20'000u, 50'000u}) {
    CompressSettings settings = with_lanes(5);
    settings.block_size_bytes = block;
    CAPTURE(block);
    check_round_trip(content, settings, 1);
  }
  CompressSettings tiny_blocks = with_lanes(2);
  tiny_blocks.block_size_bytes = 1;
  check_round_trip(text(40, 1), tiny_blocks, 1);
  check_round_trip({}, tiny_blocks, 1);
  for (unsigned lanes : {0u, 3u}) {
    CompressSettings settings = with_lanes(lanes);
    settings.content_size_bytes = content.size();
    CHECK(decompressed(compressed(content, settings)) == content);
  }
}

TEST_CASE("totals tell what happened") {
  const Bytes content = text(5000, 6);
  CompressSettings settings = with_lanes(2);
  settings.block_size_bytes = 2000;
  MemorySource in(content);
  MemorySink file, back;
  uint64_t last = 0;
  const Totals made = compress(in, file, tiny_models(), settings, [&](uint64_t done) {
    CHECK(done >= last);
    last = done;
  });
  CHECK(made.content_bytes == content.size());
  CHECK(made.compressed_bytes == file.bytes().size());
  CHECK(made.frames == 3);
  CHECK(made.tokens > content.size() / 4);
  CHECK(made.tokens < content.size());
  CHECK(last <= content.size());
  MemorySource again(file.bytes());
  const Totals read = decompress(again, back, tiny_models(), threads(1));
  CHECK(read.content_bytes == made.content_bytes);
  CHECK(read.compressed_bytes == made.compressed_bytes);
  CHECK(read.frames == made.frames);
}

TEST_CASE("an exception of the progress callback stops both directions") {
  const Bytes content = text(20'000, 7);
  const Bytes file = compressed(content, with_lanes(1));
  const auto stop = [](uint64_t) { throw Error(ErrorKind::kInterrupted, "stop"); };
  MemorySink out;
  CHECK(kind_of_error([&] {
          MemorySource in(content);
          compress(in, out, tiny_models(), with_lanes(1), stop);
        }) == ErrorKind::kInterrupted);
  CHECK(kind_of_error([&] {
          MemorySource in(file);
          decompress(in, out, tiny_models(), threads(1), stop);
        }) == ErrorKind::kInterrupted);
}
