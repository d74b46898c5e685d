// SPDX-License-Identifier: Apache-2.0
// What a file costs in both directions: its size, and CPU and elapsed time for each of its tokens.
//   codec_speed MODEL THREADS FILE...
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "llmz/llmz.h"

namespace {

struct Time {
  double cpu, elapsed;
};

Time now() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  const auto elapsed = std::chrono::steady_clock::now().time_since_epoch();
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
          std::chrono::duration<double>(elapsed).count()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "codec_speed MODEL THREADS FILE...\n");
    return 2;
  }
  const llmz::Models models({argv[1]});
  llmz::CompressSettings settings;
  settings.model = argv[1];
  settings.engine.threads = static_cast<unsigned>(std::atoi(argv[2]));
  std::printf("| file | size | compressed | us CPU a token | us | back: us CPU | us |\n");
  std::printf("|---|--:|--:|--:|--:|--:|--:|\n");
  for (int i = 3; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const llmz::Bytes text{std::istreambuf_iterator<char>(file), {}};
    llmz::MemorySource in(text);
    llmz::MemorySink packed, back;
    const Time start = now();
    const llmz::Totals totals = llmz::compress(in, packed, models, settings);
    const Time middle = now();
    llmz::MemorySource from(packed.bytes());
    llmz::decompress(from, back, models, settings.engine);
    const Time end = now();
    if (back.bytes() != text) {
      std::fprintf(stderr, "%s: does not come back\n", argv[i]);
      return 1;
    }
    const double each = 1e6 / static_cast<double>(totals.tokens);
    std::printf("| %s | %zu | %zu | %.1f | %.1f | %.1f | %.1f |\n", argv[i], text.size(),
                packed.bytes().size(), (middle.cpu - start.cpu) * each,
                (middle.elapsed - start.elapsed) * each, (end.cpu - middle.cpu) * each,
                (end.elapsed - middle.elapsed) * each);
  }
}
