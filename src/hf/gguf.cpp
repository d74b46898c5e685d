// SPDX-License-Identifier: Apache-2.0
#include "hf/gguf.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "base/wrong_file.h"
#include "hf/gguf_reader.h"
#include "hf/json.h"
#include "hf/quantized.h"

namespace llmz::hf {
namespace {

constexpr uint64_t kMaxNames = 1 << 16;  // of values, and of tensors
constexpr uint64_t kMaxDimensions = 4;

// ggml's numbers of types; those without a Type are no weights that llmz reads.
struct TypeInfo {
  uint64_t number;
  const char* name;
  std::optional<Type> type;
};
constexpr TypeInfo kTypes[] = {
    {0, "F32", Type::kFloat32}, {1, "F16", Type::kFloat16}, {30, "BF16", Type::kBfloat16},
    {8, "Q8_0", Type::kQ8_0},   {2, "Q4_0", Type::kQ4_0},   {12, "Q4_K", Type::kQ4_K},
    {14, "Q6_K", Type::kQ6_K},  {3, "Q4_1", std::nullopt},  {6, "Q5_0", std::nullopt},
    {7, "Q5_1", std::nullopt},  {10, "Q2_K", std::nullopt}, {11, "Q3_K", std::nullopt},
    {13, "Q5_K", std::nullopt}};

StoredTensor read_declaration(GgufReader& reader, uint64_t* offset, const std::string& what) {
  StoredTensor tensor;
  const uint64_t dimensions = reader.le(4, "the number of dimensions");
  if (dimensions > kMaxDimensions) reader.fail(what + std::to_string(dimensions) + " dimensions");
  tensor.elements = 1;
  for (uint64_t i = 0; i < dimensions; ++i) {
    const uint64_t size = reader.le(8, "a dimension");
    if (size > INT64_MAX || __builtin_mul_overflow(tensor.elements, size, &tensor.elements) ||
        tensor.elements > INT64_MAX / 4)
      reader.fail(what + "a shape of more than 2^61 elements");
    // The first one is that of neighbours.
    tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(size));
  }
  const uint64_t number = reader.le(4, "the type of a tensor");
  const auto* info = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeInfo& t) { return t.number == number; });
  tensor.type_name = info == std::end(kTypes) ? "number " + std::to_string(number) : info->name;
  if (info != std::end(kTypes)) tensor.type = info->type;
  *offset = reader.le(8, "the place of a tensor");
  return tensor;
}

}  // namespace

GgufFile::GgufFile(const std::string& path)
    : path_(path), mapped_(std::make_unique<MappedFile>(path)), file_(mapped_->bytes()) {
  read();
}

GgufFile::GgufFile(const std::string& path, Bytes bytes)
    : path_(path), owned_(std::move(bytes)), file_(owned_) {
  read();
}

void GgufFile::read() {
  GgufReader reader(path_, file_);
  if (file_.size < 4 || std::memcmp(file_.data, "GGUF", 4) != 0) {
    const std::string wrong = wrong_file_text(file_);
    fail("not a GGUF file" + (wrong.empty() ? "" : ": " + wrong));
  }
  reader.take(4, "GGUF");
  const uint64_t version = reader.le(4, "the version");
  if (version != 2 && version != 3) {
    throw Error(ErrorKind::kUsage,
                path_ + ": GGUF of version " + std::to_string(version) +
                    (version % 65536 == 0 ? ", or of a big-endian machine" : "") +
                    "; llmz reads versions 2 and 3");
  }
  const uint64_t tensors = reader.le(8, "the number of tensors");
  const uint64_t values = reader.le(8, "the number of values");
  if (tensors > kMaxNames || values > kMaxNames)
    fail(std::to_string(std::max(tensors, values)) + " names; at most " +
         std::to_string(kMaxNames) + " are read");
  for (uint64_t i = 0; i < values; ++i) {
    const std::string name = reader.name("a name");
    if (!values_.emplace(name, reader.value()).second) fail(in_quotes(name) + " occurs twice");
  }
  std::map<std::string, uint64_t> offsets;
  for (uint64_t i = 0; i < tensors; ++i) {
    const std::string name = reader.name("the name of a tensor");
    const std::string what = "tensor " + in_quotes(name) + ": ";
    if (!tensors_.emplace(name, read_declaration(reader, &offsets[name], what)).second)
      fail(what + "occurs twice");
  }
  const uint64_t alignment = has("general.alignment") ? natural("general.alignment") : 32;
  if (alignment == 0 || alignment > 1 << 20 || (alignment & (alignment - 1)) != 0)
    fail("general.alignment is " + std::to_string(alignment) + "; a power of two was expected");
  place(offsets, (reader.position() + alignment - 1) / alignment * alignment, alignment);
}

void GgufFile::place(const std::map<std::string, uint64_t>& offsets, uint64_t begin,
                     uint64_t alignment) {
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (auto& [name, tensor] : tensors_) {
    const std::string what = "tensor " + in_quotes(name) + ": ";
    const uint64_t offset = offsets.at(name);
    if (offset % alignment != 0) fail(what + "is not aligned");
    if (!tensor.type) continue;  // llmz reads no such weights, and does not know their size
    const BlockSize block = block_size(*tensor.type);
    if (block.values > 1 && (tensor.shape.empty() || tensor.shape.back() % block.values != 0)) {
      fail(what + "rows that are no multiple of the " + std::to_string(block.values) +
           " values of a block of " + tensor.type_name);
    }
    const uint64_t size = tensor.elements / block.values * block.bytes;
    if (begin > file_.size || offset > file_.size - begin || size > file_.size - begin - offset)
      fail(what + "ends beyond the file: it is truncated or damaged");
    tensor.bytes = file_.subview(begin + offset, size);
    if (size > 0) places.emplace_back(offset, offset + size);
  }
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i) {
    if (places[i].first < places[i - 1].second) fail("two tensors overlap: the file is damaged");
  }
}

void GgufFile::fail(const std::string& what) const {
  throw Error(ErrorKind::kModelBad, path_ + ": " + what);
}

bool is_gguf_file(const std::string& path) {
  char magic[4] = {};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::memcmp(magic, "GGUF", sizeof magic) == 0;
}

}  // namespace llmz::hf
