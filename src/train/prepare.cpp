// SPDX-License-Identifier: Apache-2.0
#include "train/prepare.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "base/hash.h"

namespace llmz::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestDocumentBytes = 1 << 20;

// Where a document lies: in a file, or in the text of the standard input.
struct Place {
  uint32_t file = 0;
  uint64_t begin = 0, length = 0;
};

std::vector<std::string> files_below(const fs::path& folder, const std::string& pattern) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; entry != end && !error;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (entry->is_regular_file() && fnmatch(pattern.c_str(), name.c_str(), 0) == 0)
      files.push_back(entry->path().string());
  }
  if (error) throw Error(ErrorKind::kIo, folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> files_of(const std::string& path) {
  if (path == "-" || (fs::exists(path) && !fs::is_directory(path))) return {path};
  std::vector<std::string> files;
  const fs::path folder = fs::path(path).parent_path();
  if (fs::is_directory(path)) {
    files = files_below(path, "*");
  } else if (fs::is_directory(folder) && path.find_first_of("*?") != std::string::npos) {
    files = files_below(folder, fs::path(path).filename().string());
  } else {
    throw Error(ErrorKind::kIo, path + ": no such file or folder");
  }
  if (files.empty()) throw Error(ErrorKind::kIo, path + ": no file is there");
  return files;
}

// Adds the documents of a stream, which is read once, a part of a document at a time.
void find_documents(std::istream& in, uint32_t file, std::vector<Place>& places) {
  std::vector<char> buffer(1 << 20);
  Place document{file, 0, 0};
  uint64_t line_end = 0;  // after the newest line end of the document, as a length
  auto finish = [&](uint64_t length, uint64_t skipped) {
    if (length > 0) places.push_back({file, document.begin, length});
    document.begin += length + skipped;
    document.length -= length;
    line_end = 0;
  };
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    for (std::streamsize i = 0; i < in.gcount(); ++i) {
      if (buffer[static_cast<size_t>(i)] == '\0') {
        finish(document.length, 1);
        continue;
      }
      ++document.length;
      if (buffer[static_cast<size_t>(i)] == '\n') line_end = document.length;
      if (document.length == kLongestDocumentBytes)
        finish(line_end > 0 ? line_end : document.length, 0);
    }
  }
  finish(document.length, 0);
}

std::string with_crlf(const std::string& text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

void shuffle(std::vector<Place>& places, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[random() % i]);
}

class SourceReader {
 public:
  explicit SourceReader(const Source& source) : files_(files_of(source.path)) {
    for (uint32_t i = 0; i < files_.size(); ++i) {
      if (files_[i] == "-") {
        std::ostringstream text;
        text << std::cin.rdbuf();
        standard_input_ = text.str();
        std::istringstream in(standard_input_);
        find_documents(in, i, places);
      } else {
        std::ifstream in(files_[i], std::ios::binary);
        if (!in) throw Error(ErrorKind::kIo, files_[i] + ": cannot be opened");
        find_documents(in, i, places);
        if (in.bad()) throw Error(ErrorKind::kIo, files_[i] + ": cannot be read");
      }
    }
  }

  std::string read(const Place& place) {
    const std::string& path = files_[place.file];
    if (path == "-") return standard_input_.substr(place.begin, place.length);
    if (open_ != path) {
      file_ = std::ifstream(path, std::ios::binary);
      open_ = path;
    }
    std::string text(place.length, '\0');
    file_.seekg(static_cast<std::streamoff>(place.begin));
    if (!file_.read(text.data(), static_cast<std::streamsize>(text.size())))
      throw Error(ErrorKind::kIo, path + ": cannot be read again (was it changed?)");
    return text;
  }

  std::vector<Place> places;

 private:
  std::vector<std::string> files_;
  std::string standard_input_, open_;
  std::ifstream file_;
};

}  // namespace

Documents read_documents(const std::vector<Source>& sources, uint64_t seed, double held_out_share,
                         uint64_t max_held_out_bytes) {
  Documents documents;
  for (const Source& source : sources) {
    SourceReader reader(source);
    shuffle(reader.places, seed);
    uint64_t drawn = 0;
    for (size_t i = 0; i < reader.places.size() && drawn < source.bytes; ++i) {
      std::string document = reader.read(reader.places[i]);
      const double draw =
          static_cast<double>(xxh3_64(ByteView(document)) >> 11) / 9007199254740992.0;
      if (source.crlf) document = with_crlf(document);
      drawn += document.size();
      if (draw >= held_out_share) {
        documents.training_bytes += document.size();
        documents.training.push_back(std::move(document));
      } else if (documents.held_out_bytes < max_held_out_bytes) {
        documents.held_out_bytes += document.size();
        documents.held_out.push_back(std::move(document));
      }
    }
  }
  if (documents.training.empty()) {
    throw Error(ErrorKind::kUsage,
                "too little text to train on: no document is left beside those held out "
                "(--held-out)");
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
