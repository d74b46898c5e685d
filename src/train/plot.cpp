// SPDX-License-Identifier: Apache-2.0
#include "train/plot.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/error.h"

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

std::string data_block(const std::vector<Point>& points, double Point::*value) {
  std::ostringstream text;
  for (const Point& p : points) text << p.tokens << ' ' << p.*value << '\n';
  text << "e\n";
  return text.str();
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace

void check_plot(const std::string& picture_path) {
  const std::string kind = std::filesystem::path(picture_path).extension().string();
  if (kind != ".svg" && kind != ".png")
    throw Error(ErrorKind::kUsage, "--plot draws .svg or .png; found '" + picture_path + "'");
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0)
    throw Error(ErrorKind::kUsage, "--plot needs the program gnuplot, which is not installed");
}

void draw_plot(const std::string& log_path, const std::string& picture_path) {
  const std::vector<Point> points = read_points(log_path);
  if (points.empty())
    throw Error(ErrorKind::kIo, log_path + ": no held-out value is in the log, so nothing to draw");
  const bool svg = std::filesystem::path(picture_path).extension() == ".svg";
  std::FILE* gnuplot = popen("gnuplot", "w");
  if (!gnuplot) throw Error(ErrorKind::kIo, "gnuplot cannot be started");
  const std::string script =
      std::string("set terminal ") + (svg ? "svg" : "png") + " size 800,500\nset output " +
      quoted(picture_path) +
      "\nset xlabel 'million tokens'\nset ylabel 'held-out bits per byte'\nset y2label 'loss, bits "
      "per token'\nset ytics nomirror\nset y2tics\nset grid\n"
      "set offsets graph 0.01, 0.01, 0.01, 0.01\n"
      "plot '-' with linespoints title 'held-out', '-' axes x1y2 with lines title 'loss'\n" +
      data_block(points, &Point::held_out) + data_block(points, &Point::loss);
  const bool written = std::fputs(script.c_str(), gnuplot) >= 0;
  if (pclose(gnuplot) != 0 || !written)
    throw Error(ErrorKind::kIo, picture_path + ": gnuplot could not draw it");
}

}  // namespace llmz::train
