// SPDX-License-Identifier: Apache-2.0
// The container format in code: every constant and the order of all fields, once, for reading and
// writing. The document is docs/format.md; the two change together.
//
// visit_*() lists the fields of a structure. With FieldWriter it writes them, with FieldReader it
// fills them in.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/hash.h"
#include "llmz/frame.h"

namespace llmz {

// The last two bytes of an index frame.
constexpr uint8_t kIndexEndMagic[2] = {0x1a, 0xec};
constexpr uint8_t kFormatVersion = 2;  // high four bits of the third byte

enum class FrameKind : uint8_t {  // low four bits of the third byte
  kSingle16 = 0,                  // one round, default settings, sizes in two bytes
  kSingle24 = 1,                  // the same, sizes in three bytes, and a check of the payload
  kRounds = 2,                    // any number of rounds, settings written out
  kIndex = 3,                     // where the frames before it are; no content
  kPlain = 4,                     // one round that needs no model
  kSingleWithReference = 5,       // as kSingle16, behind a reference
  kPlainWithReference = 6,        // as kPlain, behind a reference
  kModel = 7,                     // the model of frames that follow; no content
};
constexpr FrameKind kLastFrameKind = FrameKind::kModel;
constexpr bool has_reference(FrameKind kind) {
  return kind == FrameKind::kSingleWithReference || kind == FrameKind::kPlainWithReference;
}

using RoundMethod = Method;
constexpr bool is_known(uint64_t method) {
  return method < kMethods && method != static_cast<uint64_t>(Method::kReserved);
}
constexpr bool mixes_bytes_richly(RoundMethod method) {
  return method == RoundMethod::kRichMix || method == RoundMethod::kSecondRichMix;
}
constexpr bool mixes_tokens_richly(RoundMethod method) {
  return method == RoundMethod::kRichTokenMix || method == RoundMethod::kSecondRichTokenMix;
}
constexpr bool needs_model(RoundMethod method) {
  return method == RoundMethod::kTokenMix || method == RoundMethod::kTokens ||
         mixes_tokens_richly(method);
}

constexpr bool needs_reference(RoundMethod method) { return method == RoundMethod::kCopies; }
// Rounds of samples learn nothing from what comes before.
constexpr bool may_have_reference(RoundMethod method) { return method != RoundMethod::kSamples; }

constexpr uint8_t frame_tag(FrameKind kind) {
  return static_cast<uint8_t>(kFormatVersion << 4 | static_cast<uint8_t>(kind));
}

constexpr uint8_t kFlagContentSize = 1;   // the header holds the size of the content
constexpr uint8_t kFlagHeadLearning = 2;  // the output layer learns; the header holds its rate
constexpr uint8_t kFlagIndexFollows = 4;  // a file that ends without an index frame was cut
constexpr uint8_t kFlagNoModel = 8;       // no round needs the model; the fingerprint is 0
constexpr uint8_t kFlagReference = 16;    // the header names a reference
constexpr uint8_t kKnownFlags =
    kFlagContentSize | kFlagHeadLearning | kFlagIndexFollows | kFlagNoModel | kFlagReference;

constexpr uint8_t kDefaultLanes = 16;  // of frames that leave the settings to the model
constexpr uint8_t kDefaultMemoryBits = 26;
constexpr uint8_t kSmallestMemoryBits = 16, kLargestMemoryBits = 28;

// Of frames that leave out the memory of the mix: a kilobyte for each byte of content.
constexpr uint8_t implied_memory_bits(uint64_t content_size_bytes, bool behind_reference) {
  uint8_t bits = kSmallestMemoryBits;
  while (bits < kDefaultMemoryBits && content_size_bytes << 10 > uint64_t{1} << bits) ++bits;
  return behind_reference ? kDefaultMemoryBits : bits;
}

constexpr uint64_t kMaxRoundBytes = uint64_t{16} << 20;  // of content

// No coder of this format needs more than 32 bits for a byte. Bounds what a reader allocates.
constexpr uint64_t max_payload_bytes(uint64_t content_size_bytes) {
  return 4 * content_size_bytes + 1024;
}

// Entries of one index frame; a run with more frames writes several. Bounds a reader's memory.
constexpr uint64_t kMaxIndexFrames = uint64_t{1} << 20;

constexpr int kCheckBytes = 4;
// What follows the checked part of an index frame: check, total size, end magic.
constexpr int kIndexSizeBytes = 4;
constexpr int kIndexTailBytes = kCheckBytes + kIndexSizeBytes + 2;

// Of a model that a file carries: what a reader may have to allocate, before and after unpacking.
constexpr uint64_t kMaxCarriedModelBytes = uint64_t{64} << 20;
constexpr bool model_sizes_possible(uint64_t model_size_bytes, uint64_t payload_size_bytes) {
  return model_size_bytes > 0 && model_size_bytes <= kMaxCarriedModelBytes &&
         payload_size_bytes <= model_size_bytes + 1024 &&
         model_size_bytes / 16 <= payload_size_bytes;
}

struct ModelFields {
  uint64_t fingerprint = 0;
  uint64_t model_size = 0;
  uint64_t payload_size = 0;
  uint64_t payload_check = 0;
};

template <class Io>
void visit_model(Io& io, ModelFields& f) {
  io.le(f.fingerprint, 8, "fingerprint of a model");
  io.varint(f.model_size, "size of a model");
  io.varint(f.payload_size, "payload size of a model");
  io.le(f.payload_check, kCheckBytes, "payload check of a model");
}

// Seeded with the fingerprint.
inline uint64_t model_payload_check(const ModelFields& f, ByteView payload) {
  return xxh3_64(payload, f.fingerprint) & 0xffffffff;
}

struct SingleFields {
  uint64_t fingerprint_low = 0;
  uint64_t content_check = 0;
  uint64_t content_size = 0;
  uint64_t payload_size = 0;
  uint64_t payload_check = 0;  // kSingle24 only
};

template <class Io>
void visit_single(Io& io, SingleFields& f, FrameKind kind) {
  const int size_width = kind == FrameKind::kSingle16 ? 2 : 3;
  io.le(f.fingerprint_low, 4, "model fingerprint");
  io.le(f.content_check, kCheckBytes, "content check");
  io.le(f.content_size, size_width, "content size");
  io.le(f.payload_size, size_width, "payload size");
  if (kind == FrameKind::kSingle24) io.le(f.payload_check, kCheckBytes, "payload check");
}

// The check of the reference is seeded with the model's fingerprint, and so names both.
struct SingleWithReferenceFields {
  uint64_t reference_check = 0;  // its low 24 bits
  uint64_t content_check = 0;
  uint64_t content_size = 0;
  uint64_t payload_size = 0;
};

template <class Io>
void visit_single_with_reference(Io& io, SingleWithReferenceFields& f) {
  io.le(f.reference_check, 3, "reference check");
  io.le(f.content_check, kCheckBytes, "content check");
  io.varint(f.content_size, "content size");
  io.varint(f.payload_size, "payload size");
}
constexpr uint32_t kShortReferenceCheck = 0xffffff;  // a mask

// Of a kSingle24 frame: seeded with the fields that say what the payload is.
inline uint64_t single_payload_check(const SingleFields& f, ByteView payload) {
  return xxh3_64(payload, f.fingerprint_low | f.content_check << 32) & 0xffffffff;
}

struct RoundsFields {
  uint64_t fingerprint_low = 0;
  uint64_t flags = 0;
  uint64_t lanes = 0;
  uint64_t memory_bits = 0;
  uint64_t head_rate_code = 0;
  uint64_t content_size = 0;
  uint64_t reference_check = 0;
};

template <class Io>
void visit_rounds_header(Io& io, RoundsFields& f) {
  io.le(f.fingerprint_low, 4, "model fingerprint");
  io.le(f.flags, 1, "flags");
  if (f.flags & ~uint64_t{kKnownFlags}) {
    throw Error(ErrorKind::kNewerVersion, "the frame header has flags " + std::to_string(f.flags) +
                                              ", this llmz knows " + std::to_string(kKnownFlags) +
                                              ": a newer llmz wrote it, or it is damaged");
  }
  io.le(f.lanes, 1, "lanes");
  io.le(f.memory_bits, 1, "memory of the mix");
  if (f.flags & kFlagHeadLearning) io.le(f.head_rate_code, 1, "head rate");
  if (f.flags & kFlagContentSize) io.varint(f.content_size, "content size");
  if (f.flags & kFlagReference) io.le(f.reference_check, kCheckBytes, "reference check");
}

struct RoundFields {
  uint64_t content_size = 0;  // 0 ends the rounds
  uint64_t method = 0;
  uint64_t payload_size = 0;
};

template <class Io>
void visit_method(Io& io, uint64_t& method) {
  io.le(method, 1, "method of a round");
  if (!is_known(method)) {
    throw Error(ErrorKind::kNewerVersion, "a round has method " + std::to_string(method) +
                                              ", this llmz knows 0 to 8, 10 and 11" +
                                              ": a newer llmz wrote it, or it is damaged");
  }
}

template <class Io>
void visit_round_sizes(Io& io, RoundFields& f) {
  io.varint(f.content_size, "content size of a round");
  if (f.content_size == 0) return;
  visit_method(io, f.method);
  io.varint(f.payload_size, "payload size of a round");
}

struct PlainFields {
  uint64_t reference_check = 0;  // kPlainWithReference only
  uint64_t content_check = 0;
  RoundFields round;
  uint64_t payload_check = 0;
};

// A stored payload is as large as the content and checked by its check.
template <class Io>
void visit_plain(Io& io, PlainFields& f, FrameKind kind) {
  if (kind == FrameKind::kPlainWithReference)
    io.le(f.reference_check, kCheckBytes, "reference check");
  visit_method(io, f.round.method);
  io.le(f.content_check, kCheckBytes, "content check");
  io.varint(f.round.content_size, "content size");
  if (f.round.method == static_cast<uint64_t>(RoundMethod::kStored)) {
    f.round.payload_size = f.round.content_size;
    return;
  }
  io.varint(f.round.payload_size, "payload size");
  io.le(f.payload_check, kCheckBytes, "payload check");
}

// Of a plain frame that is not stored: seeded with the fields that say what the payload is.
inline uint64_t plain_payload_check(const PlainFields& f, ByteView payload) {
  return xxh3_64(payload, f.round.method | f.content_check << 32) & 0xffffffff;
}

}  // namespace llmz
