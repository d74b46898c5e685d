// SPDX-License-Identifier: Apache-2.0
#include "hf/json.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/wrong_file.h"

namespace llmz::hf {

Json parse_json(ByteView text, const std::string& what) {
  // The parser keeps its own stack, so depth cannot overflow ours; the limit is for what reads the
  // result.
  std::vector<std::unordered_set<std::string>> names;  // of the objects that are open
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (depth >= kMaxJsonDepth) {
          throw Error(ErrorKind::kModelBad, what + ": JSON nested deeper than " +
                                                std::to_string(kMaxJsonDepth) + " levels");
        }
        names.emplace_back();
        break;
      case Json::parse_event_t::key:
        if (!names.back().insert(parsed.get<std::string>()).second) {
          throw Error(ErrorKind::kModelBad, what + ": the name " +
                                                in_quotes(parsed.get<std::string>()) +
                                                " is twice in one JSON object");
        }
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        names.pop_back();
        break;
      default:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kModelBad, what + ": not JSON: " + error.what());
  }
}

Json read_json(const std::string& path, uint64_t max_bytes) {
  // Opening a pipe would wait for ever.
  std::error_code ignored;
  if (std::filesystem::is_fifo(path, ignored))
    throw Error(ErrorKind::kIo, path + ": is a named pipe, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kIo, path + ": " + std::strerror(errno));
  Bytes bytes;
  std::vector<char> piece(1 << 16);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())), file.gcount() > 0) {
    bytes.insert(bytes.end(), piece.data(), piece.data() + file.gcount());
    if (bytes.size() > max_bytes) {
      throw Error(ErrorKind::kModelBad, path + ": larger than the " + std::to_string(max_bytes) +
                                            " bytes that are read of such a file");
    }
  }
  if (file.bad()) throw Error(ErrorKind::kIo, path + ": " + std::strerror(errno));
  const std::string wrong = wrong_file_text(bytes);
  if (!wrong.empty()) throw Error(ErrorKind::kModelBad, path + ": not JSON: " + wrong);
  return parse_json(bytes, path);
}

std::string in_quotes(const std::string& name) {
  constexpr size_t kShown = 200;
  return Json(name.substr(0, kShown)).dump(-1, ' ', true, Json::error_handler_t::replace) +
         (name.size() > kShown ? "..." : "");
}

}  // namespace llmz::hf
