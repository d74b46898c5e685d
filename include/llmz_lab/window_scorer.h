// SPDX-License-Identifier: Apache-2.0
// Sequences in, tally out: cuts sequences into windows that the model can read, and reads many
// windows at once.
#pragma once

#include <cstddef>
#include <vector>

#include "llmz/compress.h"
#include "llmz/error.h"
#include "llmz_lab/measured_model.h"
#include "llmz_lab/scored_text.h"
#include "llmz_lab/tally.h"

namespace llmz {

// Windows of at most `window` tokens, the start token included; after the first of a sequence each
// scores `stride` tokens more, with what fits before them as context.
struct Sliding {
  size_t window = 0, stride = 0;
};

// The usual one of the model where 0; throws kUsage for a window that the model cannot read, a
// window below 2, and a stride that is not below the window.
Sliding sliding_for(const MeasuredModel& model, size_t window, size_t stride);

class WindowScorer {
 public:
  // Windows of texts begin with start_token. progress: called with the content bytes scored, about
  // twice a second; may throw.
  WindowScorer(MeasuredModel& model, const Sliding& sliding, uint32_t start_token,
               Progress progress);

  // A text of its own, without history; all its tokens are scored. Counts bytes and characters.
  void text(ByteView text);
  // One window as it is, for protocols that cut windows themselves. Counts bits and tokens only.
  void window(std::vector<uint32_t> tokens, size_t first_scored);
  // Scores what is waiting.
  void finish();
  // From now on what is scored is appended there too, in the order of the text.
  void keep(ScoredText& scored) {
    scored.bytes = model_.bytes;
    kept_ = &scored;
  }

  const Tally& tally() const { return tally_; }

 private:
  struct Waiting {
    std::vector<uint32_t> tokens;
    size_t first_scored;
    uint64_t position;  // of the first scored token, in bytes from the start of the sequence
  };
  void wait_for(Waiting window);

  MeasuredModel& model_;
  Sliding sliding_;
  uint32_t start_token_;
  Progress progress_;
  Tally tally_;
  std::vector<Waiting> waiting_;
  size_t waiting_tokens_ = 0;
  size_t tokens_at_once_;  // grows until a call takes about half a second
  uint64_t done_bytes_ = 0;
  std::vector<float> bits_;
  ScoredText* kept_ = nullptr;
};

}  // namespace llmz
