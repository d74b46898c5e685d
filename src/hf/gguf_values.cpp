// SPDX-License-Identifier: Apache-2.0
// The named values of a GGUF file as what its reader expects.
#include <cstring>
#include <optional>

#include "hf/gguf.h"
#include "hf/gguf_reader.h"

namespace llmz::hf {
namespace {

int64_t signed_of(const uint8_t* p, uint64_t size_bytes) {
  const int unused = 64 - 8 * static_cast<int>(size_bytes);
  return static_cast<int64_t>(load_le(p, static_cast<int>(size_bytes)) << unused) >> unused;
}

bool is_signed(GgufValue::Type type) {
  return type == GgufValue::kInt8 || type == GgufValue::kInt16 || type == GgufValue::kInt32 ||
         type == GgufValue::kInt64;
}
bool is_integer(GgufValue::Type type) {
  return is_signed(type) || type == GgufValue::kUint8 || type == GgufValue::kUint16 ||
         type == GgufValue::kUint32 || type == GgufValue::kUint64;
}

// Element `i` of integers; nothing below 0.
std::optional<uint64_t> natural_at(const GgufValue& v, uint64_t i) {
  if (!is_integer(v.type)) return {};
  const uint64_t size = GgufReader::size_of(v.type);
  const uint8_t* p = v.bytes.data + i * size;
  if (!is_signed(v.type)) return load_le(p, static_cast<int>(size));
  const int64_t number = signed_of(p, size);
  return number < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(number));
}

double number_at(const GgufValue& v, uint64_t i) {
  const uint64_t size = GgufReader::size_of(v.type),
                 bits = load_le(v.bytes.data + i * size, static_cast<int>(size));
  if (v.type == GgufValue::kFloat64) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  if (v.type == GgufValue::kFloat32) {
    const auto low = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &low, sizeof value);
    return value;
  }
  return is_signed(v.type) ? static_cast<double>(signed_of(v.bytes.data + i * size, size))
                           : static_cast<double>(bits);
}

}  // namespace

const GgufValue& GgufFile::value(const std::string& name, const char* expected,
                                 bool is_array) const {
  const auto found = values_.find(name);
  if (found == values_.end()) fail(name + " is missing; " + expected + " was expected");
  if (found->second.is_array != is_array) fail(name + " is not " + expected);
  return found->second;
}

uint64_t GgufFile::natural(const std::string& name) const {
  const auto number = natural_at(value(name, "an integer from 0", false), 0);
  if (!number) fail(name + " is not an integer from 0");
  return *number;
}

double GgufFile::number(const std::string& name) const {
  const GgufValue& v = value(name, "a number", false);
  if (v.type == GgufValue::kString || v.type == GgufValue::kBool) fail(name + " is not a number");
  return number_at(v, 0);
}

std::string GgufFile::text(const std::string& name) const {
  const GgufValue& v = value(name, "a text", false);
  if (v.type != GgufValue::kString) fail(name + " is not a text");
  return std::string(v.bytes.text().substr(8));
}

bool GgufFile::flag(const std::string& name) const {
  const GgufValue& v = value(name, "true or false", false);
  if (v.type != GgufValue::kBool) fail(name + " is not true or false");
  return v.bytes[0] != 0;
}

std::vector<std::string_view> GgufFile::texts(const std::string& name) const {
  const GgufValue& v = value(name, "a list of texts", true);
  if (v.type != GgufValue::kString) fail(name + " is not a list of texts");
  std::vector<std::string_view> texts;
  for (size_t at = 0; at < v.bytes.size;) {
    const uint64_t length = load_le(v.bytes.data + at, 8);
    texts.push_back(v.bytes.text().substr(at + 8, length));
    at += 8 + length;
  }
  return texts;
}

std::vector<float> GgufFile::numbers(const std::string& name) const {
  const GgufValue& v = value(name, "a list of numbers", true);
  if (v.type == GgufValue::kString || v.type == GgufValue::kBool)
    fail(name + " is not a list of numbers");
  std::vector<float> numbers;
  for (uint64_t i = 0; i < v.count; ++i) numbers.push_back(static_cast<float>(number_at(v, i)));
  return numbers;
}

std::vector<uint64_t> GgufFile::naturals(const std::string& name) const {
  const GgufValue& v = value(name, "a list of integers from 0", true);
  std::vector<uint64_t> naturals;
  for (uint64_t i = 0; i < v.count; ++i) {
    const auto number = natural_at(v, i);
    if (!number) fail(name + " is not a list of integers from 0");
    naturals.push_back(*number);
  }
  return naturals;
}

}  // namespace llmz::hf
