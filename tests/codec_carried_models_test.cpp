// SPDX-License-Identifier: Apache-2.0
// Is a file that carries its model read where no model is installed, in every way in which files
// are read; and is what is no model refused?
#include <catch2/catch.hpp>

#include "container/fields.h"
#include "encode/lzma2_encoder.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// New ones: what a call has loaded stays loaded for the next one.
Models no_models() {
  static const TempFolder empty;
  return Models({empty.path()});
}

CompressSettings carrying(CompressSettings settings) {
  settings.embed_model = true;
  return settings;
}

Bytes joined(const Bytes& a, const Bytes& b) {
  Bytes all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

Bytes decoded(const Bytes& file, unsigned thread_count = 1) {
  return decompress(file, threads(thread_count), no_models());
}

std::optional<ErrorKind> error_of(const Bytes& file) {
  return kind_of_error([&] { decoded(file); });
}

// A frame of kind 7 with right checks.
Bytes model_of(uint64_t fingerprint, uint64_t size_bytes, const Bytes& payload) {
  ModelFields f{fingerprint, size_bytes, payload.size(), 0};
  f.payload_check = model_payload_check(f, payload);
  FieldWriter fields;
  fields.raw(ByteView(kFrameMagic, sizeof kFrameMagic));
  fields.le(frame_tag(FrameKind::kModel), 1, "version and kind");
  visit_model(fields, f);
  fields.raw(payload);
  return fields.bytes();
}

size_t model_frame_bytes(const Bytes& file) { return list_frames(file).at(0).carried_model_bytes; }

}  // namespace

TEST_CASE("a file that carries its model needs none") {
  const Bytes content = text(9000, 1);
  CompressSettings blocks = tokens_only(2);
  blocks.block_size_bytes = 2000;
  CompressSettings checked = tokens_only(3);
  checked.verify = true;
  for (const CompressSettings& settings : {tokens_only(0), tokens_only(2), blocks, checked}) {
    const Bytes file = compressed(content, carrying(settings));
    const Bytes without = compressed(content, settings);
    CHECK(error_of(without) == ErrorKind::kModelMissing);
    CHECK(decoded(file) == content);
    CHECK(decoded(file, 3) == content);
    CHECK(decompressed(file) == content);
    // Nothing else of the file is another one.
    CHECK(Bytes(file.begin() + static_cast<ptrdiff_t>(model_frame_bytes(file)), file.end()) ==
          without);
  }
}

TEST_CASE("behind a reference, in parts, joined and salvaged, too") {
  const Bytes content = text(9000, 1), other = text(5000, 2);
  CompressSettings blocks = tokens_only(2);
  blocks.block_size_bytes = 2000;
  const Bytes first = compressed(content, carrying(blocks));
  CompressSettings merges = tokens_only(1);
  merges.model = "merges";
  const Bytes second = compressed(other, carrying(merges));
  const Bytes file = joined(first, second), all = joined(content, other);
  CHECK(decoded(file) == all);
  CHECK(decoded(file, 3) == all);
  for (const uint64_t from : {0, 1990, 8999, 9000, 13'000}) {
    MemorySource source(file);
    MemorySink out;
    decompress_range(source, from, 500, out, no_models(), threads(1));
    const auto begin = all.begin() + static_cast<ptrdiff_t>(from);
    CHECK(out.take() == Bytes(begin, begin + std::min<ptrdiff_t>(500, all.end() - begin)));
  }
  MemorySink salvaged;
  salvage(file, salvaged, no_models(), threads(1), [](const Lost&) { FAIL_CHECK("lost"); });
  CHECK(salvaged.take() == all);

  const Reference reference(text(800, 3));
  for (CompressSettings behind : {with_lanes(0), tokens_only(2)}) {
    behind.reference = reference;
    DecompressSettings settings(threads(1));
    settings.reference = reference;
    CHECK(decompress(compressed(other, carrying(behind)), settings, no_models()) == other);
  }
}

TEST_CASE("without a network, and of nothing, no model is carried") {
  CHECK(compressed(text(900, 1), carrying(no_network())) == compressed(text(900, 1), no_network()));
  CHECK(compressed(Bytes(), carrying(with_lanes(0))) == compressed(Bytes(), with_lanes(0)));
}

TEST_CASE("a model that is not what its frame says is refused") {
  const Bytes content = text(700, 1);
  const Bytes file = compressed(content, carrying(tokens_only(1)));
  const size_t size = model_frame_bytes(file);
  const Bytes rest(file.begin() + static_cast<ptrdiff_t>(size), file.end());
  for (size_t i = 3; i < size; i += 1 + size / 300) {
    Bytes damaged = file;
    damaged[i] ^= 16;
    CAPTURE(i);
    CHECK(error_of(damaged).has_value());
  }
  const ModelInfo info = tiny_models().find("default");
  const ModelFileBytes model_file = read_model_file(info.path);
  const ByteView bytes = model_file;
  const Bytes packed = lzma2_compress(bytes);
  CHECK(decoded(joined(model_of(info.fingerprint, bytes.size, packed), rest)) == content);
  const auto refused = [&](uint64_t fingerprint, uint64_t of_bytes, const Bytes& payload) {
    return error_of(joined(model_of(fingerprint, of_bytes, payload), rest));
  };
  CHECK(refused(info.fingerprint, bytes.size + 1, packed) == ErrorKind::kCorrupt);
  CHECK(refused(info.fingerprint, kMaxCarriedModelBytes + 1, packed) == ErrorKind::kCorrupt);
  CHECK(refused(info.fingerprint, 17 * packed.size(), packed) == ErrorKind::kCorrupt);
  CHECK(refused(info.fingerprint, 0, {}) == ErrorKind::kCorrupt);
  CHECK(refused(info.fingerprint, 3000, lzma2_compress(text(3000, 1))) == ErrorKind::kModelBad);
  CHECK(refused(info.fingerprint ^ uint64_t{1} << 40, bytes.size, packed) == ErrorKind::kCorrupt);
  CHECK(refused(info.fingerprint + 1, bytes.size, packed) == ErrorKind::kModelMissing);
  // What nobody needs is not unpacked.
  const Bytes nonsense = model_of(7, 3000, lzma2_compress(text(3000, 1)));
  const Bytes plain = compressed(content, no_network());
  CHECK(decoded(joined(nonsense, plain)) == content);
  CHECK(error_of(nonsense).has_value());  // no content frame
}

TEST_CASE("between frames and the index that they announce there is no model") {
  CompressSettings blocks = no_network();
  blocks.block_size_bytes = 200;
  const Bytes file = compressed(text(400, 1), blocks);
  const auto first = static_cast<ptrdiff_t>(list_frames(file).at(0).compressed_size_bytes);
  Bytes wrong(file.begin(), file.begin() + first);
  wrong = joined(wrong, model_of(7, 3000, lzma2_compress(text(3000, 1))));
  CHECK(error_of(joined(wrong, Bytes(file.begin() + first, file.end()))) == ErrorKind::kCorrupt);
}

TEST_CASE("a limit on memory counts the model that is carried") {
  const Bytes file = compressed(text(700, 1), carrying(tokens_only(1)));
  DecompressSettings limited(threads(1));
  limited.max_memory_bytes = 100'000;
  CHECK(kind_of_error([&] { decompress(file, limited, no_models()); }) == ErrorKind::kLimit);
}
