// SPDX-License-Identifier: Apache-2.0
// Bytes in memory: owned, and seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace llmz {

using Bytes = std::vector<uint8_t>;

// A view of bytes that somebody else owns.
struct ByteView {
  const uint8_t* data = nullptr;
  size_t size = 0;

  ByteView() = default;
  ByteView(const uint8_t* d, size_t n) : data(d), size(n) {}
  ByteView(const Bytes& bytes) : data(bytes.data()), size(bytes.size()) {}
  ByteView(std::string_view text)
      : data(reinterpret_cast<const uint8_t*>(text.data())), size(text.size()) {}
  ByteView(const std::string& text) : ByteView(std::string_view(text)) {}
  ByteView(const char* text) : ByteView(std::string_view(text)) {}  // up to its NUL
  std::string_view text() const { return {reinterpret_cast<const char*>(data), size}; }
  ByteView subview(size_t offset, size_t count) const { return {data + offset, count}; }
  uint8_t operator[](size_t i) const { return data[i]; }
  const uint8_t* begin() const { return data; }
  const uint8_t* end() const { return data + size; }
};

}  // namespace llmz
