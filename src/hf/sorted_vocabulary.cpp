// SPDX-License-Identifier: Apache-2.0
#include "hf/sorted_vocabulary.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace llmz::hf {
namespace {

// The id that the original gives for exactly these bytes, if it is one.
std::optional<uint32_t> own_id(const Tokenizer& original, const std::string& bytes) {
  std::vector<uint32_t> ids;
  original.encode(ByteView(bytes), ids, false);
  return ids.size() == 1 ? std::optional<uint32_t>(ids[0]) : std::nullopt;
}

std::unordered_map<std::string, uint32_t> ids_of_tokens(const Tokenizer& original) {
  std::unordered_map<std::string, uint32_t> ids;
  for (uint32_t id = 0; id < original.size(); ++id) {
    const std::string& bytes = original.bytes(id);
    if (bytes.empty() || bytes.size() > Vocabulary::kMaxTokenBytes) continue;
    const auto [known, added] = ids.emplace(bytes, id);
    if (!added && own_id(original, bytes) == id) known->second = id;
  }
  return ids;
}

void round_down(std::unordered_map<std::string, uint32_t>& ids, uint32_t multiple) {
  std::vector<std::pair<uint32_t, std::string>> longer;  // than a byte
  for (const auto& [bytes, id] : ids) {
    if (bytes.size() > 1) longer.emplace_back(id, bytes);
  }
  const size_t excess = std::min(ids.size() % multiple, longer.size());
  std::partial_sort(longer.begin(), longer.begin() + static_cast<ptrdiff_t>(excess), longer.end(),
                    std::greater<>());
  for (size_t i = 0; i < excess; ++i) ids.erase(longer[i].second);
}

}  // namespace

SortedVocabulary sorted_vocabulary(const Tokenizer& original, uint32_t multiple) {
  auto ids = ids_of_tokens(original);
  round_down(ids, multiple);
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const auto& entry : ids) tokens.push_back(entry.first);
  Vocabulary vocabulary(std::move(tokens));
  std::vector<uint32_t> original_ids;
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    const auto found = ids.find(std::string(vocabulary.bytes(id)));
    // The vocabulary has all 256 bytes, whatever it is made from.
    if (found == ids.end()) {
      throw Error(ErrorKind::kModelBad,
                  "the tokenizer has no token for the byte " +
                      std::to_string(static_cast<uint8_t>(vocabulary.bytes(id)[0])) +
                      "; a model that cannot write every byte cannot compress");
    }
    original_ids.push_back(found->second);
  }
  std::string segmenter = original.segmenter(vocabulary);
  return {llmz::Tokenizer(std::move(vocabulary), std::move(segmenter)), std::move(original_ids)};
}

}  // namespace llmz::hf
