// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, kill and hangup. The first such signal is only noted: whoever calls
// throw_if_interrupted() unwinds, which removes partial output. A second one removes it at once and
// ends the program.
#pragma once

#include <string>

namespace llmz {

// SIGINT, SIGTERM, SIGHUP unless they were ignored when the program started (nohup). SIGPIPE is
// ignored, so that a closed pipe is an error of write().
void install_signal_handlers();

// Throws Error{kInterrupted} after a signal.
void throw_if_interrupted();

// The file that a second signal removes; empty for none.
void set_partial_output(const std::string& path);

}  // namespace llmz
