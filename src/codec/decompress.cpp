// SPDX-License-Identifier: Apache-2.0
#include "codec/blocks.h"
#include "codec/coders.h"
#include "container/frame_reader.h"

namespace llmz {
namespace {

CoderSettings settings_of(const FrameHeader& header, const ExactModel& model) {
  return header.coder ? *header.coder : coder_settings(CompressSettings{}, model);
}

}  // namespace

Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const EngineSettings& settings, const Progress& progress) {
  Session session(settings);
  FrameReader reader(in);
  Totals totals;
  std::optional<ModelInfo> info;
  while (const auto header = reader.next_frame()) {
    // Finding a model reads every model file: once, not for each of a thousand small frames.
    if (!info || static_cast<uint32_t>(info->fingerprint) != header->fingerprint_low)
      info = models.find(header->fingerprint_low, true);
    session.use(*info);
    const LoadedModel& model = session.model();
    const CoderSettings coder = settings_of(*header, model.exact);
    ContentCheck check(info->fingerprint);
    std::optional<BlockWalk> walk;  // empty frames do without
    while (const auto round = reader.next_round()) {
      if (!walk) {
        walk.emplace(session.engine(), model.tokenizer.vocabulary(), model.exact.config,
                     head_rate(coder), coder.lanes);
        if (progress)
          walk->progress = [&](uint64_t done) { progress(totals.content_bytes + done); };
      }
      DecodingCoder decoder(round->payload);
      Bytes content;
      walk->unknown_round(round->content_size_bytes, decoder, content);
      decoder.finish();
      check.update(content);
      out.write(content);
    }
    reader.verify_content(check);
    totals.content_bytes += reader.content_size_bytes();
    ++totals.frames;
  }
  if (totals.frames == 0)
    throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 15 bytes");
  totals.compressed_bytes = reader.position();
  return totals;
}

}  // namespace llmz
