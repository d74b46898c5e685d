// SPDX-License-Identifier: Apache-2.0
#include "cli/packed_totals.h"

#include <cstring>

namespace llmz {

void append_totals(Bytes& out, const Totals& totals) {
  for (uint64_t value :
       {totals.content_bytes, totals.compressed_bytes, totals.tokens, totals.frames})
    append_varint(out, value);
  for (size_t i = 0; i < kMethods; ++i) {
    append_varint(out, totals.content_bytes_of[i]);
    append_varint(out, totals.payload_bytes_of[i]);
  }
}

Totals take_totals(ByteReader& in) {
  Totals totals;
  for (uint64_t* value :
       {&totals.content_bytes, &totals.compressed_bytes, &totals.tokens, &totals.frames})
    *value = in.varint("totals");
  for (size_t i = 0; i < kMethods; ++i) {
    totals.content_bytes_of[i] = in.varint("totals");
    totals.payload_bytes_of[i] = in.varint("totals");
  }
  return totals;
}

void add_to(Totals& sum, const Totals& more) {
  sum.content_bytes += more.content_bytes;
  sum.compressed_bytes += more.compressed_bytes;
  sum.tokens += more.tokens;
  sum.frames += more.frames;
  for (size_t i = 0; i < kMethods; ++i) {
    sum.content_bytes_of[i] += more.content_bytes_of[i];
    sum.payload_bytes_of[i] += more.payload_bytes_of[i];
  }
}

Bytes packed(const CompressedBlock& block) {
  Bytes out;
  append_totals(out, block.totals);
  append_varint(out, block.sizes.size());
  for (const FrameSizes& sizes : block.sizes) {
    append_varint(out, sizes.compressed_size_bytes);
    append_varint(out, sizes.content_size_bytes);
  }
  append_bytes(out, block.frames);
  return out;
}

CompressedBlock unpacked_block(ByteView bytes) {
  ByteReader in(bytes, ErrorKind::kInternal);
  CompressedBlock block;
  block.totals = take_totals(in);
  for (uint64_t left = in.varint("number of frames"); left > 0; --left) {
    FrameSizes& sizes = block.sizes.emplace_back();
    sizes.compressed_size_bytes = in.varint("size of a frame");
    sizes.content_size_bytes = in.varint("size of its content");
  }
  const ByteView frames = take_bytes(in);
  block.frames.assign(frames.begin(), frames.end());
  return block;
}

void append_double(Bytes& out, double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  append_le(out, bits, 8);
}

double take_double(ByteReader& in) {
  const uint64_t bits = in.le(8, "number");
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace llmz
