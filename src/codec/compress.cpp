// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "codec/block_coder.h"
#include "codec/blocks.h"
#include "codec/byte_mix.h"
#include "codec/caller.h"
#include "codec/lzma2_aside.h"
#include "codec/plan.h"
#include "codec/stretch.h"
#include "codec/verifier.h"
#include "container/frame_writer.h"
#include "exact/make_engine.h"

namespace llmz {
namespace {

// A segment so short is tried in more ways, and starts no thread.
constexpr uint64_t kShortBytes = 64 << 10;

// Counts what goes through; decodes it again where that is asked for.
class CompressedSink : public ByteSink {
 public:
  CompressedSink(ByteSink& sink, const CompressSettings& settings, const Models& models)
      : sink_(sink) {
    if (settings.verify) verifier_.emplace(settings, models);
  }
  void write(ByteView bytes) override {
    sink_.write(bytes);
    count += bytes.size;
    if (verifier_) verifier_->compressed(bytes);
  }
  void content(ByteView bytes) {
    if (verifier_) verifier_->content(bytes);
  }
  void end() {
    if (verifier_) verifier_->end();
  }
  uint64_t count = 0;

 private:
  ByteSink& sink_;
  std::optional<Verifier> verifier_;
};

// Segments in, frames out. A block is one frame, unless a part of it is better without what the
// rest has taught, or is the first to need a model.
class Compressor {
 public:
  Compressor(ByteSink& out, const Models& models, const CompressSettings& settings,
             const Progress& progress)
      : settings_(settings),
        models_(models),
        progress_(progress),
        session_(settings.engine, models),
        reference_(settings.reference ? &ReferenceState::of(*settings.reference) : nullptr),
        plain_coder_(plain_coder_settings(settings)),
        coder_(plain_coder_),
        sink_(out, settings, models),
        // Asking for blocks is asking for an index.
        indexed_(settings.block_size_bytes > 0),
        segments_(settings.block_size_bytes,
                  [this](ByteView segment, bool block_ends) { take(segment, block_ends); }) {}

  Segmenter& segments() { return segments_; }

  // All content so far is in the frames written so far.
  void flush() {
    segments_.flush();
    if (frame_) frame_->flush();
  }

  // After the end of the segments.
  const Totals& finish() {
    if (totals_.frames == 0) {
      indexed_ = false;  // an empty file has nothing to find
      begin_frame(false, std::nullopt);
      finish_frame();
    }
    if (indexed_ && !index_.empty()) sink_.write(encode_index(index_));
    sink_.end();
    std::move(session_).leave_to(models_);
    return totals();
  }

  const Totals& totals() {
    totals_.compressed_bytes = sink_.count;
    return totals_;
  }

 private:
  struct Coded {
    RoundMethod method;
    ByteView content;
    Bytes payload;
  };

  void use_model() {
    if (fingerprint_) return;
    const ModelInfo info = models_.find(settings_.model);
    session_.use(info);
    fingerprint_ = info.fingerprint;
    coder_ = coder_settings(settings_, session_.model().exact);
  }

  void take(ByteView segment, bool block_ends) {
    sink_.content(segment);
    if (segment.size > 0) add_segment(segment, block_ends);
    if (block_ends && frame_) finish_frame();
  }

