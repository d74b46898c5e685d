// SPDX-License-Identifier: Apache-2.0
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

}  // namespace

Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const EngineSettings& settings, const Progress& progress) {
  Session session(settings, models);
  FrameReader reader(in);
  Totals totals;
  while (const auto header = reader.next_frame()) {
    if (header->needs_model) {
      // Finding a model reads every model file: once, not for each of a thousand small frames.
      if (!session.loaded() ||
          static_cast<uint32_t>(session.model().fingerprint) != header->fingerprint_low)
        session.use(models.find(header->fingerprint_low, true));
    }
    ContentCheck check(header->needs_model ? session.model().fingerprint : 0);
    BlockDecoder decoder(session, settings_of(*header, session));
    decoder.state().progress = [&](uint64_t done) {
      if (progress) progress(totals.content_bytes + done);
    };
    while (const auto round = reader.next_round()) {
      const Bytes content = decoder.decode(*round);
      check.update(content);
      out.write(content);
      totals.content_bytes_of[static_cast<size_t>(round->method)] += content.size();
      totals.payload_bytes_of[static_cast<size_t>(round->method)] += round->payload.size();
    }
    reader.verify_content(check);
    totals.content_bytes += reader.content_size_bytes();
    ++totals.frames;
  }
  if (totals.frames == 0)
    throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 9 bytes");
  totals.compressed_bytes = reader.position();
  std::move(session).leave_to(models);
  return totals;
}

}  // namespace llmz
