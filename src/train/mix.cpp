// SPDX-License-Identifier: Apache-2.0
#include "train/mix.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace llmz::train {
namespace {

// 0 when the text is no size.
uint64_t parse_size(const std::string& text) {
  if (text == "all") return Source::kAll;
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    return 0;
  }
  const std::string unit = text.substr(used);
  const double factor = unit.empty()  ? 1
                        : unit == "k" ? 1e3
                        : unit == "M" ? 1e6
                        : unit == "G" ? 1e9
                                      : 0;
  value *= factor;
  return value >= 1 && value < 1e15 ? static_cast<uint64_t>(std::llround(value)) : 0;
}

}  // namespace

std::vector<Source> read_mix(const std::string& mix_path) {
  std::ifstream in(mix_path);
  if (!in) throw Error(ErrorKind::kIo, mix_path + ": the mix file cannot be opened");
  std::vector<Source> sources;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string size, option, rest;
    Source source;
    if (!(words >> size)) continue;
    words >> source.path >> option >> rest;
    source.bytes = parse_size(size);
    source.crlf = option == "crlf";
    if (source.bytes == 0 || source.path.empty() || (!option.empty() && !source.crlf) ||
        !rest.empty()) {
      throw Error(ErrorKind::kUsage, mix_path + ":" + std::to_string(number) +
                                         ": expected SIZE PATH [crlf], as in '60M wiki.txt'; "
                                         "found '" +
                                         line + "'");
    }
    sources.push_back(source);
  }
  if (sources.empty()) throw Error(ErrorKind::kUsage, mix_path + ": no line names a text");
  return sources;
}

}  // namespace llmz::train
