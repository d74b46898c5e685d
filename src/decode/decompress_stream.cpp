// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "container/caller.h"
#include "decode/frame_decoder.h"

namespace llmz {
namespace {

// What was fed. A read beyond it, before its end, takes back all reads since the last keep().
class FedSource : public ByteSource {
 public:
  struct Missing {};

  void feed(ByteView bytes) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(kept_));
    at_ -= kept_;
    needed_ -= std::min(needed_, kept_);
    kept_ = 0;
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  }
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  // Whether a read that failed may succeed now.
  bool worth_a_try() const { return ended_ || waiting_.size() >= needed_; }

  size_t read(uint8_t* out, size_t count) override {
    const size_t there = std::min(count, waiting_.size() - at_);
    if (there < count && !ended_) {
      needed_ = at_ + count;
      at_ = kept_;
      throw Missing{};
    }
    std::copy_n(waiting_.data() + at_, there, out);
    at_ += there;
    return there;
  }
  void keep() { kept_ = at_; }
  // Padding is no more than a zero.
  void skip_zeros() {
    while (kept_ + 1 < waiting_.size() && waiting_[kept_] == 0 && waiting_[kept_ + 1] == 0) ++kept_;
    at_ = kept_;
    needed_ = 0;
  }

 private:
  Bytes waiting_;
  size_t at_ = 0, kept_ = 0, needed_ = 0;
  bool ended_ = false;
};

}  // namespace

class DecompressStreamState {
 public:
  DecompressStreamState(const DecompressSettings& settings, const Models& models, Progress progress)
      : settings_(settings),
        models_(models),
        progress_(std::move(progress)),
        report_(callers_progress(caller_, progress_)),
        session_(settings_.engine, models_),
        call_(settings_, models_, session_),
        content_limit_(settings_),
        reader_(std::in_place, fed_) {}

  void feed(ByteView bytes) {
    check_usable();
    if (fed_.ended()) throw Error(ErrorKind::kUsage, "this stream was told that it ends");
    at_border([&] { fed_.feed(bytes); });
  }
  void end() {
    check_usable();
    fed_.end();
  }
  Bytes drain() {
    check_usable();
    if (finished_) return {};
    usable_ = false;
    Bytes content = caller_.in([&] { return next_content(); });
    usable_ = true;
    return content;
  }
  bool finished() const { return finished_; }
  const Totals& totals() const { return totals_; }

 private:
  void check_usable() const {
    if (!usable_) throw Error(ErrorKind::kUsage, "an error has ended the use of this stream");
  }

  Bytes next_content() {
    while (fed_.worth_a_try()) {
      if (!decoder_ && totals_.frames > 0) fed_.skip_zeros();
      // What the reader knows after half a step is thrown away with it.
      const FrameReader before = *reader_;
      try {
        if (std::optional<Bytes> content = step()) return std::move(*content);
        if (finished_) return {};
      } catch (const FedSource::Missing&) {
        reader_.emplace(before);
      }
    }
    return {};
  }

  std::optional<Bytes> step() {
    if (!decoder_) {
      const auto header = reader_->next_frame();
      fed_.keep();
      if (!header) {
        finish();
        return std::nullopt;
      }
      decoder_.emplace(call_, session_, *header,
                       [this, before = totals_.content_bytes](uint64_t n) {
                         if (report_) report_(before + n);
                       });
      return std::nullopt;
    }
    const auto round = reader_->next_round();
    fed_.keep();
    if (!round) {
      decoder_->end(reader_->content_check());
      add_totals(totals_, decoder_->totals());
      totals_.compressed_bytes = reader_->position();
      decoder_.reset();
      return std::nullopt;
    }
    content_limit_.add(round->content_size_bytes);
    Bytes content = decoder_->decode(*round);
    totals_.content_bytes += content.size();
    return content;
  }

  void finish() {
    if (totals_.frames == 0) throw_empty();
    totals_.compressed_bytes = reader_->position();
    std::move(session_).return_to(models_);
    finished_ = true;
  }

  Caller caller_;
  const DecompressSettings settings_;
  const Models models_;
  const Progress progress_, report_;
  FedSource fed_;
  Session session_;
  DecompressCall call_;
  ContentLimit content_limit_;
  std::optional<FrameReader> reader_;
  std::optional<FrameDecoder> decoder_;  // of the frame in hand
  Totals totals_;
  bool finished_ = false, usable_ = true;
};

DecompressStream::DecompressStream(const DecompressSettings& settings, const Models& models,
                                   Progress progress)
    : state_(at_border([&] {
        return std::make_unique<DecompressStreamState>(settings, models, std::move(progress));
      })) {}
DecompressStream::~DecompressStream() = default;
DecompressStream::DecompressStream(DecompressStream&&) noexcept = default;
DecompressStream& DecompressStream::operator=(DecompressStream&&) noexcept = default;

void DecompressStream::feed(ByteView compressed) { state_->feed(compressed); }
void DecompressStream::end() { state_->end(); }
Bytes DecompressStream::drain() { return state_->drain(); }
bool DecompressStream::finished() const { return state_->finished(); }
const Totals& DecompressStream::totals() const { return state_->totals(); }

}  // namespace llmz
