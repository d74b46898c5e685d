// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/correlation.h"

#include <algorithm>
#include <boost/math/statistics/linear_regression.hpp>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>

#include "base/error.h"

namespace llmz {
namespace {

bool all_equal(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// Ranks from 0; equal values share the mean of theirs. Boost has none.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i)
      result[order[i]] = static_cast<double>(begin + end - 1) / 2;
    begin = end;
  }
  return result;
}

}  // namespace

LinearFit fit_line(const std::vector<double>& x, const std::vector<double>& y) {
  namespace statistics = boost::math::statistics;
  if (x.size() < 3)
    throw Error(ErrorKind::kUsage,
                "a correlation needs three models or more, found " + std::to_string(x.size()));
  if (all_equal(x) || all_equal(y))
    throw Error(ErrorKind::kUsage, "all values are equal: there is nothing to correlate");
  LinearFit fit;
  fit.pearson_r = statistics::correlation_coefficient(x, y);
  fit.spearman = statistics::correlation_coefficient(ranks(x), ranks(y));
  std::tie(fit.intercept, fit.slope) = statistics::simple_ordinary_least_squares(x, y);
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - (fit.intercept + fit.slope * x[i]);
    squares += residual * residual;
  }
  fit.rmse = std::sqrt(squares / static_cast<double>(x.size()));
  return fit;
}

}  // namespace llmz
