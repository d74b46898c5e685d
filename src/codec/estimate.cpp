// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "codec/blocks.h"
#include "codec/coders.h"
#include "container/frame_writer.h"

namespace llmz {
namespace {

class NullSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

// Bytes that begin a character in UTF-8; in other encodings, bytes.
uint64_t count_characters(ByteView text) {
  uint64_t n = 0;
  for (uint8_t byte : text) n += (byte & 0xc0) != 0x80;
  return n;
}

// The size of a file of which only the sizes of the payloads are known.
class SizeOfFile {
 public:
  explicit SizeOfFile(const FrameSettings& settings) : writer_(sink_, settings) {}
  void add_round(uint64_t content_bytes, double payload_bits) {
    // The coder ends a round at the byte after the last bit.
    writer_.add_round(content_bytes, Bytes(static_cast<size_t>(std::ceil(payload_bits / 8))));
  }
  IndexEntry finish() { return writer_.finish(0); }

 private:
  NullSink sink_;
  FrameWriter writer_;
};

}  // namespace

Estimate estimate(ByteSource& in, const Models& models, const CompressSettings& settings,
                  bool as_compressed, const Progress& progress) {
  CompressSettings used = settings;
  if (!as_compressed) used.learning = false;
  const ModelInfo info = models.find(used.model);
  Session session(used.engine);
  session.use(info);
  const LoadedModel& model = session.model();
  const CoderSettings coder = coder_settings(used, model.exact);
  BlockSource blocks(in, used.block_size_bytes, round_size_bytes(coder.lanes));
  const bool indexed = used.block_size_bytes > 0 && !blocks.input_is_empty();
  Estimate result;
  std::vector<IndexEntry> index;
  std::vector<uint32_t> tokens;
  do {
    FrameSettings frame;
    frame.model_fingerprint = info.fingerprint;
    frame.coder = coder;
    frame.coder_is_model_default = is_model_default(coder, model.exact);
    frame.index_follows = indexed;
    if (!indexed) frame.content_size_bytes = used.content_size_bytes;
    SizeOfFile file(frame);
    BlockWalk walk(session.engine(), model.tokenizer.vocabulary(), model.exact.config,
                   head_rate(coder), coder.lanes);
    if (progress) walk.progress = [&](uint64_t done) { progress(result.content_bytes + done); };
    uint64_t block_bytes = 0;
    for (ByteView round = blocks.next_round(); round.size > 0; round = blocks.next_round()) {
      tokens.clear();
      model.tokenizer.encode(round, tokens);
      MeasuringCoder measure(as_compressed);
      if (as_compressed) {
        walk.known_round(tokens, round.size, measure);
      } else {
        walk.measure_frozen_round(tokens, round.size, measure);
      }
      file.add_round(round.size, measure.coded_bits);
      result.bits += as_compressed ? measure.bits : measure.coded_bits;
      result.coded_bits += measure.coded_bits;
      result.tokens += tokens.size();
      result.characters += count_characters(round);
      block_bytes += round.size;
    }
    result.content_bytes += block_bytes;
    index.push_back(file.finish());
    result.file_bytes += index.back().compressed_size_bytes;
    if (indexed && index.size() == kMaxIndexFrames)
      result.file_bytes += encode_index(std::exchange(index, {})).size();
  } while (blocks.next_block());
  if (indexed && !index.empty()) result.file_bytes += encode_index(index).size();
  if (!as_compressed) result.file_bytes = 0;
  return result;
}

double trial_speed(const Models& models, const CompressSettings& settings, bool decompressing) {
  using Clock = std::chrono::steady_clock;
  Session session(settings.engine);
  session.use(models.find(settings.model));
  const LoadedModel& model = session.model();
  const CoderSettings coder = coder_settings(settings, model.exact);
  const Vocabulary& vocabulary = model.tokenizer.vocabulary();
  std::string sample;
  while (sample.size() < coder.lanes * 256u) sample += model.self_test.text + " ";
  std::vector<uint32_t> tokens;
  model.tokenizer.encode(ByteView(sample), tokens);
  Engine& engine = session.engine();
  engine.body->reset();
  engine.body->fork(0, coder.lanes);
  engine.head->reset(head_rate(coder));
  const size_t steps = std::min<size_t>(tokens.size() / coder.lanes, decompressing ? 16 : 32),
               lanes = coder.lanes;
  std::vector<int8_t> hidden(lanes * steps * model.exact.config.dim);
  std::vector<uint32_t> frequencies(lanes * model.exact.config.vocabulary), coded(lanes);
  uint64_t bytes = 0;
  Clock::time_point start;
  for (int pass = 0; pass < 2; ++pass) {  // the first one makes the kernels
    start = Clock::now();
    bytes = 0;
    for (size_t done = 0, step = decompressing ? 1 : steps; done < steps; done += step) {
      std::vector<LaneTokens> run;
      for (uint32_t lane = 0; lane < lanes; ++lane)
        run.push_back({lane, tokens.data() + lane * steps + done, step});
      engine.body->advance(run, hidden.data());
      for (size_t i = 0; i < step; ++i) {
        for (uint32_t lane = 0; lane < lanes; ++lane) {
          coded[lane] = tokens[lane * steps + done + i];
          bytes += vocabulary.bytes(coded[lane]).size();
        }
        engine.head->frequencies(hidden.data(), lanes, frequencies.data());
        engine.head->learn(hidden.data(), frequencies.data(), coded.data(), lanes);
      }
    }
  }
  return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace llmz
