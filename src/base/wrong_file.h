// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <string>

#include "base/bytes.h"

namespace llmz {

// What is often found in place of a file that was to be downloaded, told by its first bytes (64 are
// enough), and what helps: "it is ...". Empty for anything else.
inline std::string wrong_file_text(ByteView head) {
  std::string text(head.text().substr(0, 64));
  const auto begins = [&](const char* with) { return text.rfind(with, 0) == 0; };
  if (begins("version https://git-lfs.github.com/"))
    return "it is a Git LFS pointer, not the file itself: git lfs pull fetches that";
  if (begins("PK\x03\x04"))
    return "it is a zip archive, as PyTorch writes weights: convert them to safetensors";
  if (begins("GGUF"))
    return "it is a GGUF file, which llmz reads under its own name, not as a part of a folder";
  text.erase(0, text.find_first_not_of("\xef\xbb\xbf \t\r\n"));
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (begins("<!doctype html") || begins("<html"))
    return "it is a web page, not the file itself: the download went wrong";
  return "";
}

}  // namespace llmz
