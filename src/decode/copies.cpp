// SPDX-License-Identifier: Apache-2.0
#include "decode/copies.h"

namespace llmz {
namespace {

[[noreturn]] void damaged(const char* what) {
  throw Error(ErrorKind::kCorrupt, std::string("damaged: a round of copies ") + what);
}

// A distance that may be negative as an unsigned number, small if it is: 0, -1, 1, -2 ...
uint64_t folded(uint64_t distance) { return distance >> 63 ? ~(distance << 1) : distance << 1; }
uint64_t unfolded(uint64_t value) { return value & 1 ? ~(value >> 1) : value >> 1; }

// What is wrong would otherwise be seen in the content check only, or not end at all.
std::vector<Copy> read_copies(ByteReader& in, uint64_t content_left, uint64_t reference_bytes) {
  std::vector<Copy> copies;
  uint64_t end = 0;  // of the source of the copy before
  for (uint64_t left = in.varint("number of copies"); left > 0; --left) {
    Copy copy;
    copy.literal_bytes = in.varint("literals before a copy");
    copy.source = end + unfolded(in.varint("source of a copy"));
    copy.size_bytes = in.varint("size of a copy");
    if (copy.size_bytes == 0) damaged("copies nothing");
    if (copy.source > reference_bytes || copy.size_bytes > reference_bytes - copy.source)
      damaged("copies what is not in the reference");
    if (copy.literal_bytes > content_left || copy.size_bytes > content_left - copy.literal_bytes)
      damaged("holds more than it says");
    content_left -= copy.literal_bytes + copy.size_bytes;
    end = copy.source + copy.size_bytes;
    copies.push_back(copy);
  }
  return copies;
}

}  // namespace

Bytes write_copies(const std::vector<Copy>& copies) {
  Bytes out;
  append_varint(out, copies.size());
  uint64_t end = 0;
  for (const Copy& copy : copies) {
    append_varint(out, copy.literal_bytes);
    append_varint(out, folded(copy.source - end));  // wraps below zero
    append_varint(out, copy.size_bytes);
    end = copy.source + copy.size_bytes;
  }
  return out;
}

Bytes copies_decode(ByteView payload, uint64_t content_size_bytes, ByteView reference,
                    const std::function<Bytes(ByteView payload, uint64_t size_bytes)>& literals) {
  ByteReader in(payload, ErrorKind::kCorrupt);
  const std::vector<Copy> copies = read_copies(in, content_size_bytes, reference.size);
  uint64_t literal_bytes = content_size_bytes;
  for (const Copy& copy : copies) literal_bytes -= copy.size_bytes;
  if (literal_bytes == 0 && in.remaining() > 0) damaged("has compressed bytes left over");
  Bytes text;
  if (literal_bytes > 0) text = literals(in.take(in.remaining(), "literals"), literal_bytes);
  Bytes content;
  content.reserve(content_size_bytes);
  auto next = text.begin();
  for (const Copy& copy : copies) {
    content.insert(content.end(), next, next + static_cast<ptrdiff_t>(copy.literal_bytes));
    next += static_cast<ptrdiff_t>(copy.literal_bytes);
    const ByteView part = reference.subview(copy.source, copy.size_bytes);
    content.insert(content.end(), part.begin(), part.end());
  }
  content.insert(content.end(), next, text.end());
  return content;
}

}  // namespace llmz
