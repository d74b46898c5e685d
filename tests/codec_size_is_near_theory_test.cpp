// SPDX-License-Identifier: Apache-2.0
// Is a file as large as the model's probabilities say, and does the estimate know?
#include <catch2/catch.hpp>

#include "container/frame_reader.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Estimate estimated(const Bytes& content, const CompressSettings& settings, EstimateOf what) {
  MemorySource in(content);
  return estimate(in, tiny_models(), settings, what);
}

double distance(uint64_t a, double b) { return std::abs(static_cast<double>(a) - b); }

}  // namespace

TEST_CASE(
    "over 100 KB a file of the network alone is within 0.05 % and 24 bytes of the sum of -log2 p") {
  const Bytes content = text(110'000, 1);
  for (bool learning : {true, false}) {
    for (unsigned lanes : {1u, 16u}) {
      CompressSettings settings = tokens_only(lanes);
      settings.learning = learning;
      CAPTURE(learning, lanes);
      const Bytes file = compressed(content, settings);
      const Estimate e = estimated(content, settings, EstimateOf::kLearningNetwork);
      CHECK(e.content_bytes == content.size());
      CHECK(distance(file.size(), e.bits / 8) <= 0.0005 * e.bits / 8 + 24);
    }
  }
}

TEST_CASE("the estimate knows the size of small files, of blocks and of many rounds") {
  const auto check = [](const Bytes& content, const CompressSettings& settings) {
    const Bytes file = compressed(content, settings);
    const Estimate e = estimated(content, settings, EstimateOf::kFile);
    CHECK(e.file_bytes == file.size());
    CHECK(e.content_bytes == content.size());
    MemorySource source(file);
    uint64_t payload_bytes = 0;
    for (const FrameInfo& f : list_frames(source)) payload_bytes += f.payload_size_bytes;
    CHECK(e.bits == 8 * static_cast<double>(payload_bytes));
  };
  for (size_t size : {0u, 1u, 10u, 1000u}) {
    CAPTURE(size);
    check(text(size, 2), with_lanes(0));
    check(text(size, 2), no_network());
    check(text(size, 2), tokens_only(0));
    check(text(size, 2), tokens_only(7));
  }
  for (bool mix : {false, true}) {
    CompressSettings blocks = with_lanes(2);
    blocks.mix = mix;
    blocks.block_size_bytes = 700;
    check(text(5000, 3), blocks);
  }
  check(repeated('a', 300'000), tokens_only(1));
  check(repeated('a', 300'000), with_lanes(1));
  check(random_bytes(100'000, 6), with_lanes(1));
}

TEST_CASE("learning makes a tiny noisy model much better") {
  const Bytes content = text(30'000, 4);
  CompressSettings settings = tokens_only(1);
  const size_t learnt = compressed(content, settings).size();
  settings.learning = false;
  const size_t frozen = compressed(content, settings).size();
  CHECK(learnt < 0.8 * static_cast<double>(frozen));
}

TEST_CASE("the bits of tokens add up to the estimate, and their sizes to the text") {
  const CompressSettings settings = tokens_only(16);
  for (size_t size : {0, 1, 5000, 100000}) {
    const Bytes content = text(size, 7);
    const TokenBits tokens = token_bits(content, settings, tiny_models());
    const Estimate whole = estimated(content, settings, EstimateOf::kFrozenNetwork);
    REQUIRE(tokens.bits.size() == whole.tokens);
    REQUIRE(tokens.size_bytes.size() == whole.tokens);
    uint64_t bytes = 0;
    double bits = 0;
    for (uint32_t n : tokens.size_bytes) bytes += n;
    for (float b : tokens.bits) bits += b;
    CHECK(bytes == size);
    CHECK(std::abs(bits - whole.bits) <= 1e-4 * whole.bits);
  }
  struct Own : std::runtime_error {
    Own() : std::runtime_error("of the caller") {}
  };
  CHECK_THROWS_AS(
      token_bits(text(200000, 7), settings, tiny_models(), [](uint64_t) { throw Own(); }), Own);
}

TEST_CASE("the fast estimate measures the frozen network: about the frozen file of many lanes") {
  const Bytes content = text(60'000, 5);
  CompressSettings settings = tokens_only(16);
  const Estimate fast = estimated(content, settings, EstimateOf::kFrozenNetwork);
  settings.learning = false;
  const Estimate walk = estimated(content, settings, EstimateOf::kLearningNetwork);
  CHECK(fast.content_bytes == content.size());
  CHECK(fast.tokens == walk.tokens);
  CHECK(fast.file_bytes == 0);
  CHECK(std::abs(fast.bits / walk.bits - 1) < 0.01);
  CHECK(fast.characters < content.size());
  CHECK(fast.characters > content.size() * 9 / 10);
}
