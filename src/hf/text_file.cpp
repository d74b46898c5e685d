// SPDX-License-Identifier: Apache-2.0
#include "hf/text_file.h"

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/wrong_file.h"

namespace llmz::hf {

std::string read_tokenizer_file(const std::string& path) {
  constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  std::error_code failed;
  const uint64_t size_bytes = std::filesystem::file_size(path, failed);
  if (failed) throw Error(ErrorKind::kIo, path + ": " + failed.message());
  if (size_bytes > kMaxBytes) {
    throw Error(ErrorKind::kModelBad, path + ": " + std::to_string(size_bytes) +
                                          " bytes; no tokenizer has more than " +
                                          std::to_string(kMaxBytes));
  }
  std::string text(size_bytes, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(size_bytes))) {
    throw Error(ErrorKind::kIo, path + ": cannot be read");
  }
  const std::string wrong = wrong_file_text(ByteView(text));
  if (!wrong.empty()) throw Error(ErrorKind::kModelBad, path + ": not a tokenizer: " + wrong);
  return text;
}

}  // namespace llmz::hf
