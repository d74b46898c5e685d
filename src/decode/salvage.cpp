// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "container/caller.h"
#include "decode/frame_decoder.h"

namespace llmz {
namespace {

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

// Decodes frames that may be damaged.
class Salvager {
 public:
  Salvager(ByteSink& out, const Models& models, const DecompressSettings& settings,
           const Progress& progress)
      : out_(out),
        progress_(progress),
        session_(settings.engine, models),
        call_(settings, models, session_),
        content_limit_(settings) {}

  // The frame that `reader` has begun. What its own checks do not cover round by round is held back
  // until the whole is verified.
  void frame(FrameReader& reader, const FrameHeader& header) {
    FrameDecoder decoder(call_, session_, header,
                         [&, before = totals.content_bytes](uint64_t done) {
                           if (progress_) progress_(before + done);
                         });
    const bool hold = !header.coder;  // such a frame has one round
    Bytes held;
    while (const auto round = reader.next_round()) {
      content_limit_.add(round->content_size_bytes);
      held = decoder.decode(*round);
      if (!hold) write(held);
    }
    decoder.end(reader.content_check());
    if (hold) write(held);
    add_totals(totals, decoder.totals());
  }

  Totals totals;

 private:
  void write(const Bytes& content) {
    out_.write(content);
    totals.content_bytes += content.size();
  }

  ByteSink& out_;
  const Progress& progress_;
  Session session_;
  DecompressCall call_;
  ContentLimit content_limit_;
};

Totals salvage_all(ByteView file, ByteSink& out, const Models& models,
                   const DecompressSettings& settings, const std::function<void(const Lost&)>& lost,
                   const Progress& progress) {
  Salvager salvager(out, models, settings, progress);
  Totals& totals = salvager.totals;
  totals.compressed_bytes = file.size;
  std::optional<Lost> gap;  // damage up to here
  std::shared_ptr<const CarriedModel> carried;
  for (size_t at = 0; at < file.size;) {
    if (totals.frames > 0 && is_padding(file.subview(at, file.size - at))) break;
    const uint64_t before = totals.content_bytes;
    MemorySource source(file.subview(at, file.size - at));
    FrameReader reader(source);
    reader.carry(carried);
    try {
      const auto header = reader.next_frame();
      carried = reader.carried();
      if (gap) lost(*std::exchange(gap, std::nullopt));
      if (!header) break;  // an index or padding was the rest
      salvager.frame(reader, *header);
      at += reader.position();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted || e.kind() == ErrorKind::kIo ||
          e.kind() == ErrorKind::kInternal || e.kind() == ErrorKind::kLimit)
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

}  // namespace

Totals salvage(ByteView file, ByteSink& out, const Models& models,
               const DecompressSettings& settings, const std::function<void(const Lost&)>& lost,
               const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSink sink(caller, out);
    const Progress report = callers_progress(caller, progress);
    return salvage_all(
        file, sink, models, settings, [&](const Lost& gap) { caller.out([&] { lost(gap); }); },
        report);
  });
}

}  // namespace llmz
