// SPDX-License-Identifier: Apache-2.0
#include "hf/checkpoint.h"

#include <cstring>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "hf/gguf.h"
#include "hf/gguf_config.h"
#include "hf/json.h"
#include "hf/names.h"
#include "hf/safetensors.h"

namespace llmz::hf {
namespace {

constexpr uint64_t kMaxIndexBytes = 16 << 20;
constexpr size_t kMaxShards = 1000;
constexpr size_t kMaxListed = 1000;  // of each kind of problem

using Files = std::vector<std::unique_ptr<SafetensorsFile>>;
using StoredByName = std::map<std::string, const StoredTensor*>;

// The names of the shards, each once. They are plain file names: an index cannot reach outside of
// its directory.
std::set<std::string> shard_names(const Json& index, const std::string& path) {
  if (!index.is_object() || !index.contains("weight_map") || !index.at("weight_map").is_object())
    throw Error(ErrorKind::kModelBad, path + ": has no weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, file] : index.at("weight_map").items()) {
    if (!file.is_string())
      throw Error(ErrorKind::kModelBad, path + ": " + in_quotes(tensor) + " is in no file");
    const std::string name = file.get<std::string>();
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string("/\\\0", 3)) != std::string::npos) {
      throw Error(ErrorKind::kModelBad,
                  path + ": " + in_quotes(name) + " is not the name of a file beside it");
    }
    names.insert(name);
  }
  if (names.size() > kMaxShards) {
    throw Error(ErrorKind::kModelBad,
                path + ": more than " + std::to_string(kMaxShards) + " shards");
  }
  return names;
}

void add_tensors(const SafetensorsFile& file, StoredByName& all) {
  for (const auto& [name, tensor] : file.tensors()) {
    if (!all.emplace(name, &tensor).second) {
      throw Error(ErrorKind::kModelBad,
                  file.path() + ": tensor " + in_quotes(name) + " is in another shard, too");
    }
  }
}

StoredByName open_shards(const std::string& directory, const std::string& index_path,
                         Files& files) {
  const Json index = read_json(index_path, kMaxIndexBytes);
  StoredByName all;
  for (const std::string& name : shard_names(index, index_path)) {
    files.push_back(std::make_unique<SafetensorsFile>(directory + "/" + name));
    add_tensors(*files.back(), all);
  }
  for (const auto& [tensor, file] : index.at("weight_map").items()) {
    if (!all.count(tensor)) {
      throw Error(ErrorKind::kModelBad, index_path + ": tensor " + in_quotes(tensor) +
                                            " is missing from " +
                                            in_quotes(file.get<std::string>()));
    }
  }
  return all;
}

StoredByName open_files(const std::string& directory, Files& files) {
  const std::string single = directory + "/model.safetensors";
  const std::string index = single + ".index.json";
  if (std::filesystem::exists(single)) {
    StoredByName all;
    files.push_back(std::make_unique<SafetensorsFile>(single));
    add_tensors(*files.back(), all);
    return all;
  }
  if (std::filesystem::exists(index)) return open_shards(directory, index, files);
  throw Error(
      ErrorKind::kIo,
      directory +
          ": has neither model.safetensors nor model.safetensors.index.json; pytorch_model.bin "
          "must be converted to safetensors, a .gguf file named itself");
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// One line for each tensor that is wrong, the first kMaxListed of them.
class Problems {
 public:
  explicit Problems(const char* heading) : heading_(heading) {}
  void add(const std::string& line) {
    if (++count_ <= kMaxListed) lines_ += "\n    " + line;
  }
  std::string text() const {
    if (count_ == 0) return "";
    std::string more;
    if (count_ > kMaxListed) more = "\n    and " + std::to_string(count_ - kMaxListed) + " more";
    return "\n  " + std::string(heading_) + " (" + std::to_string(count_) + "):" + lines_ + more;
  }

 private:
  const char* heading_;
  size_t count_ = 0;
  std::string lines_;
};

// Fills the views from the files. Throws with everything that does not fit.
void connect(const StoredByName& stored, const NameTable& table, const std::string& path,
             const std::string& of) {
  Problems missing("missing"), unexpected("unexpected"), other("of another shape or type");
  std::set<std::string> known;
  for (const Wanted& wanted : table.wanted) {
    known.insert(wanted.name);
    const auto found = stored.find(wanted.name);
    if (found == stored.end()) {
      missing.add(in_quotes(wanted.name) + " " + shape_text(wanted.shape));
      continue;
    }
    const StoredTensor& tensor = *found->second;
    if (tensor.shape != wanted.shape) {
      other.add(in_quotes(wanted.name) + " has shape " + shape_text(tensor.shape) + ", " + of +
                " asks for " + shape_text(wanted.shape));
    } else if (!tensor.type) {
      other.add(in_quotes(wanted.name) + " has type " + tensor.type_name +
                "; weights may be F32, F16 or BF16" +
                (is_gguf_file(path) ? ", Q8_0, Q4_0, Q4_K or Q6_K" : ""));
    } else {
      *wanted.view = {*tensor.type, tensor.shape, tensor.bytes.data, tensor.elements, 0};
    }
  }
  for (const auto& entry : stored) {
    if (!known.count(entry.first) && !table.ignored(entry.first))
      unexpected.add(in_quotes(entry.first) + " " + shape_text(entry.second->shape));
  }
  const std::string text = missing.text() + unexpected.text() + other.text();
  if (!text.empty()) {
    throw Error(ErrorKind::kModelBad, path + ": the tensors are not those of the model that " + of +
                                          " describes:" + text);
  }
}

// One infinite weight makes every result meaningless, and may still give a number.
void check_finite(const NameTable& table, const std::string& path) {
  Problems problems("with values that are infinite or not a number");
  for (const Wanted& wanted : table.wanted) {
    if (!all_finite(*wanted.view)) problems.add(in_quotes(wanted.name));
  }
  if (!problems.text().empty())
    throw Error(ErrorKind::kModelBad, path + ": damaged weights:" + problems.text());
}

}  // namespace

