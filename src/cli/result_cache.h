// SPDX-License-Identifier: Apache-2.0
// Results of long measurements, kept between calls: $XDG_CACHE_HOME/llmz (else ~/.cache/llmz), one
// small JSON file each. What cannot be read or written there is as if it were not there.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace llmz {

class ResultCache {
 public:
  // enabled: else finds nothing, and keeps nothing.
  explicit ResultCache(bool enabled);
  // key: everything that the result depends on.
  std::optional<nlohmann::ordered_json> find(const nlohmann::ordered_json& key) const;
  void keep(const nlohmann::ordered_json& key, const nlohmann::ordered_json& result) const;

 private:
  std::string path_of(const std::string& key) const;
  std::string folder_;  // empty: none
};

}  // namespace llmz
