// SPDX-License-Identifier: Apache-2.0
#include "train/mix.h"

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/size_text.h"

namespace llmz::train {
namespace {

// 0 when the text is no size.
uint64_t parse_size(const std::string& text) {
  return text == "all" ? Source::kAll : parse_size_text(text).value_or(0);
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
