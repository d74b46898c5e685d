// SPDX-License-Identifier: Apache-2.0
// Is no file larger than what xz -9e makes of it, or than its content and a few bytes?
#include <lzma.h>

#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes xz(const Bytes& content) {
  Bytes out(lzma_stream_buffer_bound(content.size()));
  size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(9 | LZMA_PRESET_EXTREME, LZMA_CHECK_CRC64, nullptr,
                                  content.data(), content.size(), out.data(), &size,
                                  out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

// Words and noise in turn.
Bytes alternating(size_t piece, size_t count) {
  std::vector<Bytes> parts;
  for (uint32_t i = 0; i < count; ++i)
    parts.push_back(i % 2 ? random_bytes(piece, i) : text(piece, i));
  return joined(parts);
}

// As in an archive: headers of 512 bytes, mostly zeros, and members of any kind and size.
Bytes archive() {
  std::mt19937 random(1);
  std::vector<Bytes> parts;
  for (uint32_t i = 0; i < 12; ++i) {
    Bytes header(512);
    const std::string name = "folder/member-" + std::to_string(i) + ".txt";
    std::copy(name.begin(), name.end(), header.begin());
    parts.push_back(header);
    const size_t size = random() % 20'000;
    parts.push_back(random() % 3 ? text(size, i) : random_bytes(size, i));
    parts.emplace_back((512 - size % 512) % 512);
  }
  return joined(parts);
}

// Records of four little-endian counters.
Bytes table(size_t records) {
  Bytes bytes;
  std::mt19937 random(2);
  uint32_t total = 0;
  for (uint32_t i = 0; i < records; ++i) {
    total += random() % 100;
    const uint32_t small = random() % 8;
    for (uint32_t value : {i, total, small, 0u}) append_le(bytes, value, 4);
  }
  return bytes;
}

// The same noise again and again: only repeats can be used.
Bytes repeats(size_t period, size_t size) {
  const Bytes noise = random_bytes(period, 3);
  Bytes bytes;
  while (bytes.size() < size) bytes.insert(bytes.end(), noise.begin(), noise.end());
  bytes.resize(size);
  return bytes;
}

struct Content {
  const char* name;
  Bytes bytes;
};

std::vector<Content> contents() {
  return {{"empty", {}},
          {"a byte", {'x'}},
          {"ten bytes", text(10, 1)},
          {"a line", text(80, 1)},
          {"a short text", text(2000, 1)},
          {"a text", text(40'000, 1)},
          {"a text of more than a sample", text(70'000, 1)},
          {"a text of one run", repeated('a', 70'000)},
          {"the same text twice", joined({text(20'000, 5), text(20'000, 5)})},
          {"a little noise", random_bytes(100, 1)},
          {"noise", random_bytes(100'000, 1)},
          {"a few zeros", repeated(0, 100)},
          {"zeros", repeated(0, 80'000)},
          {"compressed already", xz(text(150'000, 2))},
          {"small pieces of words and noise", alternating(700, 40)},
          {"pieces of words and noise", alternating(20'000, 4)},
          {"large pieces of words and noise", alternating(40'000, 3)},
          {"an archive", archive()},
          {"a table", table(5000)},
          {"repeated noise", repeats(5000, 60'000)},
          {"noise repeated from afar", repeats(100'000, 250'000)}};
}

}  // namespace

TEST_CASE("no file is worse than xz -9e, nor larger than its content") {
  for (const Content& content : contents()) {
    if (kSanitized && content.bytes.size() > 50'000) continue;
    const size_t rival = xz(content.bytes).size(), size = content.bytes.size();
    for (bool network : {true, false}) {
      CompressSettings settings = with_lanes(0);
      settings.network = network;
      CAPTURE(content.name, network, size, rival);
      const Bytes file = compressed(content.bytes, settings);
      CHECK(static_cast<double>(file.size()) <= static_cast<double>(rival) * 1.001 + 32);
      CHECK(file.size() <= size + 16);
      CHECK(decompressed(file) == content.bytes);
    }
  }
}

TEST_CASE("no short text is larger at level 9") {
  CompressSettings nine = with_lanes(0);
  nine.lanes = 1;
  nine.memory_bits = 28;
  for (size_t size : {0, 1, 300, 1000, 5000, 6143}) {
    const Bytes content = text(size, static_cast<uint32_t>(size));
    const Bytes file = compressed(content, nine);
    CHECK(file.size() <= compressed(content, with_lanes(0)).size());
    CHECK(decompressed(file) == content);
  }
}

TEST_CASE("neither are files of many lanes, of little memory, and blocks of noise") {
  const Bytes content = archive();
  for (unsigned turn : {1u, 2u}) {
    if (kSanitized && turn == 2) continue;
    CompressSettings settings = with_lanes(turn == 1 ? 200 : 0);
    if (turn == 2) settings.memory_bits = 16;
    CAPTURE(turn);
    const Bytes file = compressed(content, settings);
    CHECK(static_cast<double>(file.size()) <= static_cast<double>(xz(content).size()) * 1.001 + 32);
    CHECK(decompressed(file) == content);
  }
  // A block has a frame of its own, and at least one.
  CompressSettings blocks = with_lanes(2);
  blocks.block_size_bytes = 10'000;
  const Bytes noise = random_bytes(100'000, 4);
  CHECK(compressed(noise, blocks).size() <= noise.size() + 10 * 36 + 60);
}
