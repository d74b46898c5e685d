// SPDX-License-Identifier: Apache-2.0
// Drawings, made by the program gnuplot: a script with its data goes in through a pipe, the picture
// comes back through another, so that no file name is ever part of a script.
#pragma once

#include <string>

#include "cli/files.h"
#include "cli/options.h"

namespace llmz {

class PlotFile {
 public:
  // For --plot, before the work: throws Error{kUsage} if gnuplot is not installed, {kIo} if the
  // file exists and may not be replaced, or cannot be written.
  explicit PlotFile(const Options& options);
  // Draws, and gives the file its name. `script` sets no terminal and no output.
  void draw(const std::string& script);

 private:
  std::string terminal_;
  OutputFile file_;
};

// A data block for gnuplot: `name` begins with $, fields are separated by tabs, as the script must
// say (kPlotData does).
std::string plot_block(const std::string& name, const std::string& lines);
constexpr char kPlotData[] = "set datafile separator '\\t'\nset datafile commentschars ''\n";

// `text` as one field of a block, or within single quotes of a script: what gnuplot would read as
// more than text becomes '_'.
std::string plot_text(const std::string& text);

}  // namespace llmz
