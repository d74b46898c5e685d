// SPDX-License-Identifier: Apache-2.0
#include "train/progress.h"

#include <cmath>
#include <cstdio>

#include "base/error.h"

namespace llmz::train {

std::string to_line(const TrainProgress& p) {
  char held_out[48] = "too little held-out text", line[256];
  if (std::isfinite(p.held_out_bits_per_byte))
    std::snprintf(held_out, sizeof held_out, "held-out %.4f bits/byte", p.held_out_bits_per_byte);
  const double left = std::max(0.0, p.total_seconds - p.elapsed_seconds) / 60;
  std::snprintf(line, sizeof line,
                "step %llu  %.2fM tokens  %.3f bits/token  %s  %.0f tokens/s  %.0f min left",
                static_cast<unsigned long long>(p.step), static_cast<double>(p.tokens) / 1e6,
                p.loss_bits_per_token, held_out, p.tokens_per_second, left);
  return line;
}

std::string to_json(const TrainProgress& p) {
  std::string json = p.end ? "{\"end\":true" : "{\"end\":false";
  auto add = [&](const char* name, double value) {
    char text[96];
    if (std::isfinite(value)) {
      std::snprintf(text, sizeof text, ",\"%s\":%.9g", name, value);
    } else {
      std::snprintf(text, sizeof text, ",\"%s\":null", name);
    }
    json += text;
  };
  add("step", static_cast<double>(p.step));
  add("elapsed_seconds", p.elapsed_seconds);
  add("tokens", static_cast<double>(p.tokens));
  add("loss_bits_per_token", p.loss_bits_per_token);
  add("held_out_bits_per_byte", p.held_out_bits_per_byte);
  add("gradient_norm", p.gradient_norm);
  add("rate", p.rate);
  add("tokens_per_second", p.tokens_per_second);
  return json + "}";
}

Report::Report(const std::string& log_path, bool quiet) : quiet_(quiet) {
  if (log_path.empty()) return;
  log_.open(log_path, std::ios::app);
  if (!log_) throw Error(ErrorKind::kIo, log_path + ": the log cannot be opened");
}

void Report::operator()(const TrainProgress& progress) {
  last_ = progress;
  if (!quiet_) std::fprintf(stderr, "%s\n", to_line(progress).c_str());
  if (log_.is_open()) log_ << to_json(progress) << std::endl;
}

}  // namespace llmz::train
