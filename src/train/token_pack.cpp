// SPDX-License-Identifier: Apache-2.0
#include "train/token_pack.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "base/bytes.h"

namespace llmz::train {
namespace {

constexpr char kMagic[] = "LLMZPACK";
constexpr size_t kMaxTokens = 13 << 20;  // of a file

std::string part_path(const std::string& prefix, size_t part) {
  return prefix + "." + std::to_string(part) + ".pack";
}

void append_part(const std::string& path, TokenPack& pack) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw Error(ErrorKind::kIo, path + ": cannot be opened");
  Bytes bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) throw Error(ErrorKind::kIo, path + ": cannot be read");
  ByteReader reader(bytes);
  if (reader.take(8, "magic").text() != kMagic)
    throw Error(ErrorKind::kCorrupt, path + ": not a token pack");
  const size_t vocabulary = reader.le(4, "vocabulary size");
  const ByteView lengths = reader.take(vocabulary, "token lengths");
  const std::vector<uint8_t> token_bytes(lengths.begin(), lengths.end());
  if (!pack.token_bytes.empty() && pack.token_bytes != token_bytes)
    throw Error(ErrorKind::kCorrupt, path + ": belongs to another vocabulary than the part before");
  pack.token_bytes = token_bytes;
  for (size_t left = reader.remaining() / 2; left > 0; --left) {
    pack.tokens.push_back(static_cast<uint16_t>(reader.le(2, "token")));
    if (pack.tokens.back() >= vocabulary)
      throw Error(ErrorKind::kCorrupt, path + ": token outside the vocabulary");
  }
}

}  // namespace

TokenPack TokenPack::read_parts(const std::string& prefix) {
  TokenPack pack;
  size_t part = 0;
  do {
    append_part(part_path(prefix, part++), pack);
  } while (std::ifstream(part_path(prefix, part)));
  return pack;
}

void TokenPack::write_parts(const std::string& prefix) const {
  size_t part = 0;
  for (size_t begin = 0; begin == 0 || begin < tokens.size(); begin += kMaxTokens, ++part) {
    const size_t end = std::min(begin + kMaxTokens, tokens.size());
    Bytes bytes(kMagic, kMagic + 8);
    append_le(bytes, token_bytes.size(), 4);
    bytes.insert(bytes.end(), token_bytes.begin(), token_bytes.end());
    for (size_t i = begin; i < end; ++i) append_le(bytes, tokens[i], 2);
    const std::string path = part_path(prefix, part);
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw Error(ErrorKind::kIo, path + ": cannot be written");
  }
  // A part of an earlier, longer pack would be taken for one of this.
  while (std::remove(part_path(prefix, part).c_str()) == 0) ++part;
}

uint64_t TokenPack::hash() const {
  uint64_t h = 0xcbf29ce484222325;
  for (uint8_t length : token_bytes) h = (h ^ length) * 0x100000001b3;
  for (uint16_t token : tokens) h = (h ^ token) * 0x100000001b3;
  return h;
}

}  // namespace llmz::train
