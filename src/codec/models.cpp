// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/program_folder.h"
#include "base/wrong_file.h"
#include "codec/session.h"
#include "llmz/llmz.h"
#include "model/model_file.h"

namespace llmz {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".llmzmodel";

ModelInfo read_info(const fs::path& path) {
  const Bytes bytes = read_model_file(path.string());
  const std::string wrong = wrong_file_text(bytes);
  if (!wrong.empty())
    throw Error(ErrorKind::kModelBad, path.string() + ": not a model file: " + wrong);
  const ModelSummary s = summarize_model(bytes, path.string());
  const ModelConfig& c = s.config;
  ModelInfo info;
  info.name = path.stem().string();
  info.path = path.string();
  info.fingerprint = s.fingerprint;
  info.size_bytes = bytes.size();
  info.parameters = s.parameters;
  const uint32_t width = s.imported ? c.dim - 1 : c.dim;  // without the hidden vector's constant
  info.description = (s.imported ? "imported, " : "") + std::to_string(c.layers) +
                     " layers of width " + std::to_string(width) + ", vocabulary " +
                     std::to_string(c.vocabulary) + ", window " + std::to_string(c.window);
  return info;
}

// Those of one folder, by name, or the one file; each model once.
void append_models(const fs::path& folder, std::vector<ModelInfo>& all) {
  std::vector<ModelInfo> here;
  const auto add = [&](const fs::path& path) {
    try {
      here.push_back(read_info(path));
    } catch (const std::exception&) {  // damaged, or not for us
    }
  };
  std::error_code ignored;
  if (fs::is_regular_file(folder, ignored)) add(folder);
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == kExtension) add(entry.path());
  }
  std::sort(here.begin(), here.end(),
            [](const ModelInfo& a, const ModelInfo& b) { return a.name < b.name; });
  for (ModelInfo& info : here) {
    const auto same = [&](const ModelInfo& other) { return other.fingerprint == info.fingerprint; };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(info));
  }
}

std::string hexadecimal(uint64_t value, int digits) {
  char text[17];
  std::snprintf(text, sizeof text, "%0*" PRIx64, digits, value);
  return text;
}

std::string joined(const std::vector<std::string>& folders) {
  std::string all;
  for (const std::string& f : folders) all += (all.empty() ? "" : ", ") + f;
  return all.empty() ? "nowhere" : all;
}

}  // namespace

Models Models::installed() {
  std::vector<std::string> folders;
  if (const char* asked = std::getenv("LLMZ_MODELS")) {
    const std::string text = asked;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(':', begin), text.size());
      if (end > begin) folders.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const fs::path program = program_folder();
  if (!program.empty())
    folders.push_back((program / "../share/llmz/models").lexically_normal().string());
#ifdef LLMZ_SOURCE_MODELS
  // A program in its build tree; an installed one has no such neighbour.
  std::error_code ignored;  // a folder that may not be read is none
  if (!program.empty() && fs::exists(program / "CMakeCache.txt", ignored))
    folders.push_back(LLMZ_SOURCE_MODELS);
#endif
  if (const char* home = std::getenv("HOME"))
    folders.push_back(std::string(home) + "/.local/share/llmz/models");
  return Models(std::move(folders));
}

Models::Models(std::vector<std::string> folders)
    : folders_(std::move(folders)), kept_(std::make_shared<KeptSession>()) {}

std::vector<ModelInfo> Models::list() const {
  std::vector<ModelInfo> all;
  for (const std::string& folder : folders_) append_models(folder, all);
  return all;
}

ModelInfo Models::find(const std::string& name) const {
  if (name.find('/') != std::string::npos || fs::path(name).extension() == kExtension)
    return read_info(name);
  for (const fs::path folder : folders_) {
    const fs::path path = folder / (name + kExtension);
    std::error_code ignored;
    if (fs::exists(path, ignored)) return read_info(path);
  }
  std::string known;
  for (const ModelInfo& info : list()) {
    const std::string fingerprint = hexadecimal(info.fingerprint, 16);
    if (name == fingerprint || name == fingerprint.substr(8)) return info;
    known += (known.empty() ? "" : ", ") + info.name;
  }
  throw Error(ErrorKind::kModelMissing,
              "model '" + name + "' not found; looked in " + joined(folders_) + "; installed: " +
                  (known.empty() ? "none; name their folder in LLMZ_MODELS, a file with -m, or use "
                                   "-1, which needs none"
                                 : known));
}

ModelInfo Models::find(uint64_t fingerprint, bool low32) const {
  const uint64_t mask = low32 ? 0xffffffff : ~uint64_t{0};
  for (const ModelInfo& info : list()) {
    if ((info.fingerprint & mask) == (fingerprint & mask)) return info;
  }
  throw Error(ErrorKind::kModelMissing,
              "compressed with a model that is not installed: fingerprint " +
                  hexadecimal(fingerprint & mask, low32 ? 8 : 16) + "; looked in " +
                  joined(folders_) + "; name its folder in LLMZ_MODELS, or its file with -m");
}

}  // namespace llmz
