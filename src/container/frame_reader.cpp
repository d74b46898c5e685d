// SPDX-License-Identifier: Apache-2.0
#include "container/frame_reader.h"

#include <algorithm>
#include <cstring>

#include "base/wrong_file.h"

namespace llmz {
namespace {

std::string hex(uint64_t value, int digits) {
  std::string text;
  while (digits-- > 0) text += "0123456789abcdef"[value >> (4 * digits) & 15];
  return text;
}

std::string at(uint64_t offset) { return "frame at offset " + std::to_string(offset) + ": "; }

// A chain of hashes is compared with the index: a list would grow with the file.
uint64_t with_sizes(uint64_t chain, const IndexEntry& frame) {
  Bytes sizes;
  append_le(sizes, frame.compressed_size_bytes, 8);
  append_le(sizes, frame.content_size_bytes, 8);
  return xxh3_64(sizes, chain);
}

}  // namespace

std::string fingerprint_text(uint32_t fingerprint_low) { return hex(fingerprint_low, 8); }

void FrameReader::corrupt(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, at(header_.offset) + what);
}

std::optional<FrameHeader> FrameReader::next_frame() {
  while (next_round()) {
  }
  if (seen_frame_) end_frame();
  for (uint64_t carried_bytes = 0;;) {
    header_ = FrameHeader{};
    header_.carried = carried_;
    header_.carried_bytes = carried_bytes;
    header_.offset = input_.position();
    rounds_read_ = content_bytes_ = 0;
    input_.start_record();
    uint8_t start[sizeof kFrameMagic];
    const size_t got = input_.try_read(start, sizeof start);
    if (got == 0) {
      if (awaiting_index_ == 0 || !whole_file_) return std::nullopt;
      throw Error(ErrorKind::kTruncated,
                  "the input ends after " + std::to_string(header_.offset) +
                      " bytes without the index that its frames announce: it was cut off");
    }
    if (std::memcmp(start, kFrameMagic, got) != 0) {
      if (seen_frame_ && awaiting_index_ == 0 && is_padding(ByteView(start, got)))
        return std::nullopt;
      if (seen_frame_)
        corrupt(
            "unexpected data after the last frame: the file is damaged there, or something was "
            "appended (decompress --salvage takes what stands before it)");
      throw Error(ErrorKind::kNotLlmz, not_llmz(ByteView(start, got)));
    }
    if (got < sizeof start) {
      throw Error(ErrorKind::kTruncated, at(header_.offset) + "the input ends after one byte");
    }
    header_.kind = read_kind();
    read_start_of(header_.kind);
    seen_frame_ = true;
    if (header_.kind == FrameKind::kModel) {
      carried_bytes += input_.position() - header_.offset;
    } else if (header_.kind != FrameKind::kIndex) {
      return header_;
    }
  }
}

FrameKind FrameReader::read_kind() {
  uint64_t tag = 0;
  input_.le(tag, 1, "version and kind");
  const auto kind = static_cast<FrameKind>(tag & 15);
  if (tag >> 4 == kFormatVersion && kind <= kLastFrameKind) return kind;
  throw Error(ErrorKind::kNewerVersion,
              at(header_.offset) + "format version " + std::to_string(tag >> 4) + ", kind " +
                  std::to_string(tag & 15) + "; this llmz reads version " +
                  std::to_string(kFormatVersion) + ", kinds 0 to " +
                  std::to_string(static_cast<int>(kLastFrameKind)) + ": " +
                  (tag >> 4 < kFormatVersion ? "an older" : "a newer") +
                  " llmz wrote it, or it is damaged");
}

// A frame of content as far as its first round, another one as a whole.
void FrameReader::read_start_of(FrameKind kind) {
  switch (kind) {
    case FrameKind::kIndex:
      return read_index_frame();
    case FrameKind::kModel:
      return read_model();
    case FrameKind::kRounds:
      return read_rounds_header();
    case FrameKind::kPlain:
    case FrameKind::kPlainWithReference:
      return read_plain(kind);
    case FrameKind::kSingleWithReference:
      return read_single_with_reference();
    case FrameKind::kSingle16:
    case FrameKind::kSingle24:
      return read_single(kind);
  }
}

std::string FrameReader::not_llmz(ByteView start) {
  uint8_t head[64];
  std::copy(start.begin(), start.end(), head);
  const size_t more = input_.try_read(head + start.size, sizeof head - start.size);
  const std::string wrong = wrong_file_text(ByteView(head, start.size + more));
  if (!wrong.empty()) return "not an llmz file: " + wrong;
  return "not an llmz file: it begins with " + hex(start[0], 2) +
         (start.size > 1 ? " " + hex(start[1], 2) : "") + ", an llmz file begins with ec 1a";
}

