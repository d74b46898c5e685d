// SPDX-License-Identifier: Apache-2.0
// Whatever compresses also predicts, and what predicts can continue a text.
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "llmz_lab/measured_model.h"

namespace llmz {

struct Sampling {
  uint64_t seed = 0;
  double temperature = 1;  // 0: always the most probable
  size_t top_k = 0;        // draw from so many most probable ones only; 0: from all
};

// Draws with one engine: the same seed gives the same text (on machines whose floating point
// agrees, where the model is a float model).
class Sampler {
 public:
  explicit Sampler(const Sampling& sampling) : sampling_(sampling), engine_(sampling.seed) {}
  // An index, drawn with probability proportional to exp(log_weights[i] / temperature).
  size_t draw(const std::vector<float>& log_weights);

 private:
  Sampling sampling_;
  std::mt19937_64 engine_;
};

// Takes what was drawn; returns whether to go on.
using GeneratedSink = std::function<bool(ByteView)>;

// Token after token after `prompt`, until the sink has enough. Each token costs one reading of the
// model's usual window.
void generate(MeasuredModel& model, ByteView prompt, Sampler& sampler, const GeneratedSink& sink);

// The compressed length of a text, in bits.
using LengthInBits = std::function<double(ByteView)>;
// deflate at level 9, to the bit, and LZMA2 at its extreme preset, to the byte; without headers.
double deflate_length_bits(ByteView text);
double lzma2_length_bits(ByteView text);

// Byte after byte: p(b | x) in proportion to 2^(length(x) - length(xb)) (Deletang et al. 2023,
// section 3.4), x being at most the last context_bytes bytes. Each byte costs 256 compressions.
void generate(const LengthInBits& length, ByteView prompt, size_t context_bytes, Sampler& sampler,
              const GeneratedSink& sink);

}  // namespace llmz
