// SPDX-License-Identifier: Apache-2.0
#include "llmz/decompress.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/block_coder.h"
#include "codec/blocks.h"
#include "codec/caller.h"
#include "container/frame_memory.h"
#include "container/frame_reader.h"

namespace llmz {
namespace {

CoderSettings settings_of(const FrameHeader& header, const Session& session) {
  if (header.coder) return *header.coder;
  return header.needs_model ? coder_settings(CompressSettings{}, session.model().exact)
                            : plain_coder_settings(CompressSettings{});
}

// Frames in, content out, round by round.
class FrameDecoder {
 public:
  FrameDecoder(const Models& models, const DecompressSettings& settings, const Progress& progress)
      : models_(models),
        settings_(settings),
        progress_(progress),
        session_(settings.engine, models) {}

  void begin(const FrameHeader& header) {
    memory_.emplace(header);
    model_bytes_ = 0;
    if (header.needs_model) use_model(header);
    const uint64_t fingerprint = header.needs_model ? session_.model().fingerprint : 0;
    check_.emplace(fingerprint);
    decoder_.emplace(session_, settings_of(header, session_), reference_of(header, fingerprint));
    decoder_->state().progress = [this, before = totals.content_bytes](uint64_t done) {
      if (progress_) progress_(before + done);
    };
  }

  Bytes decode(const Round& round) {
    memory_->add(round.method, round.content_size_bytes, round.payload.size());
    limit_memory(model_bytes_ + memory_->bytes());
    if (settings_.max_content_bytes > 0 &&
        round.content_size_bytes > settings_.max_content_bytes - decoded_bytes_)
      throw Error(ErrorKind::kLimit, "holds more than the limit of " +
                                         std::to_string(settings_.max_content_bytes) +
                                         " bytes of content");
    decoded_bytes_ += round.content_size_bytes;
    Bytes content = decoder_->decode(round);
    check_->update(content);
    totals.content_bytes_of[static_cast<size_t>(round.method)] += content.size();
    totals.payload_bytes_of[static_cast<size_t>(round.method)] += round.payload.size();
    return content;
  }

  // After the last round.
  void end(const FrameReader& reader) {
    reader.verify_content(*check_);
    ++totals.frames;
  }

  // The frame that `reader` has begun. What its own checks do not cover round by round is held back
  // until the whole is verified, if so asked.
  void whole_frame(FrameReader& reader, const FrameHeader& header, bool hold_unchecked,
                   ByteSink& out) {
    begin(header);
    const bool hold = hold_unchecked && !header.coder;
    Bytes held;
    while (const auto round = reader.next_round()) {
      Bytes content = decode(*round);
      if (!hold) {
        out.write(content);
        totals.content_bytes += content.size();
      } else {
        held = std::move(content);  // such a frame has one round
      }
    }
    end(reader);
    if (hold) {
      out.write(held);
      totals.content_bytes += held.size();
    }
  }

  // After everything.
  void leave() { std::move(session_).leave_to(models_); }

  Totals totals;

 private:
  void use_model(const FrameHeader& header) {
    // Finding a model reads every model file: once, not for each of a thousand small frames.
    if (!session_.loaded() || !is_model_of(header, session_.model().fingerprint)) {
      const ModelInfo info = header.model_by_reference ? model_by_reference(header)
                                                       : models_.find(header.fingerprint_low, true);
      info_ = info;
      limit_model(header);
      session_.use(info);
      return;
    }
    if (settings_.max_memory_bytes == 0) return;
    if (!info_ || info_->fingerprint != session_.model().fingerprint)
      info_ = models_.find(session_.model().fingerprint, false);
    limit_model(header);
  }
  bool is_model_of(const FrameHeader& header, uint64_t fingerprint) const {
    return header.model_by_reference
               ? settings_.reference &&
                     settings_.reference->check(fingerprint) == *header.reference_check
               : static_cast<uint32_t>(fingerprint) == header.fingerprint_low;
  }
  // The check names the reference and the model together.
  ModelInfo model_by_reference(const FrameHeader& header) const {
    if (!settings_.reference) throw_reference(header);
    for (const ModelInfo& info : models_.list()) {
      if (is_model_of(header, info.fingerprint)) return info;
    }
    throw_reference(header);
  }
  ReferenceState* reference_of(const FrameHeader& header, uint64_t fingerprint) const {
    if (!header.reference_check) return nullptr;
    if (!settings_.reference || settings_.reference->check(fingerprint) != *header.reference_check)
      throw_reference(header);
    return &ReferenceState::of(*settings_.reference);
  }
  [[noreturn]] void throw_reference(const FrameHeader& header) const {
    const std::string where = "frame at offset " + std::to_string(header.offset) + ": ";
    if (!settings_.reference) {
      throw Error(
          ErrorKind::kReferenceMissing,
          where + "compressed with a reference: the same file is needed to decompress (-D FILE)");
    }
    throw Error(
        ErrorKind::kReferenceMissing,
        where + (header.model_by_reference
                     ? "compressed with another reference, or with a model that is not installed"
                     : "compressed with another reference"));
  }
  void limit_model(const FrameHeader& header) {
    model_bytes_ = info_->memory_bytes(header.coder ? header.coder->lanes : kDefaultLanes);
    limit_memory(model_bytes_);
  }
  void limit_memory(uint64_t bytes) const {
    if (settings_.max_memory_bytes > 0 && bytes > settings_.max_memory_bytes)
      throw Error(ErrorKind::kLimit, "takes up to " + std::to_string(bytes >> 20) +
                                         " MB of memory to decode; the limit is " +
                                         std::to_string(settings_.max_memory_bytes >> 20) + " MB");
  }

