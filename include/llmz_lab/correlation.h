// SPDX-License-Identifier: Apache-2.0
// How well a straight line tells scores from compression.
#pragma once

#include <vector>

#include "llmz/error.h"

namespace llmz {

struct LinearFit {
  double pearson_r = 0;
  double spearman = 0;              // Pearson's r of the ranks; equal values share their mean rank
  double intercept = 0, slope = 0;  // of the least-squares line y = intercept + slope x
  double rmse = 0;                  // root of the mean square residual; the divisor is n
};

// x and y of equal length. Throws Error{kUsage} for fewer than three points, and where all x or all
// y are equal.
LinearFit fit_line(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace llmz
