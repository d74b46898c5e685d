// SPDX-License-Identifier: Apache-2.0
#include "train/mixture.h"

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

std::vector<Source> read_mixture(const std::string& mixture_path) {
  std::ifstream in(mixture_path);
  if (!in) throw Error(ErrorKind::kIo, mixture_path + ": the data mixture cannot be opened");
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
      throw Error(ErrorKind::kUsage, mixture_path + ":" + std::to_string(number) +
                                         ": expected SIZE PATH [crlf], as in '60M wiki.txt'; "
                                         "found '" +
                                         line + "'");
    }
    sources.push_back(source);
  }
  if (sources.empty()) throw Error(ErrorKind::kUsage, mixture_path + ": no line names a text");
  return sources;
}

}  // namespace llmz::train
