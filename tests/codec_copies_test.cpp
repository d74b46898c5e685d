// SPDX-License-Identifier: Apache-2.0
// Does a new version of the reference cost what is new in it, whatever was done to it; and is a
// list of copies that no encoder wrote refused before it costs anything?
#include <catch2/catch.hpp>

#include "decode/copies.h"
#include "encode/find_copies.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

CompressSettings behind(CompressSettings settings, const Reference& reference) {
  settings.reference = reference;
  return settings;
}

Bytes back(const Bytes& file, const Reference& reference) {
  DecompressSettings settings(threads(1));
  settings.reference = reference;
  return decompress(file, settings, tiny_models());
}

// Edits at random places: bytes put in, taken out, and replaced.
Bytes edited(Bytes content, int edits, uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < edits; ++i) {
    const size_t size = random() % 20;
    const size_t at = random() % (content.size() - size);
    const auto begin = content.begin() + static_cast<ptrdiff_t>(at);
    const Bytes other = text(1 + random() % 20, random());
    if (i % 3 != 0) content.erase(begin, begin + static_cast<ptrdiff_t>(size));
    if (i % 3 != 1)
      content.insert(content.begin() + static_cast<ptrdiff_t>(at), other.begin(), other.end());
  }
  return content;
}

// Literals are themselves here.
Bytes plain(ByteView payload, uint64_t size_bytes) {
  if (payload.size != size_bytes) throw Error(ErrorKind::kCorrupt, "other literals");
  return Bytes(payload.begin(), payload.end());
}

// A list of numbers, and literals.
Bytes payload_of(const std::vector<uint64_t>& numbers, ByteView literals) {
  Bytes out;
  for (const uint64_t number : numbers) append_varint(out, number);
  out.insert(out.end(), literals.begin(), literals.end());
  return out;
}

}  // namespace

TEST_CASE("a new version of the reference costs what is new in it") {
  const Bytes old = random_bytes(60'000, 1);  // nothing but copies makes it smaller
  const Reference reference(old);
  for (CompressSettings settings : {with_lanes(0), no_network(), with_lanes(2)}) {
    settings.verify = settings.lanes == 2;
    for (int edits = 0; edits < 9; ++edits) {
      CAPTURE(edits, settings.lanes, settings.network);
      const Bytes content = edited(old, edits, static_cast<uint32_t>(edits));
      const Bytes file = compressed(content, behind(settings, reference));
      CHECK(back(file, reference) == content);
      CHECK(file.size() <= 40 + 40 * static_cast<size_t>(edits));
      CHECK(list_frames(file).at(0).content_bytes_by_method[6] == content.size());
    }
  }
}

TEST_CASE("parts of the reference may stand in any order, and as often as they like") {
  const Bytes old = random_bytes(20'000, 2);
  const Reference reference(old);
  const ByteView all(old);
  const ByteView first = all.subview(0, 7000), second = all.subview(7000, 13'000);
  for (const Bytes& content : {joined({second, first}), joined({all, all, second, all}),
                               joined({first, first, first, first}), joined({second})}) {
    const Bytes file = compressed(content, behind(with_lanes(0), reference));
    CHECK(back(file, reference) == content);
    CHECK(file.size() < 64);
  }
}

TEST_CASE("copies go on over blocks, and beside rounds of other methods") {
  const Bytes old = random_bytes(30'000, 3);
  const Reference reference(old);
  CompressSettings settings = behind(with_lanes(0), reference);
  settings.block_size_bytes = 10'000;
  const Bytes content = joined({old, text(3000, 1), random_bytes(5000, 4), old});
  const Bytes file = compressed(content, settings);
  CHECK(back(file, reference) == content);
  CHECK(file.size() < 12'000);
}

TEST_CASE("what is found makes the content again") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const Bytes reference = seed % 3 ? text(1 + seed * 7, seed) : random_bytes(1 + seed * 7, seed);
    const Bytes content = edited(joined({reference, reference}), static_cast<int>(seed % 5), seed);
    const std::vector<Copy> copies = find_copies(content, reference);
    Bytes payload = write_copies(copies);
    size_t at = 0;
    const auto literals = [&](size_t size) {
      const ByteView part = ByteView(content).subview(at, size);
      payload.insert(payload.end(), part.begin(), part.end());
      at += size;
    };
    for (const Copy& copy : copies) {
      CHECK(copy.size_bytes >= 32);
      literals(copy.literal_bytes);
      at += copy.size_bytes;
    }
    literals(content.size() - at);
    CHECK(copies_decode(payload, content.size(), reference, plain) == content);
  }
}

TEST_CASE("lists of copies that no encoder wrote are refused") {
  const Bytes reference = random_bytes(100, 5);
  const auto decoded = [&](const std::vector<uint64_t>& numbers, size_t literal_bytes) {
    const Bytes payload = payload_of(numbers, Bytes(literal_bytes, 'x'));
    return kind_of_error([&] { copies_decode(payload, 50, reference, plain); });
  };
  constexpr uint64_t kMost = ~uint64_t{0};
  CHECK_FALSE(decoded({1, 10, 2 * 60, 40}, 10));
  CHECK_FALSE(decoded({2, 0, 2 * 80, 20, 0, 2 * 100 - 1, 30}, 0));  // back to the beginning
  CHECK_FALSE(decoded({0}, 50));
  const std::vector<std::vector<uint64_t>> lists = {
      {1, 10, 2 * 61, 40},           // ends behind the reference
      {1, 10, 1, 40},                // begins before it
      {1, 10, kMost, 40},            // far before it
      {1, 10, kMost - 1, 40},        // far behind it
      {1, 10, 0, 41},                // more than the content
      {1, kMost, 0, 40},             // literals alone are more
      {1, 10, 0, kMost},             //
      {1, 10, 2 * 60, 0},            // nothing
      {2, 10, 2 * 60, 40, 0, 1, 1},  // a second one behind the content
      {kMost, 10, 2 * 60, 40},       // fewer copies than it says
      {1, 10, 2 * 60},               // cut off
      {}};
  for (const std::vector<uint64_t>& list : lists) {
    CAPTURE(list);
    CHECK(decoded(list, list.size() > 3 ? 10 : 0) == ErrorKind::kCorrupt);
  }
  CHECK(decoded({1, 10, 2 * 60, 40}, 9) == ErrorKind::kCorrupt);
  CHECK(decoded({1, 0, 0, 50}, 1) == ErrorKind::kCorrupt);  // left over
}

TEST_CASE("copies in a frame that is not behind a reference are damage") {
  const Bytes content = random_bytes(300, 6);
  FrameSettings settings;
  settings.needs_model = false;
  MemorySink sink;
  FrameWriter writer(sink, settings);
  CHECK(kind_of_error([&] { writer.add_round(RoundMethod::kCopies, 300, Bytes{0}); }) ==
        ErrorKind::kInternal);
  Bytes file = compressed(text(300, 1), no_network());
  REQUIRE(file[3] == 2);  // a plain frame's method
  file[3] = 6;
  CHECK(kind_of_error([&] { list_frames(file); }) == ErrorKind::kCorrupt);
}