struct Checkpoint::Parts {
  std::string path;
  Config config;
  Files files;                     // of a directory
  std::unique_ptr<GgufFile> gguf;  // instead
  Tensors tensors;

  void open_directory();
  void open_gguf();
};

void Checkpoint::Parts::open_directory() {
  config = read_config(path);
  const StoredByName stored = open_files(path, files);
  std::vector<std::string> names;
  for (const auto& entry : stored) names.push_back(entry.first);
  const NameTable table = name_table(config, names, tensors);
  connect(stored, table, path, "config.json");
  check_finite(table, path);
}

void Checkpoint::Parts::open_gguf() {
  gguf = std::make_unique<GgufFile>(path);
  config = gguf_config(*gguf);
  StoredByName stored;
  for (const auto& [name, tensor] : gguf->tensors()) stored.emplace(name, &tensor);
  const NameTable table = gguf_name_table(config, tensors);
  connect(stored, table, path, "its metadata");
  check_finite(table, path);
  for (LayerTensors& layer : tensors.layers)
    layer.query.paired_head_rows = layer.key.paired_head_rows = config.head_dim;
}

Checkpoint::Checkpoint(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Checkpoint::~Checkpoint() = default;
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;

Checkpoint Checkpoint::open(const std::string& path) {
  auto parts = std::make_unique<Parts>();
  parts->path = path;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) {
    parts->open_gguf();
  } else {
    parts->open_directory();
  }
  if (parts->config.tied_embeddings) parts->tensors.head = parts->tensors.embedding;
  return Checkpoint(std::move(parts));
}

const Config& Checkpoint::config() const { return parts_->config; }
const std::string& Checkpoint::path() const { return parts_->path; }
bool Checkpoint::transposed() const { return parts_->config.family == Family::kGpt2; }
const TensorView& Checkpoint::embedding() const { return parts_->tensors.embedding; }
const TensorView& Checkpoint::positions() const { return parts_->tensors.positions; }
const TensorView& Checkpoint::project_in() const { return parts_->tensors.project_in; }
const TensorView& Checkpoint::project_out() const { return parts_->tensors.project_out; }
const TensorView& Checkpoint::final_norm() const { return parts_->tensors.final_norm; }
const TensorView& Checkpoint::final_norm_bias() const { return parts_->tensors.final_norm_bias; }
const TensorView& Checkpoint::head() const { return parts_->tensors.head; }
const std::vector<LayerTensors>& Checkpoint::layers() const { return parts_->tensors.layers; }

uint64_t Checkpoint::parameters() const {
  uint64_t count = 0;
  for_each_tensor(parts_->tensors, [&](const TensorView& t) { count += t.elements; });
  return count;
}

uint64_t Checkpoint::weight_bytes() const {
  uint64_t bytes = 0;
  for_each_tensor(parts_->tensors, [&](const TensorView& t) { bytes += size_bytes(t); });
  return bytes;
}

uint64_t Checkpoint::fingerprint() const {
  const Config& c = parts_->config;
  Bytes shape;
  for (uint64_t value :
       {uint64_t{static_cast<uint8_t>(c.family)}, uint64_t{c.vocabulary}, uint64_t{c.dim},
        uint64_t{c.layers}, uint64_t{c.heads}, uint64_t{c.kv_heads}, uint64_t{c.head_dim},
        uint64_t{c.hidden}, uint64_t{c.max_positions}, uint64_t{c.embedding_dim},
        uint64_t{c.learned_positions}, uint64_t{c.position_offset}, uint64_t{c.layer_norm},
        uint64_t{c.norm_first}, uint64_t{c.gated}, uint64_t{static_cast<uint8_t>(c.activation)},
        uint64_t{c.biases}, uint64_t{c.tied_embeddings}, uint64_t{c.sliding_window}}) {
    append_le(shape, value, 8);
  }
  for (double value : {c.norm_epsilon, c.rope_theta}) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    append_le(shape, bits, 8);
  }
  Xxh3 hash;
  hash.update(shape);
  for_each_tensor(parts_->tensors, [&](const TensorView& t) {
    Bytes type;
    append_le(type, static_cast<uint8_t>(t.type), 1);
    append_le(type, t.elements, 8);
    hash.update(type);
    hash.update({t.data, size_bytes(t)});
  });
  return hash.digest();
}

}  // namespace llmz::hf
