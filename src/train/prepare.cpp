// SPDX-License-Identifier: Apache-2.0
#include "train/prepare.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/hash.h"

namespace llmz::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestDocumentBytes = 1 << 20;

std::vector<fs::path> list_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw Error(ErrorKind::kIo, path + ": no such file or folder");
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) inside.push_back(entry.path());
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorKind::kIo, path.string() + ": cannot be opened");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) throw Error(ErrorKind::kIo, path.string() + ": cannot be read");
  return text;
}

size_t document_end(const std::string& text, size_t begin) {
  const size_t nul = std::min(text.find('\0', begin), text.size());
  if (nul - begin <= kLongestDocumentBytes) return nul;
  const size_t line = text.rfind('\n', begin + kLongestDocumentBytes);
  return line == std::string::npos || line <= begin ? begin + kLongestDocumentBytes : line + 1;
}

}  // namespace

Documents read_documents(const std::vector<std::string>& paths, double held_out_share,
                         uint64_t max_held_out_bytes) {
  Documents documents;
  for (const fs::path& file : list_files(paths)) {
    const std::string text = read_text(file);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = document_end(text, begin);
      std::string document = text.substr(begin, end - begin);
      begin = end + (end < text.size() && text[end] == '\0' ? 1 : 0);
      if (document.empty()) continue;
      const double draw =
          static_cast<double>(xxh3_64(ByteView(document)) >> 11) / 9007199254740992.0;
      if (draw < held_out_share && documents.held_out_bytes < max_held_out_bytes) {
        documents.held_out_bytes += document.size();
        documents.held_out.push_back(std::move(document));
      } else {
        documents.training_bytes += document.size();
        documents.training.push_back(std::move(document));
      }
    }
  }
  return documents;
}

std::string vocabulary_sample(const Documents& documents, uint64_t max_bytes) {
  std::string sample;
  const double share =
      std::min(1.0, static_cast<double>(max_bytes) /
                        static_cast<double>(std::max<uint64_t>(documents.training_bytes, 1)));
  double wanted = 0;
  for (const std::string& document : documents.training) {
    wanted += share * static_cast<double>(document.size());
    if (static_cast<double>(sample.size()) < wanted) sample.append(document).push_back('\0');
  }
  return sample;
}

TokenPack tokenize(const std::vector<std::string>& documents, const Tokenizer& tokenizer) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  if (vocabulary.size() > 65536)
    throw Error(ErrorKind::kUsage, "a vocabulary has at most 65536 tokens");
  TokenPack pack;
  for (uint32_t id = 0; id < vocabulary.size(); ++id)
    pack.token_bytes.push_back(static_cast<uint8_t>(vocabulary.bytes(id).size()));
  std::vector<uint32_t> tokens;
  for (const std::string& document : documents) {
    tokens.clear();
    tokenizer.encode(ByteView(document), tokens);
    pack.tokens.insert(pack.tokens.end(), tokens.begin(), tokens.end());
    pack.tokens.push_back(static_cast<uint16_t>(vocabulary.byte_id(0)));
  }
  return pack;
}

}  // namespace llmz::train
