// SPDX-License-Identifier: Apache-2.0
// Decompression: in one call, from a source to a sink, or piece by piece; of damaged files too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "llmz/bytes.h"
#include "llmz/compress.h"
#include "llmz/engine.h"
#include "llmz/export.h"
#include "llmz/model.h"
#include "llmz/reference.h"
#include "llmz/stream.h"

namespace llmz {

struct DecompressSettings {
  EngineSettings engine;
  // For input of strangers; 0 is no limit, and beyond one kLimit is thrown. Memory: an estimate
  // before it is taken, of the frame's mixes, the largest round and the model with its engine
  // (FrameInfo::memory_bytes and ModelInfo::memory_bytes()). Content: of the whole input.
  uint64_t max_memory_bytes = 0;
  uint64_t max_content_bytes = 0;
  // What the input was compressed with, if it was. Of no meaning for frames without one.
  std::optional<Reference> reference;

  DecompressSettings() = default;
  DecompressSettings(const EngineSettings& e) : engine(e) {}
};

// The content of all frames. Throws kNotLlmz, kCorrupt, kTruncated (of an empty input too),
// kNewerVersion, kModelMissing, kReferenceMissing, kModelBad, kLimit, kOutOfMemory.
LLMZ_API Bytes decompress(ByteView file, const DecompressSettings& settings = {},
                          const Models& models = default_models());

// Frames that an index lists are decoded side by side, as many as there are threads and memory for
// (max_memory_bytes; without a limit, half of the machine's); some 64 MB are read ahead and wait
// for their turn for each. Source, sink and progress are used on the calling thread. Each round is
// written after its checksum has been verified; the checksum of the whole content is verified at
// the end of its frame: on an exception what was written so far must be thrown away.
LLMZ_API Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                           const DecompressSettings& settings, const Progress& progress = {});

// `count` bytes of the content from byte `from` on, or those that there are. Decodes only the
// frames that hold them, which it finds by the index (locate_frames()), and the last of these only
// as far as it must: then the check of that frame's whole content is not reached, those of its
// rounds are. Throws as above, and kUsage where the content ends before `from`.
LLMZ_API Totals decompress_range(SeekableSource& file, uint64_t from, uint64_t count, ByteSink& out,
                                 const Models& models, const DecompressSettings& settings,
                                 const Progress& progress = {});

// For programs that have the bytes when they come:
//
//   llmz::DecompressStream stream;
//   do {
//     more() ? stream.feed(next()) : stream.end();
//     for (Bytes content = stream.drain(); !content.empty(); content = stream.drain())
//     use(content);
//   } while (!stream.finished());
//
// Memory: what was fed and not decoded yet, and one round. One thread at a time; an exception ends
// its use, and what was drained before must be thrown away.
class LLMZ_API DecompressStream {
 public:
  explicit DecompressStream(const DecompressSettings& settings = {},
                            const Models& models = default_models(), Progress progress = {});
  ~DecompressStream();
  DecompressStream(DecompressStream&&) noexcept;
  DecompressStream& operator=(DecompressStream&&) noexcept;

  // Takes all of `compressed`; decodes nothing yet.
  void feed(ByteView compressed);
  // There is no more: what is cut off becomes an error of drain().
  void end();
  // Decodes and gives the content of the next round, 1 byte to 16 MB; empty when it needs more
  // input. Throws as decompress().
  Bytes drain();
  // After end(): everything was drained, and all checks were right.
  bool finished() const;
  const Totals& totals() const;

 private:
  std::unique_ptr<class DecompressStreamState> state_;
};

// A part of a file that could not be decoded.
struct Lost {
  uint64_t offset = 0, size_bytes = 0;
  uint64_t kept_bytes = 0;  // of the content, that stood before the damage
  std::string why;
};

// Decodes of a damaged file what can be decoded: every frame whose checks are right, and of the
// others what stands before the damage; `lost` is called for every gap. A frame inside of a stored
// one that is damaged is taken for one of the file's own.
LLMZ_API Totals salvage(ByteView file, ByteSink& out, const Models& models,
                        const DecompressSettings& settings,
                        const std::function<void(const Lost&)>& lost,
                        const Progress& progress = {});

}  // namespace llmz
