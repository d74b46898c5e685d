// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstring>

#include "base/error.h"

namespace llmz {
namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t has_partial_output = 0;
bool pipe_signal_was_ignored = false;
char partial_output[PATH_MAX];

}  // namespace

extern "C" {
// Only what signal-safety(7) allows.
static void on_signal(int number) {
  if (received != 0) {
    if (has_partial_output) unlink(partial_output);
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

void set_partial_output(const std::string& path) {
  has_partial_output = 0;
  if (path.empty() || path.size() >= sizeof partial_output) return;
  std::memcpy(partial_output, path.c_str(), path.size() + 1);
  has_partial_output = 1;
}

}  // namespace llmz
