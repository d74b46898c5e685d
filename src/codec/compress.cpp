// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/blocks.h"
#include "codec/coders.h"
#include "container/frame_writer.h"

namespace llmz {
namespace {

// Counts what goes through.
class CountingSink : public ByteSink {
 public:
  explicit CountingSink(ByteSink& sink) : sink_(sink) {}
  void write(ByteView bytes) override {
    sink_.write(bytes);
    count += bytes.size;
  }
  uint64_t count = 0;

 private:
  ByteSink& sink_;
};

}  // namespace

Totals compress(ByteSource& in, ByteSink& out, const Models& models,
                const CompressSettings& settings, const Progress& progress) {
  const ModelInfo info = models.find(settings.model);
  Session session(settings.engine);
  session.use(info);
  const LoadedModel& model = session.model();
  const CoderSettings coder = coder_settings(settings, model.exact);
  BlockSource blocks(in, settings.block_size_bytes, round_size_bytes(coder.lanes));
  // Asking for blocks is asking for an index; an empty file has nothing to find.
  const bool indexed = settings.block_size_bytes > 0 && !blocks.input_is_empty();
  CountingSink sink(out);
  Totals totals;
  std::vector<IndexEntry> index;
  std::vector<uint32_t> tokens;
  do {
    FrameSettings frame;
    frame.model_fingerprint = info.fingerprint;
    frame.coder = coder;
    frame.coder_is_model_default = is_model_default(coder, model.exact);
    frame.index_follows = indexed;
    if (!indexed) frame.content_size_bytes = settings.content_size_bytes;
    FrameWriter writer(sink, frame);
    ContentCheck check(info.fingerprint);
    BlockWalk walk(session.engine(), model.tokenizer.vocabulary(), model.exact.config,
                   head_rate(coder), coder.lanes);
    if (progress) walk.progress = [&](uint64_t done) { progress(totals.content_bytes + done); };
    uint64_t block_bytes = 0;
    for (ByteView round = blocks.next_round(); round.size > 0; round = blocks.next_round()) {
      tokens.clear();
      model.tokenizer.encode(round, tokens);
      EncodingCoder encoder;
      walk.known_round(tokens, round.size, encoder);
      writer.add_round(round.size, encoder.finish());
      check.update(round);
      totals.tokens += tokens.size();
      block_bytes += round.size;
    }
    totals.content_bytes += block_bytes;
    ++totals.frames;
    index.push_back(writer.finish(check.value()));
    if (indexed && index.size() == kMaxIndexFrames)
      sink.write(encode_index(std::exchange(index, {})));
  } while (blocks.next_block());
  if (indexed && !index.empty()) sink.write(encode_index(index));
  totals.compressed_bytes = sink.count;
  return totals;
}

}  // namespace llmz
