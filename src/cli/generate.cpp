// SPDX-License-Identifier: Apache-2.0
// llmz generate
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "llmz_lab/generating.h"

namespace llmz {
namespace {

// What the paper gives its models, and gzip cannot look back farther than 32 KB anyway.
constexpr size_t kCompressorContextBytes = 2048;
// Far more than any model reads.
constexpr size_t kMostPromptBytes = 1 << 20;

InputFile open_prompt(const std::string& path) {
  try {
    return InputFile(path);
  } catch (const Error& e) {
    throw Error(e.kind(), display_name(path) + ": " + e.what());
  }
}

Bytes read_prompt(const Options& options) {
  if (options.measure.prompt) {
    const ByteView text(*options.measure.prompt);
    return Bytes(text.begin(), text.end());
  }
  Bytes prompt;
  for (const std::string& path : options.files) {
    InputFile input = open_prompt(path);
    uint8_t buffer[1 << 16];
    while (const size_t got = input.read(buffer, sizeof buffer)) {
      prompt.insert(prompt.end(), buffer, buffer + got);
      if (prompt.size() > kMostPromptBytes)
        prompt.erase(prompt.begin(), prompt.end() - static_cast<ptrdiff_t>(kMostPromptBytes));
    }
  }
  return prompt;
}

}  // namespace

void run_generate(const Options& options, Reporter& reporter) {
  const Bytes prompt = read_prompt(options);
  Sampler sampler(options.measure.sampling);
  Bytes written;
  const auto sink = [&](ByteView text) {
    throw_if_interrupted();
    const size_t left = options.measure.length_bytes - written.size();
    const ByteView part = text.subview(0, std::min(left, text.size));
    written.insert(written.end(), part.begin(), part.end());
    if (!options.json) print(std::string(part.text()));
    return written.size() < options.measure.length_bytes;
  };
  if (options.measure.length_bytes > 0) {
    const std::string& model = options.compress.model;
    if (model == "gzip") {
      generate(deflate_length_bits, prompt, kCompressorContextBytes, sampler, sink);
    } else if (model == "lzma2") {
      generate(lzma2_length_bits, prompt, kCompressorContextBytes, sampler, sink);
    } else {
      MeasuredModel measured = open_measured_model(
          model, models_of(options), options.compress.engine, options.measure.as_float);
      generate(measured, prompt, sampler, sink);
    }
  }
  reporter.result({{"model", options.compress.model},
                   {"seed", options.measure.sampling.seed},
                   {"text", std::string(ByteView(written).text())}});
}

}  // namespace llmz
