// SPDX-License-Identifier: Apache-2.0
// Do blocks that are coded by themselves, in any order, make the file that compress() makes? Do
// frames that are decoded by themselves make its content?
#include <algorithm>
#include <catch2/catch.hpp>

#include "llmz/llmz.h"
#include "tiny_llmz.h"

namespace llmz {
namespace {

Bytes text_of(size_t size) {
  Bytes text;
  for (uint64_t i = 0; text.size() < size; ++i) {
    const std::string line =
        "The " + std::to_string(i * i % 977) + " window of the house was open.\n";
    text.insert(text.end(), line.begin(), line.end());
    if (i % 90 == 0) {
      for (uint64_t k = 0; k < 3000; ++k)
        text.push_back(static_cast<uint8_t>((i * 7919 + k * k * 31 + k * 17) >> 3));
    }
  }
  text.resize(size);
  return text;
}

std::vector<CompressedBlock> blocks_of(const Bytes& text, const CompressSettings& settings) {
  std::vector<CompressedBlock> blocks;
  for (uint64_t from = 0; from < text.size(); from += settings.block_size_bytes) {
    MemorySource part(ByteView(text).subview(
        from, std::min<uint64_t>(settings.block_size_bytes, text.size() - from)));
    blocks.push_back(compress_block(part, settings, default_models()));
  }
  return blocks;
}

}  // namespace

TEST_CASE("Blocks that were compressed elsewhere make the same file") {
  const size_t unit = test::kSanitized ? 1000 : 10'000;
  const Bytes text = text_of(10 * unit);
  CompressSettings settings;
  settings.network = GENERATE(false, true);
  settings.model = "fast";
  const bool verify = GENERATE(false, true);
  settings.embed_model = settings.network && !verify;
  settings.block_size_bytes = settings.network ? 3 * unit : unit * GENERATE(1, 5, 7);
  settings.engine.threads = 1;
  MemorySource in(text);
  MemorySink expected;
  const Totals totals = compress(in, expected, default_models(), settings);

  settings.verify = verify;
  std::vector<CompressedBlock> blocks = blocks_of(text, settings);
  MemorySink file, nowhere;
  FileOfBlocks together(file, settings, default_models());
  for (const CompressedBlock& block : blocks) together.add(block);
  const Totals found = together.finish();
  CHECK(file.bytes() == expected.bytes());
  CHECK(found.content_bytes == totals.content_bytes);
  CHECK(found.compressed_bytes == totals.compressed_bytes);
  CHECK(found.tokens == totals.tokens);
  CHECK(found.frames == totals.frames);
  CHECK(found.payload_bytes_of == totals.payload_bytes_of);

  FileOfBlocks measured(nowhere, settings, default_models());
  for (CompressedBlock& block : blocks) {
    block.frames.clear();
    measured.add(block);
  }
  CHECK(measured.finish().compressed_bytes == totals.compressed_bytes);
}

TEST_CASE("Frames that are decoded elsewhere make the content") {
  const uint64_t block = test::kSanitized ? 4000 : 13'000;
  const Bytes text = text_of(4 * block + 8000);
  CompressSettings settings;
  settings.network = GENERATE(false, true);
  settings.model = "fast";
  settings.embed_model = settings.network;
  settings.block_size_bytes = block;
  Bytes file = compress(text, settings);
  MemorySource source(file);
  const std::vector<FramePlace> frames = locate_frames(source);
  REQUIRE(frames.size() > 4);
  DecompressSettings decoding;
  decoding.engine.threads = 1;
  // Without the model on this machine: the file has it.
  const Models models(std::vector<std::string>{"/nowhere"});
  CHECK(frames_at_once(source, frames, models, decoding) == 1);
  for (size_t count = 1; count <= 2; ++count) {
    for (size_t first = 0; first + count <= frames.size(); ++first) {
      MemorySink out;
      decompress_frames(source, frames, first, count, out, models, decoding);
      const FramePlace& last = frames[first + count - 1];
      const auto begin = text.begin() + static_cast<std::ptrdiff_t>(frames[first].content_offset);
      const auto end =
          text.begin() + static_cast<std::ptrdiff_t>(last.content_offset + last.content_size_bytes);
      CHECK(out.bytes() == Bytes(begin, end));
    }
  }
  file[frames[2].offset + frames[2].compressed_size_bytes - 10] ^= 1;
  MemorySource damaged(file);
  MemorySink out;
  CHECK_THROWS_AS(decompress_frames(damaged, frames, 2, 1, out, models, decoding), Error);
  decompress_frames(damaged, frames, 3, 1, out, models, decoding);
  CHECK(out.bytes().size() == frames[3].content_size_bytes);
}

TEST_CASE("As many blocks at once as there are threads and memory for") {
  CompressSettings settings;
  settings.network = false;
  settings.engine.threads = 2;
  settings.max_memory_bytes = uint64_t{8} << 30;
  const uint64_t blocks = 10 * settings.block_size_bytes;
  CHECK(blocks_at_once(blocks, settings, default_models()) <= 2);
  CHECK(blocks_at_once(1000, settings, default_models()) == 1);
  settings.max_memory_bytes = uint64_t{500} << 20;
  CHECK(blocks_at_once(blocks, settings, default_models()) == 1);
  settings.max_memory_bytes = 1 << 20;
  CHECK_THROWS_AS(blocks_at_once(blocks, settings, default_models()), Error);
}

}  // namespace llmz
