// SPDX-License-Identifier: Apache-2.0
// The curve of a training, drawn by gnuplot.
#pragma once

#include <string>

namespace llmz::train {

// Throws kUsage unless the path ends in .svg or .png and gnuplot is installed: to be called before
// hours of training.
void check_plot(const std::string& picture_path);

// Draws held-out bits per byte and loss over tokens from the JSON lines of `log_path`. Throws kIo.
void draw_plot(const std::string& log_path, const std::string& picture_path);

}  // namespace llmz::train
