// SPDX-License-Identifier: Apache-2.0
// llmz: lossless compression with a language model. This header is the manual of the library.
//
//   llmz::Models models = llmz::Models::installed();
//   llmz::MemorySource in(text);  llmz::MemorySink out;   // or your own ByteSource and ByteSink
//   llmz::compress(in, out, models, {});
//
// No function prints, exits or installs a signal handler. Everything that goes wrong is an
// llmz::Error whose kind tells what it is and whose message tells what was expected, found and what
// helps. One call uses `threads` threads of its own (and sets OpenMP to one thread for the calling
// thread); different calls may run at the same time on different sources and sinks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "llmz/bytes.h"
#include "llmz/engine.h"
#include "llmz/error.h"
#include "llmz/stream.h"

namespace llmz {

// A model file on disk.
struct ModelInfo {
  std::string name;  // of the file, without its ending: "default"
  std::string path;
  uint64_t fingerprint = 0;  // XXH3-64 of the file: the model's identity
  uint64_t size_bytes = 0;
  uint64_t parameters = 0;
  std::string description;  // one line: shape
};

// Where model files are looked for, in order: the folders of $LLMZ_MODELS (separated by ':'),
// share/llmz/models of the installation that the running program belongs to, models/ of the source
// tree for a program in its build tree, ~/.local/share/llmz/models.
//
// The object keeps the model that the last call with it has loaded and that call's engine (60 MB
// for `default`), so that each of many short texts need not load them again. Copies share it, and
// several threads may use it.
class Models {
 public:
  static Models installed();
  explicit Models(std::vector<std::string> folders);  // a file in place of a folder is one model

  // Every model file in the folders (*.llmzmodel), reading each once (about 1 ms for 7 MB). Damaged
  // ones are left out, and those that stood in a folder before.
  std::vector<ModelInfo> list() const;
  // name_or_path: "default", a fingerprint (16 hexadecimal digits, or the last 8), or a path of a
  // file.
  ModelInfo find(const std::string& name_or_path) const;
  // low32: only the low 32 bits of the fingerprint are known (small frames). kModelMissing names
  // what was looked for, and where.
  ModelInfo find(uint64_t fingerprint, bool low32) const;
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  friend class Session;
  std::vector<std::string> folders_;
  std::shared_ptr<struct KeptSession> kept_;
};

// Called with the number of content bytes done so far, at least every 100 ms or so. It may throw
// (kInterrupted) to stop.
using Progress = std::function<void(uint64_t content_bytes_done)>;

struct CompressSettings {
  std::string model = "default";
  EngineSettings engine;
  bool network = true;  // false: the bitwise mix, LZMA2 and stored bytes only; no model is needed
  bool mix = true;  // false: the network's tables alone, whatever the bytes are (the papers' coder)
  bool learning = true;  // the adaptive head
  unsigned lanes =
      0;  // 0: the default, 16; 1 gives the best ratio and the lowest speed; at most 255
  // Each mix takes 2^memory_bits bytes, the rich one 1.4 times as many; 16 to 28.
  unsigned memory_bits = 26;
  uint64_t block_size_bytes =
      0;  // 0: one block. Blocks are independent: smaller ones compress worse
};

// How bytes were coded. Which one is taken is decided for runs of 16 KB and more.
enum class Method { kStored, kLzma2, kByteMix, kTokenMix, kTokens, kRichMix };
constexpr size_t kMethods = 6;
// "stored", "LZMA2", "mix", "network and mix", "network", "rich mix"
const char* method_name(Method method);

struct Totals {
  uint64_t content_bytes = 0;
  uint64_t compressed_bytes = 0;
  uint64_t tokens = 0;
  uint64_t frames = 0;
  std::array<uint64_t, kMethods> content_bytes_of{}, payload_bytes_of{};  // by Method
};

// Reads `in` to its end, writes frames to `out`. Up to 32 MB are read ahead; memory does not depend
// on the size of the input.
Totals compress(ByteSource& in, ByteSink& out, const Models& models,
                const CompressSettings& settings, const Progress& progress = {});

// Decodes every frame of `in`. Each round is written after its checksum has been verified; the
// checksum of the whole content is verified at the end of its frame: on an exception what was
// written so far must be thrown away.
Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const EngineSettings& settings, const Progress& progress = {});

// A part of a file that could not be decoded.
struct Lost {
  uint64_t offset = 0, size_bytes = 0;
  uint64_t kept_bytes = 0;  // of the content, that stood before the damage
  std::string why;
};

// Decodes of a damaged file what can be decoded: every frame whose checks are right, and of the
// others what stands before the damage; `lost` is told of the rest. A frame inside of a stored one
// that is damaged is taken for one of the file's own.
Totals salvage(ByteView file, ByteSink& out, const Models& models, const EngineSettings& settings,
               const std::function<void(const Lost&)>& lost, const Progress& progress = {});

// What the content of `in` would cost.
enum class EstimateOf {
  kFrozenNetwork,    // the network alone over whole windows, all processors: the papers' measure
  kLearningNetwork,  // the network with its adaptive head, in the walk of compress() without mix
  kFile              // what compress() does, with everything: file_bytes is the size of its file
};
struct Estimate {
  uint64_t content_bytes = 0, characters = 0, tokens = 0;
  double bits = 0;  // the sum of -log2 p: of the frequencies (frozen), of the probabilities before
                    // they become frequencies (learning), or of the payloads (file)
  uint64_t file_bytes = 0;  // kFile only
};
Estimate estimate(ByteSource& in, const Models& models, const CompressSettings& settings,
                  EstimateOf what, const Progress& progress = {});

// Runs the self-test that every model file carries (a text and the hash of its frequency tables)
// with the given engine. Returns false when this machine computes something else.
bool self_test(const ModelInfo& model, const EngineSettings& settings);

}  // namespace llmz