// Zeros to the end of the input are what tapes, pipes and block devices add.
bool FrameReader::is_padding(ByteView start) {
  const auto all_zero = [](ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
  };
  if (!all_zero(start)) return false;
  uint8_t more[4096];
  for (;;) {
    input_.start_record();
    const size_t got = input_.try_read(more, sizeof more);
    if (got == 0) return true;
    if (!all_zero(ByteView(more, got))) return false;
  }
}

void FrameReader::read_single(FrameKind kind) {
  SingleFields f;
  visit_single(input_, f, kind);
  check_sizes(RoundMethod::kTokenMix, f.content_size, f.payload_size);
  header_.fingerprint_low = static_cast<uint32_t>(f.fingerprint_low);
  header_.content_size_bytes = f.content_size;
  content_check_ = f.content_check;
  content_bytes_ = f.content_size;
  pending_ = Round{0, RoundMethod::kTokenMix, f.content_size, input_.payload(f.payload_size)};
  if (kind == FrameKind::kSingle24 &&
      is_damaged(single_payload_check(f, pending_->payload), f.payload_check)) {
    corrupt("the compressed bytes do not match their checksum");
  }
}

void FrameReader::read_single_with_reference() {
  SingleWithReferenceFields f;
  visit_single_with_reference(input_, f);
  check_sizes(RoundMethod::kTokenMix, f.content_size, f.payload_size);
  header_.reference_check = static_cast<uint32_t>(f.reference_check);
  header_.model_by_reference = true;
  header_.content_size_bytes = f.content_size;
  content_check_ = f.content_check;
  content_bytes_ = f.content_size;
  pending_ = Round{0, RoundMethod::kTokenMix, f.content_size, input_.payload(f.payload_size)};
}

void FrameReader::read_plain(FrameKind kind) {
  PlainFields f;
  visit_plain(input_, f, kind);
  if (kind == FrameKind::kPlainWithReference)
    header_.reference_check = static_cast<uint32_t>(f.reference_check);
  const RoundMethod method = static_cast<RoundMethod>(f.round.method);
  if (needs_model(method)) corrupt("a frame without a model has a round that needs one");
  check_reference(method);
  header_.needs_model = false;
  header_.content_size_bytes = f.round.content_size;
  content_check_ = f.content_check;
  content_bytes_ = f.round.content_size;
  if (f.round.content_size == 0 && method == RoundMethod::kStored) return;
  check_sizes(method, f.round.content_size, f.round.payload_size);
  pending_ = Round{0, method, f.round.content_size, input_.payload(f.round.payload_size)};
  if (method != RoundMethod::kStored &&
      is_damaged(plain_payload_check(f, pending_->payload), f.payload_check)) {
    corrupt("the compressed bytes do not match their checksum");
  }
}

void FrameReader::check_sizes(RoundMethod method, uint64_t content_size,
                              uint64_t payload_size) const {
  if (round_sizes_possible(method, content_size, payload_size)) return;
  corrupt("round " + std::to_string(rounds_read_) + " has impossible sizes: " +
          std::to_string(content_size) + " bytes in a payload of " + std::to_string(payload_size));
}

void FrameReader::check_reference(RoundMethod method) const {
  if (needs_reference(method) && !header_.reference_check)
    corrupt("a frame without a reference has a round that needs one");
  if (!may_have_reference(method) && header_.reference_check)
    corrupt("a frame behind a reference has a round of samples");
}

void FrameReader::read_rounds_header() {
  token_method_.reset();
  RoundsFields f;
  visit_rounds_header(input_, f);
  if (f.lanes == 0) corrupt("1 to 255 lanes were expected, 0 were found");
  if (f.memory_bits < kSmallestMemoryBits || f.memory_bits > kLargestMemoryBits)
    corrupt("16 to 28 bits of memory were expected, " + std::to_string(f.memory_bits) +
            " were found");
  header_.needs_model = (f.flags & kFlagNoModel) == 0;
  header_.fingerprint_low = static_cast<uint32_t>(f.fingerprint_low);
  header_.coder =
      CoderSettings{static_cast<uint8_t>(f.lanes), (f.flags & kFlagHeadLearning) != 0,
                    static_cast<uint8_t>(f.head_rate_code), static_cast<uint8_t>(f.memory_bits)};
  if (f.flags & kFlagContentSize) header_.content_size_bytes = f.content_size;
  header_.index_follows = (f.flags & kFlagIndexFollows) != 0;
  if (f.flags & kFlagReference) header_.reference_check = static_cast<uint32_t>(f.reference_check);
  chain_ = xxh3_64(input_.record());
  pending_ = read_round();
  if (!pending_) corrupt("its header is not followed by a round");
  more_rounds_ = true;
}

