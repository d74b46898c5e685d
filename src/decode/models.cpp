// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/folder_files.h"
#include "base/hexadecimal.h"
#include "base/program_folder.h"
#include "container/caller.h"
#include "decode/carried_model.h"
#include "decode/lzma2.h"
#include "decode/session.h"
#include "llmz/model.h"
#include "model/model_file.h"

namespace llmz {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".llmzmodel";

// Keys and values of all layers, hidden vectors and tables. llmz's own models have one head of keys
// of a byte each in a ring that has room for as many tokens again as a call may feed.
uint64_t lane_bytes(const ModelSummary& model) {
  const ModelConfig& c = model.config;
  const uint64_t keys = model.imported ? uint64_t{8} * c.heads * c.head_dim * c.window
                                       : uint64_t{4} * c.head_dim * (c.window + 64);
  return c.layers * keys + uint64_t{16} * c.vocabulary + uint64_t{256} * c.dim;
}

ModelInfo info_of(const fs::path& path, const ModelSummary& s) {
  const ModelConfig& c = s.config;
  ModelInfo info;
  info.name = path.stem().string();
  info.path = path.string();
  info.fingerprint = s.fingerprint;
  info.size_bytes = s.file_size_bytes;
  info.parameters = s.parameters;
  info.imported = s.imported;
  info.lane_bytes = lane_bytes(s);
  const uint32_t width = s.imported ? c.dim - 1 : c.dim;  // without the hidden vector's constant
  info.description = (s.imported ? "imported, " : "") + std::to_string(c.layers) +
                     " layers of width " + std::to_string(width) + ", vocabulary " +
                     std::to_string(c.vocabulary) + ", window " + std::to_string(c.window);
  return info;
}

// Of a file that will be verified when it is loaded.
ModelInfo said_info(const fs::path& path) { return info_of(path, outline_model(path.string())); }

ModelInfo read_info(const fs::path& path) {
  return info_of(path, summarize_model(read_model_file(path.string()), path.string()));
}

// Those of one folder, by name, or the one file; each model once.
void append_models(const fs::path& folder, std::vector<ModelInfo>& all,
                   ModelInfo read_info(const fs::path&)) {
  std::vector<ModelInfo> here;
  const auto add = [&](const fs::path& path) {
    try {
      here.push_back(read_info(path));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {  // damaged, or not for us
    }
  };
  std::error_code ignored;
  if (fs::is_regular_file(folder, ignored)) add(folder);
  for (const fs::path& path : folder_files(folder)) {
    if (path.extension() == kExtension) add(path);
  }
  std::sort(here.begin(), here.end(),
            [](const ModelInfo& a, const ModelInfo& b) { return a.name < b.name; });
  for (ModelInfo& info : here) {
    const auto same = [&](const ModelInfo& other) { return other.fingerprint == info.fingerprint; };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(info));
  }
}

std::string joined(const std::vector<std::string>& folders) {
  std::string all;
  for (const std::string& f : folders) all += (all.empty() ? "" : ", ") + f;
  return all.empty() ? "nowhere" : all;
}

std::vector<std::string> installed_folders() {
  std::vector<std::string> folders;
  if (const char* asked = std::getenv("LLMZ_MODELS")) {
    const std::string text = asked;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(':', begin), text.size());
      if (end > begin) folders.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const fs::path program = program_folder(), library = library_folder();
  for (const fs::path& binaries : {program, library}) {
    if (binaries.empty()) continue;  // the system does not tell
    const std::string models = (binaries / "../share/llmz/models").lexically_normal().string();
    if (std::find(folders.begin(), folders.end(), models) == folders.end())
      folders.push_back(models);
  }
#ifdef LLMZ_SOURCE_MODELS
  // A program in its build tree; an installed one has no such neighbour.
  std::error_code ignored;  // a folder that may not be read is none
  if (!program.empty() && fs::exists(program / "CMakeCache.txt", ignored))
    folders.push_back(LLMZ_SOURCE_MODELS);
#endif
#ifdef LLMZ_INSTALLED_MODELS
  // Programs that were linked with the static library lie anywhere.
  if (std::find(folders.begin(), folders.end(), LLMZ_INSTALLED_MODELS) == folders.end())
    folders.push_back(LLMZ_INSTALLED_MODELS);
#endif
  if (const char* home = std::getenv("HOME"))
    folders.push_back(std::string(home) + "/.local/share/llmz/models");
  return folders;
}

std::vector<ModelInfo> all_models(const std::vector<std::string>& folders,
                                  ModelInfo read_info(const fs::path&)) {
  std::vector<ModelInfo> all;
  for (const std::string& folder : folders) append_models(folder, all, read_info);
  return all;
}

ModelInfo find_named(const std::vector<std::string>& folders, const std::string& name) {
  if (name.find('/') != std::string::npos || fs::path(name).extension() == kExtension)
    return said_info(name);
  for (const fs::path folder : folders) {
    const fs::path path = folder / (name + kExtension);
    std::error_code ignored;
    if (fs::exists(path, ignored)) return said_info(path);
  }
  std::string known;
  for (const ModelInfo& info : all_models(folders, said_info)) {
    const std::string fingerprint = hexadecimal(info.fingerprint, 16);
    if (name == fingerprint || name == fingerprint.substr(8)) return info;
    known += (known.empty() ? "" : ", ") + info.name;
  }
  throw Error(ErrorKind::kModelMissing,
              "model '" + name + "' not found; looked in " + joined(folders) + "; installed: " +
                  (known.empty() ? "none; name their folder in LLMZ_MODELS, a file with -m, or use "
                                   "-1, which needs none"
                                 : known));
}

ModelInfo find_fingerprint(const std::vector<std::string>& folders, uint64_t fingerprint,
                           bool low32) {
  const uint64_t mask = low32 ? 0xffffffff : ~uint64_t{0};
  // A folder behind the one that has it may be large, and none of models.
  for (const std::string& folder : folders) {
    for (const ModelInfo& info : all_models({folder}, said_info)) {
      if ((info.fingerprint & mask) == (fingerprint & mask)) return info;
    }
  }
  throw Error(ErrorKind::kModelMissing,
              "compressed with a model that is not installed: fingerprint " +
                  hexadecimal(fingerprint & mask, low32 ? 8 : 16) + "; looked in " +
                  joined(folders) + "; name its folder in LLMZ_MODELS, or its file with -m");
}

}  // namespace

