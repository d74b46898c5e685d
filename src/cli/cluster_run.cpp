// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_run.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/processor.h"
#include "cli/signals.h"
#include "cluster/launch.h"

namespace llmz {
namespace {

std::unique_ptr<Cluster>& joined() {
  static std::unique_ptr<Cluster> cluster;
  return cluster;
}

bool switched_off() {
  const char* value = std::getenv("LLMZ_CLUSTER");
  if (!value || !*value) return false;
  if (std::string(value) == "off") return true;
  throw Error(ErrorKind::kUsage, std::string("LLMZ_CLUSTER can be off, found ") + value);
}

}  // namespace

void join_cluster(const Options& options) {
  const int processes = switched_off() ? 0 : launched_processes();
  // One alone needs MPI only for what several do.
  if (processes > 0 || options.resume) joined() = std::make_unique<Cluster>(processes);
}

void refuse_launcher(const char* command) {
  const int processes = switched_off() ? 0 : launched_processes();
  if (processes < 2) return;
  throw Error(ErrorKind::kUsage,
              std::string(command) + " works in one process, and was started as one of " +
                  std::to_string(processes) + "; LLMZ_CLUSTER=off in the environment does that");
}

Cluster* cluster() { return joined().get(); }

bool is_member() { return cluster() && !cluster()->leads(); }

void serve_leader(const Prepare& prepare) { cluster()->serve(prepare, throw_if_interrupted); }

void refuse_jobs(const Error& error) {
  serve_leader([&](ByteView) -> Share { throw Error(error); });
}

unsigned threads_of(const Options& options) {
  const unsigned asked = options.compress.engine.threads;
  return asked > 0 ? std::min(asked, usable_processors()) : cluster()->processors();
}

unsigned items_that_fit(const Options& options, uint64_t bytes_each) {
  const uint64_t given = options.compress.max_memory_bytes;
  const uint64_t memory = given > 0 ? given : usable_memory_bytes() / 2 / cluster()->neighbours();
  return static_cast<unsigned>(std::clamp<uint64_t>(memory / bytes_each, 1, threads_of(options)));
}

void leave_cluster() {
  if (cluster()) cluster()->leave();
}

}  // namespace llmz
