// SPDX-License-Identifier: Apache-2.0
// A stream in, its frames and their rounds out, one at a time; index frames are checked and passed
// over. Memory: one round.
//
// Errors, all with the offset: kNotLlmz if the input does not begin as a frame; kCorrupt for
// damage, and for foreign bytes after a frame; kTruncated; kNewerVersion. Until verify_content()
// has passed, decoded content is not known to be right.
#pragma once

#include "container/fields.h"
#include "container/frame.h"
#include "container/index.h"
#include "llmz/frame.h"

namespace llmz {

// Throws Error{kCorrupt} if `content` is not what was compressed as the frame with this check.
void verify_content(const FrameHeader& header, uint32_t check, const ContentCheck& content);

class FrameReader {
 public:
  // `source` must outlive the reader. whole_file: an index must list the frames that announced it;
  // otherwise the source is some frames of a file.
  explicit FrameReader(ByteSource& source, bool whole_file = true)
      : input_(source), whole_file_(whole_file) {}

  // The next frame, or nullopt at the end of the input, before which there may be padding after the
  // last frame: zeros. Passes over rounds of the last frame that
  // were not taken. A header with settings is checked, with the first round, before it is returned:
  // what it says was written by an llmz. A header without has only its content check.
  std::optional<FrameHeader> next_frame();

  // The frame's next round, or nullopt after the last. Payloads of frames with settings are
  // checked.
  std::optional<Round> next_round();

  // After the last round; Error{kInternal} before it.
  uint32_t content_check() const;
  uint64_t content_size_bytes() const { return content_bytes_; }
  void verify_content(const ContentCheck& content) const {
    llmz::verify_content(header_, content_check(), content);
  }

  // The last model that was carried; a reader of a part of a file may be given one.
  std::shared_ptr<const CarriedModel> carried() const { return carried_; }
  void carry(std::shared_ptr<const CarriedModel> model) { carried_ = std::move(model); }

  // Bytes of input read so far: after the last round, the offset of the frame's end.
  uint64_t position() const { return input_.position(); }

 private:
  FrameKind read_kind();
  void read_start_of(FrameKind kind);
  bool is_padding(ByteView start);
  std::string not_llmz(ByteView start);
  void read_single(FrameKind kind);
  void read_single_with_reference();
  void read_plain(FrameKind kind);
  void check_reference(RoundMethod method) const;
  void check_sizes(RoundMethod method, uint64_t content_size, uint64_t payload_size) const;
  void read_rounds_header();
  std::optional<Round> read_round();
  void read_end();
  void read_index_frame();
  void read_model();
  void end_frame();
  [[noreturn]] void corrupt(const std::string& what) const;

  FieldReader input_;
  bool whole_file_;
  FrameHeader header_;
  bool seen_frame_ = false;
  std::shared_ptr<const CarriedModel> carried_;
  uint64_t awaiting_index_ = 0;   // frames that announced an index which has not come yet
  uint64_t awaited_sizes_ = 0;    // a chain of hashes of their sizes
  bool more_rounds_ = false;      // the frame's end was not read yet
  std::optional<Round> pending_;  // read, and not yet taken
  uint64_t rounds_read_ = 0;
  std::optional<RoundMethod> token_method_;  // of the rounds so far that need the model
  uint64_t content_bytes_ = 0;
  uint64_t chain_ = 0;
  uint64_t content_check_ = 0;
};

// "fingerprint 0000abcd", as messages show it.
std::string fingerprint_text(uint32_t fingerprint_low);

}  // namespace llmz
