// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.h"

#include "cli/jobs.h"
#include "cli/signals.h"

namespace llmz {

PlotFile::PlotFile(const Options& options)
    : path_(*options.plot), file_(path_, may_overwrite(options, path_)) {
  check_gnuplot();
}

void PlotFile::draw(const std::string& script) {
  file_.write(draw_with_gnuplot(script, path_, throw_if_interrupted));
  file_.commit();
}

}  // namespace llmz
