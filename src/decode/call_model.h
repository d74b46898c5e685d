// SPDX-License-Identifier: Apache-2.0
// The model that the blocks of a call share: the first that needs it loads it, also when several
// blocks are at work.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "decode/session.h"

namespace llmz {

class CallModel {
 public:
  // Begins with what the session has loaded.
  explicit CallModel(const Session& session)
      : shared_(session.loaded() ? session.shared() : SharedModel{}) {}

  // meant(fingerprint) tells the model; find() finds it, where that was not done yet.
  template <class Meant, class Find>
  ModelInfo info(Meant&& meant, Find&& find) {
    const std::lock_guard lock(mutex_);
    return found(meant, find);
  }
  template <class Meant, class Find>
  void use(Session& session, Meant&& meant, Find&& find) {
    if (session.loaded() && meant(session.model().fingerprint)) return;
    const std::lock_guard lock(mutex_);
    if (shared_.model && meant(shared_.model->fingerprint)) return session.share(shared_);
    session.use(found(meant, find));
    shared_ = session.shared();
  }

 private:
  template <class Meant, class Find>
  const ModelInfo& found(Meant&& meant, Find&& find) {
    if (!info_ || !meant(info_->fingerprint)) info_ = find();
    return *info_;
  }

  std::mutex mutex_;
  std::optional<ModelInfo> info_;
  SharedModel shared_;
};

}  // namespace llmz
