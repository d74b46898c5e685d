// SPDX-License-Identifier: Apache-2.0
#include "codec/session.h"

#include <algorithm>

#include "base/hash.h"
#include "base/processor.h"
#include "codec/torch_library.h"
#include "container/format.h"

namespace llmz {

unsigned thread_count(const EngineSettings& settings) {
  if (settings.threads > 0) return std::min(settings.threads, allowed_processors());
  return usable_processors();
}

Engine make_engine(const ExactModel& model, const EngineSettings& settings) {
  std::string name = settings.engine;
  if (model.imported && name == "auto") name = "torch";
  if (name == "auto" || name == "cpu") {
    // Lanes are what the threads of this engine share, and by default there are no more.
    const unsigned threads = thread_count(settings);
    return make_cpu_engine(
        model, settings.threads > 0 ? threads : std::min<unsigned>(threads, kDefaultLanes));
  }
  if (name == "torch" || name == "cuda") {
    Engine engine;
    torch_library().make_engine(model, name == "cuda" ? "cuda" : "cpu", thread_count(settings),
                                engine);
    return engine;
  }
  throw Error(ErrorKind::kUsage, "unknown engine '" + name + "': use cpu, torch or cuda");
}

Session::Session(EngineSettings settings, const Models& models) : settings_(std::move(settings)) {
  const std::lock_guard lock(models.kept_->mutex);
  std::optional<Session>& kept = models.kept_->session;
  if (!kept || kept->settings_.engine != settings_.engine ||
      thread_count(kept->settings_) != thread_count(settings_))
    return;
  *this = std::move(*kept);
  kept.reset();
}

void Session::leave_to(const Models& models) && {
  if (!loaded()) return;
  const std::lock_guard lock(models.kept_->mutex);
  std::optional<Session>& kept = models.kept_->session;
  kept.reset();  // an engine before its model
  kept = std::move(*this);
}

void Session::use(const ModelInfo& info) {
  if (model_ && model_->fingerprint == info.fingerprint) return;
  engine_.reset();
  model_ = load_model(info.path);
  // A file must not name another model than it was made with.
  if (model_->fingerprint != info.fingerprint) {
    model_.reset();
    throw Error(ErrorKind::kModelBad,
                info.path + ": was replaced while it was being read; try again");
  }
  engine_ = make_engine(model_->exact, settings_);
}

Session Session::another() const {
  Session other(settings_);
  other.model_ = model_;
  other.engine_ = make_engine(model_->exact, settings_);
  return other;
}

uint64_t self_test_hash(const ExactModel& exact, const Tokenizer& tokenizer,
                        const std::string& text, Engine& engine) {
  std::vector<uint32_t> tokens, frequencies(exact.config.vocabulary);
  tokenizer.encode(ByteView(text), tokens);
  std::vector<int8_t> hidden(exact.config.dim);
  engine.body->reset();
  engine.head->reset(exact.learning.rate);
  Xxh3 hash;
  uint32_t input = 0;
  for (uint32_t token : tokens) {
    engine.body->advance({{0, &input, 1}}, hidden.data());
    engine.head->frequencies(hidden.data(), 1, frequencies.data());
    engine.head->learn(hidden.data(), frequencies.data(), &token, 1);
    Bytes stored;
    for (uint32_t f : frequencies) append_le(stored, f, 4);
    hash.update(stored);
    input = token;
  }
  return hash.digest();
}

bool self_test(const ModelInfo& info, const EngineSettings& settings) {
  const auto model = load_model(info.path);
  Engine engine = make_engine(model->exact, settings);
  return self_test_hash(model->exact, model->tokenizer, model->self_test.text, engine) ==
         model->self_test.tables_hash;
}

}  // namespace llmz
