// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, kill and hangup. The first such signal is only noted: whoever calls
// throw_if_interrupted() unwinds, which removes partial output. A second one removes it at once.
// Either way the process ends by that signal, which is how shells, make and systemd tell an
// interruption from a failure.
#pragma once

#include <string>

namespace llmz {

// SIGINT, SIGTERM, SIGHUP and SIGXCPU unless they were ignored when the program started (nohup).
// SIGPIPE is ignored, so that a closed pipe is an error of write().
void install_signal_handlers();

// Throws Error{kInterrupted} after a signal.
void throw_if_interrupted();

// The signal that came; 0 for none.
int received_signal();

// Whether a reader that closes standard output ends the program without a message, by SIGPIPE. Not
// where whoever started it ignores that signal.
bool closed_pipe_ends_quietly();

// Ends the process by the default action of this signal. Signal-safe; the last thing to call.
[[noreturn]] void end_by_signal(int number);

// Files that a second signal removes. At most 16; of others, which nobody has at once, a part is
// left behind then.
void add_partial_output(const std::string& path);
void forget_partial_output(const std::string& path);

}  // namespace llmz
