// SPDX-License-Identifier: Apache-2.0
#include "decode/frame_decoder.h"

#include <utility>

#include "decode/block_memory.h"
#include "decode/carried_model.h"
#include "decode/coder_settings.h"
#include "exact/make_engine.h"

namespace llmz {
namespace {

CoderSettings settings_of(const FrameHeader& header, const Session& session) {
  if (header.coder) return *header.coder;
  CoderSettings coder =
      header.needs_model ? default_coder_settings(session.model().exact) : default_coder_settings();
  coder.memory_bits = header.memory_bits();
  return coder;
}

constexpr char kNoReference[] = "a reference: the same file is needed to decompress (-D FILE)";

[[noreturn]] void throw_reference(const FrameHeader& header, const char* why) {
  throw Error(ErrorKind::kReferenceMissing,
              "frame at offset " + std::to_string(header.offset) + ": compressed with " + why);
}

}  // namespace

DecompressCall::DecompressCall(const DecompressSettings& s, const Models& m, Session& first)
    : settings(s), models(m), model(first), spare(thread_count(s.engine)) {}

ModelInfo DecompressCall::model_of(const FrameHeader& header) {
  return model.info([&](uint64_t found) { return is_model_of(header, found); },
                    [&] { return find_model(header); });
}

uint64_t model_bytes(const ModelInfo& model, const FrameHeader& header) {
  return model.memory_bytes(header.coder ? header.coder->lanes : kDefaultLanes);
}

bool DecompressCall::is_model_of(const FrameHeader& header, uint64_t fingerprint) const {
  if (!header.model_by_reference)
    return static_cast<uint32_t>(fingerprint) == header.fingerprint_low;
  return settings.reference && header.is_behind(settings.reference->check(fingerprint));
}

ModelInfo DecompressCall::find_model(const FrameHeader& header) const {
  try {
    return find_installed(header);
  } catch (const Error& e) {
    if (!header.carried || !is_model_of(header, header.carried->fingerprint)) throw;
    if (e.kind() != ErrorKind::kModelMissing && e.kind() != ErrorKind::kReferenceMissing) throw;
  }
  check_memory(9 * header.carried->size_bytes, settings.max_memory_bytes, "decode");
  return unpacked(*header.carried);
}

ModelInfo DecompressCall::find_installed(const FrameHeader& header) const {
  if (!header.model_by_reference) return models.find(header.fingerprint_low, true);
  if (!settings.reference) throw_reference(header, kNoReference);
  for (const ModelInfo& info : models.list()) {
    if (is_model_of(header, info.fingerprint)) return info;
  }
  throw_reference(header, "another reference, or with a model that is not installed");
}

ReferenceState* DecompressCall::reference_of(const FrameHeader& header,
                                             uint64_t fingerprint) const {
  if (!header.reference_check) return nullptr;
  if (!settings.reference) throw_reference(header, kNoReference);
  if (!header.is_behind(settings.reference->check(fingerprint)))
    throw_reference(header, "another reference");
  return &ReferenceState::of(*settings.reference);
}

FrameDecoder::FrameDecoder(DecompressCall& call, Session& session, const FrameHeader& header,
                           std::function<void(uint64_t)> progress)
    : call_(call), session_(session), thread_(call.spare), header_(header), memory_(header) {
  if (header.needs_model) use_model();
  const uint64_t fingerprint = header.needs_model ? session_.model().fingerprint : 0;
  check_.emplace(fingerprint);
  decoder_.emplace(session_, settings_of(header, session_), call_.reference_of(header, fingerprint),
                   &call_.spare);
  decoder_->state().progress = std::move(progress);
}

Bytes FrameDecoder::decode(const Round& round) {
  memory_.add(round.method, round.content_size_bytes, round.payload.size());
  limit_memory(model_bytes_ + memory_.bytes());
  Bytes content = decoder_->decode(round);
  check_->update(content);
  totals_.content_bytes_of[static_cast<size_t>(round.method)] += content.size();
  totals_.payload_bytes_of[static_cast<size_t>(round.method)] += round.payload.size();
  return content;
}

void FrameDecoder::end(uint32_t check) {
  verify_content(header_, check, *check_);
  ++totals_.frames;
}

void FrameDecoder::use_model() {
  // Finding a model reads every model file: once, not for each of a thousand small frames.
  if (call_.settings.max_memory_bytes > 0) {
    model_bytes_ = model_bytes(call_.model_of(header_), header_);
    limit_memory(model_bytes_);
  }
  call_.model.use(
      session_, [&](uint64_t found) { return call_.is_model_of(header_, found); },
      [&] { return call_.find_model(header_); });
}

void FrameDecoder::limit_memory(uint64_t bytes) const {
  check_memory(bytes, call_.settings.max_memory_bytes, "decode");
}

void add_totals(Totals& sum, const Totals& of_frame) {
  sum.frames += of_frame.frames;
  for (size_t i = 0; i < kMethods; ++i) {
    sum.content_bytes_of[i] += of_frame.content_bytes_of[i];
    sum.payload_bytes_of[i] += of_frame.payload_bytes_of[i];
  }
}

}  // namespace llmz