  void add_segment(ByteView segment, bool block_ends) {
    const PlanScope scope = !settings_.network ? PlanScope::kNoNetwork
                            : !settings_.mix   ? PlanScope::kTokensOnly
                                               : PlanScope::kAll;
    const RoundMethod token_method = settings_.mix ? RoundMethod::kTokenMix : RoundMethod::kTokens;
    const std::vector<Run> plan = plan_segment(
        segment, {scope, token_method, coder_, reference_ != nullptr}, session_,
        [this] { use_model(); }, [this] { tick(); });
    bool model_needed = false, mix_needed = false;
    for (const Run& run : plan) {
      model_needed |= needs_model(run.method);
      mix_needed |= run.method == RoundMethod::kByteMix || run.method == RoundMethod::kRichMix;
    }
    if (frame_ && model_needed && !frame_needs_model_) finish_frame();
    // The size is known where a frame holds this segment and no other.
    const std::optional<uint64_t> size =
        block_ends ? std::optional<uint64_t>(segment.size) : std::nullopt;
    if (!encoder_) {
      // A text too short to gain by other lanes and more memory need not pay for saying so.
      if (block_ends && !indexed_ && segment.size < kOneLaneBytes &&
          coder_.memory_bits >= kDefaultMemoryBits) {
        for (CoderSettings* settings : {&coder_, &plain_coder_}) {
          settings->lanes = kDefaultLanes;
          settings->memory_bits = kDefaultMemoryBits;
        }
      }
      begin_block();
    }
    // The mix has one thread; the network uses them all.
    const bool thread_free = mix_needed && !model_needed && thread_count(settings_.engine) > 1;
    Lzma2Aside lzma2(segment, reference_bytes(), thread_free && segment.size > kShortBytes,
                     [this] { tick(); });
    std::vector<Coded> coded;
    uint64_t tokens = 0;
    for (const Run& run : plan) {
      for_each_round(segment.subview(run.begin, run.size_bytes), run.method, coder_.lanes,
                     [&](ByteView part) {
                       Bytes payload = encoder_->encode(run.method, part, tokens);
                       coded.push_back({run.method, part, std::move(payload)});
                     });
    }
    const bool replaced =
        scope != PlanScope::kTokensOnly && replaced_by_one_round(segment, lzma2, coded);
    if (replaced) {
      if (frame_) finish_frame();
      model_needed = false;
      tokens = 0;
    }
    if (!frame_) begin_frame(model_needed, size);
    for (const Coded& round : coded) add_round(round);
    totals_.tokens += tokens;
    if (replaced) finish_frame();  // what the encoder has learned, no decoder will know
  }

  // While something is tried, nothing more is done; but the caller may stop it.
  void tick() const {
    if (progress_) progress_(done_bytes_);
  }

  void begin_block() {
    encoder_.emplace(session_, coder_, reference_);
    encoder_->state().progress = [this, before = totals_.content_bytes](uint64_t done) {
      done_bytes_ = before + done;
      tick();
    };
  }

  ByteView reference_bytes() const { return reference_ ? reference_->content() : ByteView(); }

  // The whole segment as it is, as one LZMA2 stream or, if it is short, through the mix alone, if
  // that is smaller: the guarantee, and the only way to use repeats over more than a round.
  bool replaced_by_one_round(ByteView segment, Lzma2Aside& lzma2, std::vector<Coded>& coded) const {
    constexpr uint64_t kRoundBytes = 12, kStoredBytes = 9;  // headers
    uint64_t smallest = 0;
    for (const Coded& round : coded) smallest += round.payload.size() + kRoundBytes;
    std::optional<Coded> better;
    const auto consider = [&](RoundMethod method, Bytes payload) {
      const uint64_t header = method == RoundMethod::kStored ? kStoredBytes : kRoundBytes;
      if (payload.size() + header >= smallest) return;
      smallest = payload.size() + header;
      better = Coded{method, segment, std::move(payload)};
    };
    if (segment.size <= kShortBytes && needs_model(coded[0].method)) {
      const auto mix = reference_ ? reference_->rich_mix(coder_.memory_bits, [this] { tick(); })
                                  : std::make_unique<mix::RichModel>(coder_.memory_bits);
      consider(RoundMethod::kRichMix, byte_mix_encode(*mix, segment, [this](uint64_t) { tick(); }));
    }
    if (segment.size + kStoredBytes < smallest)
      consider(RoundMethod::kStored, Bytes(segment.begin(), segment.end()));
    // The plan has asked LZMA2 about a segment that it takes for noise.
    const bool asked = coded.size() == 1 && (coded[0].method == RoundMethod::kLzma2 ||
                                             coded[0].method == RoundMethod::kStored);
    if (asked && segment.size > kShortBytes) return false;
    // The best settings of LZMA2 gain less than half over its fastest ones, and save less than
    // twice as much: noise need not be tried.
    const uint64_t fast = lzma2.fast_size_bytes();
    const uint64_t twice_saved = fast < segment.size ? 2 * (segment.size - fast) : 0;
    if (fast / 2 < smallest &&
        segment.size + kRoundBytes < smallest + std::min<uint64_t>(twice_saved, segment.size))
      consider(RoundMethod::kLzma2, lzma2.compressed());
    if (!better) return false;
    coded.clear();
    coded.push_back(std::move(*better));
    return true;
  }

