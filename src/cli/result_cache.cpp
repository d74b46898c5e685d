// SPDX-License-Identifier: Apache-2.0
#include "cli/result_cache.h"

#include <cstdlib>
#include <filesystem>

#include "cli/files.h"
#include "cli/report.h"

namespace llmz {
namespace {

constexpr size_t kMostBytes = 1 << 16;

std::string cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache) return std::string(cache) + "/llmz";
  const char* home = std::getenv("HOME");
  return home && *home ? std::string(home) + "/.cache/llmz" : "";
}

}  // namespace

ResultCache::ResultCache(bool enabled) : folder_(enabled ? cache_folder() : "") {}

std::string ResultCache::path_of(const std::string& key) const {
  return folder_ + "/" + hexadecimal(xxh3_64(ByteView(key)), 16) + ".json";
}

std::optional<Json> ResultCache::find(const Json& key) const {
  if (folder_.empty()) return std::nullopt;
  try {
    InputFile file(path_of(key.dump()));
    std::string text(kMostBytes, '\0');
    text.resize(read_fully(file, reinterpret_cast<uint8_t*>(text.data()), text.size()));
    const Json stored = Json::parse(text);
    // Two keys may have one hash.
    if (stored.at("key") == key) return stored.at("result");
  } catch (const Error&) {
  } catch (const Json::exception&) {
  }
  return std::nullopt;
}

void ResultCache::keep(const Json& key, const Json& result) const {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
  try {
    OutputFile file(path_of(key.dump()), true);
    const std::string text = Json({{"key", key}, {"result", result}}).dump() + "\n";
    file.write(ByteView(text));
    file.commit();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInterrupted) throw;
  }
}

}  // namespace llmz
