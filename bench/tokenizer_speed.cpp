// SPDX-License-Identifier: Apache-2.0
// How fast the tokenizer of a Hugging Face directory opens and encodes: by the wall clock, one
// thread, the best of three.
//   tokenizer_speed gpt2|opt|llama|mistral DIRECTORY TEXT-FILE
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "hf/tokenizer.h"

using namespace llmz;

namespace {

template <class Action>
double seconds_of(Action action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run(const std::string& family, const std::string& directory, const std::string& path) {
  static const std::map<std::string, hf::Family> families = {{"gpt2", hf::Family::kGpt2},
                                                             {"opt", hf::Family::kOpt},
                                                             {"llama", hf::Family::kLlama},
                                                             {"mistral", hf::Family::kMistral}};
  hf::Config config;
  config.family = families.at(family);
  config.vocabulary = Vocabulary::kMaxTokens;  // no config.json is read: as many rows as it likes
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  double open = 1e9, encode = 1e9;
  size_t tokens = 0;
  for (int round = 0; round < 3; ++round) {
    open = std::min(open, seconds_of([&] { hf::Tokenizer::open(directory, config); }));
    const auto tokenizer = hf::Tokenizer::open(directory, config);
    std::vector<uint32_t> ids;
    encode = std::min(encode, seconds_of([&] { tokenizer.encode(ByteView(text), ids); }));
    tokens = ids.size();
  }
  std::printf("%s: open %.2f s; %zu bytes, %zu tokens, %.2f s, %.1f MB/s\n", family.c_str(), open,
              text.size(), tokens, encode, static_cast<double>(text.size()) / 1e6 / encode);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "tokenizer_speed gpt2|opt|llama|mistral DIRECTORY TEXT-FILE\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tokenizer_speed: %s\n", error.what());
    return 1;
  }
}
