// SPDX-License-Identifier: Apache-2.0
// What compression would give, without a file.
#pragma once

#include <cstdint>
#include <vector>

#include "llmz/compress.h"
#include "llmz/export.h"

namespace llmz {

enum class EstimateOf {
  kFrozenNetwork,    // the network alone over whole windows, all processors: the papers' measure
  kLearningNetwork,  // the network with its adaptive head, in compress()'s order, without the mix
  kFile              // what compress() does, with everything: file_bytes is the size of its file
};

struct Estimate {
  uint64_t content_bytes = 0, characters = 0, tokens = 0;
  double bits = 0;  // the sum of -log2 p: of the frequencies (frozen), of the probabilities before
                    // they become frequencies (learning), or of the payloads (file)
  uint64_t file_bytes = 0;  // kFile only
};

// Estimates the compressed size of `in`. Throws as compress().
LLMZ_API Estimate estimate(ByteSource& in, const Models& models, const CompressSettings& settings,
                           EstimateOf what, const Progress& progress = {});

// What each token of a text costs, in the order of the text.
struct TokenBits {
  std::vector<uint32_t> size_bytes;  // their sum is the size of the text
  std::vector<float> bits;           // their sum is Estimate::bits of kFrozenNetwork
};

// As estimate() of the frozen network, with the same time and 8 bytes of memory a token more.
LLMZ_API TokenBits token_bits(ByteView text, const CompressSettings& settings = {},
                              const Models& models = default_models(),
                              const Progress& progress = {});

}  // namespace llmz
