// SPDX-License-Identifier: Apache-2.0
// Do pictures and sound come back from the mix of samples, are they found, with headers and
// without, and are payloads that no encoder wrote refused or decoded to the size they claim?
#include <catch2/catch.hpp>
#include <random>

#include "container/fields.h"
#include "decode/samples.h"
#include "encode/find_samples.h"
#include "encode/samples_encoder.h"
#include "tests/sample_series.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes bytes_of(const mix::SampleLayout& layout, const std::vector<uint32_t>& samples) {
  Bytes bytes(samples.size() * layout.bytes);
  for (size_t i = 0; i < samples.size(); ++i)
    layout.store(samples[i], bytes.data() + i * layout.bytes);
  return bytes;
}

Bytes smooth(const mix::SampleLayout& layout, size_t count) {
  return bytes_of(layout, smooth_samples(layout, count, 7));
}

Bytes with_header(const std::string& header, const Bytes& samples) {
  Bytes file(header.begin(), header.end());
  file.insert(file.end(), samples.begin(), samples.end());
  return file;
}

std::string le(uint64_t value, int bytes) {
  std::string out;
  for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value);
  return out;
}

std::string wav_header(uint32_t bytes, uint32_t channels, size_t size) {
  return "RIFF" + le(36 + size, 4) + "WAVEfmt " + le(16, 4) + le(1, 2) + le(channels, 2) +
         le(16000, 4) + le(16000 * bytes * channels, 4) + le(bytes * channels, 2) +
         le(8 * bytes, 2) + "data" + le(size, 4);
}

std::string tiff_header(uint32_t width, uint32_t height, uint32_t channels, uint32_t bits) {
  std::string entries;
  const auto entry = [&](uint32_t tag, uint32_t value) {
    entries += le(tag, 2) + le(4, 2) + le(1, 4) + le(value, 4);
  };
  entry(256, width);
  entry(257, height);
  entry(258, bits);
  entry(259, 1);
  entry(273, 8 + 2 + 6 * 12 + 4);
  entry(277, channels);
  return std::string("II*\0", 4) + le(8, 4) + le(6, 2) + entries + le(0, 4);
}

std::string bmp_header(uint32_t width, uint32_t height) {
  return "BM" + le(0, 8) + le(54, 4) + le(40, 4) + le(width, 4) + le(height, 4) + le(1, 2) +
         le(24, 2) + le(0, 24);
}

SampleHead found(ByteView content) {
  const auto head = find_samples(content, [] {});
  REQUIRE(head.has_value());
  return *head;
}

std::optional<SampleHead> maybe(ByteView content) {
  return find_samples(content, [] {});
}

}  // namespace

TEST_CASE("samples of every layout come back, with bytes before them and half a sample behind") {
  for (mix::SampleLayout layout : sample_layouts()) {
    for (uint32_t how = 0; how < 4; ++how) {
      layout.big_endian = layout.bytes == 2 && (how & 1) != 0;
      layout.is_signed = (how & 2) != 0;
      for (size_t size : {0, 1, 2, 60, kSanitized ? 121 : 401}) {
        Bytes content = smooth(layout, size);
        content.resize(size);
        for (uint32_t before : {0u, 1u, 44u}) {
          const Bytes payload = samples_encode(content, {layout, before});
          CHECK(samples_decode(payload, content.size()) == content);
        }
      }
    }
  }
}

TEST_CASE("what no microphone records comes back, too") {
  for (const mix::SampleLayout& layout : sample_layouts()) {
    for (const auto& series : sample_series(layout, 700)) {
      const Bytes content = bytes_of(layout, series);
      CHECK(samples_decode(samples_encode(content, {layout, 0}), content.size()) == content);
    }
  }
}

TEST_CASE("headers say how samples lie") {
  const mix::SampleLayout speech{2, false, true, 2, 0};
  const Bytes sound = smooth(speech, 3000);
  SampleHead head = found(with_header(wav_header(2, 2, sound.size()), sound));
  CHECK((head.layout.bytes == 2 && head.layout.is_signed && head.layout.channels == 2));
  CHECK((head.layout.row == 0 && head.before_bytes == 44));

  const mix::SampleLayout gray{1, false, false, 1, 40}, color{1, false, false, 3, 60};
  head = found(with_header("P5\n# a comment\n40 30 255\n", smooth(gray, 1200)));
  CHECK((head.layout.bytes == 1 && head.layout.row == 40 && head.before_bytes == 25));
  head = found(with_header("P6 20 30\n255\n", smooth(color, 1800)));
  CHECK((head.layout.channels == 3 && head.layout.row == 60));
  head = found(with_header("P5 20 30\n65535\n", smooth({2, true, false, 1, 20}, 600)));
  CHECK((head.layout.bytes == 2 && head.layout.big_endian && head.layout.row == 20));
  // A row of 21 pixels is filled up to 64 bytes.
  head = found(with_header(bmp_header(21, 30), smooth({1, false, false, 3, 64}, 64 * 30)));
  CHECK((head.layout.channels == 3 && head.layout.row == 64 && head.before_bytes == 54));
  head = found(with_header(tiff_header(20, 30, 3, 8), smooth(color, 1800)));
  CHECK((head.layout.channels == 3 && head.layout.row == 60 && head.before_bytes == 86));
}

