// SPDX-License-Identifier: Apache-2.0
// What messages are made of.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace llmz {

inline void append_bytes(Bytes& out, ByteView bytes) {
  append_varint(out, bytes.size);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline ByteView take_bytes(ByteReader& in) {
  const uint64_t size = in.varint("size of bytes");
  return in.take(static_cast<size_t>(size), "bytes");
}

inline std::string take_text(ByteReader& in) {
  const ByteView bytes = take_bytes(in);
  return std::string(bytes.begin(), bytes.end());
}

// The description of a job that consists of names: its kind in one byte, and these.
inline Bytes packed(uint8_t kind, const std::vector<std::string>& names) {
  Bytes out = {kind};
  for (const std::string& name : names) append_bytes(out, ByteView(name));
  return out;
}

inline std::vector<std::string> unpacked_names(ByteView description) {
  ByteReader in(description.subview(1, description.size - 1), ErrorKind::kInternal);
  std::vector<std::string> names;
  while (in.remaining() > 0) names.push_back(take_text(in));
  return names;
}

inline Bytes packed(const Error& error) {
  Bytes out;
  append_varint(out, static_cast<uint64_t>(error.kind()));
  append_bytes(out, ByteView(std::string(error.what())));
  return out;
}

inline Error unpacked_error(ByteReader& in) {
  const auto kind = static_cast<ErrorKind>(in.varint("kind of an error"));
  return Error(kind, take_text(in));
}

// What a thread of work has thrown, as an Error.
Error error_of(const std::exception_ptr& thrown);

}  // namespace llmz
