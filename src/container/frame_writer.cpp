// SPDX-License-Identifier: Apache-2.0
#include "container/frame_writer.h"

#include "container/fields.h"

namespace llmz {
namespace {

constexpr uint64_t kMaxSingle16 = 0xffff;
constexpr uint64_t kMaxSingle24 = 0xffffff;

void write_start(FieldWriter& fields, FrameKind kind) {
  fields.raw(ByteView(kFrameMagic, sizeof kFrameMagic));
  fields.le(frame_tag(kind), 1, "version and kind");
}

[[noreturn]] void wrong_call(const std::string& what) {
  throw Error(ErrorKind::kInternal, "frame writer: " + what);
}

}  // namespace

FrameWriter::FrameWriter(ByteSink& sink, const FrameSettings& settings)
    : sink_(sink), settings_(settings) {
  if (settings.coder.lanes == 0) wrong_call("1 to 255 lanes were expected, 0 were found");
}

void FrameWriter::write(ByteView bytes) {
  sink_.write(bytes);
  written_bytes_ += bytes.size;
}

bool FrameWriter::may_be_held(const Round& round) const {
  if (settings_.index_follows ||
      settings_.content_size_bytes.value_or(round.content_size_bytes) != round.content_size_bytes)
    return false;
  const uint8_t implied =
      implied_memory_bits(round.content_size_bytes, settings_.reference_check.has_value());
  if (round.method != RoundMethod::kStored && settings_.coder.memory_bits != implied) return false;
  if (!settings_.needs_model) return true;
  if (settings_.reference_check &&
      (round.content_size_bytes > kMaxSingle16 || round.payload.size() > kMaxSingle16))
    return false;
  return round.method == RoundMethod::kTokenMix && settings_.coder_is_model_default &&
         round.content_size_bytes <= kMaxSingle24 && round.payload.size() <= kMaxSingle24;
}

void FrameWriter::add_round(RoundMethod method, uint64_t content_size_bytes, ByteView payload) {
  if (!round_sizes_possible(method, content_size_bytes, payload.size)) {
    wrong_call("a round of " + std::to_string(content_size_bytes) + " bytes in a payload of " +
               std::to_string(payload.size) + " is out of bounds");
  }
  if (needs_model(method) && !settings_.needs_model) wrong_call("a round that needs a model");
  if (needs_model(method) && token_method_.value_or(method) != method)
    wrong_call("rounds of the network of more than one method");
  if (needs_model(method)) token_method_ = method;
  if (needs_reference(method) && !settings_.reference_check)
    wrong_call("a round that needs a reference");
  if (!may_have_reference(method) && settings_.reference_check)
    wrong_call("a round of samples behind a reference");
  if (settings_.content_size_bytes &&
      content_size_bytes > *settings_.content_size_bytes - content_bytes_) {
    wrong_call("more content than the " + std::to_string(*settings_.content_size_bytes) +
               " bytes announced");
  }
  const bool first = content_bytes_ == 0;
  content_bytes_ += content_size_bytes;
  Round round{0, method, content_size_bytes, Bytes(payload.begin(), payload.end())};
  if (first && may_be_held(round)) {
    held_ = std::move(round);
    return;
  }
  flush();
  write_round(round);
}

void FrameWriter::flush() {
  if (held_) write_round(*std::exchange(held_, std::nullopt));
}

IndexEntry FrameWriter::finish(uint32_t content_check) {
  if (settings_.content_size_bytes.value_or(content_bytes_) != content_bytes_) {
    wrong_call(std::to_string(*settings_.content_size_bytes) +
               " bytes of content were announced, " + std::to_string(content_bytes_) + " came");
  }
  if (header_written_) {
    FieldWriter end;
    RoundFields none;
    visit_round_sizes(end, none);
    end.le(content_check, kCheckBytes, "content check");
    write(end.bytes());
  } else {
    if (settings_.index_follows) wrong_call("a frame of empty content cannot announce an index");
    if (!held_ && settings_.needs_model) wrong_call("a frame of empty content needs no model");
    const Round round = held_.value_or(Round{});
    needs_model(round.method) ? write_single(round, content_check)
                              : write_plain(round, content_check);
  }
  return {written_bytes_, content_bytes_};
}

void FrameWriter::write_single_with_reference(const Round& round, uint32_t content_check) {
  SingleWithReferenceFields f{*settings_.reference_check & kShortReferenceCheck, content_check,
                              round.content_size_bytes, round.payload.size()};
  FieldWriter fields;
  write_start(fields, FrameKind::kSingleWithReference);
  visit_single_with_reference(fields, f);
  write(fields.bytes());
  write(round.payload);
}

void FrameWriter::write_single(const Round& round, uint32_t content_check) {
  if (settings_.reference_check) return write_single_with_reference(round, content_check);
  SingleFields f;
  f.fingerprint_low = settings_.model_fingerprint & 0xffffffff;
  f.content_check = content_check;
  f.content_size = round.content_size_bytes;
  f.payload_size = round.payload.size();
  const bool narrow = f.content_size <= kMaxSingle16 && f.payload_size <= kMaxSingle16;
  const FrameKind kind = narrow ? FrameKind::kSingle16 : FrameKind::kSingle24;
  f.payload_check = single_payload_check(f, round.payload);
  FieldWriter fields;
  write_start(fields, kind);
  visit_single(fields, f, kind);
  write(fields.bytes());
  write(round.payload);
}

void FrameWriter::write_plain(const Round& round, uint32_t content_check) {
  PlainFields f;
  f.content_check = content_check;
  f.round = {round.content_size_bytes, static_cast<uint64_t>(round.method), round.payload.size()};
  f.payload_check = plain_payload_check(f, round.payload);
  // What is stored needs no reference.
  const bool behind = settings_.reference_check && round.method != RoundMethod::kStored;
  const FrameKind kind = behind ? FrameKind::kPlainWithReference : FrameKind::kPlain;
  f.reference_check = settings_.reference_check.value_or(0);
  FieldWriter fields;
  write_start(fields, kind);
  visit_plain(fields, f, kind);
  write(fields.bytes());
  write(round.payload);
}

void FrameWriter::write_header() {
  RoundsFields f;
  if (settings_.needs_model) {
    f.fingerprint_low = settings_.model_fingerprint & 0xffffffff;
  } else {
    f.flags |= kFlagNoModel;
  }
  f.lanes = settings_.coder.lanes;
  f.memory_bits = settings_.coder.memory_bits;
  if (settings_.coder.head_learning) {
    f.flags |= kFlagHeadLearning;
    f.head_rate_code = settings_.coder.head_rate_code;
  }
  if (settings_.content_size_bytes) {
    f.flags |= kFlagContentSize;
    f.content_size = *settings_.content_size_bytes;
  }
  if (settings_.index_follows) f.flags |= kFlagIndexFollows;
  if (settings_.reference_check) {
    f.flags |= kFlagReference;
    f.reference_check = *settings_.reference_check;
  }
  FieldWriter fields;
  write_start(fields, FrameKind::kRounds);
  visit_rounds_header(fields, f);
  write(fields.bytes());
  chain_ = xxh3_64(fields.bytes());
  header_written_ = true;
}

void FrameWriter::write_round(const Round& round) {
  if (!header_written_) write_header();
  FieldWriter sizes;
  RoundFields f{round.content_size_bytes, static_cast<uint64_t>(round.method),
                round.payload.size()};
  visit_round_sizes(sizes, f);
  const uint32_t check = advance_round_check(chain_, sizes.bytes(), round.payload);
  sizes.le(check, kCheckBytes, "round check");
  write(sizes.bytes());
  write(round.payload);
}

Bytes model_frame(uint64_t fingerprint, uint64_t size_bytes, ByteView payload) {
  if (!model_sizes_possible(size_bytes, payload.size)) {
    throw Error(ErrorKind::kUsage, "the model has " + std::to_string(size_bytes) +
                                       " bytes; a file carries up to " +
                                       std::to_string(kMaxCarriedModelBytes) +
                                       ": llmz models --export puts larger ones beside it");
  }
  ModelFields f{fingerprint, size_bytes, payload.size, 0};
  f.payload_check = model_payload_check(f, payload);
  FieldWriter fields;
  write_start(fields, FrameKind::kModel);
  visit_model(fields, f);
  fields.raw(payload);
  return fields.bytes();
}

}  // namespace llmz
