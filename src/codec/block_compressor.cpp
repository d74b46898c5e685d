// SPDX-License-Identifier: Apache-2.0
#include "codec/block_compressor.h"

#include <algorithm>
#include <utility>

#include "codec/blocks.h"
#include "codec/byte_mix.h"
#include "codec/plan.h"
#include "codec/stretch.h"
#include "exact/make_engine.h"

namespace llmz {
namespace {

// A segment so short is tried in more ways, and starts no thread.
constexpr uint64_t kShortBytes = 64 << 10;

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
  begin_frame(false, std::nullopt);
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
      segment, {scope, token_method, coder_, call_.reference != nullptr}, session_,
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
  if (!encoder_) begin_encoder(segment.size, block_ends);
  // The mix has one thread; the network, and other blocks, use them all.
  const bool thread_free =
      mix_needed && !model_needed && call_.blocks_at_once == 1 && call_.spare.any();
  BackgroundLzma2 lzma2(segment, reference_bytes(), thread_free && segment.size > kShortBytes,
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
  totals.tokens += tokens;
  if (replaced) finish_frame();  // what the encoder has learned, no decoder will know
}

// While something is tried, nothing more is done; but the caller may stop it.
void BlockCompressor::tick() const {
  if (reports_.progress) reports_.progress(done_bytes_);
}

void BlockCompressor::begin_encoder(uint64_t segment_bytes, bool block_ends) {
  // A text too short to gain by other lanes and more memory need not pay for saying so.
  if (block_ends && !indexed_ && segment_bytes < kOneLaneBytes &&
      coder_.memory_bits >= kDefaultMemoryBits) {
    for (CoderSettings* settings : {&coder_, &plain_coder_}) {
      settings->lanes = kDefaultLanes;
      settings->memory_bits = kDefaultMemoryBits;
    }
  }
  encoder_.emplace(session_, coder_, call_.reference, &call_.spare);
  encoder_->state().progress = [this, before = totals.content_bytes](uint64_t done) {
    done_bytes_ = before + done;
    tick();
  };
}

ByteView BlockCompressor::reference_bytes() const {
  return call_.reference ? call_.reference->content() : ByteView();
}

// The whole segment as it is, as one LZMA2 stream or, if it is short, through the mix alone, if
// that is smaller: the guarantee, and the only way to use repeats over more than a round.
bool BlockCompressor::replaced_by_one_round(ByteView segment, BackgroundLzma2& lzma2,
                                            std::vector<Coded>& coded) const {
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
    const auto mix = call_.reference
                         ? call_.reference->rich_mix(coder_.memory_bits, [this] { tick(); })
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

void BlockCompressor::begin_frame(bool model_needed, std::optional<uint64_t> content_size_bytes) {
  FrameSettings frame;
  frame.needs_model = frame_needs_model_ = model_needed;
  frame.model_fingerprint = model_needed ? *fingerprint_ : 0;
  frame.coder = model_needed ? coder_ : plain_coder_;
  frame.coder_is_model_default = model_needed && is_model_default(coder_, session_.model().exact);
  frame.index_follows = indexed_;
  if (!indexed_) frame.content_size_bytes = content_size_bytes;
  if (call_.reference) frame.reference_check = call_.reference->check(frame.model_fingerprint);
  frame_.emplace(out_, frame);
  check_.emplace(frame.model_fingerprint);
}

void BlockCompressor::add_round(const Coded& round) {
  frame_->add_round(round.method, round.content.size, round.payload);
  check_->update(round.content);
  totals.content_bytes += round.content.size;
  totals.content_bytes_of[static_cast<size_t>(round.method)] += round.content.size;
  totals.payload_bytes_of[static_cast<size_t>(round.method)] += round.payload.size();
}

void BlockCompressor::finish_frame() {
  const IndexEntry sizes = frame_->finish(check_->value());
  frame_.reset();
  encoder_.reset();
  ++totals.frames;
  if (reports_.frame) reports_.frame(sizes);
}

}  // namespace llmz
