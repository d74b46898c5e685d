// SPDX-License-Identifier: Apache-2.0
#include "train/token_pack.h"

#include <fstream>

#include "base/bytes.h"

namespace llmz::train {
namespace {
constexpr char kMagic[] = "LLMZPACK";
}

TokenPack TokenPack::read(const std::string& path) {
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
  TokenPack pack;
  ByteView lengths = reader.take(vocabulary, "token lengths");
  pack.token_bytes.assign(lengths.begin(), lengths.end());
  pack.tokens.resize(reader.remaining() / 2);
  for (uint16_t& token : pack.tokens) {
    token = static_cast<uint16_t>(reader.le(2, "token"));
    if (token >= vocabulary)
      throw Error(ErrorKind::kCorrupt, path + ": token outside the vocabulary");
  }
  return pack;
}

void TokenPack::write(const std::string& path) const {
  Bytes bytes(kMagic, kMagic + 8);
  append_le(bytes, token_bytes.size(), 4);
  bytes.insert(bytes.end(), token_bytes.begin(), token_bytes.end());
  for (uint16_t token : tokens) append_le(bytes, token, 2);
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw Error(ErrorKind::kIo, path + ": cannot be written");
}

}  // namespace llmz::train
