// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/once.h"

namespace llmz {

// What a layer above keeps with a model, made once: an encoder its tokenizer, of which decoders
// know nothing. All who ask for one name the same type.
class Companion {
 public:
  template <class T, class Make>
  const T& get(Make&& make) {
    once_.run([&] { kept_ = std::make_shared<T>(make()); });
    return *static_cast<const T*>(kept_.get());
  }

 private:
  Once once_;
  std::shared_ptr<void> kept_;
};

}  // namespace llmz
