// SPDX-License-Identifier: Apache-2.0
// Do streams that are fed in pieces give what one call gives, and is what was flushed there?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

void append(Bytes& all, const Bytes& part) { all.insert(all.end(), part.begin(), part.end()); }

// Pieces of 1 byte to a few kilobytes, and some of none.
template <class Use>
void for_each_piece(ByteView bytes, uint32_t seed, Use&& use) {
  std::mt19937 random(seed);
  for (size_t at = 0; at < bytes.size;) {
    const size_t most = random() % 4 == 0 ? 5000 : random() % 12;
    const size_t count = std::min(most, bytes.size - at);
    use(bytes.subview(at, count));
    at += count;
  }
}

Bytes streamed(ByteView content, const CompressSettings& settings, uint32_t seed) {
  CompressStream stream(settings, tiny_models());
  Bytes file;
  for_each_piece(content, seed, [&](ByteView piece) {
    stream.feed(piece);
    append(file, stream.drain());
  });
  stream.end();
  append(file, stream.drain());
  CHECK(stream.totals().content_bytes == content.size);
  CHECK(stream.totals().compressed_bytes == file.size());
  return file;
}

// Everything that comes out without more input.
Bytes all_of(DecompressStream& stream) {
  Bytes content;
  for (Bytes part = stream.drain(); !part.empty(); part = stream.drain()) append(content, part);
  return content;
}

Bytes decoded(ByteView file, uint32_t seed) {
  DecompressStream stream(threads(1), tiny_models());
  Bytes content;
  for_each_piece(file, seed, [&](ByteView piece) {
    stream.feed(piece);
    append(content, all_of(stream));
    CHECK(!stream.finished());
  });
  stream.end();
  append(content, all_of(stream));
  CHECK(stream.finished());
  CHECK(stream.totals().compressed_bytes == file.size);
  CHECK(stream.totals().content_bytes == content.size());
  return content;
}

std::vector<CompressSettings> some_settings() {
  CompressSettings blocks = with_lanes(2), verified = with_lanes(3);
  blocks.block_size_bytes = 3000;
  verified.verify = true;
  return {no_network(), with_lanes(0), blocks, verified, tokens_only(1)};
}

}  // namespace

TEST_CASE("a stream gives the bytes of one call, and takes them in any pieces") {
  uint32_t seed = 0;
  for (const CompressSettings& settings : some_settings()) {
    for (const Bytes& content : {Bytes(), text(1, 2), text(6000, 3), random_bytes(9000, 4)}) {
      CAPTURE(settings.lanes, settings.network, content.size(), ++seed);
      const Bytes file = streamed(content, settings, seed);
      CHECK(file == compressed(content, settings));
      CHECK(decoded(file, seed) == content);
    }
  }
}

TEST_CASE("what was fed before a flush is decoded from what was drained after it") {
  uint32_t seed = 0;
  for (const CompressSettings& settings : some_settings()) {
    CompressStream out(settings, tiny_models());
    DecompressStream in(threads(1), tiny_models());
    Bytes content, received;
    for (size_t size : {100, 0, 1, 5000, 2999, 1, 7000}) {
      CAPTURE(settings.lanes, settings.network, size);
      const Bytes part = text(size, ++seed);
      append(content, part);
      out.feed(part);
      out.flush();
      in.feed(out.drain());
      append(received, all_of(in));
      CHECK(received == content);
    }
    out.end();
    in.feed(out.drain());
    in.end();
    append(received, all_of(in));
    CHECK(received == content);
    CHECK(in.finished());
  }
}

TEST_CASE("padding behind the last frame takes no memory and no time") {
  const Bytes content = text(300, 1), zeros(1 << 20);
  DecompressStream stream(threads(1), tiny_models());
  stream.feed(compressed(content, no_network()));
  CHECK(all_of(stream) == content);
  for (int i = 0; i < 64; ++i) {
    stream.feed(zeros);
    CHECK(all_of(stream).empty());
  }
  stream.end();
  CHECK(all_of(stream).empty());
  CHECK(stream.finished());
}

TEST_CASE("a stream that was cut off or damaged says so, and does nothing more") {
  const Bytes content = text(3000, 1);
  const Bytes file = compressed(content, with_lanes(2));
  const auto kind_of_stream = [](ByteView bytes) {
    DecompressStream stream(threads(1), tiny_models());
    stream.feed(bytes);
    stream.end();
    const auto kind = kind_of_error([&] { all_of(stream); });
    CHECK((!kind || kind_of_error([&] { stream.drain(); }) == ErrorKind::kUsage));
    CHECK(stream.finished() == !kind);
    return kind;
  };
  CHECK(!kind_of_stream(file));
  for (size_t size = 0; size < file.size(); size += 1 + size / 7)
    CHECK(kind_of_stream(ByteView(file).subview(0, size)) == ErrorKind::kTruncated);
  Bytes damaged = file;
  damaged[file.size() / 2] ^= 1;
  CHECK(kind_of_stream(damaged) == ErrorKind::kCorrupt);
  CHECK(kind_of_stream(text(100, 1)) == ErrorKind::kNotLlmz);

  CompressStream ended(no_network(), tiny_models());
  ended.end();
  CHECK(kind_of_error([&] { ended.feed(text(1, 1)); }) == ErrorKind::kUsage);
  CHECK(kind_of_error([&] { ended.end(); }) == ErrorKind::kUsage);
  CHECK(decompressed(ended.drain()).empty());
}
