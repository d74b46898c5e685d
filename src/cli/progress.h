// SPDX-License-Identifier: Apache-2.0
// A progress bar on standard error. Debian has no library for this (progress bars in C++ are not
// packaged; indicators is not in Debian 12), and a line of text that rewrites itself is all it
// takes.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace llmz {

// Progress is drawn on terminals only, and not between data that goes there.
inline bool shows_progress(const Options& options) {
  if (options.quiet || !options.progress || !isatty(STDERR_FILENO)) return false;
  if (options.command > Command::kDecompress) return true;
  const bool from_stdin = !options.files.empty() && options.files[0] == "-";
  return options.output.value_or(from_stdin ? "-" : "") != "-" || !isatty(STDOUT_FILENO);
}

// Held while a question waits for its answer.
inline std::mutex& terminal_in_use() {
  static std::mutex mutex;
  return mutex;
}

// Without a terminal, with -v, a long job says once how long it will take, after it has gone on for
// a few seconds: nothing but its own speed tells.
class ProgressBar {
 public:
  // total_bytes: of content, where known. label: what comes before the numbers of the bar.
  ProgressBar(const Options& options, std::optional<uint64_t> total_bytes, const std::string& file,
              const std::string& label = "")
      : shown_(shows_progress(options) && !options.side_by_side),
        announces_(options.verbose && !shown_ && !options.side_by_side),
        total_bytes_(total_bytes),
        file_(display_name(file) + ": "),
        label_(printable(label)) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // For a library call; also where a signal stops it.
  Progress callback() {
    return [this](uint64_t done_bytes) { update(done_bytes); };
  }

  // Before something else is written to standard error.
  void clear() {
    if (std::exchange(drawn_, false)) write_line("");
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  void update(uint64_t done_bytes) {
    throw_if_interrupted();
    const double now = seconds();
    if (announces_) announce(static_cast<double>(done_bytes), now);
    if (!shown_ || now < next_) return;
    next_ = now + 0.1;
    const auto done = static_cast<double>(done_bytes);
    const double rate = done / now;
    std::string line = size_text(done);
    if (total_bytes_.value_or(0) >= done_bytes && done_bytes > 0) {
      const auto total = static_cast<double>(*total_bytes_);
      constexpr int kWidth = 24;
      const auto filled = static_cast<size_t>(kWidth * done / total);
      line = format_number("%3.0f %% [", 100 * done / total) + std::string(filled, '#') +
             std::string(kWidth - filled, '-') + "] " + line + " of " + size_text(total) + ", " +
             time_text((total - done) / rate) + " left";
    }
    write_line(line + ", " + size_text(rate) + "/s");
  }

  // The speed is that since the first bytes: what comes before them is paid once.
  void announce(double done, double now) {
    if (done == 0) return;
    if (trial_began_ < 0) {
      trial_began_ = now;
      trial_done_ = done;
    }
    const double took = now - trial_began_;
    if (took < kTrialSeconds || done == trial_done_) return;
    announces_ = false;
    const double total = static_cast<double>(total_bytes_.value_or(0));
    const double left = (total - done) / (done - trial_done_) * took;
    if (left < kLongJobSeconds) return;
    say(file_ + label_ + size_text(done) + " of " + size_text(total) + " in " + time_text(now) +
        ", about " + time_text(left) + " left");
  }

  void write_line(const std::string& line) {
    const std::unique_lock terminal(terminal_in_use(), std::try_to_lock);
    if (!terminal) return;  // a question stands there
    drawn_ = !line.empty();
    const std::string text = "\r" + (line.empty() ? "" : label_) + line + "\033[K";
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) shown_ = false;
  }

  static constexpr double kTrialSeconds = 4, kLongJobSeconds = 20;

  bool shown_, announces_;
  bool drawn_ = false;
  double trial_began_ = -1, trial_done_ = 0;
  double next_ = 0.3;  // short jobs draw nothing
  std::optional<uint64_t> total_bytes_;
  std::string file_, label_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace llmz
