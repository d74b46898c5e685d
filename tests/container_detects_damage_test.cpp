// SPDX-License-Identifier: Apache-2.0
// Does every damage end in an error (or, for bits that mean nothing, in the same content)?
#include <catch2/catch.hpp>
#include <map>

#include "container/frame_reader.h"
#include "container_toy_codec.h"

using namespace llmz;

namespace {

struct Sample {
  const char* name;
  Bytes content;
  Bytes file;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  const auto add = [&](const char* name, size_t size, const FrameSettings& settings, size_t round) {
    const Bytes content = toy_content(size);
    all.push_back({name, content, toy_compress(content, settings, round)});
  };
  FrameSettings announced = toy_settings(false);
  announced.content_size_bytes = 900;
  add("empty", 0, toy_settings(), 1);
  add("plain", 300, toy_plain_settings(), 300);
  add("rounds without a model", 900, toy_plain_settings(), 250);
  {
    const Bytes content = toy_content(300);
    all.push_back({"stored", content, toy_compress(content, toy_plain_settings(), 300, true)});
  }
  add("small", 300, toy_settings(), 300);
  add("rounds", 900, toy_settings(false), 250);
  add("rounds, size announced", 900, announced, 250);

  MemorySink sink;
  const Bytes one = toy_content(120, 1), two = toy_content(700, 2);
  const std::vector<IndexEntry> index{toy_compress(sink, one, toy_settings(), 120),
                                      toy_compress(sink, two, toy_settings(), 200)};
  sink.write(encode_index(index));
  Bytes both = one;
  both.insert(both.end(), two.begin(), two.end());
  all.push_back({"two frames and an index", both, sink.take()});

  FrameSettings one_of_many = toy_settings();
  one_of_many.index_follows = true;
  const std::vector<IndexEntry> entries{toy_compress(sink, one, one_of_many, 120),
                                        toy_compress(sink, two, one_of_many, 200)};
  sink.write(encode_index(entries));
  all.push_back({"two frames that announce an index", both, sink.take()});
  return all;
}

}  // namespace

TEST_CASE("a file cut anywhere is an error, unless cut between frames that announce no index") {
  for (const Sample& s : samples()) {
    CAPTURE(s.name);
    std::vector<size_t> between{0};
    MemorySource source(s.file);
    FrameReader reader(source);
    while (const auto header = reader.next_frame()) {
      while (reader.next_round()) {
      }
      if (!header->index_follows) between.push_back(reader.position());
    }
    for (size_t size = 0; size < s.file.size(); ++size) {
      const ByteView cut(s.file.data(), size);
      if (std::find(between.begin(), between.end(), size) != between.end()) {
        CHECK_NOTHROW(toy_decompress(cut));
      } else if (kind_of_error([&] { toy_decompress(cut); }) != ErrorKind::kTruncated) {
        FAIL("cut at " << size);
      }
    }
  }
}

TEST_CASE("a flipped bit is an error, or changes nothing") {
  for (const Sample& s : samples()) {
    size_t unnoticed = 0;
    for (size_t bit = 0; bit < 8 * s.file.size(); ++bit) {
      Bytes damaged = s.file;
      damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      try {
        if (toy_decompress(damaged) != s.content) FAIL(s.name << ": other content, bit " << bit);
        ++unnoticed;
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kInternal) FAIL(error.what());
      }
    }
    // Only the lowest bits of an unchecked payload's last byte may mean nothing.
    CAPTURE(s.name);
    CHECK(unnoticed <= 8);
  }
}

TEST_CASE("a byte replaced, inserted or removed is an error, or changes nothing") {
  std::mt19937_64 random(11);
  for (const Sample& s : samples()) {
    for (int round = 0; round < 6000; ++round) {
      Bytes damaged = s.file;
      const auto at = damaged.begin() + static_cast<ptrdiff_t>(random() % damaged.size());
      switch (round % 4) {
        case 0:
          *at = static_cast<uint8_t>(random());
          break;
        case 1:
          damaged.insert(at, static_cast<uint8_t>(random()));
          break;
        case 2:
          damaged.erase(at);
          break;
        case 3:
          std::rotate(damaged.begin(), at, damaged.end());
          break;
      }
      try {
        // Frames in another order are no damage to the container: each is whole.
        if (round % 4 == 3) {
          toy_decompress(damaged);
        } else if (toy_decompress(damaged) != s.content) {
          FAIL(s.name << ": other content");
        }
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kInternal) FAIL(error.what());
      }
    }
  }
}

TEST_CASE("damage before the first payload is found before any content is decoded") {
  const Bytes file = toy_compress(toy_content(900), toy_settings(false), 250);
  const size_t header_bytes = 11, sizes_bytes = 5, check_bytes = 4;
  std::map<ErrorKind, int> seen;
  for (size_t bit = 24; bit < 8 * (header_bytes + sizes_bytes + check_bytes); ++bit) {
    Bytes damaged = file;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    MemorySource source(damaged);
    FrameReader reader(source);
    ++seen[kind_of_error([&] { reader.next_frame(); })];
  }
  // The unknown flags, the unknown methods one bit away from 3, and three shifts of what follows a
  // field that is there or not, after which another byte is taken for the method.
  CHECK(seen[ErrorKind::kNewerVersion] == 4 + 4 + 3);
  CHECK(seen[ErrorKind::kCorrupt] + seen[ErrorKind::kTruncated] == 17 * 8 - 11);
}

