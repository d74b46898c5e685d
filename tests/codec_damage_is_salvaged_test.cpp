// SPDX-License-Identifier: Apache-2.0
// Does damage cost no more than the block it is in, and is nothing made up?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

struct Salvaged {
  Bytes content;
  std::vector<Lost> lost;
};

Salvaged salvaged(ByteView file) {
  MemorySink out;
  Salvaged result;
  salvage(file, out, tiny_models(), threads(1),
          [&](const Lost& lost) { result.lost.push_back(lost); });
  result.content = out.take();
  return result;
}

// Blocks and the frames they became, some with the network, some without.
struct File {
  std::vector<Bytes> blocks, frames;
  Bytes bytes() const {
    Bytes all;
    for (const Bytes& f : frames) all.insert(all.end(), f.begin(), f.end());
    return all;
  }
  // The content, with only the first `kept` bytes of block `damaged`.
  Bytes content(size_t damaged, size_t kept) const {
    Bytes all;
    for (size_t i = 0; i < blocks.size(); ++i) {
      const size_t size = i == damaged ? kept : blocks[i].size();
      all.insert(all.end(), blocks[i].begin(), blocks[i].begin() + static_cast<ptrdiff_t>(size));
    }
    return all;
  }
};

File file_of(const std::vector<CompressSettings>& settings) {
  File file;
  for (size_t i = 0; i < settings.size(); ++i) {
    file.blocks.push_back(text(700 + 100 * i, static_cast<uint32_t>(i)));
    file.frames.push_back(compressed(file.blocks.back(), settings[i]));
  }
  return file;
}

}  // namespace

TEST_CASE("one damaged byte costs one block") {
  const File file =
      file_of({no_network(), tokens_only(2), no_network(), with_lanes(0), tokens_only(1)});
  const Bytes whole = file.bytes();
  const Salvaged sound = salvaged(whole);
  CHECK(sound.content == file.content(99, 0));
  CHECK(sound.lost.empty());
  size_t begin = 0;
  for (size_t i = 0; i < file.frames.size(); begin += file.frames[i].size(), ++i) {
    for (size_t at = 0; at < file.frames[i].size(); at += kSanitized ? 31 : 7) {
      Bytes damaged = whole;
      damaged[begin + at] ^= 0x20;
      const Salvaged found = salvaged(damaged);
      CAPTURE(i, at);
      // A changed bit may leave a frame that says the same.
      if (found.content == file.content(99, 0)) continue;
      REQUIRE(found.lost.size() == 1);
      CHECK(found.lost[0].offset == begin);
      CHECK(found.lost[0].size_bytes == file.frames[i].size());
      CHECK(found.content == file.content(i, found.lost[0].kept_bytes));
    }
  }
}

TEST_CASE("what is missing, foreign or cut off is told") {
  const File file = file_of({tokens_only(1), no_network(), tokens_only(3)});
  Bytes noise = random_bytes(300, 5);
  std::replace(noise.begin(), noise.end(), uint8_t{0xec}, uint8_t{0});
  Bytes between = file.frames[0];
  between.insert(between.end(), noise.begin(), noise.end());
  for (size_t i : {1u, 2u})
    between.insert(between.end(), file.frames[i].begin(), file.frames[i].end());
  const Salvaged found = salvaged(between);
  CHECK(found.content == file.content(99, 0));
  REQUIRE(found.lost.size() == 1);
  CHECK(found.lost[0].offset == file.frames[0].size());
  CHECK(found.lost[0].size_bytes == noise.size());

  Bytes cut = file.bytes();
  cut.resize(cut.size() - 3);
  CHECK(salvaged(cut).content == file.content(2, salvaged(cut).lost.at(0).kept_bytes));
  CHECK(salvaged(noise).content.empty());
  CHECK(salvaged(noise).lost.size() == 1);
  CHECK(salvaged({}).lost.empty());
}

TEST_CASE("an index is no loss") {
  CompressSettings settings = tokens_only(1);
  settings.block_size_bytes = 500;
  const Bytes content = text(2300, 9);
  Bytes file = compressed(content, settings);
  CHECK(salvaged(file).content == content);
  CHECK(salvaged(file).lost.empty());
  file[file.size() - 30] ^= 1;  // in the index
  CHECK(salvaged(file).content == content);
  CHECK(salvaged(file).lost.size() == 1);
}
