// SPDX-License-Identifier: Apache-2.0
// What a model of Hugging Face's form costs in floating point: seconds to load, tokens a second of
// a window, memory of its own and of the mapped files. The tokens are random.
//   float_speed FOLDER [PRECISION [TOKENS [THREADS]]]    (default: float32 256 2)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "base/torch_library.h"
#include "float/float_model.h"
#include "float/torch_exports.h"

using namespace llmz;

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A line of /proc/self/status in MB; 0 where there is none.
double status_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.rfind(name + ":", 0) == 0) return std::atof(line.c_str() + name.size() + 1) * 1.024e-3;
  return 0;
}

int run(const std::string& folder, const FloatSettings& settings, size_t count) {
  LLMZ_TORCH(llmz_make_float_model);
  const double before = status_mb("RssAnon");
  double start = seconds();
  const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder);
  const double opened = seconds() - start;
  const std::unique_ptr<LanguageModel> model = open_float_model(checkpoint, settings);
  const auto& d = model->description();
  std::printf("%s: %.0f million parameters, %.2f GB, %s, %u threads\n", d.name.c_str(),
              static_cast<double>(d.parameters) / 1e6, static_cast<double>(d.weight_bytes) / 1e9,
              d.arithmetic.c_str(), settings.threads);
  std::printf("open and check     %8.3f s\nload, fingerprint  %8.2f s\n", opened,
              seconds() - start);
  std::printf("own memory         %8.0f MB\n", status_mb("RssAnon") - before);

  std::vector<uint32_t> tokens;
  for (size_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<uint32_t>(i * 2654435761u % d.vocabulary));
  for (int round = 1; round <= 2; ++round) {
    std::vector<float> bits;
    start = seconds();
    model->bits({{tokens.data(), tokens.size(), 1}}, bits);
    const double taken = seconds() - start;
    double sum = 0;
    for (float b : bits) sum += b;
    std::printf("bits, round %d      %8.2f s   %.1f tokens/s   %.5f bits a token\n", round, taken,
                static_cast<double>(bits.size()) / taken, sum / static_cast<double>(bits.size()));
  }
  std::printf(
      "own memory         %8.0f MB\nof mapped files    %8.0f MB\npeak of all        %8.0f MB\n",
      status_mb("RssAnon") - before, status_mb("RssFile"), status_mb("VmHWM"));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: float_speed FOLDER [PRECISION [TOKENS [THREADS]]]\n");
    return 2;
  }
  FloatSettings settings;
  if (argc > 2) settings.precision = argv[2];
  settings.threads = argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 2;
  try {
    return run(argv[1], settings, argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 256);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "float_speed: %s\n", e.what());
    return 1;
  }
}
