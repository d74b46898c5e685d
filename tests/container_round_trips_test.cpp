// SPDX-License-Identifier: Apache-2.0
// Does every content come back, with its settings, in every layout and any way of reading?
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

// Gives bytes in small pieces, as a pipe may.
class Dripping : public ByteSource {
 public:
  explicit Dripping(ByteView bytes) : inner_(bytes) {}
  size_t read(uint8_t* out, size_t count) override {
    return inner_.read(out, std::min<size_t>(count, 1 + random_() % 3));
  }

 private:
  MemorySource inner_;
  std::mt19937 random_;
};

std::vector<FrameInfo> list(const Bytes& file) {
  MemorySource source(file);
  return list_frames(source);
}

FrameHeader first_header(const Bytes& file) {
  MemorySource source(file);
  return *FrameReader(source).next_frame();
}

}  // namespace

TEST_CASE("content comes back in every layout") {
  for (size_t size : {0, 1, 2, 100, 5000, 65535, 65536, 65537, 300000}) {
    for (size_t round_bytes : {1000, 65536, 1000000}) {
      for (bool model_default : {true, false}) {
        for (bool announced : {true, false}) {
          const Bytes content = toy_content(size);
          FrameSettings settings = toy_settings(model_default);
          if (announced) settings.content_size_bytes = size;
          const Bytes file = toy_compress(content, settings, round_bytes);
          if (toy_decompress(file) != content) FAIL(size << " in " << round_bytes);
          Dripping dripping(file);
          if (toy_decompress(dripping) != content) FAIL(size << " dripping");

          const std::vector<FrameInfo> frames = list(file);
          REQUIRE(frames.size() == 1);
          const FrameInfo& f = frames[0];
          const size_t rounds = (size + round_bytes - 1) / round_bytes;
          CHECK(f.compressed_size_bytes == file.size());
          CHECK(f.content_size_bytes == size);
          CHECK(f.rounds == rounds);
          CHECK(f.offset == 0);
          CHECK(f.fingerprint_low == (size > 0 ? 0x89abcdef : 0));
          CHECK(f.needs_model == (size > 0));
          const FrameHeader header = first_header(file);
          const bool single = rounds == 0 || (rounds == 1 && model_default);
          CHECK((header.kind != FrameKind::kRounds) == single);
          CHECK(header.coder.has_value() == !single);
          CHECK(header.content_size_bytes.has_value() == (single || announced));
        }
      }
    }
  }
}

TEST_CASE("settings come back") {
  for (int lanes : {1, 16, 255}) {
    for (bool learning : {true, false}) {
      FrameSettings settings = toy_settings(false);
      settings.coder = {static_cast<uint8_t>(lanes), learning,
                        static_cast<uint8_t>(learning * 201)};
      const CoderSettings got = *first_header(toy_compress(toy_content(10), settings, 10)).coder;
      CHECK(got.lanes == lanes);
      CHECK(got.head_learning == learning);
      CHECK(got.head_rate_code == settings.coder.head_rate_code);
    }
  }
}

TEST_CASE("frames without a model come back: plain, stored, of rounds, of other memory") {
  for (size_t size : {1, 100, 5000, 70000}) {
    for (size_t round_bytes : {1000, 1000000}) {
      for (bool stored : {true, false}) {
        const int implied = implied_memory_bits(size, false);
        for (int memory_bits : {implied, implied == 16 ? 17 : 16, 28}) {
          FrameSettings settings = toy_plain_settings();
          settings.coder.memory_bits = static_cast<uint8_t>(memory_bits);
          const Bytes content = toy_content(size);
          const Bytes file = toy_compress(content, settings, round_bytes, stored);
          CAPTURE(size, round_bytes, stored, memory_bits);
          CHECK(toy_decompress(file) == content);
          const FrameInfo f = list(file).at(0);
          const bool plain = size <= round_bytes && (stored || memory_bits == implied);
          CHECK((first_header(file).kind == FrameKind::kPlain) == plain);
          CHECK_FALSE(f.needs_model);
          CHECK(f.fingerprint_low == 0);
          if (f.coder) CHECK(f.coder->memory_bits == static_cast<unsigned>(memory_bits));
          const RoundMethod method = stored ? RoundMethod::kStored : RoundMethod::kByteMix;
          CHECK(f.content_bytes_by_method[static_cast<size_t>(method)] == size);
        }
      }
    }
  }
  MemorySink sink;
  FrameWriter writer(sink, toy_plain_settings());
  CHECK_THROWS_AS(writer.add_round(RoundMethod::kTokens, 10, Bytes(1)), Error);
}

TEST_CASE("a frame not read to its end is passed over") {
  MemorySink sink;
  toy_compress(sink, toy_content(5000), toy_settings(false), 1000);
  toy_compress(sink, toy_content(10), toy_settings(), 1000);
  MemorySource source(sink.bytes());
  FrameReader reader(source);
  REQUIRE(reader.next_frame());
  REQUIRE(reader.next_round());
  CHECK(kind_of_error([&] { reader.content_check(); }) == ErrorKind::kInternal);
  REQUIRE(reader.next_frame());
  CHECK(reader.next_round()->content_size_bytes == 10);
  CHECK_FALSE(reader.next_round());
  CHECK_FALSE(reader.next_frame());
  CHECK_FALSE(reader.next_frame());
}

TEST_CASE("the largest round fits, a larger one is refused") {
  MemorySink sink;
  FrameWriter writer(sink, toy_settings());
  const Bytes payload(5000);
  const RoundMethod method = RoundMethod::kTokenMix;
  writer.add_round(method, kMaxRoundBytes, payload);
  CHECK_THROWS_AS(writer.add_round(method, kMaxRoundBytes + 1, payload), Error);
  CHECK_THROWS_AS(writer.add_round(method, 0, payload), Error);
  CHECK_THROWS_AS(writer.add_round(method, 10, payload), Error);
  CHECK_THROWS_AS(writer.add_round(RoundMethod::kStored, 5001, payload), Error);
  writer.finish(0);
  CHECK(list(sink.bytes())[0].content_size_bytes == kMaxRoundBytes);
}

TEST_CASE("content that does not match its announcement is refused") {
  FrameSettings settings = toy_settings();
  settings.content_size_bytes = 100;
  MemorySink sink;
  FrameWriter writer(sink, settings);
  CHECK_THROWS_AS(writer.add_round(RoundMethod::kTokens, 101, Bytes(1)), Error);
  writer.add_round(RoundMethod::kTokens, 99, Bytes(1));
  CHECK_THROWS_AS(writer.finish(0), Error);
  settings.coder.lanes = 0;
  CHECK_THROWS_AS(FrameWriter(sink, settings), Error);
}

TEST_CASE("the memory that is left out is the smallest that gives each byte a kilobyte") {
  CHECK(implied_memory_bits(0, false) == 16);
  CHECK(implied_memory_bits(64, false) == 16);
  CHECK(implied_memory_bits(65, false) == 17);
  CHECK(implied_memory_bits(1000, false) == 20);
  CHECK(implied_memory_bits(32768, false) == 25);
  CHECK(implied_memory_bits(32769, false) == 26);
  CHECK(implied_memory_bits(kMaxRoundBytes, false) == 26);
  CHECK(implied_memory_bits(64, true) == 26);
  FrameSettings settings = toy_plain_settings();
  settings.coder.memory_bits = 20;
  const Bytes file = toy_compress(toy_content(1000), settings, 1000);
  CHECK(first_header(file).kind == FrameKind::kPlain);
  CHECK(first_header(file).memory_bits() == 20);
}