TEST_CASE("headers that say what cannot be are no harm") {
  const Bytes noise = random_bytes(900, 3);
  std::mt19937 random(5);
  for (const std::string& header :
       {wav_header(2, 2, 900), bmp_header(21, 10), std::string("P6 9 9 9 "),
        tiff_header(20, 15, 3, 8), std::string("P5"), std::string("MM\0*", 4)}) {
    for (int i = 0; i < (kSanitized ? 20 : 60); ++i) {
      Bytes file = with_header(header, noise);
      for (int k = 0; k < 3; ++k) file[random() % header.size()] = static_cast<uint8_t>(random());
      file.resize(random() % file.size());
      const SampleHead head = maybe(file).value_or(SampleHead{});
      REQUIRE(head.layout.valid());
      CHECK(samples_decode(samples_encode(file, head), file.size()) == file);
    }
  }
}

TEST_CASE("without a header rows and channels are found, and text is no picture") {
  CHECK(found(smooth({1, false, false, 1, 64}, 4096)).layout.row == 64);
  const SampleHead stereo = found(smooth({2, false, true, 2, 0}, 6000));
  CHECK((stereo.layout.bytes == 2 && !stereo.layout.big_endian));
  CHECK(!maybe(text(20000, 1)));
  CHECK(!maybe(random_bytes(20000, 1)));
  CHECK(!maybe(repeated(7, 20000)));
  CHECK(!maybe({}));
}

TEST_CASE("a picture becomes samples, a text does not") {
  const Bytes picture = with_header("P5 64 64\n255\n", smooth({1, false, false, 1, 64}, 4096));
  for (const bool network : {false, true}) {
    const CompressSettings settings = network ? with_lanes(0) : no_network();
    const auto method_of = [&](const Bytes& content) {
      const Bytes file = compressed(content, settings);
      CHECK(decompressed(file) == content);
      return list_frames(file)[0].content_bytes_by_method[static_cast<size_t>(Method::kSamples)];
    };
    CHECK(method_of(picture) == picture.size());
    CHECK(method_of(text(5000, 2)) == 0);
  }
}

TEST_CASE("payloads that no encoder wrote are refused, or decode to the size they claim") {
  std::mt19937 random(11);
  const std::vector<mix::SampleLayout> layouts = sample_layouts();
  Bytes content, good;
  for (size_t i = 0; i < 3000; ++i) {
    if (i % 100 == 0) {
      const mix::SampleLayout& layout = layouts[i / 100 % layouts.size()];
      content = smooth(layout, 20 + random() % 60);
      good = samples_encode(content, {layout, static_cast<uint32_t>(random() % 9)});
    }
    Bytes payload = good;
    for (uint32_t k = 0; k <= random() % 4; ++k)
      payload[random() % std::min<size_t>(payload.size(), k == 0 ? 4 : 400)] ^= 1u << random() % 8;
    if (random() % 4 == 0) payload.resize(random() % payload.size());
    size_t size = content.size() + random() % 3;
    const auto error = kind_of_error([&] { size -= samples_decode(payload, size).size(); });
    if (error) {
      CHECK(*error == ErrorKind::kCorrupt);
    } else {
      CHECK(size == 0);
    }
  }
}

TEST_CASE("a layout that cannot be is damage") {
  const Bytes content = smooth({1, false, false, 1, 0}, 100);
  const Bytes good = samples_encode(content, {});
  const auto with = [&](size_t at, uint8_t value) {
    Bytes payload = good;
    payload[at] = value;
    return kind_of_error([&] { samples_decode(payload, content.size()); });
  };
  CHECK(!with(0, 0));
  for (const uint8_t bits : {0x02, 0x08, 0x40, 0x80}) CHECK(with(0, bits) == ErrorKind::kCorrupt);
  for (const uint8_t row : {1, 2, 3}) CHECK(with(1, row) == ErrorKind::kCorrupt);
  CHECK(with(3, 101) == ErrorKind::kCorrupt);
}

TEST_CASE("samples behind a reference are damage") {
  const Bytes content = smooth({1, false, false, 1, 0}, 100);
  PlainFields f;
  const Bytes payload = samples_encode(content, {});
  f.round = {content.size(), static_cast<uint64_t>(Method::kSamples), payload.size()};
  f.payload_check = plain_payload_check(f, payload);
  FieldWriter out;
  out.raw(ByteView(kFrameMagic, sizeof kFrameMagic));
  out.le(frame_tag(FrameKind::kPlainWithReference), 1, "version and kind");
  visit_plain(out, f, FrameKind::kPlainWithReference);
  out.raw(payload);
  CHECK(kind_of_error([&] { list_frames(out.bytes()); }) == ErrorKind::kCorrupt);
}