TEST_CASE("rounds that are missing, doubled, swapped or from another frame are found") {
  // Four rounds of equal content have payloads of equal size: only order distinguishes them.
  const Bytes piece = toy_content(100);
  Bytes content;
  for (int i = 0; i < 4; ++i) content.insert(content.end(), piece.begin(), piece.end());
  const Bytes file = toy_compress(content, toy_settings(false), 100);
  const size_t header = 11, round = (file.size() - header - 5) / 4;
  REQUIRE(header + 4 * round + 5 == file.size());
  const auto part = [&](size_t i) {
    return Bytes(file.begin() + static_cast<ptrdiff_t>(header + i * round),
                 file.begin() + static_cast<ptrdiff_t>(header + (i + 1) * round));
  };
  const auto with = [&](const std::vector<size_t>& order) {
    Bytes out(file.begin(), file.begin() + header);
    for (size_t i : order) {
      const Bytes r = part(i);
      out.insert(out.end(), r.begin(), r.end());
    }
    out.insert(out.end(), file.end() - 5, file.end());
    return out;
  };
  CHECK(toy_decompress(with({0, 1, 2, 3})) == content);
  for (const auto& order : std::vector<std::vector<size_t>>{
           {}, {0}, {0, 1, 2}, {0, 1, 3}, {0, 2, 1, 3}, {0, 0, 1, 2}, {1, 2, 3}, {0, 1, 2, 3, 3}}) {
    CHECK(kind_of_error([&] { toy_decompress(with(order)); }) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("frames missing before the index that they announce are found") {
  FrameSettings settings = toy_settings();
  settings.index_follows = true;
  MemorySink frames;
  std::vector<IndexEntry> entries;
  for (int i = 0; i < 3; ++i)
    entries.push_back(toy_compress(frames, toy_content(100), settings, 50));
  const Bytes index = encode_index(entries);
  for (int missing = 0; missing < 3; ++missing) {
    Bytes file(
        frames.bytes().begin() + static_cast<ptrdiff_t>(missing * entries[0].compressed_size_bytes),
        frames.bytes().end());
    file.insert(file.end(), index.begin(), index.end());
    if (missing == 0) {
      CHECK_NOTHROW(toy_decompress(file));
    } else {
      CHECK(kind_of_error([&] { toy_decompress(file); }) == ErrorKind::kCorrupt);
    }
  }
  CHECK_THROWS_AS(FrameWriter(frames, settings).finish(0), Error);
}

TEST_CASE("an index of other sizes, and frames that do not belong to it, are found") {
  FrameSettings settings = toy_settings();
  settings.index_follows = true;
  MemorySink first, second, other;
  std::vector<IndexEntry> entries = {toy_compress(first, toy_content(100), settings, 50),
                                     toy_compress(second, toy_content(90), settings, 50)};
  toy_compress(other, toy_content(80), toy_settings(), 100);
  const auto file = [&](std::vector<Bytes> parts, const std::vector<IndexEntry>& indexed) {
    parts.push_back(encode_index(indexed));
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  CHECK_NOTHROW(toy_decompress(file({first.bytes(), second.bytes()}, entries)));
  CHECK_NOTHROW(toy_decompress(file({other.bytes(), first.bytes(), second.bytes()}, entries)));
  const auto damaged = [&](const std::vector<Bytes>& parts,
                           const std::vector<IndexEntry>& indexed) {
    return kind_of_error([&] { toy_decompress(file(parts, indexed)); }) == ErrorKind::kCorrupt;
  };
  CHECK(damaged({second.bytes(), first.bytes()}, entries));
  CHECK(damaged({first.bytes(), other.bytes(), second.bytes()}, entries));
  CHECK(damaged({first.bytes(), second.bytes(), other.bytes()}, entries));
  ++entries[1].content_size_bytes;
  CHECK(damaged({first.bytes(), second.bytes()}, entries));
  --entries[1].content_size_bytes;
  --entries[0].compressed_size_bytes;
  CHECK(damaged({first.bytes(), second.bytes()}, entries));
}

TEST_CASE("content of another model, or decoded wrongly, is found") {
  const Bytes content = toy_content(50);
  const Bytes file = toy_compress(content, toy_settings(), 50);
  MemorySource source(file);
  FrameReader reader(source);
  reader.next_frame();
  while (reader.next_round()) {
  }
  ContentCheck right(kToyFingerprint), other_model(kToyFingerprint ^ uint64_t{1} << 40);
  right.update(content);
  other_model.update(content);
  CHECK_NOTHROW(reader.verify_content(right));
  CHECK(kind_of_error([&] { reader.verify_content(other_model); }) == ErrorKind::kCorrupt);
}