  void begin_frame(bool model_needed, std::optional<uint64_t> content_size_bytes) {
    FrameSettings frame;
    frame.needs_model = frame_needs_model_ = model_needed;
    frame.model_fingerprint = model_needed ? *fingerprint_ : 0;
    frame.coder = model_needed ? coder_ : plain_coder_;
    frame.coder_is_model_default = model_needed && is_model_default(coder_, session_.model().exact);
    frame.index_follows = indexed_;
    if (!indexed_) frame.content_size_bytes = content_size_bytes;
    if (reference_) frame.reference_check = reference_->check(frame.model_fingerprint);
    frame_.emplace(sink_, frame);
    check_.emplace(frame.model_fingerprint);
  }

  void add_round(const Coded& round) {
    frame_->add_round(round.method, round.content.size, round.payload);
    check_->update(round.content);
    totals_.content_bytes += round.content.size;
    totals_.content_bytes_of[static_cast<size_t>(round.method)] += round.content.size;
    totals_.payload_bytes_of[static_cast<size_t>(round.method)] += round.payload.size();
  }

  void finish_frame() {
    index_.push_back(frame_->finish(check_->value()));
    frame_.reset();
    encoder_.reset();
    ++totals_.frames;
    if (indexed_ && index_.size() == kMaxIndexFrames)
      sink_.write(encode_index(std::exchange(index_, {})));
  }

  const CompressSettings& settings_;
  const Models& models_;
  const Progress& progress_;
  Session session_;
  ReferenceState* const reference_;
  CoderSettings plain_coder_, coder_;  // of frames without a model, and with one
  CompressedSink sink_;
  Totals totals_;
  std::optional<uint64_t> fingerprint_;  // of the model in use
  uint64_t done_bytes_ = 0;
  bool indexed_, frame_needs_model_ = false;
  Segmenter segments_;
  std::vector<IndexEntry> index_;
  std::optional<FrameWriter> frame_;
  std::optional<ContentCheck> check_;
  std::optional<BlockEncoder> encoder_;
};

}  // namespace

Totals compress(ByteSource& in, ByteSink& out, const Models& models,
                const CompressSettings& settings, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    CallerSink sink(caller, out);
    const Progress report = callers_progress(caller, progress);
    Compressor compressor(sink, models, settings, report);
    segment_all(source, compressor.segments());
    return compressor.finish();
  });
}

Bytes compress(ByteView content, const CompressSettings& settings, const Models& models) {
  MemorySource in(content);
  MemorySink out;
  compress(in, out, models, settings);
  return out.take();
}

class CompressStreamState {
 public:
  CompressStreamState(const CompressSettings& settings, const Models& models, Progress progress)
      : settings_(settings),
        models_(models),
        progress_(std::move(progress)),
        report_(callers_progress(caller_, progress_)),
        compressor_(out_, models_, settings_, report_) {}

  // Once something has gone wrong, nothing else may be done.
  template <class Work>
  void use(Work&& work) {
    if (!usable_)
      throw Error(ErrorKind::kUsage, "this stream has ended, or an error has ended its use");
    usable_ = false;
    caller_.in([&] { work(compressor_); });
    usable_ = true;
  }
  void end() {
    use([](Compressor& compressor) {
      compressor.segments().end();
      compressor.finish();
    });
    usable_ = false;
  }
  Bytes drain() { return out_.take(); }
  const Totals& totals() { return compressor_.totals(); }

 private:
  Caller caller_;
  const CompressSettings settings_;
  const Models models_;
  const Progress progress_, report_;
  MemorySink out_;
  Compressor compressor_;
  bool usable_ = true;
};

CompressStream::CompressStream(const CompressSettings& settings, const Models& models,
                               Progress progress)
    : state_(at_border([&] {
        return std::make_unique<CompressStreamState>(settings, models, std::move(progress));
      })) {}
CompressStream::~CompressStream() = default;
CompressStream::CompressStream(CompressStream&&) noexcept = default;
CompressStream& CompressStream::operator=(CompressStream&&) noexcept = default;

void CompressStream::feed(ByteView content) {
  state_->use([&](Compressor& compressor) { compressor.segments().feed(content); });
}
void CompressStream::flush() {
  state_->use([](Compressor& compressor) { compressor.flush(); });
}
void CompressStream::end() { state_->end(); }
Bytes CompressStream::drain() { return state_->drain(); }
const Totals& CompressStream::totals() const { return state_->totals(); }

CompressSettings& CompressSettings::set_level(int level) {
  if (level < 1 || level > 9)
    throw Error(ErrorKind::kUsage, "levels are 1 to 9, found " + std::to_string(level));
  if (level == 1) network = false;
  if (level == 9) {
    lanes = 1;
    memory_bits = kLargestMemoryBits;
  }
  return *this;
}

}  // namespace llmz
