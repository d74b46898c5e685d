// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/window_scorer.h"

#include <algorithm>
#include <chrono>

#include "base/characters.h"

namespace llmz {
namespace {

constexpr double kSecondsAtOnce = 0.5;
constexpr size_t kMostTokensAtOnce = size_t{1} << 18;

}  // namespace

void PositionCurve::add(uint64_t position, uint64_t token_bytes, double token_bits) {
  for (uint64_t i = 0; i < token_bytes; ++i) {
    size_t bucket = 0;
    while (bucket + 1 < kBuckets && begin(bucket + 1) <= position + i) ++bucket;
    bits[bucket] += token_bits / static_cast<double>(token_bytes);
    ++bytes[bucket];
  }
}

Sliding sliding_for(const MeasuredModel& model, size_t window, size_t stride) {
  const LanguageModel::Description& about = model.model->description();
  Sliding sliding = {window > 0 ? window : model.usual_window, stride};
  if (about.max_context > 0 && sliding.window > about.max_context)
    throw Error(ErrorKind::kUsage,
                about.name + " reads at most " + std::to_string(about.max_context) +
                    " tokens at once; --window asks for " + std::to_string(sliding.window));
  if (sliding.window < 2)
    throw Error(ErrorKind::kUsage, "--window takes 2 tokens or more: one is the start");
  if (stride == 0)
    sliding.stride = window > 0 ? std::max<size_t>(1, window / 2)
                                : std::min(model.usual_stride, sliding.window - 1);
  if (sliding.stride >= sliding.window)
    throw Error(ErrorKind::kUsage, "--stride must be less than --window (" +
                                       std::to_string(sliding.window) + "), found " +
                                       std::to_string(sliding.stride));
  return sliding;
}

WindowScorer::WindowScorer(MeasuredModel& model, const Sliding& sliding, uint32_t start_token,
                           Progress progress)
    : model_(model),
      sliding_(sliding),
      start_token_(start_token),
      progress_(std::move(progress)),
      tokens_at_once_(std::max<size_t>(1024, sliding.window)) {}

void WindowScorer::text(ByteView text) {
  std::vector<uint32_t> tokens = {start_token_};
  model_.encode(text, tokens);
  tally_.content_bytes += text.size;
  tally_.characters += count_characters(text);
  ++tally_.sequences;
  uint64_t position = 0;
  for (size_t scored = 1; scored < tokens.size();) {
    const bool first = scored == 1;
    const size_t end = std::min(tokens.size(), first ? sliding_.window : scored + sliding_.stride);
    const size_t begin = first ? 1 : end - std::min(end - 1, sliding_.window - 1);
    Waiting window = {{start_token_}, scored - begin + 1, position};
    window.tokens.insert(window.tokens.end(), tokens.begin() + static_cast<ptrdiff_t>(begin),
                         tokens.begin() + static_cast<ptrdiff_t>(end));
    for (; scored < end; ++scored) position += model_.bytes(tokens[scored]).size();
    wait_for(std::move(window));
  }
}

void WindowScorer::window(std::vector<uint32_t> tokens, size_t first_scored) {
  wait_for({std::move(tokens), first_scored, 0});
}

void WindowScorer::wait_for(Waiting window) {
  waiting_tokens_ += window.tokens.size();
  waiting_.push_back(std::move(window));
  if (waiting_tokens_ >= tokens_at_once_) finish();
}

void WindowScorer::finish() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  std::vector<Window> windows;
  for (const Waiting& w : waiting_)
    windows.push_back({w.tokens.data(), w.tokens.size(), w.first_scored});
  bits_.clear();
  model_.model->bits(windows, bits_, kept_ ? &kept_->guesses : nullptr);
  if (kept_) kept_->bits.insert(kept_->bits.end(), bits_.begin(), bits_.end());
  const float* bits = bits_.data();
  for (const Waiting& w : waiting_) {
    uint64_t position = w.position;
    for (size_t i = w.first_scored; i < w.tokens.size(); ++i, ++bits) {
      const uint64_t bytes = model_.bytes(w.tokens[i]).size();
      if (kept_) kept_->tokens.push_back(w.tokens[i]);
      tally_.bits += *bits;
      tally_.curve.add(position, bytes, *bits);
      position += bytes;
      done_bytes_ += bytes;
      ++tally_.tokens;
    }
  }
  if (progress_) progress_(done_bytes_);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (waiting_tokens_ >= tokens_at_once_ && seconds < kSecondsAtOnce / 2)
    tokens_at_once_ = std::min(kMostTokensAtOnce, 2 * tokens_at_once_);
  waiting_.clear();
  waiting_tokens_ = 0;
}

}  // namespace llmz
