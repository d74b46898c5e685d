// SPDX-License-Identifier: Apache-2.0
// How many bytes does the container add to the payload?
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

size_t overhead(size_t size, const FrameSettings& settings, size_t round_bytes) {
  const Bytes file = toy_compress(toy_content(size), settings, round_bytes);
  MemorySource source(file);
  return file.size() - list_frames(source)[0].payload_size_bytes;
}

}  // namespace

TEST_CASE("one round with the model's settings costs 15 bytes, from 64 KB on 21") {
  CHECK(overhead(0, toy_settings(), 1) == 9);  // plain
  for (size_t size : {1, 1000, 65535}) CHECK(overhead(size, toy_settings(), 1 << 24) == 15);
  for (size_t size : {65536, 1000000, (1 << 24) - 1}) {
    CHECK(overhead(size, toy_settings(), 1 << 24) == 21);
  }
}

TEST_CASE("one round with its own settings costs at most 17 bytes and 0.02 % from 64 KB on") {
  for (size_t size : {65536, 100000, 1 << 20, 1 << 24}) {
    FrameSettings settings = toy_settings(false);
    settings.content_size_bytes = size;
    CAPTURE(size, overhead(size, settings, size));
    CHECK(static_cast<double>(overhead(size, settings, size)) <=
          17 + 0.0002 * static_cast<double>(size));
  }
  FrameSettings settings = toy_settings(false);
  settings.content_size_bytes = 65536;
  CHECK(overhead(65536, settings, 65536) == 30);
}

TEST_CASE("many rounds cost about 11 bytes each") {
  FrameSettings settings = toy_settings();
  CHECK(overhead(1 << 22, settings, 1 << 18) == 11 + 16 * 11 + 5);
}

TEST_CASE("a round without a model costs 14 to 20 bytes, a stored one 9 to 12") {
  const auto plain = [](size_t size, bool stored) {
    const Bytes file = toy_compress(toy_content(size), toy_plain_settings(), size, stored);
    MemorySource source(file);
    return file.size() - list_frames(source)[0].payload_size_bytes;
  };
  CHECK(plain(100, false) == 14);
  CHECK(plain(1 << 24, false) == 20);
  CHECK(plain(100, true) == 9);
  CHECK(plain(1 << 24, true) == 12);
}
