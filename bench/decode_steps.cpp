// SPDX-License-Identifier: Apache-2.0
// What a step of decoding costs: milliseconds of the body, of the frequencies and of learning, for
// one token of each of LANES lanes that hold POSITIONS random tokens. The last number is a hash of
// the frequencies: the same from every build.
//   decode_steps MODEL-FILE [THREADS [LANES POSITIONS]...]    (default: 2, and 1, 4, 8 and 16
//   lanes)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "exact/make_engine.h"
#include "model/model_file.h"

using namespace llmz;

namespace {

constexpr int kSteps = 40, kWarmSteps = 4;

double milliseconds() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void measure(const ExactModel& model, unsigned threads, uint32_t lanes, size_t positions) {
  const size_t vocabulary = model.config.vocabulary;
  Engine engine = make_engine(model, {"cpu", threads});
  std::mt19937 random(1);
  const auto some_token = [&] { return static_cast<uint32_t>(random() % vocabulary); };
  std::vector<int8_t> hidden((lanes + Body::kMaxTokensPerLane) * model.config.dim);
  engine.body->reset();
  for (size_t done = 0; done < positions; done += Body::kMaxTokensPerLane) {
    std::vector<uint32_t> tokens(std::min(Body::kMaxTokensPerLane, positions - done));
    for (uint32_t& token : tokens) token = some_token();
    engine.body->advance({{0, tokens.data(), tokens.size()}}, hidden.data());
  }
  engine.body->fork(0, lanes);
  std::vector<uint32_t> frequencies(lanes * vocabulary), tokens(lanes);
  double body = 0, head = 0, learning = 0;
  for (int step = -kWarmSteps; step < kSteps; ++step) {
    std::vector<LaneTokens> run;
    for (uint32_t i = 0; i < lanes; ++i) {
      tokens[i] = some_token();
      run.push_back({i, &tokens[i], 1});
    }
    const double start = milliseconds();
    engine.body->advance(run, hidden.data());
    const double advanced = milliseconds();
    engine.head->frequencies(hidden.data(), lanes, frequencies.data());
    const double counted = milliseconds();
    engine.head->learn(hidden.data(), frequencies.data(), tokens.data(), lanes);
    if (step < 0) continue;
    body += advanced - start;
    head += counted - advanced;
    learning += milliseconds() - counted;
  }
  const ByteView bytes(reinterpret_cast<const uint8_t*>(frequencies.data()),
                       frequencies.size() * sizeof(uint32_t));
  std::printf("| %u | %zu | %.2f | %.2f | %.2f | %016llx |\n", lanes, positions, body / kSteps,
              head / kSteps, learning / kSteps, static_cast<unsigned long long>(xxh3_64(bytes)));
}

int run(int argc, char** argv) {
  if (argc < 2 || (argc > 3 && argc % 2 == 0)) {
    std::fprintf(stderr, "decode_steps MODEL-FILE [THREADS [LANES POSITIONS]...]\n");
    return 2;
  }
  const auto model = load_model(argv[1]);
  const auto threads = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 2);
  std::vector<std::pair<uint32_t, size_t>> cases;
  for (int i = 3; i + 1 < argc; i += 2)
    cases.emplace_back(std::atoi(argv[i]), static_cast<size_t>(std::atoi(argv[i + 1])));
  if (cases.empty()) cases = {{1, 768}, {4, 768}, {8, 768}, {16, 768}, {16, 64}};
  std::printf(
      "| lanes | positions | body, ms | frequencies, ms | learning, ms | |\n"
      "|--:|--:|--:|--:|--:|---|\n");
  for (const auto& [lanes, positions] : cases) measure(model->exact, threads, lanes, positions);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "decode_steps: %s\n", error.what());
    return 1;
  }
}
