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
  for (size_t size : {0, 1, 1000, 65535}) CHECK(overhead(size, toy_settings(), 1 << 24) == 15);
  for (size_t size : {65536, 1000000, (1 << 24) - 1}) {
    CHECK(overhead(size, toy_settings(), 1 << 24) == 21);
  }
}

TEST_CASE("one round with its own settings costs at most 16 bytes and 0.02 % from 64 KB on") {
  for (size_t size : {65536, 100000, 1 << 20, 1 << 24}) {
    FrameSettings settings = toy_settings(false);
    settings.content_size_bytes = size;
    CAPTURE(size, overhead(size, settings, size));
    CHECK(static_cast<double>(overhead(size, settings, size)) <=
          16 + 0.0002 * static_cast<double>(size));
  }
  FrameSettings settings = toy_settings(false);
  settings.content_size_bytes = 65536;
  CHECK(overhead(65536, settings, 65536) == 28);
}

TEST_CASE("many rounds cost about 10 bytes each") {
  FrameSettings settings = toy_settings();
  CHECK(overhead(1 << 22, settings, 1 << 18) == 10 + 16 * 10 + 5);
}
