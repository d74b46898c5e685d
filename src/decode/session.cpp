// SPDX-License-Identifier: Apache-2.0
#include "decode/session.h"

#include "base/processor.h"
#include "container/caller.h"
#include "exact/make_engine.h"
#include "model/self_test.h"

namespace llmz {

namespace {

// Sessions beyond the first one share its model and weights, and take some MB each.
constexpr unsigned kKeptForProcessor = 8;

}  // namespace

Session::Session(EngineSettings settings, const Models& models)
    : settings_(std::move(settings)), kept_(models.kept_) {
  const std::lock_guard lock(models.kept_->mutex);
  std::vector<Session>& kept = models.kept_->sessions;
  if (kept.empty()) return;
  const EngineSettings& of_last = kept.back().settings_;
  if (of_last.engine != settings_.engine || thread_count(of_last) != thread_count(settings_))
    return;
  *this = std::move(kept.back());
  kept_ = models.kept_;
  kept.pop_back();
}

void Session::return_to(const Models& models) && {
  if (!loaded()) return;
  const std::lock_guard lock(models.kept_->mutex);
  std::vector<Session>& kept = models.kept_->sessions;
  // Of one engine and one model, so that nothing is kept for ever that no call needs any more.
  if (!kept.empty() && (kept.back().settings_.engine != settings_.engine ||
                        thread_count(kept.back().settings_) != thread_count(settings_) ||
                        kept.back().model_->fingerprint != model_->fingerprint))
    kept.clear();
  static const unsigned most = kKeptForProcessor * usable_processors();  // reads a dozen files
  if (kept.size() < most) kept.push_back(std::move(*this));
}

void Session::use(const ModelInfo& info) {
  if (loaded() && model_->fingerprint == info.fingerprint) return;
  engine_.reset();
  const std::shared_ptr<KeptSessions> kept = kept_.lock();
  if (!kept) return load(info);
  const std::lock_guard lock(kept->loading);
  SharedModel there{kept->model.lock(), kept->weights.lock()};
  if (there.model && there.model->fingerprint == info.fingerprint && there.weights &&
      kept->engine == settings_.engine)
    return share(std::move(there));
  load(info);
  kept->model = model_;
  kept->weights = engine_->weights;
  kept->engine = settings_.engine;
}

void Session::load(const ModelInfo& info) {
  model_ = info.content ? parse_model(ByteView(*info.content), "the model that the file carries")
                        : load_model(info.path);
  // A file must not name another model than it was made with.
  if (model_->fingerprint != info.fingerprint) {
    model_.reset();
    throw Error(ErrorKind::kModelBad,
                info.path + ": was replaced while it was being read; try again");
  }
  engine_ = make_engine(model_->exact, settings_);
}

void Session::share(SharedModel shared) {
  engine_.reset();
  model_ = std::move(shared.model);
  engine_ = make_engine(model_->exact, settings_, std::move(shared.weights));
}

Session Session::another() const {
  Session other(settings_);
  other.share(shared());
  return other;
}

bool self_test(const ModelInfo& info, const EngineSettings& settings) {
  return at_border([&] {
    const auto model = load_model(info.path);
    Engine engine = make_engine(model->exact, settings);
    return self_test_hash(model->exact, model->self_test.tokens, engine) ==
           model->self_test.tables_hash;
  });
}

}  // namespace llmz
