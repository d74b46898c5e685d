// SPDX-License-Identifier: Apache-2.0
// A language model over bytes that can be worked out by hand: it remembers what it was shown.
#pragma once

#include <functional>
#include <memory>

#include "llmz_lab/measured_model.h"

namespace llmz::test {

// Bits of token `i` of a window, given the window.
using ToyBits = std::function<float(const Window& window, size_t i)>;

class ToyLanguageModel : public LanguageModel {
 public:
  ToyLanguageModel(size_t max_context, ToyBits bits) : bits_(std::move(bits)) {
    description_.name = "toy";
    description_.arithmetic = "toy";
    description_.vocabulary = 257;
    description_.max_context = max_context;
  }
  const Description& description() const override { return description_; }
  void bits(const std::vector<Window>& windows, std::vector<float>& bits,
            std::vector<Guesses>* guesses = nullptr) override {
    for (const Window& window : windows) {
      check_window(window, description_);
      seen.emplace_back(std::vector<uint32_t>(window.tokens, window.tokens + window.count),
                        window.first_scored);
      for (size_t i = window.first_scored; i < window.count; ++i) {
        bits.push_back(bits_(window, i));
        if (guesses) guesses->push_back({{{window.tokens[i - 1], 0.5f}}});
      }
    }
  }
  // After token t, t + 1 is certain but for a hundredth.
  void next(const uint32_t* tokens, size_t count, std::vector<float>& log_probabilities) override {
    log_probabilities.assign(257, -9.0f);
    log_probabilities[(tokens[count - 1] + 1) % 256] = -0.01f;
  }

  std::vector<std::pair<std::vector<uint32_t>, size_t>> seen;

 private:
  Description description_;
  ToyBits bits_;
};

// Bytes are tokens, 256 is the start token.
inline MeasuredModel toy_model(size_t window, size_t stride, ToyBits bits,
                               ToyLanguageModel** model = nullptr) {
  MeasuredModel measured;
  auto toy = std::make_unique<ToyLanguageModel>(window, std::move(bits));
  if (model) *model = toy.get();
  measured.model = std::move(toy);
  measured.encode = [](ByteView text, std::vector<uint32_t>& tokens) {
    tokens.insert(tokens.end(), text.begin(), text.end());
  };
  measured.bytes = [](uint32_t token) {
    return token < 256 ? std::string(1, static_cast<char>(token)) : std::string();
  };
  measured.start_token = measured.end_token = 256;
  measured.added_at_start = {256};
  measured.usual_window = window;
  measured.usual_stride = stride;
  return measured;
}

}  // namespace llmz::test
