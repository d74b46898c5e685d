// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstring>
#include <mutex>

#include "base/error.h"

namespace llmz {
namespace {

volatile std::sig_atomic_t received = 0;
bool pipe_signal_was_ignored = false;

struct PartialOutput {
  volatile std::sig_atomic_t is_there = 0;
  char path[PATH_MAX];
};
PartialOutput partial_outputs[16];
std::mutex partial_outputs_mutex;  // not of the handler

}  // namespace

extern "C" {
// Only what signal-safety(7) allows.
static void on_signal(int number) {
  if (received != 0) {
    for (const llmz::PartialOutput& one : llmz::partial_outputs) {
      if (one.is_there) unlink(one.path);
    }
    llmz::end_by_signal(number);
  }
  received = number;
}
}

void install_signal_handlers() {
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGXCPU}) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = on_signal;  // without SA_RESTART: a blocked read() must return
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
  pipe_signal_was_ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
  signal(SIGXFSZ, SIG_IGN);  // write() fails then, as on a full disk
}

void throw_if_interrupted() {
  if (received == 0) return;
  throw Error(ErrorKind::kInterrupted,
              std::string("interrupted by a signal (") + strsignal(received) + ")");
}

int received_signal() { return received; }

bool closed_pipe_ends_quietly() { return !pipe_signal_was_ignored; }

void end_by_signal(int number) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
  // It is blocked within its own handler.
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  raise(number);
  _exit(128 + number);  // as a shell would tell of it
}

void add_partial_output(const std::string& path) {
  const std::lock_guard lock(partial_outputs_mutex);
  for (PartialOutput& one : partial_outputs) {
    if (one.is_there || path.size() >= sizeof one.path) continue;
    std::memcpy(one.path, path.c_str(), path.size() + 1);
    one.is_there = 1;
    return;
  }
}

void forget_partial_output(const std::string& path) {
  const std::lock_guard lock(partial_outputs_mutex);
  for (PartialOutput& one : partial_outputs) {
    if (one.is_there && path == one.path) one.is_there = 0;
  }
}

}  // namespace llmz
