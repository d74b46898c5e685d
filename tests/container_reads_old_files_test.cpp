// SPDX-License-Identifier: Apache-2.0
// Are files of format version 0 still read? These bytes are kept; only the reader is tested on
// them, since a writer may find shorter ones.
#include <catch2/catch.hpp>

#include "container_toy_codec.h"

using namespace llmz;

namespace {

const Bytes kEmptySingle = {
    0xec, 0x1a, 0x00,        // version 0, single frame with sizes of two bytes
    0xef, 0xcd, 0xab, 0x89,  // fingerprint
    0x5c, 0x9c, 0x08, 0x1b,  // content check
    0x00, 0x00,              // content size
    0x00, 0x00,              // payload size
};

const Bytes kSingle = {
    0xec, 0x1a, 0x00,        //
    0xef, 0xcd, 0xab, 0x89,  //
    0x15, 0x5d, 0x3e, 0x20,  //
    0x05, 0x00,              //
    0x03, 0x00,              //
    0x4f, 0xbc, 0x1e,        // payload: "hello"
};

const Bytes kTwoFramesAndIndex = {
    // A frame of two rounds
    0xec, 0x1a, 0x02,        // version 0, rounds
    0xef, 0xcd, 0xab, 0x89,  // fingerprint
    0x07,                    // flags: content size, head learning, index follows
    0x07,                    // lanes
    0x2a,                    // head rate
    0x06,                    // content size
    0x03, 0x02,              // round 0: 3 bytes of content in 2 bytes of payload
    0xf2, 0xa8, 0x7a, 0x91,  // round check
    0x10, 0x7d,              // payload: "abc"
    0x03, 0x02,              // round 1
    0x4e, 0x4c, 0xc0, 0x89,  // round check: another one for the same payload
    0x10, 0x7d,              //
    0x00,                    // end
    0x1b, 0x77, 0xf7, 0x69,  // content check
    // A frame of one round; no learning, size not announced
    0xec, 0x1a, 0x02,        //
    0xef, 0xcd, 0xab, 0x89,  //
    0x04,                    // flags: index follows
    0x01,                    // lanes
    0x01, 0x01,              // round 0
    0x7d, 0xea, 0xbb, 0xff,  // round check
    0xee,                    // payload: "z"
    0x00,                    // end
    0x70, 0x6b, 0x1e, 0xfa,  // content check
    // The index
    0xec, 0x1a, 0x03,        // version 0, index
    0x02,                    // two frames
    0x20, 0x06,              // frame 0: 32 bytes, 6 of content
    0x15, 0x01,              // frame 1: 21 bytes, 1 of content
    0xaa, 0xa1, 0x43, 0xcf,  // index check
    0x12, 0x00, 0x00, 0x00,  // 18 bytes of index
    0x1a, 0xec,              // end magic
};

}  // namespace

TEST_CASE("single frames of version 0 are read") {
  CHECK(toy_decompress(kEmptySingle).empty());
  CHECK(ByteView(toy_decompress(kSingle)).text() == "hello");
}

TEST_CASE("frames of rounds and an index of version 0 are read") {
  CHECK(ByteView(toy_decompress(kTwoFramesAndIndex)).text() == "abcabcz");
  MemorySource source(kTwoFramesAndIndex);
  const std::vector<FrameInfo> frames = list_frames(source);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].header.coder->lanes == 7);
  CHECK(frames[0].header.coder->head_rate_code == 42);
  CHECK_FALSE(frames[1].header.coder->head_learning);
  CHECK(frames[1].header.offset == 32);
}
