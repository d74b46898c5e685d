// SPDX-License-Identifier: Apache-2.0
// Are files of format version 2 read, byte for byte as docs/format.md says? Only the reader is
// tested on them, since a writer may find shorter ones.
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

const Bytes kEmpty = {
    0xec, 0x1a, 0x24,        // version 2, plain
    0x00,                    // stored
    0xc2, 0x94, 0xd3, 0x38,  // content check, without a fingerprint
    0x00,                    // content size
};

const Bytes kPlainStored = {
    0xec, 0x1a, 0x24,              //
    0x00,                          // stored
    0xfd, 0xdc, 0x62, 0x5c,        // content check
    0x05,                          // content size
    0x68, 0x65, 0x6c, 0x6c, 0x6f,  // payload: "hello"
};

const Bytes kPlainByteMix = {
    0xec, 0x1a, 0x24,        //
    0x02,                    // byte mix
    0xfd, 0xdc, 0x62, 0x5c,  // content check
    0x05,                    // content size
    0x03,                    // payload size
    0x93, 0x3a, 0x37, 0x3e,  // payload check
    0x4f, 0xbc, 0x1e,        // payload: "hello" of the toy coder
};

const Bytes kSingle16 = {
    0xec, 0x1a, 0x20,        // version 2, single frame with sizes of two bytes
    0xef, 0xcd, 0xab, 0x89,  // fingerprint
    0x15, 0x5d, 0x3e, 0x20,  // content check
    0x05, 0x00,              // content size
    0x03, 0x00,              // payload size
    0x4f, 0xbc, 0x1e,        // payload: "hello"
};

const Bytes kSingle24 = {
    0xec, 0x1a, 0x21,        // version 2, single frame with sizes of three bytes
    0xef, 0xcd, 0xab, 0x89,  //
    0x15, 0x5d, 0x3e, 0x20,  //
    0x05, 0x00, 0x00,        //
    0x03, 0x00, 0x00,        //
    0x78, 0xd8, 0x09, 0xeb,  // payload check
    0x4f, 0xbc, 0x1e,        //
};

const Bytes kThreeFramesAndIndex = {
    // A frame of two rounds
    0xec, 0x1a, 0x22,        // version 2, rounds
    0xef, 0xcd, 0xab, 0x89,  // fingerprint
    0x07,                    // flags: content size, head learning, index follows
    0x07,                    // lanes
    0x16,                    // memory of the mix
    0x2a,                    // head rate
    0x06,                    // content size
    0x03, 0x03, 0x02,        // round 0: 3 bytes of content, network and mix, 2 bytes of payload
    0xd6, 0x81, 0x0e, 0xca,  // round check
    0x10, 0x7d,              // payload: "abc"
    0x03, 0x03, 0x02,        // round 1
    0x45, 0xf6, 0x6f, 0x8d,  // round check: another one for the same payload
    0x10, 0x7d,              //
    0x00,                    // end
    0x1b, 0x77, 0xf7, 0x69,  // content check
    // A frame of one round without a model
    0xec, 0x1a, 0x22,        //
    0x00, 0x00, 0x00, 0x00,  // no fingerprint
    0x0c,                    // flags: index follows, no model
    0x10, 0x1a,              // lanes, memory
    0x01, 0x02, 0x01,        // round 0: byte mix
    0xb5, 0xbd, 0xaa, 0x20,  // round check
    0xee,                    // payload: "z"
    0x00,                    // end
    0xb0, 0xad, 0x8e, 0xe8,  // content check
    // A frame of two methods; no learning, size not announced
    0xec, 0x1a, 0x22,        //
    0xef, 0xcd, 0xab, 0x89,  //
    0x04,                    // flags: index follows
    0x01, 0x1a,              // lanes, memory
    0x01, 0x04, 0x01,        // round 0: network
    0x1d, 0x41, 0xd0, 0xd1,  // round check
    0xe5,                    // payload: "y"
    0x01, 0x00, 0x01,        // round 1: stored
    0x45, 0xfa, 0x81, 0xe3,  // round check
    0x78,                    // payload: "x"
    0x00,                    // end
    0x3f, 0xc9, 0xdf, 0x41,  // content check
    // The index
    0xec, 0x1a, 0x23,        // version 2, index
    0x03,                    // three frames
    0x23, 0x06,              // frame 0: 35 bytes, 6 of content
    0x17, 0x01,              // frame 1: 23 bytes, 1 of content
    0x1f, 0x02,              // frame 2: 31 bytes, 2 of content
    0xe6, 0xfe, 0x19, 0xb0,  // index check
    0x14, 0x00, 0x00, 0x00,  // 20 bytes of index
    0x1a, 0xec,              // end magic
};

}  // namespace

TEST_CASE("plain frames of version 2 are read") {
  CHECK(toy_decompress(kEmpty).empty());
  CHECK(ByteView(toy_decompress(kPlainStored)).text() == "hello");
  CHECK(ByteView(toy_decompress(kPlainByteMix)).text() == "hello");
}

TEST_CASE("single frames of version 2 are read") {
  CHECK(ByteView(toy_decompress(kSingle16)).text() == "hello");
  CHECK(ByteView(toy_decompress(kSingle24)).text() == "hello");
}

TEST_CASE("frames of rounds and an index of version 2 are read") {
  CHECK(ByteView(toy_decompress(kThreeFramesAndIndex)).text() == "abcabczyx");
  MemorySource first(kThreeFramesAndIndex), source(kThreeFramesAndIndex);
  CHECK(FrameReader(first).next_frame()->coder->head_rate_code == 42);
  const std::vector<FrameInfo> frames = list_frames(source);
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].coder->lanes == 7);
  CHECK(frames[0].coder->memory_bits == 22);
  CHECK_FALSE(frames[1].needs_model);
  CHECK_FALSE(frames[2].coder->learning);
  CHECK(frames[2].offset == 58);
  CHECK(frames[2].content_bytes_by_method[static_cast<size_t>(RoundMethod::kTokens)] == 1);
  CHECK(frames[2].content_bytes_by_method[static_cast<size_t>(RoundMethod::kStored)] == 1);
}
