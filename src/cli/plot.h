// SPDX-License-Identifier: Apache-2.0
// The picture of --plot.
#pragma once

#include <string>

#include "base/gnuplot.h"
#include "cli/files.h"
#include "cli/options.h"

namespace llmz {

class PlotFile {
 public:
  // Before the work: throws Error{kUsage} if gnuplot is not installed, {kIo} if the file exists and
  // may not be replaced, or cannot be written.
  explicit PlotFile(const Options& options);
  // Draws, and gives the file its name.
  void draw(const std::string& script);

 private:
  std::string path_;
  OutputFile file_;
};

}  // namespace llmz
