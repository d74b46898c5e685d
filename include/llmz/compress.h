// SPDX-License-Identifier: Apache-2.0
// Compression: in one call, from a source to a sink, or piece by piece.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "llmz/bytes.h"
#include "llmz/engine.h"
#include "llmz/export.h"
#include "llmz/frame.h"
#include "llmz/model.h"
#include "llmz/reference.h"
#include "llmz/stream.h"

namespace llmz {

// Called on the calling thread with the number of content bytes done so far, about every 100 ms. It
// may throw to stop the call: Error{kInterrupted}, or whatever the caller likes.
using Progress = std::function<void(uint64_t content_bytes_done)>;

// Blocks are independent: they are coded and decoded side by side, and found without what stands
// before them. Smaller ones compress worse; docs/speed.md of the source says by how much.
constexpr uint64_t kDefaultBlockBytes = uint64_t{16} << 20;

struct LLMZ_API CompressSettings {
  std::string model = "default";
  EngineSettings engine;
  bool network = true;  // false: bitwise mix, samples, LZMA2, stored bytes only; no model is needed
  bool mix = true;  // false: the network's tables alone, whatever the bytes are (the papers' coder)
  bool learning = true;  // the adaptive head
  unsigned lanes =
      0;  // 0: the default, 16; 1 gives the best ratio and the lowest speed, with the rich mix
          // beside the network for texts of 4 KB and more that are not prose; at most 255
  unsigned memory_bits =
      26;  // each mix takes 2^memory_bits bytes (the rich one 1.4 times), 16 to 28
  // Content that is longer is cut into blocks of so many bytes, with an index. 0: one block.
  uint64_t block_size_bytes = kDefaultBlockBytes;
  // An estimate of the memory that the call may take, 0 for no limit. Fewer blocks are at work at
  // once where it does not suffice for all threads; without a limit they take at most half of the
  // machine's memory. kLimit is thrown at the beginning where it does not suffice for one.
  uint64_t max_memory_bytes = 0;
  // Decodes what was compressed beside compressing, and compares. Takes the time and the memory of
  // a decoder more. A difference throws kInternal: what was written must be thrown away.
  bool verify = false;
  // The file begins with the model (as LZMA2, 9.6 MB for `default`), so that it can be read where
  // that is not installed. Nothing without a network. Throws kUsage for models above 64 MB.
  bool embed_model = false;
  // Content that counts as coded before. Decompression needs the same.
  std::optional<Reference> reference;

  // What the level stands for; the rest is left as it is. 1: no network, ten times as fast. 2 to 7:
  // the default. 8: the model `best`. 9: `best`, one lane and mixes of 256 MB: smallest and
  // slowest. Throws kUsage for others.
  CompressSettings& set_level(int level);
};

struct Totals {
  uint64_t content_bytes = 0;
  uint64_t compressed_bytes = 0;
  uint64_t tokens = 0;  // of compression only
  uint64_t frames = 0;
  std::array<uint64_t, kMethods> content_bytes_of{}, payload_bytes_of{};  // by Method
};

// The content as a sequence of frames; never more than some bytes larger than it.
// Throws kUsage for settings out of range, kModelMissing, kModelBad, kLimit, kOutOfMemory.
LLMZ_API Bytes compress(ByteView content, const CompressSettings& settings = {},
                        const Models& models = default_models());

// Reads `in` to its end, writes frames to `out`. A block is held for each thread, or 16 MB of it
// where one is coded at a time; memory does not depend on the size of the input. Source, sink and
// progress are used on the calling thread. Throws as above; what was written until then must be
// thrown away.
LLMZ_API Totals compress(ByteSource& in, ByteSink& out, const Models& models,
                         const CompressSettings& settings, const Progress& progress = {});

// For programs that have the bytes when they come, not when they are asked for:
//
//   llmz::CompressStream stream;
//   while (more()) { stream.feed(next()); send(stream.drain()); }
//   stream.end();  send(stream.drain());
//
// The frames are those of compress(), one after the other. One thread at a time; an exception ends
// its use.
class LLMZ_API CompressStream {
 public:
  explicit CompressStream(const CompressSettings& settings = {},
                          const Models& models = default_models(), Progress progress = {});
  ~CompressStream();
  CompressStream(CompressStream&&) noexcept;
  CompressStream& operator=(CompressStream&&) noexcept;

  // Takes all of `content`; compresses whenever 16 MB (or a block) have come, which takes long.
  void feed(ByteView content);
  // Compresses what is waiting, so that all fed until here can be decoded from what drain() gives.
  // Costs some 15 bytes, and ratio where it is called for every few kilobytes.
  void flush();
  // There is no more. Nothing fed at all is a frame of empty content.
  void end();
  // The compressed bytes that came since the last call; may be empty.
  Bytes drain();
  // Complete after end(). compressed_bytes counts those not drained too.
  const Totals& totals() const;

 private:
  std::unique_ptr<class CompressStreamState> state_;
};

}  // namespace llmz
