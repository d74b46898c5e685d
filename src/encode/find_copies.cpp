// SPDX-License-Identifier: Apache-2.0
#include "encode/find_copies.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace llmz {
namespace {

constexpr size_t kShortestBytes = 32;
// Strings of the reference that are indexed begin so far apart. One of them lies in every repeat of
// kShortestBytes.
constexpr size_t kStepBytes = 8;
constexpr size_t kStringBytes = kShortestBytes - kStepBytes + 1;

// Where strings of the reference begin. Of those with one hash, the first.
class StringIndex {
 public:
  explicit StringIndex(ByteView reference) {
    while (size_t{1} << bits_ < reference.size / kStepBytes * 2) ++bits_;
    begins_.assign(size_t{1} << bits_, kNone);
    for (size_t at = 0; at + kStringBytes <= reference.size; at += kStepBytes) {
      uint32_t& begin = begins_[slot(reference.data + at)];
      if (begin == kNone) begin = static_cast<uint32_t>(at);
    }
  }
  static constexpr uint32_t kNone = ~uint32_t{0};  // behind every reference
  uint32_t find(const uint8_t* string) const { return begins_[slot(string)]; }

 private:
  size_t slot(const uint8_t* string) const {
    return xxh3_64(ByteView(string, kStringBytes)) >> (64 - bits_);
  }
  size_t bits_ = 16;
  std::vector<uint32_t> begins_;
};

size_t equal_bytes(ByteView a, ByteView b) {
  const size_t most = std::min(a.size, b.size);
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + most, b.begin()).first -
                             a.begin());
}

size_t equal_bytes_before(ByteView a, size_t a_end, ByteView b, size_t b_end, size_t most) {
  size_t n = 0;
  most = std::min({most, a_end, b_end});
  while (n < most && a[a_end - n - 1] == b[b_end - n - 1]) ++n;
  return n;
}

}  // namespace

std::vector<Copy> find_copies(ByteView content, ByteView reference) {
  std::vector<Copy> copies;
  const StringIndex index(reference);
  size_t done = 0, source_end = 0;  // up to where content and reference are copied
  const auto equal_from = [&](size_t at, size_t source) {
    return source >= reference.size
               ? 0
               : equal_bytes(content.subview(at, content.size - at),
                             reference.subview(source, reference.size - source));
  };
  for (size_t at = 0; at + kStringBytes <= content.size;) {
    size_t source = index.find(content.data + at);
    size_t after = equal_from(at, source);
    // What stands twice in the reference goes on as it did there.
    for (const size_t other : {source_end, source_end + at - done}) {
      const size_t bytes = after > 0 ? equal_from(at, other) : 0;
      if (bytes > after) source = other, after = bytes;
    }
    const size_t before =
        after > 0 ? equal_bytes_before(content, at, reference, source, at - done) : 0;
    if (before + after < kShortestBytes) {
      ++at;
      continue;
    }
    copies.push_back({at - before - done, source - before, before + after});
    done = at = at + after;
    source_end = source + after;
  }
  return copies;
}

bool is_new_version(ByteView content, const std::vector<Copy>& copies) {
  uint64_t literal_bytes = content.size;
  for (const Copy& copy : copies) literal_bytes -= copy.size_bytes;
  constexpr uint64_t kCopyBytes = 6, kLiteralsPerByte = 3, kContentPerByte = 160;
  const uint64_t cost = copies.size() * kCopyBytes + literal_bytes / kLiteralsPerByte;
  return cost <= content.size / kContentPerByte;
}

}  // namespace llmz
