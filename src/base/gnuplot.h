// SPDX-License-Identifier: Apache-2.0
// Drawings, made by the program gnuplot: a script with its data goes in through a pipe, the picture
// comes back through another, so that no file name is ever part of a script.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"

namespace llmz {

// Throws Error{kUsage} if gnuplot is not installed: to be called before hours of work.
void check_gnuplot();

// The picture, SVG for a path that ends in .svg and else PNG. `script` sets no terminal and no
// output. tick: called while it is drawn; may throw. Throws Error{kUsage}, kIo.
Bytes draw_with_gnuplot(
    const std::string& script, const std::string& path, const std::function<void()>& tick = [] {});

// A data block for gnuplot: `name` begins with $, fields are separated by tabs, as the script must
// say (kPlotData does).
std::string plot_block(const std::string& name, const std::string& lines);
constexpr char kPlotData[] = "set datafile separator '\\t'\nset datafile commentschars ''\n";

// `text` as one field of a block, or within single quotes of a script: what gnuplot would read as
// more than text becomes '_'.
std::string plot_text(const std::string& text);

}  // namespace llmz
