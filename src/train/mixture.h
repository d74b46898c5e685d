// SPDX-License-Identifier: Apache-2.0
// What a training text is drawn from: a data mixture in, a list of sources out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llmz::train {

// Documents of `path` are drawn at random until they have `bytes` bytes, or all are drawn.
struct Source {
  static constexpr uint64_t kAll = ~uint64_t{0};
  uint64_t bytes = kAll;
  // A file; a folder, with everything below it; FOLDER/PATTERN, with every file below the folder
  // whose name matches (`*` and `?`); or "-", the standard input.
  std::string path;
  bool crlf = false;  // lines that end with LF are given CRLF
};

// A data mixture has one source a line: SIZE PATH, and perhaps the word crlf. SIZE is a number of
// bytes with k, M or G for powers of 1000, or `all`. Relative paths begin at the current folder, as
// they would on the command line: the mix belongs to the project, the texts lie elsewhere. What
// follows # is a comment. Throws kIo, and kUsage with the number of the line.
std::vector<Source> read_mixture(const std::string& mixture_path);

}  // namespace llmz::train
