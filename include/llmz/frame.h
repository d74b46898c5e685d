// SPDX-License-Identifier: Apache-2.0
// What an llmz file says about itself, without decoding: a file is a sequence of frames, and files
// may be concatenated.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "llmz/bytes.h"
#include "llmz/export.h"
#include "llmz/stream.h"

namespace llmz {

// What every frame, and so every file, begins with. Never valid UTF-8 (a lead byte without its
// continuation), never text (0x1a is a control).
constexpr uint8_t kFrameMagic[2] = {0xec, 0x1a};

// How bytes are coded. Which one is taken is decided for runs of 16 KB and more. The numbers are
// those of the format.
enum class Method : uint8_t {
  kStored = 0,          // the bytes themselves
  kLzma2 = 1,           // a raw LZMA2 stream
  kByteMix = 2,         // bytes through the bitwise mix, without a network
  kTokenMix = 3,        // tokens: the network's tables through the bitwise mix
  kTokens = 4,          // tokens: the network's tables alone
  kRichMix = 5,         // bytes through the rich mix, without a network
  kCopies = 6,          // copies from the reference, and a mix of bytes for what is between them
  kSamples = 7,         // pictures and sound through the mix of samples
  kRichTokenMix = 8,    // tokens: the network's tables through the rich mix
  kReserved = 9,        // in no file; readers refuse it
  kSecondRichMix = 10,  // bytes through the second rich mix, without a network
  kSecondRichTokenMix = 11,  // tokens: the network's tables through the second rich mix
};
constexpr size_t kMethods = 12;
// "stored", "LZMA2", "mix", "network and mix", "network", "rich mix", "copies", "samples",
// "network and rich mix", "reserved", "rich mix 2",
// "network and rich mix 2"
LLMZ_API const char* method_name(Method method);

struct FrameInfo {
  uint64_t offset = 0;                 // in the input
  uint64_t compressed_size_bytes = 0;  // the whole frame
  uint64_t content_size_bytes = 0;
  uint64_t payload_size_bytes = 0;
  uint64_t rounds = 0;  // parts, each with a method and a check of its own
  std::array<uint64_t, kMethods> content_bytes_by_method{};
  uint32_t content_check = 0;
  uint64_t carried_model_bytes = 0;  // of models that the file carries directly before the frame

  // Without the model of this fingerprint the frame cannot be decoded: Models::find(low, true).
  bool needs_model = true;
  uint32_t fingerprint_low = 0;  // the low 32 bits; 0 without a model, or where only the
                                 // reference's check tells it
  // Reference::check() of what it was compressed with, if it was.
  std::optional<uint32_t> reference_check;

  // What the decoder must repeat; nullopt: what the model, or the format, prescribes.
  struct Coder {
    unsigned lanes = 1;  // texts side by side
    bool learning = true;
    unsigned memory_bits = 0;  // of each mix: 2^memory_bits bytes
  };
  std::optional<Coder> coder;

  // What decoding takes beside the model and its engine: an upper bound.
  uint64_t memory_bytes = 0;
};

// Walks all frames and verifies the checks that need no decoding. Memory: one round. Throws
// kNotLlmz, kCorrupt, kTruncated and kNewerVersion with the offset; what `visit` has seen before is
// right as far as checks tell. An empty input is a sequence of no frames.
LLMZ_API void for_each_frame(ByteSource& source,
                             const std::function<void(const FrameInfo&)>& visit);
LLMZ_API std::vector<FrameInfo> list_frames(ByteSource& source);
LLMZ_API std::vector<FrameInfo> list_frames(ByteView file);

struct FrameSizes {
  uint64_t compressed_size_bytes = 0;  // the whole frame
  uint64_t content_size_bytes = 0;
};

// Where a frame, and its content, lie in a file.
struct FramePlace {
  uint64_t offset = 0, compressed_size_bytes = 0;
  uint64_t content_offset = 0, content_size_bytes = 0;
};

// The frames of a file by its index, which is read from its end: takes as long for a large file as
// for a small one. Of a file that was made of several, each by its own; what has no index is walked
// as for_each_frame() does. Throws as that.
LLMZ_API std::vector<FramePlace> locate_frames(SeekableSource& file);

}  // namespace llmz
