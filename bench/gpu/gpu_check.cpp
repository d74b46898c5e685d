// SPDX-License-Identifier: Apache-2.0
// Does the torch engine on a device give the bits of the cpu engine, and how fast is it?
//   gpu_check CASE [DEVICE [SECONDS]]    cuda; seconds of each row of the table, 5
#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

#include "bench/gpu/model_case.h"

using namespace llmz;

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Calls it for about so long; calls a second.
double rate(double how_long, const std::function<void()>& call) {
  call();
  const double start = seconds();
  size_t calls = 0;
  do {
    call();
    ++calls;
  } while (seconds() - start < how_long);
  return static_cast<double>(calls) / (seconds() - start);
}

// Tokens a second, `count` in each of `lanes` lanes at a time: with one as for decoding, where the
// head learns from each; with 64 as for an estimate, which needs the frequencies only.
double tokens_per_second(Engine& engine, const ExactModel& model, uint32_t lanes, size_t count,
                         double how_long) {
  const size_t dim = model.config.dim, vocabulary = model.config.vocabulary;
  constexpr size_t kRows = 255;  // of one call of the head
  engine.body->reset();
  engine.body->fork(0, lanes);
  engine.head->reset(count == 1 ? model.learning.rate : 0);
  std::mt19937 random(3);
  std::vector<uint32_t> tokens(lanes * count), frequencies(kRows * vocabulary);
  for (uint32_t& token : tokens) token = static_cast<uint32_t>(random() % vocabulary);
  std::vector<int8_t> hidden(lanes * count * dim);
  std::vector<LaneTokens> run;
  for (uint32_t lane = 0; lane < lanes; ++lane)
    run.push_back({lane, tokens.data() + lane * count, count});
  const double calls = rate(how_long, [&] {
    engine.body->advance(run, hidden.data());
    for (size_t row = 0; row < lanes * count; row += kRows) {
      const size_t rows = std::min(kRows, lanes * count - row);
      engine.head->frequencies(hidden.data() + row * dim, rows, frequencies.data());
      if (count == 1)
        engine.head->learn(hidden.data() + row * dim, frequencies.data(), tokens.data() + row,
                           rows);
    }
  });
  return calls * static_cast<double>(lanes * count);
}

bool run(const std::string& path, const std::string& device, double how_long) {
  gpu::Reader in(path);
  ExactModel model;
  std::vector<uint64_t> expected;
  gpu::visit(in, model);
  in.list(expected);
  Engine engine = make_torch_engine(model, device);
  double start = seconds();
  const std::vector<uint64_t> hashes = gpu::hashes_of_steps(engine, model);
  size_t same = 0;
  for (size_t i = 0; i < hashes.size(); ++i)
    same += i < expected.size() && hashes[i] == expected[i];
  std::printf("%s: %zu of %zu steps give the bits of the cpu engine (%.1f s)\n", device.c_str(),
              same, expected.size(), seconds() - start);
  if (same != expected.size() || hashes.size() != expected.size()) return false;
  if (how_long <= 0) return true;
  std::printf("\n| lanes | tokens each | tokens a second |\n|--:|--:|--:|\n");
  for (const size_t count : {size_t{1}, Body::kMaxTokensPerLane}) {
    for (const uint32_t lanes : {16u, 64u, 255u, 1024u}) {
      std::printf("| %u | %zu | %.0f |\n", lanes, count,
                  tokens_per_second(engine, model, lanes, count, how_long));
      std::fflush(stdout);
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr, "gpu_check CASE [DEVICE [SECONDS]]\n");
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? argv[2] : "cuda", argc > 3 ? std::atof(argv[3]) : 5) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_check: %s\n", error.what());
    return 2;
  }
}