// Frames that announce an index come in one piece before it.
void FrameReader::end_frame() {
  if (!header_.index_follows) {
    if (whole_file_ && awaiting_index_ > 0)
      corrupt("it does not belong to the index that the frames before it announce");
    return;
  }
  ++awaiting_index_;
  const IndexEntry sizes{input_.position() - header_.offset, content_bytes_};
  awaited_sizes_ = with_sizes(awaited_sizes_, sizes);
}

void FrameReader::read_index_frame() {
  const std::vector<IndexEntry> frames = read_index(input_, header_.offset);
  if (whole_file_ && awaiting_index_ > 0) {
    if (frames.size() != awaiting_index_)
      corrupt("an index of " + std::to_string(frames.size()) + " frames follows " +
              std::to_string(awaiting_index_) + " frames: some are missing");
    uint64_t sizes = 0;
    for (const IndexEntry& frame : frames) sizes = with_sizes(sizes, frame);
    if (sizes != awaited_sizes_) corrupt("the index says other sizes than its frames have");
  }
  awaiting_index_ = 0;
  awaited_sizes_ = 0;
}

// Unpacked where it is needed; one at a time is kept.
void FrameReader::read_model() {
  if (whole_file_ && awaiting_index_ > 0)
    corrupt("a model stands between frames and the index that they announce");
  ModelFields f;
  visit_model(input_, f);
  if (!model_sizes_possible(f.model_size, f.payload_size))
    corrupt("impossible sizes of a model: " + std::to_string(f.model_size) +
            " bytes in a payload of " + std::to_string(f.payload_size));
  auto model = std::make_shared<CarriedModel>();
  model->fingerprint = f.fingerprint;
  model->size_bytes = f.model_size;
  model->payload = input_.payload(f.payload_size);
  if (is_damaged(model_payload_check(f, model->payload), f.payload_check))
    corrupt("the model that it carries does not match its checksum");
  carried_ = std::move(model);
}

std::optional<Round> FrameReader::next_round() {
  if (pending_) return std::exchange(pending_, std::nullopt);
  if (!more_rounds_) return std::nullopt;
  more_rounds_ = false;  // stays so if this throws: a damaged frame has no next round
  std::optional<Round> round = read_round();
  if (round) {
    more_rounds_ = true;
  } else {
    read_end();
  }
  return round;
}

std::optional<Round> FrameReader::read_round() {
  RoundFields f;
  input_.start_record();
  visit_round_sizes(input_, f);
  if (f.content_size == 0) return std::nullopt;
  const RoundMethod method = static_cast<RoundMethod>(f.method);
  check_sizes(method, f.content_size, f.payload_size);
  if (needs_model(method) && !header_.needs_model)
    corrupt("a frame without a model has a round that needs one");
  if (needs_model(method) && token_method_.value_or(method) != method)
    corrupt("a frame has rounds of the network of more than one method");
  if (needs_model(method)) token_method_ = method;
  check_reference(method);
  const Bytes sizes = input_.record();
  uint64_t check = 0;
  input_.le(check, kCheckBytes, "round check");
  Round round{rounds_read_, method, f.content_size, input_.payload(f.payload_size)};
  if (is_damaged(advance_round_check(chain_, sizes, round.payload), check)) {
    corrupt("round " + std::to_string(rounds_read_) + (rounds_read_ == 0 ? " or the header" : "") +
            " is damaged: its check is wrong");
  }
  ++rounds_read_;
  content_bytes_ += f.content_size;
  return round;
}

void FrameReader::read_end() {
  input_.le(content_check_, kCheckBytes, "content check");
  if (header_.content_size_bytes.value_or(content_bytes_) != content_bytes_) {
    corrupt("its rounds hold " + std::to_string(content_bytes_) + " bytes, its header says " +
            std::to_string(*header_.content_size_bytes));
  }
}

uint32_t FrameReader::content_check() const {
  if (pending_ || more_rounds_) {
    throw Error(ErrorKind::kInternal, "frame reader: the content check comes after the last round");
  }
  return static_cast<uint32_t>(content_check_);
}

void verify_content(const FrameHeader& header, uint32_t check, const ContentCheck& content) {
  if (!is_damaged(content.value(), check)) return;
  throw Error(ErrorKind::kCorrupt,
              at(header.offset) + "the decoded content has check " + hex(content.value(), 8) +
                  " instead of " + hex(check, 8) +
                  ": the frame is damaged, or the model is not the one that compressed it");
}

}  // namespace llmz
