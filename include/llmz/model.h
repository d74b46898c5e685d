// SPDX-License-Identifier: Apache-2.0
// Models: where they are found, what they are, and what keeps them loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "llmz/engine.h"
#include "llmz/export.h"

namespace llmz {

// A model file: on disk, or carried by a compressed file.
struct ModelInfo {
  std::string name;  // of the file, without its ending: "default"
  std::string path;  // "" of a carried one
  std::shared_ptr<const std::vector<uint8_t>> content;  // of a carried one, else null
  uint64_t fingerprint = 0;                             // XXH3-64 of the file: the model's identity
  uint64_t size_bytes = 0;
  uint64_t parameters = 0;
  bool imported = false;    // from another program's checkpoint
  std::string description;  // one line: shape
  uint64_t lane_bytes = 0;  // what a lane of its engine takes

  // What the model and its engine take with so many lanes: an upper bound for the cpu engine, an
  // estimate for imported models.
  uint64_t memory_bytes(unsigned lanes) const {
    return (uint64_t{32} << 20) + 8 * size_bytes + lanes * lane_bytes;
  }
};

// The models of some folders, and the context that many calls share: it keeps the model that the
// last call with it has loaded and that call's engine (60 MB for `default`), so that each of many
// short texts need not load them again. Copies share what is kept. Several threads may use one
// object at the same time, and share the model; what they need beside it (5 MB for `default`) is
// kept of eight for each processor.
class LLMZ_API Models {
 public:
  // Folders, in order: those of $LLMZ_MODELS (separated by ':'), share/llmz/models of the
  // installation that the running program or this library belongs to, models/ of the source tree
  // for a program in its build tree, ~/.local/share/llmz/models.
  static Models installed();
  explicit Models(std::vector<std::string> folders);  // a file in place of a folder is one model

  // Every model file in the folders (*.llmzmodel), reading each once (about 10 ms for 16 MB).
  // Damaged files are skipped; of equal models only the first is listed.
  std::vector<ModelInfo> list() const;

  // name_or_path: "default", a fingerprint (16 hexadecimal digits, or the last 8), or a path of a
  // file. Reads some KB: the whole file is verified when it is loaded. Throws kModelMissing, which
  // names what was looked for and where; of a path kIo and kModelBad.
  ModelInfo find(const std::string& name_or_path) const;
  // low32: only the low 32 bits of the fingerprint are known (FrameInfo has no more).
  ModelInfo find(uint64_t fingerprint, bool low32) const;

  // Loads a model now, for the first call that needs it with the same engine. Throws as find().
  void preload(const std::string& name_or_path, const EngineSettings& engine = {}) const;

  const std::vector<std::string>& folders() const { return folders_; }

 private:
  friend class Session;
  std::vector<std::string> folders_;
  std::shared_ptr<struct KeptSessions> kept_;
};

// Models::installed() of the first call, for the whole process.
LLMZ_API const Models& default_models();

// Runs the self-test that every model file carries (tokens and the hash of their frequency tables)
// with the given engine. Returns false when this machine computes something else: what it
// compresses with that model, others could not read. Throws kIo, kModelBad.
LLMZ_API bool self_test(const ModelInfo& model, const EngineSettings& settings = {});

}  // namespace llmz
