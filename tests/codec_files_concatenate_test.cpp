// SPDX-License-Identifier: Apache-2.0
// Is the concatenation of files the file of the concatenated contents, whatever made them?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("files of other lanes, learning, blocks, methods and models concatenate") {
  struct Part {
    Bytes content, file;
  };
  std::vector<Part> parts;
  const auto add = [&](Bytes content, const CompressSettings& settings) {
    Bytes file = compressed(content, settings);
    parts.push_back({std::move(content), std::move(file)});
  };
  add(text(3000, 1), tokens_only(0));
  add(text(2000, 2), tokens_only(3));
  CompressSettings frozen = tokens_only(1);
  frozen.learning = false;
  add(text(2000, 3), frozen);
  CompressSettings blocks = tokens_only(2);
  blocks.block_size_bytes = 600;
  add(text(2000, 4), blocks);
  CompressSettings bytes = tokens_only(0);
  bytes.model = "bytes";
  add(random_bytes(1500, 5), bytes);
  add({}, with_lanes(0));
  add(repeated('a', 70'000), tokens_only(1));
  add(text(2000, 6), with_lanes(0));
  add(text(2000, 7), no_network());
  add(random_bytes(2000, 8), with_lanes(1));
  const auto add_coded = [&](const std::vector<Piece>& pieces) {
    parts.push_back({content_of(pieces), coded_as(pieces, with_lanes(0))});
  };
  add_coded({{RoundMethod::kTokenMix, text(1000, 9)}});
  add_coded({{RoundMethod::kByteMix, text(500, 10)}, {RoundMethod::kTokens, text(500, 11)}});

  std::mt19937 random(1);
  for (int i = 0; i < 12; ++i) {
    Bytes content, file;
    for (uint32_t n = 2 + random() % 4; n > 0; --n) {
      const Part& part = parts[random() % parts.size()];
      content.insert(content.end(), part.content.begin(), part.content.end());
      file.insert(file.end(), part.file.begin(), part.file.end());
    }
    CAPTURE(i);
    if (decompressed(file) != content) FAIL("other content came back");
  }
}

TEST_CASE("foreign bytes behind a file are an error") {
  Bytes file = compressed(text(500, 1), with_lanes(0));
  file.push_back('x');
  CHECK(kind_of_error([&] { decompressed(file); }) == ErrorKind::kCorrupt);
}
