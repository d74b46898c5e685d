// SPDX-License-Identifier: Apache-2.0
#include "decode/some_frames.h"

#include <algorithm>

#include "base/source_part.h"
#include "decode/block_memory.h"
#include "exact/make_engine.h"
#include "llmz/blocks.h"

namespace llmz {
namespace {

SomeFrames frames_at(CallerSeekable& file, const std::vector<FramePlace>& all, size_t first,
                     size_t count) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {file, all, begin, begin + static_cast<std::ptrdiff_t>(count)};
}

// What a frame takes that is as the first one, beside its content.
uint64_t decoding_bytes_of(const SomeFrames& frames, const Models& models,
                           const DecompressSettings& settings, bool& alone) {
  frames.file.seek(frames.begin->offset);
  SourcePart part(frames.file, frames.begin->compressed_size_bytes);
  FrameReader reader(part, false);
  reader.carry(carried_before(frames));
  frames.file.seek(frames.begin->offset);
  const FrameHeader header = reader.next_frame().value();
  if (!header.needs_model) return decoding_bytes(header, 0);
  Session session(settings.engine, models);
  DecompressCall call(settings, models, session);
  const ModelInfo model = call.model_of(header);
  alone = !blocks_have_engines(settings.engine, &model);
  return decoding_bytes(header, model_bytes(model, header));
}

}  // namespace

// It stands before the first frame of those that follow one another up to `frames.begin`.
std::shared_ptr<const CarriedModel> carried_before(const SomeFrames& frames) {
  SomeFrames::Place place = frames.begin;
  const auto end_before = [&] {
    if (place == frames.all.begin()) return uint64_t{0};
    const FramePlace& before = *std::prev(place);
    return before.offset + before.compressed_size_bytes;
  };
  while (place != frames.all.begin() && end_before() == place->offset) --place;
  const uint64_t begin = end_before();
  frames.file.seek(begin);
  SourcePart gap(frames.file, place->offset - begin);
  FrameReader reader(gap, false);
  reader.next_frame();
  return reader.carried();
}

Totals decode_frames(const SomeFrames& frames, ByteSink& out, const Models& models,
                     const DecompressSettings& settings, const Progress& progress) {
  const auto carried = carried_before(frames);
  const FramePlace& last = *std::prev(frames.end);
  frames.file.seek(frames.begin->offset);
  SourcePart part(frames.file, last.offset + last.compressed_size_bytes - frames.begin->offset);
  FileDecoder decoder(part, out, models, settings, progress);
  FrameReader reader(part, false);
  reader.carry(carried);
  try {
    decoder.decode(reader);
  } catch (const EnoughContent&) {
  }
  return decoder.finish();
}

unsigned frames_at_once(SeekableSource& file, const std::vector<FramePlace>& frames,
                        const Models& models, const DecompressSettings& settings,
                        unsigned sharing) {
  Caller caller;
  return caller.in([&] {
    CallerSeekable source(caller, file);
    uint64_t largest = 0;
    for (const FramePlace& frame : frames) largest = std::max(largest, frame.content_size_bytes);
    bool alone = frames.empty();
    const unsigned threads = thread_count(settings.engine);
    if (alone || threads < 2) return 1u;
    // The content, and that of one that waits for its turn.
    const uint64_t one =
        decoding_bytes_of(frames_at(source, frames, 0, 1), models, settings, alone) + 2 * largest;
    const uint64_t limit = settings.max_memory_bytes;
    const uint64_t all = memory_for_blocks(limit) / (limit > 0 ? 1 : std::max(sharing, 1u));
    return alone ? 1u : static_cast<unsigned>(std::clamp<uint64_t>(all / one, 1, threads));
  });
}

Totals decompress_frames(SeekableSource& file, const std::vector<FramePlace>& frames, size_t first,
                         size_t count, ByteSink& out, const Models& models,
                         const DecompressSettings& settings, const Progress& progress) {
  Caller caller;
  return caller.in([&]() -> Totals {
    if (count == 0) return {};
    CallerSeekable source(caller, file);
    CallerSink sink(caller, out);
    const Progress report = callers_progress(caller, progress);
    return decode_frames(frames_at(source, frames, first, count), sink, models, settings, report);
  });
}

}  // namespace llmz