ModelInfo unpacked(const CarriedModel& model) {
  const std::string name = "the model that the file carries";
  const auto content =
      std::make_shared<const Bytes>(lzma2_decompress(model.payload, model.size_bytes));
  ModelInfo info = info_of("", summarize_model(*content, name));
  if (info.fingerprint != model.fingerprint)
    throw Error(ErrorKind::kCorrupt, name + " is another one than the file says");
  info.name = hexadecimal(info.fingerprint, 16);
  info.content = content;
  return info;
}

Models Models::installed() {
  return at_border([] { return Models(installed_folders()); });
}

Models::Models(std::vector<std::string> folders)
    : folders_(std::move(folders)), kept_(std::make_shared<KeptSessions>()) {}

const Models& default_models() {
  static const Models models = Models::installed();
  return models;
}

std::vector<ModelInfo> Models::list() const {
  return at_border([&] { return all_models(folders_, read_info); });
}

ModelInfo Models::find(const std::string& name_or_path) const {
  return at_border([&] { return find_named(folders_, name_or_path); });
}

ModelInfo Models::find(uint64_t fingerprint, bool low32) const {
  return at_border([&] { return find_fingerprint(folders_, fingerprint, low32); });
}

void Models::preload(const std::string& name_or_path, const EngineSettings& engine) const {
  at_border([&] {
    Session session(engine, *this);
    session.use(find(name_or_path));
    std::move(session).return_to(*this);
  });
}

}  // namespace llmz
