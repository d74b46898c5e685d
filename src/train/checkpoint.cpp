// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.h"

#include <torch/serialize.h>
#include <torch/utils.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/whole_file.h"

namespace llmz::train {
namespace {

using torch::Tensor;
using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

Tensor as_tensor(const std::string& text) {
  Tensor t = torch::empty({static_cast<int64_t>(text.size())}, torch::kUInt8);
  std::memcpy(t.data_ptr<uint8_t>(), text.data(), text.size());
  return t;
}

std::string as_text(const Tensor& t) {
  return {reinterpret_cast<const char*>(t.data_ptr<uint8_t>()), static_cast<size_t>(t.numel())};
}

void write_parameters(OutputArchive& archive, const Parameters& parameters,
                      const std::string& origin) {
  archive.write("origin", as_tensor(origin));
  for (size_t i = 0; i < parameters.tensors.size(); ++i)
    archive.write(parameters.names[i], parameters.tensors[i].to(torch::kCPU));
}

// What libtorch throws about a file that is no archive has a page of its own stack.
void open_archive(InputArchive& archive, std::istream& in, const std::string& path) {
  try {
    archive.load_from(in);
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kCorrupt, path + ": damaged, or not a checkpoint of llmz train");
  }
}

std::string read_origin(InputArchive& archive, const std::string& path) {
  Tensor origin;
  if (!archive.try_read("origin", origin))
    throw Error(ErrorKind::kCorrupt, path + ": not a checkpoint of this version of llmz train");
  return as_text(origin);
}

// The parameters keep their device.
void read_tensor(InputArchive& archive, const std::string& name, Tensor& tensor) {
  Tensor read;
  archive.read(name, read);
  if (read.sizes() != tensor.sizes())
    throw Error(ErrorKind::kCorrupt, "the tensor " + name + " of the checkpoint has another shape");
  tensor.copy_(read);
}

std::string differences(const std::string& there, const std::string& here) {
  std::istringstream a(there), b(here);
  std::string result, x, y;
  while (std::getline(a, x) && std::getline(b, y)) {
    if (x != y) result += "\n  there: " + x + ", here: " + y;
  }
  return result;
}

}  // namespace

std::string origin_text(const TrainSettings& settings, const TokenPack& data) {
  char hash[32];
  std::snprintf(hash, sizeof hash, "data %016llx\n", static_cast<unsigned long long>(data.hash()));
  return to_text(settings) + hash;
}

void State::save(const std::string& path) const {
  OutputArchive archive;
  write_parameters(archive, parameters, origin);
  for (size_t i = 0; i < parameters.tensors.size(); ++i) {
    archive.write(parameters.names[i] + ".first", optimizer.first[i].to(torch::kCPU));
    archive.write(parameters.names[i] + ".second", optimizer.second[i].to(torch::kCPU));
  }
  archive.write("clock", torch::tensor({static_cast<double>(optimizer.steps), elapsed_seconds,
                                        static_cast<double>(sequences_seen),
                                        static_cast<double>(finish_from_step), finish_from_seconds},
                                       torch::kFloat64));
  // libtorch ends the program when a file that it writes does not take everything.
  std::ostringstream bytes;
  archive.save_to(bytes);
  try {
    write_whole_file(path, ByteView(bytes.str()));
  } catch (const Error& e) {
    throw Error(e.kind(), std::string(e.what()) + " (disk full?); the checkpoint before it stays");
  }
}

void State::load(const std::string& path) {
  torch::NoGradGuard no_gradient;
  InputArchive archive;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorKind::kIo, path + ": the checkpoint cannot be opened");
  open_archive(archive, in, path);
  const std::string there = read_origin(archive, path);
  if (there != origin) {
    throw Error(ErrorKind::kUsage, path +
                                       ": the checkpoint of a training with other settings or "
                                       "data; name another file (--checkpoint), or delete it" +
                                       differences(there, origin));
  }
  for (size_t i = 0; i < parameters.tensors.size(); ++i) {
    read_tensor(archive, parameters.names[i], parameters.tensors[i]);
    read_tensor(archive, parameters.names[i] + ".first", optimizer.first[i]);
    read_tensor(archive, parameters.names[i] + ".second", optimizer.second[i]);
  }
  Tensor clock;
  archive.read("clock", clock);
  optimizer.steps = static_cast<int64_t>(clock[0].item<double>());
  elapsed_seconds = clock[1].item<double>();
  sequences_seen = static_cast<uint64_t>(clock[2].item<double>());
  finish_from_step = static_cast<int64_t>(clock[3].item<double>());
  finish_from_seconds = clock[4].item<double>();
}

bool State::can_load(const std::string& path) const {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  InputArchive archive;
  open_archive(archive, in, path);
  return read_origin(archive, path) == origin;
}

size_t write_weights(const State& state, const std::string& path, size_t max_part_bytes) {
  OutputArchive archive;
  write_parameters(archive, state.parameters, state.origin);
  std::ostringstream stream;
  archive.save_to(stream);
  const std::string bytes = stream.str();
  size_t parts = 0;
  for (size_t begin = 0; begin < bytes.size(); begin += max_part_bytes, ++parts) {
    const std::string name = path + "." + std::to_string(parts);
    std::ofstream out(name, std::ios::binary);
    out.write(bytes.data() + begin,
              static_cast<std::streamsize>(std::min(max_part_bytes, bytes.size() - begin)));
    out.close();
    if (!out) throw Error(ErrorKind::kIo, name + ": cannot be written");
  }
  return parts;
}

Weights read_weights(const std::vector<std::string>& paths) {
  std::stringstream bytes;
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in || !(bytes << in.rdbuf())) throw Error(ErrorKind::kIo, path + ": cannot be read");
  }
  InputArchive archive;
  open_archive(archive, bytes, paths.at(0));
  Weights weights;
  weights.settings = parse_settings(read_origin(archive, paths[0]));
  weights.parameters = Parameters::initialize(weights.settings.model, 0);
  for (size_t i = 0; i < weights.parameters.tensors.size(); ++i)
    read_tensor(archive, weights.parameters.names[i], weights.parameters.tensors[i]);
  return weights;
}

}  // namespace llmz::train
