// SPDX-License-Identifier: Apache-2.0
// llmz train
#include <algorithm>
#include <cmath>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "llmz_lab/training.h"

namespace llmz {

int run_train(const std::vector<std::string>& args) {
  const auto given = [&](const char* option) {
    return std::find(args.begin(), args.end(), option) != args.end();
  };
  Reporter reporter(given("--json"), given("-q") || given("--quiet"), "train");
  Training done;
  try {
    done = train_model(args);
  } catch (const Error& e) {
    reporter.error("", e);
    return reporter.finish();
  }
  if (!done.help.empty()) {
    print(done.help);
    return 0;
  }
  Json result = {{"file", done.model},
                 {"checkpoint", done.checkpoint},
                 {"steps", done.steps},
                 {"tokens", done.tokens},
                 {"seconds", done.seconds}};
  if (std::isfinite(done.held_out_bits_per_byte))
    result["held_out_bits_per_byte"] = done.held_out_bits_per_byte;
  reporter.result(std::move(result));
  const int status = reporter.finish();
  if (done.stopped_by != 0) end_by_signal(done.stopped_by);
  return status;
}

}  // namespace llmz
