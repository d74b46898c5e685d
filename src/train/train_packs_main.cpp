// SPDX-License-Identifier: Apache-2.0
// llmz-train-packs: the part of llmz train that needs nothing but libtorch, for a machine that has
// a GPU and little else. Packs and settings in, weights out.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "train/progress.h"
#include "train/trainer.h"

namespace {

using llmz::Error;
using llmz::ErrorKind;
using namespace llmz::train;

constexpr char kUsage[] =
    "Usage: llmz-train-packs PREFIX [--device cpu|cuda] [--stop-after SECONDS] [--threads N]\n"
    "                        [--report SECONDS] [--checkpoint-every SECONDS] [--weights OUT]\n\n"
    "Trains on PREFIX.settings, PREFIX.train.*.pack and PREFIX.held-out.*.pack, which\n"
    "`llmz train --write-packs PREFIX` made. Goes on from PREFIX.checkpoint where it exists; adds\n"
    "JSON lines to PREFIX.log. Stops after SECONDS, or when the training ends. --weights writes\n"
    "the weights to OUT.0, OUT.1, ... of at most 16 MB each, for `llmz train --export`.\n"
    "Exit status: 0 when the training has ended, 3 when there is more to do, 1 after an error.\n";

std::atomic<bool> g_stop{false};

extern "C" void on_stop_signal(int) {
  if (g_stop.exchange(true)) _exit(1);
}

struct Arguments {
  std::string prefix, weights;
  double stop_after = 0;
  RunSettings run;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  a.run.threads = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option.compare(0, 2, "--") != 0) {
      a.prefix = option;
      continue;
    }
    if (i + 1 == argc) throw Error(ErrorKind::kUsage, option + ": a value is missing\n" + kUsage);
    const char* value = argv[++i];
    if (option == "--device") {
      a.run.device = value;
    } else if (option == "--stop-after") {
      a.stop_after = std::atof(value);
    } else if (option == "--threads") {
      a.run.threads = static_cast<size_t>(std::max(1, std::atoi(value)));
    } else if (option == "--report") {
      a.run.report_seconds = std::atof(value);
    } else if (option == "--checkpoint-every") {
      a.run.checkpoint_seconds = std::atof(value);
    } else if (option == "--weights") {
      a.weights = value;
    } else {
      throw Error(ErrorKind::kUsage, option + ": unknown option\n" + kUsage);
    }
  }
  if (a.prefix.empty()) throw Error(ErrorKind::kUsage, kUsage);
  a.run.checkpoint_path = a.prefix + ".checkpoint";
  return a;
}

// Sets g_stop after some seconds, unless the program ends before.
void stop_after(double seconds) {
  if (seconds <= 0) return;
  std::thread([seconds] {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    g_stop = true;
  }).detach();
}

int run(const Arguments& a) {
  std::ifstream in(a.prefix + ".settings");
  if (!in) throw Error(ErrorKind::kIo, a.prefix + ".settings: cannot be opened");
  std::ostringstream text;
  text << in.rdbuf();
  const TrainSettings settings = parse_settings(text.str());
  if (settings.from != 0) {
    throw Error(ErrorKind::kUsage,
                a.prefix +
                    ".settings: of a training with --from, which only llmz train can do: "
                    "llmz train --from MODEL --packs " +
                    a.prefix);
  }
  const TokenPack training = TokenPack::read_parts(a.prefix + ".train"),
                  held_out = TokenPack::read_parts(a.prefix + ".held-out");
  Report report(a.prefix + ".log");
  stop_after(a.stop_after);
  const State state =
      train(Parameters::initialize(settings.model, settings.seed), training, held_out, settings,
            parse_schedule(text.str()), a.run, std::ref(report), g_stop);
  if (!a.weights.empty())
    std::printf("%zu parts of weights\n", write_weights(state, a.weights, 16'000'000));
  return g_stop ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, on_stop_signal);
  try {
    return run(parse(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "llmz-train-packs: %s\n", e.what());
    return 1;
  }
}
