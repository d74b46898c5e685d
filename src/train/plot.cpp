// SPDX-License-Identifier: Apache-2.0
#include "train/plot.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/gnuplot.h"
#include "base/whole_file.h"

namespace llmz::train {
namespace {

struct Point {
  double tokens, held_out, loss;
};

// A resumed training repeats what was lost after its checkpoint: the later lines count.
std::vector<Point> read_points(const std::string& log_path) {
  std::ifstream in(log_path);
  if (!in) throw Error(ErrorKind::kIo, log_path + ": the log cannot be opened");
  std::vector<Point> points;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.value("held_out_bits_per_byte", nlohmann::json()).is_number())
      continue;
    const Point point{json.value("tokens", 0.0) / 1e6, json["held_out_bits_per_byte"],
                      json.value("loss_bits_per_token", 0.0)};
    while (!points.empty() && points.back().tokens >= point.tokens) points.pop_back();
    points.push_back(point);
  }
  return points;
}

std::string lines_of(const std::vector<Point>& points) {
  std::ostringstream text;
  for (const Point& p : points) text << p.tokens << '\t' << p.held_out << '\t' << p.loss << '\n';
  return text.str();
}

}  // namespace

void check_plot(const std::string& picture_path) {
  const std::string kind = std::filesystem::path(picture_path).extension().string();
  if (kind != ".svg" && kind != ".png")
    throw Error(ErrorKind::kUsage, "--plot draws .svg or .png; found '" + picture_path + "'");
  check_gnuplot();
}

void draw_plot(const std::string& log_path, const std::string& picture_path) {
  const std::vector<Point> points = read_points(log_path);
  if (points.empty())
    throw Error(ErrorKind::kIo, log_path + ": no held-out value is in the log, so nothing to draw");
  const std::string script =
      kPlotData + plot_block("$data", lines_of(points)) +
      "set xlabel 'million tokens'\nset ylabel 'held-out bits per byte'\nset y2label 'loss, bits "
      "per token'\nset ytics nomirror\nset y2tics\nset grid\n"
      "set offsets graph 0.01, 0.01, 0.01, 0.01\n"
      "plot $data using 1:2 with linespoints title 'held-out', $data using 1:3 axes x1y2 with "
      "lines "
      "title 'loss'\n";
  write_whole_file(picture_path, draw_with_gnuplot(script, picture_path));
}

}  // namespace llmz::train
