// SPDX-License-Identifier: Apache-2.0
// Are foreign, damaged, cut, newer and model-less inputs told apart?
#include <catch2/catch.hpp>
#include <cstring>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

ErrorKind error_of(const Bytes& file) {
  return kind_of_error([&] { toy_decompress(file); });
}

// A frame of empty content, field by field.
Bytes single_frame(uint8_t version_and_kind) {
  Bytes bytes{0xec, 0x1a};
  append_le(bytes, version_and_kind, 1);
  append_le(bytes, kToyFingerprint & 0xffffffff, 4);
  append_le(bytes, 0, 4);  // content check
  append_le(bytes, 0, 2);  // content size
  append_le(bytes, 0, 2);  // payload size
  return bytes;
}

Bytes rounds_frame(uint8_t flags, uint8_t lanes, uint8_t memory_bits = kDefaultMemoryBits) {
  Bytes bytes{0xec, 0x1a, frame_tag(FrameKind::kRounds)};
  append_le(bytes, kToyFingerprint & 0xffffffff, 4);
  append_le(bytes, flags, 1);
  append_le(bytes, lanes, 1);
  append_le(bytes, memory_bits, 1);
  bytes.insert(bytes.end(), 40, 0);
  return bytes;
}

}  // namespace

TEST_CASE("no input at all is the end, not an error") { CHECK(toy_decompress(Bytes()).empty()); }

TEST_CASE("foreign files are not llmz") {
  for (const char* text : {"x", "hello", "\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
                           "\xfd"
                           "7zXZ",
                           "\xec\x1b"}) {
    CHECK(error_of(Bytes(text, text + strlen(text))) == ErrorKind::kNotLlmz);
  }
}

TEST_CASE("what follows a frame must be a frame") {
  Bytes file = toy_compress(toy_content(100), toy_settings(), 100);
  for (const char* tail : {"\n", "hello", "\x1f\x8b\x08"}) {
    Bytes longer = file;
    longer.insert(longer.end(), tail, tail + strlen(tail));
    CHECK(error_of(longer) == ErrorKind::kCorrupt);
  }
  file.push_back(0xec);
  CHECK(error_of(file) == ErrorKind::kTruncated);
}

TEST_CASE("newer versions, kinds and flags are newer, not damaged") {
  for (int version = kFormatVersion + 1; version < 16; ++version) {
    CHECK(error_of(single_frame(static_cast<uint8_t>(version << 4))) == ErrorKind::kNewerVersion);
  }
  for (int kind = 8; kind < 16; ++kind) {
    CHECK(error_of(single_frame(static_cast<uint8_t>(kFormatVersion << 4 | kind))) ==
          ErrorKind::kNewerVersion);
  }
  for (int bit = 5; bit < 8; ++bit) {
    CHECK(error_of(rounds_frame(static_cast<uint8_t>(1 << bit), 1)) == ErrorKind::kNewerVersion);
  }
  for (size_t method = 0; method < 256; ++method) {
    if (is_known(method)) continue;
    Bytes plain{0xec, 0x1a, frame_tag(FrameKind::kPlain), static_cast<uint8_t>(method)};
    CHECK(error_of(plain) == ErrorKind::kNewerVersion);
  }
  CHECK(error_of(rounds_frame(0, 0)) == ErrorKind::kCorrupt);
  CHECK(error_of(rounds_frame(0, 1, kSmallestMemoryBits - 1)) == ErrorKind::kCorrupt);
  CHECK(error_of(rounds_frame(0, 1, kLargestMemoryBits + 1)) == ErrorKind::kCorrupt);
  CHECK(error_of(rounds_frame(0, 1)) == ErrorKind::kCorrupt);  // no round
}

TEST_CASE("an older version is called older, with the versions that this llmz reads") {
  for (int version = 0; version < kFormatVersion; ++version) {
    try {
      toy_decompress(single_frame(static_cast<uint8_t>(version << 4)));
      FAIL("version " << version << " was read");
    } catch (const Error& error) {
      const std::string message = error.what();
      CHECK(error.kind() == ErrorKind::kNewerVersion);
      CHECK(message.find("format version " + std::to_string(version)) != std::string::npos);
      CHECK(message.find("reads version 2") != std::string::npos);
      CHECK(message.find("older llmz") != std::string::npos);
      CHECK(message.find("newer llmz") == std::string::npos);
    }
  }
}

TEST_CASE("a round that needs a model in a frame without one is damage") {
  for (uint8_t method : {3, 4, 8}) {
    Bytes file = rounds_frame(kFlagNoModel, 1);
    file.resize(10);
    append_varint(file, 5);
    file.push_back(method);
    append_varint(file, 1);
    file.insert(file.end(), 10, 0);
    CHECK(error_of(file) == ErrorKind::kCorrupt);
    Bytes plain{0xec, 0x1a, frame_tag(FrameKind::kPlain), method};
    plain.insert(plain.end(), 20, 1);
    CHECK(error_of(plain) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("rounds of the network with and without the mix in one frame are damage") {
  for (uint8_t first : {3, 4}) {
    for (uint8_t second : {3, 4}) {
      Bytes file = rounds_frame(0, 1);
      file.resize(10);
      uint64_t chain = xxh3_64(file);
      ContentCheck check(kToyFingerprint);
      for (uint8_t method : {first, second}) {
        const Bytes payload = toy_encode(std::string_view("hello"));
        Bytes sizes;
        append_varint(sizes, 5);
        sizes.push_back(method);
        append_varint(sizes, payload.size());
        file.insert(file.end(), sizes.begin(), sizes.end());
        append_le(file, advance_round_check(chain, sizes, payload), 4);
        file.insert(file.end(), payload.begin(), payload.end());
        check.update(std::string_view("hello"));
      }
      file.push_back(0);
      append_le(file, check.value(), 4);
      CAPTURE(int{first}, int{second});
      if (first == second) {
        CHECK(toy_decompress(file).size() == 10);
      } else {
        CHECK(error_of(file) == ErrorKind::kCorrupt);
      }
    }
  }
}

TEST_CASE("the fingerprint of an unknown model is reported") {
  for (bool model_default : {true, false}) {
    FrameSettings settings = toy_settings(model_default);
    settings.model_fingerprint = 0xfeedface0badcafe;
    const Bytes file = toy_compress(toy_content(100), settings, 100);
    CHECK(error_of(file) == ErrorKind::kModelMissing);
    MemorySource source(file);
    CHECK(fingerprint_text(list_frames(source)[0].fingerprint_low) == "0badcafe");
  }
}

TEST_CASE("an announced content size that the rounds do not have is damage") {
  for (uint64_t announced : {4, 5, 6}) {
    Bytes file = rounds_frame(1, 1);
    file.resize(10);
    append_varint(file, announced);
    uint64_t chain = xxh3_64(file);
    const Bytes payload = toy_encode(std::string_view("hello"));
    Bytes sizes;
    append_varint(sizes, 5);
    sizes.push_back(static_cast<uint8_t>(RoundMethod::kTokenMix));
    append_varint(sizes, payload.size());
    file.insert(file.end(), sizes.begin(), sizes.end());
    append_le(file, advance_round_check(chain, sizes, payload), 4);
    file.insert(file.end(), payload.begin(), payload.end());
    file.push_back(0);
    ContentCheck check(kToyFingerprint);
    check.update(std::string_view("hello"));
    append_le(file, check.value(), 4);
    if (announced == 5) {
      CHECK(toy_decompress(file).size() == 5);
    } else {
      CHECK(error_of(file) == ErrorKind::kCorrupt);
    }
  }
}
