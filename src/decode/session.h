// SPDX-License-Identifier: Apache-2.0
// A loaded model and an engine for it, made when a frame first needs them and kept for the frames
// that follow.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exact/engine.h"
#include "llmz/model.h"
#include "model/model_file.h"

namespace llmz {

struct KeptSessions;

// What sessions of one model share.
struct SharedModel {
  std::shared_ptr<const LoadedModel> model;
  std::shared_ptr<EngineWeights> weights;  // nullptr where engines share nothing
};

class Session {
 public:
  explicit Session(EngineSettings settings) : settings_(std::move(settings)) {}
  // Begins with what a call with `models` has left there, if its engine was the same.
  Session(EngineSettings settings, const Models& models);
  // At the end of a call that went well: leaves what is loaded to the next one.
  void return_to(const Models& models) &&;
  // Loads the model unless it is the one already loaded.
  void use(const ModelInfo& info);
  // Takes what another session of the same settings has loaded, with an engine of its own.
  void share(SharedModel shared);
  bool loaded() const { return engine_.has_value(); }
  const LoadedModel& model() const { return *model_; }
  SharedModel shared() const { return {model_, engine_->weights}; }
  // The same model with an engine of its own.
  Session another() const;
  Engine& engine() { return *engine_; }

 private:
  void load(const ModelInfo& info);

  EngineSettings settings_;
  std::weak_ptr<KeptSessions> kept_;  // of the Models it was made with
  std::shared_ptr<const LoadedModel> model_;
  std::optional<Engine> engine_;
};

// Whether blocks side by side may have an engine each: the cpu engine, which takes little beside
// the model and one thread. The torch engine has threads of its own for everything, and so have
// imported models, whose weights are many. model: nullptr for none.
inline bool blocks_have_engines(const EngineSettings& settings, const ModelInfo* model) {
  if (!model) return true;
  return !model->imported && (settings.engine == "cpu" || settings.engine == "auto");
}

// What Models keeps: of as many calls as were at work at once, the last one first; and what was
// loaded last, while a session has it, for those that begin meanwhile.
struct KeptSessions {
  std::mutex mutex;
  std::vector<Session> sessions;

  std::mutex loading;  // held while a model is; guards what follows
  std::weak_ptr<const LoadedModel> model;
  std::weak_ptr<EngineWeights> weights;
  std::string engine;
};

}  // namespace llmz
