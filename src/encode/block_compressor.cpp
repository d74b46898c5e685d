// SPDX-License-Identifier: Apache-2.0
#include "encode/block_compressor.h"

#include <algorithm>
#include <utility>

#include "decode/phase.h"
#include "encode/byte_mix_encoder.h"
#include "encode/plan.h"
#include "encode/segments.h"
#include "exact/make_engine.h"

namespace llmz {
namespace {

// A segment so short is tried in more ways, and starts no thread.
constexpr uint64_t kShortBytes = 64 << 10;

// What a round adds to its payload, and the frame of a short text that is one round.
constexpr uint64_t kRoundBytes = 12;
uint64_t frame_bytes(RoundMethod method, bool behind_reference) {
  if (method == RoundMethod::kStored) return 9;
  if (mixes_tokens_richly(method)) return behind_reference ? 34 : 30;
  if (needs_model(method)) return behind_reference ? 12 : 15;
  return behind_reference ? 20 : 16;
}

// Those of a frame that is not behind the reference of the call.
CoderSettings alone(CoderSettings coder, uint64_t content_bytes) {
  if (coder.memory_bits == kDefaultMemoryBits)
    coder.memory_bits = implied_memory_bits(content_bytes, false);
  return coder;
}

}  // namespace

CompressCall::CompressCall(const CompressSettings& s, const Models& m, Session& first)
    : settings(s),
      models(m),
      reference(s.reference ? &ReferenceState::of(*s.reference) : nullptr),
      plain_coder(plain_coder_settings(s)),
      model(first),
      spare(thread_count(s.engine)) {}

BlockCompressor::BlockCompressor(CompressCall& call, Session& session, bool indexed, ByteSink& out,
                                 Reports reports)
    : call_(call),
      settings_(call.settings),
      session_(session),
      thread_(call.spare),
      plain_coder_(call.plain_coder),
      coder_(plain_coder_),
      indexed_(indexed),
      out_(out),
      reports_(std::move(reports)) {}

void BlockCompressor::use_model() {
  if (fingerprint_) return;
  // Asked for by name: the first block of the call finds it.
  const auto find = [&] { return call_.models.find(settings_.model); };
  const auto any = [](uint64_t) { return true; };
  const uint64_t fingerprint = call_.model.info(any, find).fingerprint;
  call_.model.use(
      session_, [&](uint64_t found) { return found == fingerprint; }, find);
  fingerprint_ = fingerprint;
  coder_ = coder_settings(settings_, session_.model().exact);
}

void BlockCompressor::add(ByteView segment, bool block_ends) {
  if (segment.size > 0) add_segment(segment, block_ends);
  if (block_ends && frame_) finish_frame();
}

void BlockCompressor::add_nothing() {
  begin_frame(false, false, std::nullopt);
  finish_frame();
}

void BlockCompressor::flush() {
  if (frame_) frame_->flush();
}

void BlockCompressor::add_segment(ByteView segment, bool block_ends) {
  const PlanScope scope = !settings_.network ? PlanScope::kNoNetwork
                          : !settings_.mix   ? PlanScope::kTokensOnly
                                             : PlanScope::kAll;
  const RoundMethod token_method = settings_.mix ? RoundMethod::kTokenMix : RoundMethod::kTokens;
  const std::vector<Run> plan = plan_segment(
      segment, {scope, token_method, coder_, reference_bytes()}, session_, [this] { use_model(); },
      [this] { tick(); });
  bool model_needed = false, mix_needed = false;
  bool other_tokens = false;  // than the frame in hand has
  for (const Run& run : plan) {
    model_needed |= needs_model(run.method);
    if (needs_model(run.method)) other_tokens |= frame_tokens_.value_or(run.method) != run.method;
    mix_needed |= run.method == RoundMethod::kByteMix || mixes_bytes_richly(run.method) ||
                  run.method == RoundMethod::kSamples;
  }
  if (frame_ && model_needed && (!frame_needs_model_ || other_tokens)) finish_frame();
  // The size is known where a frame holds this segment and no other.
  const std::optional<uint64_t> size =
      block_ends ? std::optional<uint64_t>(segment.size) : std::nullopt;
  if (!encoder_) begin_encoder(segment.size, block_ends);
  // The mix has one thread; the network, and other blocks, use them all.
  const bool thread_free =
      mix_needed && !model_needed && call_.blocks_at_once == 1 && call_.spare.any();
  BackgroundLzma2 lzma2(segment, reference_bytes(), thread_free && segment.size > kShortBytes,
                        [this] { tick(); });
  std::vector<Coded> coded;
  uint64_t tokens = 0;
  for (const Run& run : plan) {
    const uint32_t lanes = lanes_of(run.method, coder_);
    for_each_round(
        segment.subview(run.begin, run.size_bytes), run.method, lanes, [&](ByteView part) {
          Bytes payload = encoder_->encode(run.method, part, tokens, run.found);
          coded.push_back({run.method, part, std::move(payload), call_.reference != nullptr});
        });
  }
  bool replaced = false;
  if (scope != PlanScope::kTokensOnly) {
    replaced = replaced_without_reference(segment, block_ends, coded);
    replaced |= replaced_by_one_round(segment, lzma2, coded);
  }
  if (replaced) {
    if (frame_) finish_frame();
    model_needed = needs_model(coded[0].method);
    if (!model_needed) tokens = 0;
  }
  if (!frame_) begin_frame(model_needed, coded[0].behind_reference, size);
  for (const Coded& round : coded) add_round(round);
  totals.tokens += tokens;
  if (replaced) finish_frame();  // what the encoder has learned, no decoder will know
}

// While something is tried, nothing more is done; but the caller may stop it.
void BlockCompressor::tick() const {
  if (reports_.progress) reports_.progress(done_bytes_);
}

// Of the whole content, so that its frame may leave the settings out.
void BlockCompressor::imply_settings(uint64_t content_bytes) {
  // A text too short to gain by other lanes and more memory need not pay for saying so.
  const bool very_short = content_bytes < kOneLaneBytes && coder_.memory_bits >= kDefaultMemoryBits;
  for (CoderSettings* coder : {&coder_, &plain_coder_}) {
    if (very_short) coder->lanes = kDefaultLanes;
    if (very_short || coder->memory_bits == kDefaultMemoryBits)
      coder->memory_bits = implied_memory_bits(content_bytes, call_.reference != nullptr);
  }
}

// Of a short block among others, which says so: memory that it does not fill takes time to clear.
void BlockCompressor::fit_memory(uint64_t content_bytes) {
  for (CoderSettings* coder : {&coder_, &plain_coder_}) {
    if (coder->memory_bits == kDefaultMemoryBits)
      coder->memory_bits = implied_memory_bits(content_bytes, call_.reference != nullptr);
  }
}

void BlockCompressor::begin_encoder(uint64_t segment_bytes, bool block_ends) {
  if (block_ends) indexed_ ? fit_memory(segment_bytes) : imply_settings(segment_bytes);
  encoder_.emplace(session_, coder_, call_.reference, &call_.spare);
  encoder_->state().progress = [this, before = totals.content_bytes](uint64_t done) {
    done_bytes_ = before + done;
    tick();
  };
}

ByteView BlockCompressor::reference_bytes() const {
  return call_.reference ? call_.reference->content() : ByteView();
}

uint64_t BlockCompressor::size_bytes(const std::vector<Coded>& coded) {
  if (coded.size() == 1)
    return coded[0].payload.size() + frame_bytes(coded[0].method, coded[0].behind_reference);
  uint64_t size = 0;
  for (const Coded& round : coded) size += round.payload.size() + kRoundBytes;
  return size;
}

// A short text of a kind that the network knows well may be smaller without the reference.
bool BlockCompressor::replaced_without_reference(ByteView segment, bool block_ends,
                                                 std::vector<Coded>& coded) {
  if (!call_.reference || frame_ || !block_ends || indexed_ || segment.size > kShortBytes ||
      coded.size() != 1 || !needs_model(coded[0].method))
    return false;
  encoder_.reset();  // the block ends: what it has learned is not needed any more
  BlockEncoder encoder(session_, alone(coder_, segment.size), nullptr);
  encoder.state().progress = [this](uint64_t) { tick(); };
  uint64_t tokens = 0;
  std::vector<Coded> other;
  other.push_back(
      {coded[0].method, segment, encoder.encode(coded[0].method, segment, tokens), false});
  if (size_bytes(other) >= size_bytes(coded)) return false;
  coded = std::move(other);
  return true;
}

// The whole segment as it is, as one LZMA2 stream or, if it is short, through the mix alone, if
// that is smaller: the guarantee, and the only way to use repeats over more than a round.
bool BlockCompressor::replaced_by_one_round(ByteView segment, BackgroundLzma2& lzma2,
                                            std::vector<Coded>& coded) const {
  const bool behind = call_.reference != nullptr;
  // Of a new version no other method is asked.
  if (coded.size() == 1 && coded[0].method == RoundMethod::kCopies) return false;
  uint64_t smallest = size_bytes(coded);
  std::optional<Coded> better;
  const auto consider = [&](RoundMethod method, Bytes payload) {
    const uint64_t size = payload.size() + frame_bytes(method, behind);
    if (size >= smallest) return;
    smallest = size;
    better = Coded{method, segment, std::move(payload), behind};
  };
  if (segment.size <= kShortBytes && needs_model(coded[0].method) &&
      (behind || rich_mix_may_be_smaller(segment, coded[0].payload.size()))) {
    const auto mix =
        call_.reference ? call_.reference->rich_mix(RoundMethod::kSecondRichMix, coder_.memory_bits,
                                                    [this] { tick(); })
                        : std::make_unique<mix::RichModel>(coder_.memory_bits, mix::kSecondRichMix);
    consider(RoundMethod::kSecondRichMix,
             byte_mix_encode(*mix, segment, [this](uint64_t) { tick(); }));
  }
  if (segment.size < smallest)
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

void BlockCompressor::begin_frame(bool model_needed, bool behind_reference,
                                  std::optional<uint64_t> content_size_bytes) {
  FrameSettings frame;
  frame.needs_model = frame_needs_model_ = model_needed;
  frame.model_fingerprint = model_needed ? *fingerprint_ : 0;
  frame.coder = model_needed ? coder_ : plain_coder_;
  if (call_.reference && !behind_reference)
    frame.coder.memory_bits = alone(coder_, content_size_bytes.value_or(0)).memory_bits;
  frame.coder_is_model_default = model_needed && is_model_default(coder_, session_.model().exact);
  frame.index_follows = indexed_;
  if (!indexed_) frame.content_size_bytes = content_size_bytes;
  if (behind_reference) frame.reference_check = call_.reference->check(frame.model_fingerprint);
  frame_.emplace(out_, frame);
  check_.emplace(frame.model_fingerprint);
}

void BlockCompressor::add_round(const Coded& round) {
  frame_->add_round(round.method, round.content.size, round.payload);
  if (needs_model(round.method)) frame_tokens_ = round.method;
  check_->update(round.content);
  totals.content_bytes += round.content.size;
  totals.content_bytes_of[static_cast<size_t>(round.method)] += round.content.size;
  totals.payload_bytes_of[static_cast<size_t>(round.method)] += round.payload.size();
}

void BlockCompressor::finish_frame() {
  const IndexEntry sizes = frame_->finish(check_->value());
  frame_.reset();
  frame_tokens_.reset();
  encoder_.reset();
  ++totals.frames;
  if (reports_.frame) reports_.frame(sizes);
}

}  // namespace llmz
