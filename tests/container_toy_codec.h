// SPDX-License-Identifier: Apache-2.0
// A whole compressor around the container, small enough to see through: bytes go through the range
// coder with one fixed table. For tests of the container.
#pragma once

#include <algorithm>
#include <array>
#include <random>

#include "container/frame_reader.h"
#include "container/frame_writer.h"
#include "entropy/range_coder.h"

namespace llmz {

constexpr uint64_t kToyFingerprint = 0x0123456789abcdef;

// Space and small letters share 15/16 of the total.
inline const std::array<uint32_t, 257>& toy_bounds() {
  static const std::array<uint32_t, 257> bounds = [] {
    std::array<uint32_t, 257> b{};
    for (uint32_t i = 0; i < 256; ++i) {
      const bool letter = i == ' ' || (i >= 'a' && i <= 'z');
      b[i + 1] = b[i] + (letter ? kFrequencyTotal / 16 * 15 / 27 : kFrequencyTotal / 16 / 229);
    }
    b[256] = kFrequencyTotal;
    return b;
  }();
  return bounds;
}

inline Bytes toy_encode(ByteView content) {
  RangeEncoder encoder;
  for (uint8_t byte : content) {
    encoder.encode(toy_bounds()[byte], toy_bounds()[byte + 1] - toy_bounds()[byte]);
  }
  return encoder.finish();
}

inline void toy_decode(const Round& round, Bytes& content) {
  if (round.method == RoundMethod::kStored) {
    content.insert(content.end(), round.payload.begin(), round.payload.end());
    return;
  }
  RangeDecoder decoder(round.payload);
  for (uint64_t i = 0; i < round.content_size_bytes; ++i) {
    const auto& b = toy_bounds();
    const size_t byte =
        static_cast<size_t>(std::upper_bound(b.begin(), b.end(), decoder.target()) - b.begin()) - 1;
    decoder.consume(b[byte], b[byte + 1] - b[byte]);
    content.push_back(static_cast<uint8_t>(byte));
  }
  if (!decoder.finished_cleanly()) throw Error(ErrorKind::kCorrupt, "payload of wrong length");
}

inline FrameSettings toy_settings(bool model_default = true) {
  FrameSettings settings;
  settings.model_fingerprint = kToyFingerprint;
  settings.coder = {7, true, 42};
  settings.coder_is_model_default = model_default;
  return settings;
}

// Of frames that need no model.
inline FrameSettings toy_plain_settings() {
  FrameSettings settings;
  settings.needs_model = false;
  settings.coder = {kDefaultLanes, false, 0};
  return settings;
}

// One frame with rounds of round_bytes; those of a frame without a model are "byte mix" or stored.
inline IndexEntry toy_compress(ByteSink& sink, ByteView content, const FrameSettings& settings,
                               size_t round_bytes, bool stored = false) {
  if (content.size == 0 && settings.needs_model)
    return toy_compress(sink, content, toy_plain_settings(), round_bytes);
  FrameSettings implied = settings;
  if (settings.coder.memory_bits == kDefaultMemoryBits)
    implied.coder.memory_bits =
        implied_memory_bits(content.size, settings.reference_check.has_value());
  FrameWriter writer(sink, implied);
  ContentCheck check(settings.model_fingerprint);
  const RoundMethod method = stored                 ? RoundMethod::kStored
                             : settings.needs_model ? RoundMethod::kTokenMix
                                                    : RoundMethod::kByteMix;
  for (size_t at = 0; at < content.size; at += round_bytes) {
    const ByteView part = content.subview(at, std::min(round_bytes, content.size - at));
    writer.add_round(method, part.size,
                     stored ? Bytes(part.begin(), part.end()) : toy_encode(part));
    check.update(part);
  }
  return writer.finish(check.value());
}

inline Bytes toy_compress(ByteView content, const FrameSettings& settings, size_t round_bytes,
                          bool stored = false) {
  MemorySink sink;
  toy_compress(sink, content, settings, round_bytes, stored);
  return sink.take();
}

// All frames of the input.
inline Bytes toy_decompress(ByteSource& source) {
  Bytes content;
  FrameReader reader(source);
  while (const auto header = reader.next_frame()) {
    if (header->needs_model && header->fingerprint_low != static_cast<uint32_t>(kToyFingerprint)) {
      throw Error(ErrorKind::kModelMissing, fingerprint_text(header->fingerprint_low));
    }
    const size_t before = content.size();
    while (const auto round = reader.next_round()) toy_decode(*round, content);
    ContentCheck check(header->needs_model ? kToyFingerprint : 0);
    check.update(ByteView(content.data() + before, content.size() - before));
    reader.verify_content(check);
  }
  return content;
}

inline Bytes toy_decompress(ByteView file) {
  MemorySource source(file);
  return toy_decompress(source);
}

inline Bytes toy_content(size_t size, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  Bytes content(size);
  for (uint8_t& b : content) {
    b = random() % 50 == 0 ? static_cast<uint8_t>(random()) : "etaoin shrdlu"[random() % 13];
  }
  return content;
}

// The kind of error that `action` throws; fails the test if it throws none.
template <class Action>
ErrorKind kind_of_error(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  throw std::logic_error("an llmz::Error was expected");
}

}  // namespace llmz
