// SPDX-License-Identifier: Apache-2.0
#include "hf/safetensors.h"

#include <algorithm>

#include "base/error.h"
#include "base/wrong_file.h"
#include "hf/json.h"

namespace llmz::hf {
namespace {

// The format's own library takes 100 MB; a thousand layers need two, and JSON in memory is twenty
// times as large.
constexpr uint64_t kMaxHeaderBytes = 16 << 20;
constexpr size_t kMaxDimensions = 8;

struct TypeInfo {
  const char* name;
  uint64_t size_bytes;
  std::optional<Type> type;
};
constexpr TypeInfo kTypes[] = {
    {"F32", 4, Type::kFloat32}, {"F16", 2, Type::kFloat16},   {"BF16", 2, Type::kBfloat16},
    {"F64", 8, std::nullopt},   {"I64", 8, std::nullopt},     {"U64", 8, std::nullopt},
    {"I32", 4, std::nullopt},   {"U32", 4, std::nullopt},     {"I16", 2, std::nullopt},
    {"U16", 2, std::nullopt},   {"I8", 1, std::nullopt},      {"U8", 1, std::nullopt},
    {"BOOL", 1, std::nullopt},  {"F8_E4M3", 1, std::nullopt}, {"F8_E5M2", 1, std::nullopt}};

// The declaration of one tensor, checked by itself. `begin` and `end` are offsets behind the
// header.
struct Declaration {
  StoredTensor tensor;
  uint64_t begin = 0, end = 0;
};

Declaration read_declaration(const Json& json, const std::string& where) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kModelBad, where + ": " + what);
  };
  if (!json.is_object()) fail("an object was expected");
  for (const auto& [name, value] : json.items()) {
    (void)value;
    if (name != "dtype" && name != "shape" && name != "data_offsets")
      fail("unexpected member " + in_quotes(name));
  }
  const auto member = [&](const char* name) -> const Json& {
    if (!json.contains(name)) fail(std::string(name) + " is missing");
    return json.at(name);
  };
  const auto natural = [&](const Json& value, const char* of) {
    if (!value.is_number_unsigned())
      fail(std::string(of) + " must be integers from 0, not " + in_quotes(value.dump()));
    return value.get<uint64_t>();
  };

  Declaration d;
  const Json& type = member("dtype");
  if (!type.is_string()) fail("dtype must be a string");
  d.tensor.type_name = type.get<std::string>();
  const auto* info = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeInfo& t) { return d.tensor.type_name == t.name; });
  if (info == std::end(kTypes)) fail("unknown type " + in_quotes(d.tensor.type_name));
  d.tensor.type = info->type;

  const Json& shape = member("shape");
  if (!shape.is_array()) fail("shape must be an array");
  if (shape.size() > kMaxDimensions) fail("more than 8 dimensions");
  uint64_t bytes = info->size_bytes;
  d.tensor.elements = 1;
  for (const Json& value : shape) {
    const uint64_t size = natural(value, "shapes");
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes > INT64_MAX || size > INT64_MAX)
      fail("a shape of more than 2^63 bytes");
    d.tensor.elements *= size;
    d.tensor.shape.push_back(static_cast<int64_t>(size));
  }

  const Json& offsets = member("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2) fail("data_offsets must be two integers");
  d.begin = natural(offsets[0], "data_offsets");
  d.end = natural(offsets[1], "data_offsets");
  if (d.begin > d.end) fail("data_offsets end before they begin");
  if (d.end - d.begin != bytes) {
    fail("its shape and type need " + std::to_string(bytes) + " bytes, its data_offsets have " +
         std::to_string(d.end - d.begin));
  }
  return d;
}

std::map<std::string, std::string> texts_of(const Json& json) {
  std::map<std::string, std::string> texts;
  if (!json.is_object()) return texts;
  for (const auto& [name, value] : json.items())
    if (value.is_string()) texts[name] = value.get<std::string>();
  return texts;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path)
    : path_(path), mapped_(std::make_unique<MappedFile>(path)), file_(mapped_->bytes()) {
  check_size();
  read_header();
}

SafetensorsFile::SafetensorsFile(const std::string& path, Bytes bytes)
    : path_(path), owned_(std::move(bytes)), file_(owned_) {
  check_size();
  read_header();
}

void SafetensorsFile::check_size() const {
  if (file_.size >= 8) return;
  throw Error(ErrorKind::kModelBad,
              path_ +
                  ": not a safetensors file: it begins with a length of 8 bytes, the file "
                  "has " +
                  std::to_string(file_.size));
}

void SafetensorsFile::read_header() {
  const std::string wrong = wrong_file_text(file_);
  if (!wrong.empty())
    throw Error(ErrorKind::kModelBad, path_ + ": not a safetensors file: " + wrong);
  const uint64_t length = load_le(file_.data, 8);
  if (length > file_.size - 8 || length > kMaxHeaderBytes) {
    throw Error(ErrorKind::kModelBad,
                path_ + ": not a safetensors file, or truncated: its header would have " +
                    std::to_string(length) + " bytes, " +
                    std::to_string(std::min<uint64_t>(file_.size - 8, kMaxHeaderBytes)) +
                    " are possible");
  }
  const Json header = parse_json(file_.subview(8, length), path_);
  if (!header.is_object())
    throw Error(ErrorKind::kModelBad, path_ + ": its header is not a JSON object");

  data_ = file_.subview(8 + length, file_.size - 8 - length);
  struct Place {
    uint64_t begin, end;
    std::string name;
  };
  std::vector<Place> places;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = texts_of(json);
      continue;
    }
    Declaration d = read_declaration(json, path_ + ": tensor " + in_quotes(name));
    if (d.end > data_.size) {
      throw Error(ErrorKind::kModelBad, path_ + ": tensor " + in_quotes(name) + " ends at byte " +
                                            std::to_string(d.end) + " of the data, which have " +
                                            std::to_string(data_.size) +
                                            ": the file is truncated or damaged");
    }
    d.tensor.bytes = data_.subview(d.begin, d.end - d.begin);
    places.push_back({d.begin, d.end, name});
    tensors_.emplace(name, std::move(d.tensor));
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t end = 0;
  for (const Place& place : places) {
    if (place.begin != end) {
      throw Error(
          ErrorKind::kModelBad,
          path_ + ": tensor " + in_quotes(place.name) + " begins at byte " +
              std::to_string(place.begin) + " of the data, but the one before it ends at " +
              std::to_string(end) +
              (place.begin < end ? ": they overlap" : ": the bytes between belong to none"));
    }
    end = place.end;
  }
  if (end != data_.size) {
    throw Error(ErrorKind::kModelBad, path_ + ": " + std::to_string(data_.size - end) +
                                          " bytes behind the last tensor belong to none");
  }
}

}  // namespace llmz::hf
