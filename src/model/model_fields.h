// SPDX-License-Identifier: Apache-2.0
// The fields that both kinds of model files are made of. Errors are Error{kModelBad}.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "exact/integer_matrix.h"

namespace llmz {

[[noreturn]] inline void bad_model(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::kModelBad, path + ": " + what);
}

inline std::string read_text(ByteReader& in, const char* field) {
  return std::string(in.take(in.varint(field), field).text());
}

inline void append_text(Bytes& out, std::string_view text) {
  append_varint(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

// A varint up to 2^20.
inline uint32_t read_size_or_0(ByteReader& in, const char* field, const std::string& path) {
  const uint64_t value = in.varint(field);
  if (value > 1u << 20) bad_model(path, std::string(field) + " is " + std::to_string(value));
  return static_cast<uint32_t>(value);
}

inline uint32_t read_size(ByteReader& in, const char* field, const std::string& path) {
  const uint32_t value = read_size_or_0(in, field, path);
  if (value == 0) bad_model(path, std::string(field) + " is 0");
  return value;
}

// Little-endian integers of T's size.
template <class T>
void read_numbers(ByteReader& in, size_t count, std::vector<T>& out, const char* field) {
  if (count > in.remaining() / sizeof(T)) in.take(in.remaining() + 1, field);  // throws
  const ByteView bytes = in.take(count * sizeof(T), field);
  out.reserve(count);
  for (size_t i = 0; i < count; ++i)
    out.push_back(static_cast<T>(load_le(bytes.data + i * sizeof(T), sizeof(T))));
}

template <class T>
void append_numbers(Bytes& out, const std::vector<T>& values) {
  for (T v : values) append_le(out, static_cast<uint64_t>(v), sizeof(T));
}

inline IntegerMatrix read_matrix(ByteReader& in, uint32_t rows, uint32_t columns) {
  IntegerMatrix m;
  m.rows = rows;
  m.columns = columns;
  m.shift = static_cast<uint32_t>(in.le(1, "shift"));
  read_numbers(in, rows, m.multiplier, "multipliers");
  const ByteView weights = in.take(size_t{rows} * columns, "weights");
  m.weight.assign(reinterpret_cast<const int8_t*>(weights.begin()),
                  reinterpret_cast<const int8_t*>(weights.end()));
  return m;
}

inline void append_matrix(Bytes& out, const IntegerMatrix& m) {
  out.push_back(static_cast<uint8_t>(m.shift));
  append_numbers(out, m.multiplier);
  out.insert(out.end(), m.weight.begin(), m.weight.end());
}

// Throws unless the matrix has this shape, a shift up to max_shift, multipliers from 0 to
// max_multiplier and weights within +-limit.
void check_matrix(const IntegerMatrix& m, uint32_t rows, uint32_t columns, int limit,
                  uint32_t max_shift, int32_t max_multiplier, const std::string& path);

}  // namespace llmz
