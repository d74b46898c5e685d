// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/block_coder.h"
#include "codec/blocks.h"
#include "container/frame_reader.h"

namespace llmz {
namespace {

CoderSettings settings_of(const FrameHeader& header, const Session& session) {
  if (header.coder) return *header.coder;
  return header.needs_model ? coder_settings(CompressSettings{}, session.model().exact)
                            : plain_coder_settings(CompressSettings{});
}

// Decodes the frame that `reader` has begun. What its own checks do not cover round by round is
// held back until the whole is verified, if so asked.
void decode_frame(FrameReader& reader, const FrameHeader& header, Session& session,
                  const Models& models, bool hold_unchecked, ByteSink& out, Totals& totals,
                  const Progress& progress) {
  if (header.needs_model) {
    // Finding a model reads every model file: once, not for each of a thousand small frames.
    if (!session.loaded() ||
        static_cast<uint32_t>(session.model().fingerprint) != header.fingerprint_low)
      session.use(models.find(header.fingerprint_low, true));
  }
  ContentCheck check(header.needs_model ? session.model().fingerprint : 0);
  BlockDecoder decoder(session, settings_of(header, session));
  decoder.state().progress = [&, before = totals.content_bytes](uint64_t done) {
    if (progress) progress(before + done);
  };
  const bool hold = hold_unchecked && !header.coder;
  Bytes held;
  while (const auto round = reader.next_round()) {
    Bytes content = decoder.decode(*round);
    check.update(content);
    totals.content_bytes_of[static_cast<size_t>(round->method)] += content.size();
    totals.payload_bytes_of[static_cast<size_t>(round->method)] += round->payload.size();
    if (!hold) {
      out.write(content);
      totals.content_bytes += content.size();
    } else {
      held = std::move(content);  // such a frame has one round
    }
  }
  reader.verify_content(check);
  if (hold) {
    out.write(held);
    totals.content_bytes += held.size();
  }
  ++totals.frames;
}

// Without the offset, which counts from where this reader began.
std::string reason(const Error& error) {
  const std::string text = error.what();
  const size_t colon = text.rfind("frame at offset", 0) == 0 ? text.find(": ") : std::string::npos;
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

// What tapes and block devices add behind the last frame.
bool is_padding(ByteView rest) {
  return std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; });
}

// Where the next frame may begin.
size_t next_magic(ByteView file, size_t from) {
  const auto found =
      std::search(file.begin() + from, file.end(), std::begin(kFrameMagic), std::end(kFrameMagic));
  return static_cast<size_t>(found - file.begin());
}

}  // namespace

Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const EngineSettings& settings, const Progress& progress) {
  Session session(settings, models);
  FrameReader reader(in);
  Totals totals;
  while (const auto header = reader.next_frame())
    decode_frame(reader, *header, session, models, false, out, totals, progress);
  if (totals.frames == 0)
    throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 9 bytes");
  totals.compressed_bytes = reader.position();
  std::move(session).leave_to(models);
  return totals;
}

Totals salvage(ByteView file, ByteSink& out, const Models& models, const EngineSettings& settings,
               const std::function<void(const Lost&)>& lost, const Progress& progress) {
  Session session(settings, models);
  Totals totals;
  totals.compressed_bytes = file.size;
  std::optional<Lost> gap;  // damage up to here
  for (size_t at = 0; at < file.size;) {
    if (totals.frames > 0 && is_padding(file.subview(at, file.size - at))) break;
    const uint64_t before = totals.content_bytes;
    MemorySource source(file.subview(at, file.size - at));
    FrameReader reader(source);
    try {
      const auto header = reader.next_frame();
      if (gap) lost(*std::exchange(gap, std::nullopt));
      if (!header) break;  // an index or padding was the rest
      decode_frame(reader, *header, session, models, true, out, totals, progress);
      at += reader.position();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted || e.kind() == ErrorKind::kIo ||
          e.kind() == ErrorKind::kInternal)
        throw;
      const size_t next = next_magic(file, at + 1);
      const uint64_t kept = totals.content_bytes - before;
      if (kept > 0 && gap) lost(*std::exchange(gap, std::nullopt));
      if (!gap) gap = Lost{at, 0, kept, reason(e)};
      gap->size_bytes = next - gap->offset;
      at = next;
    }
  }
  if (gap) lost(*gap);
  return totals;
}

}  // namespace llmz
