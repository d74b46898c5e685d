// SPDX-License-Identifier: Apache-2.0
// The one token loop. It walks a block round by round and shows every token's frequency table to a
// coder, which knows the token (encoding, measuring) or finds it (decoding). What is known ahead
// only changes how many tokens go through the body at once. While a group of lanes is coded, the
// body may be at work for the others on threads of its own.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "decode/body_ahead.h"
#include "decode/phase.h"
#include "exact/engine.h"
#include "frequency/frequency_table.h"
#include "vocabulary/vocabulary.h"

namespace llmz {

// Sees one table at a time, in coding order.
class TokenCoder {
 public:
  virtual ~TokenCoder() = default;
  // All lanes go on as copies of lane `source`; each codes at most lane_bytes bytes of content.
  virtual void begin_lanes(uint32_t source, uint32_t lanes, uint64_t lane_bytes) {
    (void)source, (void)lanes, (void)lane_bytes;
  }
  // `known` is the token when encoding or measuring, and meaningless when decoding. Returns the
  // token.
  virtual uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t known) = 0;
  // Where this is true, logits() gets the integer logits of the same token first; costs time.
  virtual bool wants_logits() const { return false; }
  virtual void logits(const int32_t* logits, uint32_t vocabulary, uint32_t known) {
    (void)logits, (void)vocabulary, (void)known;
  }
};

class BlockWalk {
 public:
  // The engine and the vocabulary outlive the walk. rate: of the head (0: frozen). At most
  // max_lanes lanes. spare: as BodyAhead takes it.
  BlockWalk(Engine& engine, const Vocabulary& vocabulary, const ModelConfig& config, uint32_t rate,
            uint32_t max_lanes, SpareThreads* spare = nullptr);

  // One round whose tokens are known; they stand for round_bytes bytes in all.
  void encode_round(const std::vector<uint32_t>& tokens, uint64_t round_bytes, TokenCoder& coder);
  // One round of round_bytes bytes, found by the coder. Throws kCorrupt when the tokens do not end
  // where the round ends.
  void decode_round(uint64_t round_bytes, TokenCoder& coder, Bytes& content);

  // Between two rounds: where the walk is, for another one with the same settings to go on from.
  struct Kept {
    uint64_t block_bytes = 0;
    uint32_t pending = 0;
    std::shared_ptr<const KeptState> body, head;
  };
  uint32_t lanes() const { return static_cast<uint32_t>(lanes_.size()); }
  Kept keep() const;
  void resume(const Kept& kept);

  // Bytes of all rounds so far.
  uint64_t block_bytes() const { return block_bytes_; }

  // Called about every 10 ms with the bytes of the block done so far; may throw.
  std::function<void(uint64_t)> progress;

 private:
  struct Lane {
    const uint32_t* known = nullptr;  // tokens ahead, from `coded` on
    size_t known_count = 0, coded = 0;
    uint32_t pending = 0;                     // the token that goes into the body next
    std::vector<uint32_t> inputs;             // of the body in this phase, as far as they are known
    size_t asked = 0;                         // of them
    std::vector<int8_t> hidden, next_hidden;  // of the tokens ahead; of those behind them
    size_t hidden_count = 0, hidden_used = 0, next_count = 0;
    std::vector<uint32_t> decoded;
  };

  void run_phase(Phase& phase, bool known, TokenCoder& coder);
  void begin_lanes(uint32_t lanes);
  void begin_phase(const Phase& phase, TokenCoder& coder);
  void ask(uint32_t lane);
  const int8_t* next_hidden(uint32_t lane);
  void code_group(uint32_t first, Phase& phase, bool known, TokenCoder& coder);
  void code_active(Phase& phase, bool known, TokenCoder& coder);
  void ask_ahead(const Phase& phase, bool known);
  size_t cut_lanes(const Phase& phase, const uint32_t* tokens, size_t count);

  Engine& engine_;
  const Vocabulary& vocabulary_;
  ModelConfig config_;
  uint32_t max_lanes_;
  uint64_t block_bytes_ = 0;
  uint64_t steps_ = 0;
  bool helped_ = false;  // whether this round is worth other threads
  std::vector<Lane> lanes_;
  std::vector<uint32_t> active_;  // of the group in hand
  std::vector<int8_t> gathered_;
  std::vector<uint32_t> frequencies_, coded_;
  std::vector<int32_t> logits_;
  FrequencyTable table_;
  BodyAhead body_;
};

}  // namespace llmz
