// SPDX-License-Identifier: Apache-2.0
// Is every row of a comparison decoded and compared, and are chunks counted as the paper counts?
#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "llmz_lab/measurement.h"

namespace llmz {
namespace {

Bytes sample(size_t size) {
  const std::string phrase = "the door of the house was open, and nobody had seen who went in; ";
  Bytes bytes;
  uint32_t state = 1;
  while (bytes.size() < size) {
    state = state * 1664525 + 1013904223;
    const size_t begin = state >> 26;
    bytes.insert(bytes.end(), phrase.begin() + static_cast<long>(begin % phrase.size()),
                 phrase.end());
  }
  bytes.resize(size);
  return bytes;
}

std::vector<Compressor> all_compressors() {
  std::vector<Compressor> all = general_compressors();
#ifdef LLMZ_HAVE_PNG
  all.push_back(png_compressor(64));
#endif
#ifdef LLMZ_HAVE_FLAC
  all.push_back(flac_compressor(8));
  all.push_back(flac_compressor(16));
#endif
  return all;
}

// Copies its content behind a header of 10 bytes.
Compressor copying(std::function<void(Bytes&)> spoil = [](Bytes&) {}) {
  return {"copy",
          [](ByteView content, const CompareProgress&) {
            Bytes out(10 + content.size);
            std::copy(content.begin(), content.end(), out.begin() + 10);
            return out;
          },
          [spoil](ByteView compressed, uint64_t, const CompareProgress&) {
            Bytes out(compressed.begin() + 10, compressed.end());
            spoil(out);
            return out;
          }};
}

}  // namespace

TEST_CASE("every compressor gives every content back, whole and in chunks") {
  for (const Compressor& compressor : all_compressors()) {
    for (size_t size :
         {size_t{0}, size_t{1}, size_t{2}, size_t{63}, size_t{65}, size_t{5000}, size_t{200000}}) {
      INFO(compressor.name << ", " << size << " bytes");
      Bytes content = sample(size);
      if (size == 65) content[64] = 0;  // like the padding of a PNG's last row
      const Measurement whole = measure(compressor, content, 0, {});
      CHECK(whole.content_bytes == size);
      if (size == 200000) CHECK(whole.compressed_bytes < size);
      if (size <= 5000) CHECK_NOTHROW(measure(compressor, content, 64, {}));
    }
    Bytes every_value;
    for (int i = 0; i < 3000; ++i) every_value.push_back(static_cast<uint8_t>(i * 37));
    CHECK_NOTHROW(measure(compressor, every_value, 0, {}));
  }
}

TEST_CASE("a compressor that does not give the content back is an error") {
  const Bytes content = sample(1000);
  CHECK_NOTHROW(measure(copying(), content, 0, {}));
  const std::function<void(Bytes&)> spoilers[] = {
      [](Bytes& bytes) { bytes[bytes.size() / 2] ^= 1; }, [](Bytes& bytes) { bytes.pop_back(); },
      [](Bytes& bytes) { bytes.push_back(0); }};
  for (const auto& spoil : spoilers) {
    CHECK_THROWS_AS(measure(copying(spoil), content, 0, {}), Error);
    CHECK_THROWS_AS(measure(copying(spoil), content, 100, {}), Error);
  }
}

TEST_CASE("damaged and cut streams of the libraries are errors, not hangs") {
  const Bytes content = sample(3000);
  for (const Compressor& compressor : all_compressors()) {
    INFO(compressor.name);
    Bytes compressed = compressor.compress(content, {});
    const auto decodes_equal = [&](const Bytes& bytes) {
      try {
        return compressor.decompress(bytes, content.size(), {}) == content;
      } catch (const Error&) {
        return false;
      }
    };
    CHECK(decodes_equal(compressed));
    CHECK_FALSE(decodes_equal(Bytes(compressed.begin(), compressed.begin() + 40)));
    CHECK_FALSE(decodes_equal({}));
    for (size_t i = 0; i < compressed.size(); i += 7) {
      Bytes damaged = compressed;
      damaged[i] ^= 0x55;
      decodes_equal(damaged);  // returns, whatever it returns: not every format has a checksum
    }
  }
}

TEST_CASE("chunks count the header once: that of one compressed byte") {
  const Bytes content = sample(1000);
  // 10 chunks of 110 bytes; a compressed byte takes 11.
  CHECK(measure(copying(), content, 100, {}).compressed_bytes == 10 * (110 - 11) + 11);
  CHECK(measure(copying(), content, 1000, {}).compressed_bytes == 1010);
  CHECK(measure(copying(), content, 0, {}).compressed_bytes == 1010);
}

TEST_CASE("llmz in chunks counts payloads, and one header") {
  const Models none{std::vector<std::string>{}};
  CompressSettings settings;
  settings.network = false;
  settings.memory_bits = 16;
  const Bytes content = sample(3000);
  const auto size_of = [&](ByteView bytes, uint64_t block_size_bytes, uint64_t& payload_bytes) {
    CompressSettings blocks = settings;
    blocks.block_size_bytes = block_size_bytes;
    MemorySource in(bytes);
    MemorySink out;
    const Totals totals = compress(in, out, none, blocks);
    payload_bytes = 0;
    for (uint64_t payload : totals.payload_bytes_of) payload_bytes += payload;
    return totals.compressed_bytes;
  };
  uint64_t payload, ignored;
  CHECK(measure_llmz(none, settings, content, 0, {}).compressed_bytes ==
        size_of(content, 0, ignored));
  size_of(content, 1000, payload);
  const Bytes zero(1);
  CHECK(measure_llmz(none, settings, content, 1000, {}).compressed_bytes ==
        payload + size_of(zero, 0, ignored));
}

TEST_CASE("memory is measured") {
  const Compressor wasteful = {"wasteful",
                               [](ByteView content, const CompareProgress&) {
                                 Bytes waste(50'000'000);
                                 for (size_t i = 0; i < waste.size(); i += 512)
                                   waste[i] = static_cast<uint8_t>(i);
                                 return Bytes(content.begin(),
                                              content.end() - (waste[512] == 1 ? 1 : 0));
                               },
                               [](ByteView compressed, uint64_t, const CompareProgress&) {
                                 return Bytes(compressed.begin(), compressed.end());
                               }};
  const Measurement found = measure(wasteful, sample(1000), 0, {});
  if (!found.peak_memory_bytes) return;  // the system does not tell
  CHECK(*found.peak_memory_bytes > 45'000'000);
  CHECK(*found.peak_memory_bytes < 80'000'000);
}

}  // namespace llmz
