// SPDX-License-Identifier: Apache-2.0
// Do sizes that lie cost neither memory nor endless reading?
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

// An endless input: `start`, then `fill` for ever. Ends a test that reads too much.
class Endless : public ByteSource {
 public:
  Endless(Bytes start, uint8_t fill, uint64_t limit)
      : start_(std::move(start)), fill_(fill), limit_(limit) {}
  size_t read(uint8_t* out, size_t count) override {
    if (given_ + count > limit_) throw std::logic_error("read beyond the limit");
    for (size_t i = 0; i < count; ++i, ++given_)
      out[i] = given_ < start_.size() ? start_[given_] : fill_;
    return count;
  }

 private:
  Bytes start_;
  uint8_t fill_;
  uint64_t limit_, given_ = 0;
};

// Remembers the most bytes that a reader made room for at once.
class Watching : public MemorySource {
 public:
  using MemorySource::MemorySource;
  size_t read(uint8_t* out, size_t count) override {
    largest_request = std::max(largest_request, count);
    return MemorySource::read(out, count);
  }
  size_t largest_request = 0;
};

// magic, version and kind
Bytes start(FrameKind kind) { return {0xec, 0x1a, frame_tag(kind)}; }

constexpr uint8_t kMixed = static_cast<uint8_t>(RoundMethod::kTokenMix);

void append_sizes(Bytes& bytes, uint64_t content_size, uint8_t method, uint64_t payload_size) {
  append_varint(bytes, content_size);
  bytes.push_back(method);
  append_varint(bytes, payload_size);
}

ErrorKind error_of(const Bytes& bytes, uint8_t fill, uint64_t limit) {
  Endless source(bytes, fill, limit);
  return kind_of_error([&] { toy_decompress(source); });
}

Bytes rounds_start() {
  Bytes bytes = start(FrameKind::kRounds);
  append_le(bytes, kToyFingerprint & 0xffffffff, 4);
  append_le(bytes, 0, 1);  // flags
  append_le(bytes, 1, 1);  // lanes
  append_le(bytes, kDefaultMemoryBits, 1);
  return bytes;
}

}  // namespace

TEST_CASE("sizes out of bounds are refused before anything is read for them") {
  Bytes content_too_big = rounds_start();
  append_sizes(content_too_big, kMaxRoundBytes + 1, kMixed, 1000);
  CHECK(error_of(content_too_big, 0, 100) == ErrorKind::kCorrupt);

  Bytes payload_too_big = rounds_start();
  append_sizes(payload_too_big, 1000, kMixed, max_payload_bytes(1000) + 1);
  CHECK(error_of(payload_too_big, 0, 100) == ErrorKind::kCorrupt);

  Bytes varint_too_long = rounds_start();
  CHECK(error_of(varint_too_long, 0xff, 100) == ErrorKind::kCorrupt);

  Bytes single_too_big = start(FrameKind::kSingle24);
  append_le(single_too_big, kToyFingerprint & 0xffffffff, 4);
  append_le(single_too_big, 0, 4);         // content check
  append_le(single_too_big, 10, 3);        // content size
  append_le(single_too_big, 0xffffff, 3);  // payload size
  append_le(single_too_big, 0, 4);         // payload check
  CHECK(error_of(single_too_big, 0, 100) == ErrorKind::kCorrupt);

  Bytes stored_of_another_size = rounds_start();
  append_sizes(stored_of_another_size, 1000, 0, 1001);
  CHECK(error_of(stored_of_another_size, 0, 100) == ErrorKind::kCorrupt);

  for (uint8_t method = 0; method <= 2; ++method) {
    Bytes plain_too_big = start(FrameKind::kPlain);
    plain_too_big.push_back(method);
    append_le(plain_too_big, 0, 4);  // content check
    append_varint(plain_too_big, kMaxRoundBytes + 1);
    if (method > 0) append_varint(plain_too_big, 1000);
    CHECK(error_of(plain_too_big, 0, 100) == ErrorKind::kCorrupt);
  }

  Bytes index_too_long = start(FrameKind::kIndex);
  append_varint(index_too_long, kMaxIndexFrames + 1);
  CHECK(error_of(index_too_long, 0, 100) == ErrorKind::kCorrupt);
}

TEST_CASE("endless input ends in an error after one round") {
  Bytes largest = rounds_start();
  append_sizes(largest, kMaxRoundBytes, kMixed, max_payload_bytes(kMaxRoundBytes));
  CHECK(error_of(largest, 0x55, max_payload_bytes(kMaxRoundBytes) + 100) == ErrorKind::kCorrupt);

  Bytes index = start(FrameKind::kIndex);
  append_varint(index, kMaxIndexFrames);
  CHECK(error_of(index, 0x01, 2 * kMaxIndexFrames + 100) == ErrorKind::kCorrupt);
}

TEST_CASE("a huge payload that is not there is not allocated") {
  Bytes largest = rounds_start();
  append_sizes(largest, kMaxRoundBytes, kMixed, max_payload_bytes(kMaxRoundBytes));
  append_le(largest, 0, 4);  // round check; the payload is not there
  Watching source(largest);
  CHECK(kind_of_error([&] { toy_decompress(source); }) == ErrorKind::kTruncated);
  CHECK(source.largest_request >= 1 << 16);
  CHECK(source.largest_request <= 1 << 20);
}