  const Models& models_;
  const DecompressSettings& settings_;
  const Progress& progress_;
  Session session_;
  std::optional<ModelInfo> info_;  // of the session's model
  uint64_t model_bytes_ = 0, decoded_bytes_ = 0;
  std::optional<FrameMemory> memory_;
  std::optional<ContentCheck> check_;
  std::optional<BlockDecoder> decoder_;
};

// Without the offset, which counts from where this reader began.
std::string reason(const Error& error) {
  const std::string text = error.what();
  const size_t colon = text.rfind("frame at offset", 0) == 0 ? text.find(": ") : std::string::npos;
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

// What tapes and block devices add behind the last frame.
bool is_padding(ByteView rest) {
  return std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; });
}

// Where the next frame may begin.
size_t next_magic(ByteView file, size_t from) {
  const auto found =
      std::search(file.begin() + from, file.end(), std::begin(kFrameMagic), std::end(kFrameMagic));
  return static_cast<size_t>(found - file.begin());
}

}  // namespace

namespace {

void throw_empty() {
  throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 9 bytes");
}

Totals decompress_all(ByteSource& in, ByteSink& out, const Models& models,
                      const DecompressSettings& settings, const Progress& progress) {
  FrameDecoder decoder(models, settings, progress);
  FrameReader reader(in);
  while (const auto header = reader.next_frame()) decoder.whole_frame(reader, *header, false, out);
  if (decoder.totals.frames == 0) throw_empty();
  decoder.totals.compressed_bytes = reader.position();
  decoder.leave();
  return decoder.totals;
}

Totals salvage_all(ByteView file, ByteSink& out, const Models& models,
                   const DecompressSettings& settings, const std::function<void(const Lost&)>& lost,
                   const Progress& progress) {
  FrameDecoder decoder(models, settings, progress);
  Totals& totals = decoder.totals;
  totals.compressed_bytes = file.size;
  std::optional<Lost> gap;  // damage up to here
  for (size_t at = 0; at < file.size;) {
    if (totals.frames > 0 && is_padding(file.subview(at, file.size - at))) break;
    const uint64_t before = totals.content_bytes;
    MemorySource source(file.subview(at, file.size - at));
    FrameReader reader(source);
    try {
      const auto header = reader.next_frame();
      if (gap) lost(*std::exchange(gap, std::nullopt));
      if (!header) break;  // an index or padding was the rest
      decoder.whole_frame(reader, *header, true, out);
      at += reader.position();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted || e.kind() == ErrorKind::kIo ||
          e.kind() == ErrorKind::kInternal || e.kind() == ErrorKind::kLimit)
        throw;
      const size_t next = next_magic(file, at + 1);
      const uint64_t kept = totals.content_bytes - before;
      if (kept > 0 && gap) lost(*std::exchange(gap, std::nullopt));
      if (!gap) gap = Lost{at, 0, kept, reason(e)};
      gap->size_bytes = next - gap->offset;
      at = next;
    }
  }
  if (gap) lost(*gap);
  return totals;
}

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

Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const DecompressSettings& settings, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    CallerSink sink(caller, out);
    return decompress_all(source, sink, models, settings, callers_progress(caller, progress));
  });
}

Bytes decompress(ByteView file, const DecompressSettings& settings, const Models& models) {
  MemorySource in(file);
  MemorySink out;
  decompress(in, out, models, settings);
  return out.take();
}

Totals salvage(ByteView file, ByteSink& out, const Models& models,
               const DecompressSettings& settings, const std::function<void(const Lost&)>& lost,
               const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSink sink(caller, out);
    return salvage_all(
        file, sink, models, settings, [&](const Lost& gap) { caller.out([&] { lost(gap); }); },
        callers_progress(caller, progress));
  });
}

class DecompressStreamState {
 public:
  DecompressStreamState(const DecompressSettings& settings, const Models& models, Progress progress)
      : settings_(settings),
        models_(models),
        progress_(std::move(progress)),
        report_(callers_progress(caller_, progress_)),
        decoder_(models_, settings_, report_),
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
  const Totals& totals() const { return decoder_.totals; }

 private:
  void check_usable() const {
    if (!usable_) throw Error(ErrorKind::kUsage, "an error has ended the use of this stream");
  }

  Bytes next_content() {
    while (fed_.worth_a_try()) {
      if (!in_frame_ && decoder_.totals.frames > 0) fed_.skip_zeros();
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
    if (!in_frame_) {
      const auto header = reader_->next_frame();
      fed_.keep();
      if (!header) {
        finish();
        return std::nullopt;
      }
      in_frame_ = true;
      decoder_.begin(*header);
      return std::nullopt;
    }
    const auto round = reader_->next_round();
    fed_.keep();
    if (!round) {
      decoder_.end(*reader_);
      decoder_.totals.compressed_bytes = reader_->position();
      in_frame_ = false;
      return std::nullopt;
    }
    Bytes content = decoder_.decode(*round);
    decoder_.totals.content_bytes += content.size();
    return content;
  }

  void finish() {
    if (decoder_.totals.frames == 0) throw_empty();
    decoder_.totals.compressed_bytes = reader_->position();
    decoder_.leave();
    finished_ = true;
  }

  Caller caller_;
  const DecompressSettings settings_;
  const Models models_;
  const Progress progress_, report_;
  FedSource fed_;
  FrameDecoder decoder_;
  std::optional<FrameReader> reader_;
  bool in_frame_ = false, finished_ = false, usable_ = true;
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
