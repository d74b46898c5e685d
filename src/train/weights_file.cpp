// SPDX-License-Identifier: Apache-2.0
#include "train/weights_file.h"

#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/whole_file.h"
#include "hf/safetensors.h"

namespace llmz::train {
namespace {

using torch::Tensor;

std::string checksum(ByteView bytes) {
  char text[9];
  std::snprintf(text, sizeof text, "%08lx",
                crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data), bytes.size));
  return text;
}

Bytes read_parts(const std::vector<std::string>& paths) {
  Bytes bytes;
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(ErrorKind::kIo, path + ": cannot be opened");
    bytes.insert(bytes.end(), std::istreambuf_iterator<char>(in), {});
    if (in.bad()) throw Error(ErrorKind::kIo, path + ": cannot be read");
  }
  return bytes;
}

std::string text_of(const hf::SafetensorsFile& file, const std::string& name) {
  const auto found = file.metadata().find(name);
  if (found == file.metadata().end())
    throw Error(ErrorKind::kCorrupt,
                file.path() + ": not of a training of llmz: its metadata have no " + name);
  return found->second;
}

void read_tensor(const hf::SafetensorsFile& file, const std::string& name, Tensor& tensor) {
  const auto found = file.tensors().find(name);
  if (found == file.tensors().end())
    throw Error(ErrorKind::kCorrupt, file.path() + ": the tensor " + name + " is missing");
  const hf::StoredTensor& stored = found->second;
  if (!stored.type || torch::IntArrayRef(stored.shape) != tensor.sizes())
    throw Error(ErrorKind::kCorrupt,
                file.path() + ": the tensor " + name + " has another shape or type");
  hf::read_floats({*stored.type, stored.shape, stored.bytes.data, stored.elements}, 0,
                  stored.elements, tensor.data_ptr<float>());
}

// Few numbers are factors of whole sums, and need every bit.
Tensor as_stored(const Tensor& t) {
  return t.to(t.numel() < 1024 ? torch::kFloat32 : torch::kFloat16);
}

}  // namespace

bool is_weights_file(const std::string& path) {
  return path.find(".safetensors") != std::string::npos;
}

Weights read_weights_file(const std::vector<std::string>& paths) {
  const hf::SafetensorsFile file(paths.at(0), read_parts(paths));
  if (checksum(file.data()) != text_of(file, "crc32"))
    throw Error(ErrorKind::kCorrupt, file.path() + ": damaged, or parts of two files");
  Weights weights;
  weights.settings = parse_settings(text_of(file, "settings"));
  weights.parameters = Parameters::initialize(weights.settings.model, 0);
  Parameters& p = weights.parameters;
  for (size_t i = 0; i < p.tensors.size(); ++i) read_tensor(file, p.names[i], p.tensors[i]);
  return weights;
}

void write_weights_file(const Weights& weights, const std::string& path) {
  const Parameters& p = weights.parameters;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (size_t i = 0; i < p.tensors.size(); ++i)
    tensors.emplace_back(p.names[i], as_stored(p.tensors[i]));
  write_tensors(tensors, weights.settings, path);
}

void write_tensors(const std::vector<std::pair<std::string, Tensor>>& tensors,
                   const TrainSettings& settings, const std::string& path) {
  nlohmann::ordered_json header;
  Bytes data;
  for (const auto& [name, tensor] : tensors) {
    const Tensor t = tensor.contiguous();
    const auto* bytes = static_cast<const uint8_t*>(t.data_ptr());
    const size_t begin = data.size();
    data.insert(data.end(), bytes, bytes + t.nbytes());
    header[name] = {{"dtype", t.dtype() == torch::kFloat32 ? "F32" : "F16"},
                    {"shape", t.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  header["__metadata__"] = {{"settings", to_text(settings)}, {"crc32", checksum(data)}};
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  Bytes bytes;
  append_le(bytes, text.size(), 8);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  write_whole_file(path, bytes);
}

}  // namespace llmz::train
