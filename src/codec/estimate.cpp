// SPDX-License-Identifier: Apache-2.0
#include "llmz/estimate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/characters.h"
#include "codec/blocks.h"
#include "codec/caller.h"
#include "codec/coders.h"

namespace llmz {
namespace {

class NullSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

// Passes bytes on and counts the characters.
class CountingSource : public ByteSource {
 public:
  explicit CountingSource(ByteSource& in) : in_(in) {}
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = in_.read(out, count);
    characters += count_characters(ByteView(out, got));
    return got;
  }
  uint64_t characters = 0;

 private:
  ByteSource& in_;
};

// What compress() does, thrown away.
Estimate estimate_as_compressed(ByteSource& in, const Models& models,
                                const CompressSettings& settings, const Progress& progress) {
  CountingSource source(in);
  NullSink sink;
  const Totals totals = compress(source, sink, models, settings, progress);
  Estimate result;
  result.content_bytes = totals.content_bytes;
  result.characters = source.characters;
  result.tokens = totals.tokens;
  for (uint64_t bytes : totals.payload_bytes_of) result.bits += 8 * static_cast<double>(bytes);
  result.file_bytes = totals.compressed_bytes;
  return result;
}

// The sum of -log2 p of the network's probabilities, block by block: of the frozen network over
// whole windows, or in the walk that learns, as a file without the mix has it.
Estimate estimate_tokens(ByteSource& in, const Models& models, const CompressSettings& settings,
                         bool walk_as_compressed, const Progress& progress) {
  const ModelInfo info = models.find(settings.model);
  Session session(settings.engine);
  session.use(info);
  const LoadedModel& model = session.model();
  const CoderSettings coder = coder_settings(settings, model.exact);
  Estimate result;
  std::vector<uint32_t> tokens;
  std::optional<BlockWalk> walk;
  Segmenter segments(settings.block_size_bytes, [&](ByteView segment, bool block_ends) {
    if (!walk) {
      walk.emplace(session.engine(), model.tokenizer.vocabulary(), model.exact.config,
                   head_rate(coder), coder.lanes);
      if (progress) walk->progress = [&](uint64_t done) { progress(result.content_bytes + done); };
    }
    for_each_round(segment, RoundMethod::kTokens, coder.lanes, [&](ByteView round) {
      tokens.clear();
      model.tokenizer.encode(round, tokens);
      MeasuringCoder measure(walk_as_compressed);
      if (walk_as_compressed) {
        walk->known_round(tokens, round.size, measure);
      } else {
        walk->measure_frozen_round(tokens, round.size, measure);
      }
      result.bits += walk_as_compressed ? measure.bits : measure.coded_bits;
      result.tokens += tokens.size();
      result.characters += count_characters(round);
    });
    if (!block_ends) return;
    result.content_bytes += walk->block_bytes();
    walk.reset();
  });
  segment_all(in, segments);
  return result;
}

}  // namespace

Estimate estimate(ByteSource& in, const Models& models, const CompressSettings& settings,
                  EstimateOf what, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    const Progress report = callers_progress(caller, progress);
    CompressSettings used = settings;
    if (what == EstimateOf::kFile) return estimate_as_compressed(source, models, used, report);
    const bool frozen = what == EstimateOf::kFrozenNetwork;
    if (frozen) used.learning = false;
    return estimate_tokens(source, models, used, !frozen, report);
  });
}

}  // namespace llmz
