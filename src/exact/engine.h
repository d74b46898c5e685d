// SPDX-License-Identifier: Apache-2.0
// The two halves of an exact model at run time, behind which the engines stand. In: tokens. Out:
// frequency tables. All engines give the same bits (docs/exact-arithmetic.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "exact/exact_model.h"

namespace llmz {

// Consecutive tokens that one lane consumes.
struct LaneTokens {
  uint32_t lane = 0;
  const uint32_t* tokens = nullptr;
  size_t count = 0;
};

// What a lane of a body or a head knows, to go on from later, in an engine of the same kind and the
// same model.
struct KeptState {
  virtual ~KeptState() = default;
};

template <class T>
struct KeptStateOf : KeptState {
  explicit KeptStateOf(T v) : value(std::move(v)) {}
  T value;
  static std::unique_ptr<KeptState> of(T v) { return std::make_unique<KeptStateOf>(std::move(v)); }
  static const T& in(const KeptState& state) {
    return dynamic_cast<const KeptStateOf&>(state).value;
  }
};

// The frozen body: tokens in, hidden vectors out, with the keys and values of every lane kept as
// state.
class Body {
 public:
  virtual ~Body() = default;
  // Forgets everything: one lane, nothing consumed. The state after it is that of a block's start.
  virtual void reset() = 0;
  // From now on there are `lanes` lanes, each a copy of lane `source`.
  virtual void fork(uint32_t source, uint32_t lanes) = 0;
  // A lane as it is now, for the bodies of exact models.
  virtual std::unique_ptr<KeptState> keep(uint32_t lane) const;
  // From now on there is one lane, which is as the kept one was.
  virtual void resume(const KeptState& state);
  // Feeds each listed lane (ascending, at most once) its tokens; hidden vectors are written in the
  // order of the list and of the tokens: int8 [sum of counts][dim]. At most kMaxTokensPerLane
  // tokens for each lane; lanes not listed stay as they are. The token before a lane's first one is
  // known from earlier calls.
  virtual void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) = 0;
  // The same on the calling thread alone. Threads may do so side by side, each for other lanes and
  // as a worker of its own, below Engine::workers.
  virtual void advance_as(unsigned worker, const std::vector<LaneTokens>& lanes, int8_t* hidden) {
    (void)worker;
    advance(lanes, hidden);
  }
  // From the first call to the second one: comes a step at a time, beside others that do, with
  // which its steps may be computed.
  virtual void join_others() {}
  virtual void leave_others() {}

  static constexpr size_t kMaxTokensPerLane = 64;
};

inline std::unique_ptr<KeptState> Body::keep(uint32_t) const {
  throw Error(ErrorKind::kInternal, "a body in floating point cannot be kept");
}
inline void Body::resume(const KeptState&) {
  throw Error(ErrorKind::kInternal, "a body in floating point cannot be kept");
}

// One row of a step: the hidden vector of a lane and, after coding, the token that followed.
class Head {
 public:
  virtual ~Head() = default;
  // The weights as they are at a block's start. rate 0 keeps them so.
  virtual void reset(uint32_t rate) = 0;
  virtual std::unique_ptr<KeptState> keep() const = 0;
  virtual void resume(const KeptState& state) = 0;
  // frequencies [rows][vocabulary] of the tokens that may follow hidden [rows][dim]; each row sums
  // to 2^24, none is 0.
  virtual void frequencies(const int8_t* hidden, size_t rows, uint32_t* out) = 0;
  // The same on the calling thread alone, as Body::advance_as(), while nothing learns.
  virtual void frequencies_as(unsigned worker, const int8_t* hidden, size_t rows, uint32_t* out) {
    (void)worker;
    frequencies(hidden, rows, out);
  }
  // The integer logits that frequencies() starts from: [rows][vocabulary], 17 fraction bits of a
  // nat. For measuring.
  virtual void logits(const int8_t* hidden, size_t rows, int32_t* out) = 0;
  // The learning step for the same rows in ascending lane order; `frequencies` is what the call
  // above gave.
  virtual void learn(const int8_t* hidden, const uint32_t* frequencies, const uint32_t* tokens,
                     size_t rows) = 0;
};

// What engines of one model can share: weights as their products want them.
struct EngineWeights {
  virtual ~EngineWeights() = default;
};

struct Engine {
  std::string name;  // "cpu" or "torch"
  std::unique_ptr<Body> body;
  std::unique_ptr<Head> head;
  unsigned workers = 1;           // threads that the body can have
  size_t rows_at_once = 1 << 14;  // of one call of the body; more would gain nothing
  std::shared_ptr<EngineWeights> weights = nullptr;  // for further ones; nullptr: not shared
};

// The fused integer engine (oneDNN products; for imported models products of its own), with at most
// kMaxWorkers threads, which are made when they are first needed. The model outlives the engine.
// weights: of an engine of the same model; nullptr: there is none.
constexpr unsigned kMaxWorkers = 32;
Engine make_cpu_engine(const ExactModel& model, unsigned threads,
                       std::shared_ptr<EngineWeights> weights = nullptr);

// The same arithmetic as libtorch tensor operations; in the library that is opened on demand.
// device: "cpu", "cuda".
Engine make_torch_engine(const ExactModel& model, const std::string& device);

}  // namespace llmz
