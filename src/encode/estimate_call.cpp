// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "base/characters.h"
#include "container/caller.h"
#include "decode/session.h"
#include "encode/estimate_observed.h"
#include "encode/frozen_walk.h"
#include "encode/model_tokenizer.h"
#include "encode/segments.h"
#include "encode/token_encoders.h"
#include "llmz/estimate.h"

namespace llmz {
namespace {

class NullSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

// What compress() does, thrown away.
Estimate estimate_as_compressed(ByteSource& in, const Models& models,
                                const CompressSettings& settings, const Progress& progress) {
  CharacterCounter source(in);
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

// The network's probabilities alone, block by block, each with a walk of its own.
template <class BeginBlock, class Bits>
Estimate estimate_tokens(ByteSource& in, const CompressSettings& settings, Session& session,
                         uint32_t lanes, BeginBlock&& begin_block, Bits&& bits,
                         const Progress& progress) {
  using Walk = decltype(begin_block());
  Estimate result;
  std::vector<uint32_t> tokens;
  std::unique_ptr<Walk> walk;
  double block_bits = 0;
  Segmenter segments(settings.block_size_bytes, [&](const Segmenter::Segment& segment) {
    if (!walk) {
      walk.reset(new Walk(begin_block()));
      if (progress) walk->progress = [&](uint64_t done) { progress(result.content_bytes + done); };
    }
    for_each_round(segment.bytes, RoundMethod::kTokens, lanes, [&](ByteView round) {
      tokens.clear();
      tokenizer_of(session.model()).encode(round, tokens);
      block_bits += bits(*walk, tokens, round.size);
      result.tokens += tokens.size();
      result.characters += count_characters(round);
    });
    if (!segment.block_ends) return;
    // The same sum where each block is estimated elsewhere.
    result.bits += std::exchange(block_bits, 0);
    result.content_bytes += walk->block_bytes();
    walk.reset();
  });
  segment_all(in, segments);
  return result;
}

// Of the frozen network over whole windows, or in the walk that learns, as a file without the mix
// has it.
Estimate estimate_network(ByteSource& in, const Models& models, const CompressSettings& settings,
                          bool whole_windows, TableObserver* observer, const Progress& progress) {
  Session session(settings.engine);
  session.use(models.find(settings.model));
  const LoadedModel& model = session.model();
  const Vocabulary& vocabulary = model.token_table.vocabulary;
  const ModelConfig& config = model.exact.config;
  const CoderSettings coder = coder_settings(settings, model.exact);
  if (observer) observer->begin(vocabulary);
  if (!whole_windows) {
    return estimate_tokens(
        in, settings, session, coder.lanes,
        [&] {
          return BlockWalk(session.engine(), vocabulary, config, head_rate(coder), coder.lanes);
        },
        [](BlockWalk& walk, const std::vector<uint32_t>& tokens, uint64_t bytes) {
          MeasuringCoder measure;
          walk.encode_round(tokens, bytes, measure);
          return measure.bits;
        },
        progress);
  }
  return estimate_tokens(
      in, settings, session, coder.lanes,
      [&] { return FrozenWalk(session.engine(), vocabulary, config, coder.lanes); },
      [observer](FrozenWalk& walk, const std::vector<uint32_t>& tokens, uint64_t bytes) {
        if (observer) observer->round(tokens);
        walk.observer = observer;
        return walk.bits(tokens, bytes);
      },
      progress);
}

}  // namespace

Estimate estimate(ByteSource& in, const Models& models, const CompressSettings& settings,
                  EstimateOf what, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    const Progress report = callers_progress(caller, progress);
    if (what == EstimateOf::kFile) return estimate_as_compressed(source, models, settings, report);
    const bool whole_windows = what == EstimateOf::kFrozenNetwork;
    return estimate_network(source, models, settings, whole_windows, nullptr, report);
  });
}

Estimate estimate_observed(ByteSource& in, const Models& models, const CompressSettings& settings,
                           TableObserver& observer, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    const Progress report = callers_progress(caller, progress);
    return estimate_network(source, models, settings, true, &observer, report);
  });
}

}  // namespace llmz
