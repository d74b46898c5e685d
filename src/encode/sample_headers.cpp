// SPDX-License-Identifier: Apache-2.0
#include "encode/sample_headers.h"

#include <cctype>
#include <cstring>

namespace llmz {
namespace {

// Reads numbers of a header; beyond the end there are zeros.
class Fields {
 public:
  Fields(ByteView bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  uint64_t size() const { return bytes_.size; }
  bool has(uint64_t at, const char* text) const {
    const size_t length = std::strlen(text);
    return at + length <= bytes_.size && std::memcmp(bytes_.data + at, text, length) == 0;
  }
  uint8_t byte(uint64_t at) const { return at < bytes_.size ? bytes_[at] : uint8_t{0}; }
  uint32_t u16(uint64_t at) const {
    return big_endian_ ? byte(at) * 256u + byte(at + 1) : byte(at + 1) * 256u + byte(at);
  }
  uint32_t u32(uint64_t at) const {
    return big_endian_ ? u16(at) << 16 | u16(at + 2) : u16(at + 2) << 16 | u16(at);
  }

 private:
  ByteView bytes_;
  bool big_endian_;
};

std::optional<SampleHead> valid(const mix::SampleLayout& layout, uint64_t offset, bool rows) {
  if (!layout.valid() || rows != (layout.row > 0)) return std::nullopt;
  return samples_from(layout, offset);
}

std::optional<SampleHead> wav(const Fields& f) {
  mix::SampleLayout layout;
  uint32_t bits = 0;
  for (uint64_t at = 12; at + 8 <= f.size(); at += 8 + (uint64_t{f.u32(at + 4)} + 1) / 2 * 2) {
    if (f.has(at, "fmt ")) {
      layout.channels = f.u16(at + 10);
      bits = f.u16(at + 22);
      layout.bytes = bits / 8;
      layout.is_signed = bits == 16;
    }
    if (f.has(at, "data") && (bits == 8 || bits == 16)) return valid(layout, at + 8, false);
  }
  return std::nullopt;
}

// PGM and PPM: "P5" or "P6", three numbers, one space. # begins a comment.
std::optional<SampleHead> portable_map(const Fields& f) {
  uint64_t at = 2;
  uint32_t numbers[3];
  for (uint32_t& number : numbers) {
    while (std::isspace(f.byte(at)) || f.byte(at) == '#') {
      if (f.byte(at) == '#') {
        while (at < f.size() && f.byte(at) != '\n') ++at;
      }
      ++at;
    }
    number = 0;
    if (!std::isdigit(f.byte(at))) return std::nullopt;
    for (; std::isdigit(f.byte(at)) && number < 1 << 20; ++at)
      number = number * 10 + f.byte(at) - '0';
  }
  mix::SampleLayout layout;
  layout.bytes = numbers[2] > 255 ? 2 : 1;
  layout.big_endian = layout.bytes == 2;
  layout.channels = f.byte(1) == '6' ? 3 : 1;
  layout.row = numbers[0] * layout.channels;
  return valid(layout, at + 1, true);
}

std::optional<SampleHead> bmp(const Fields& f) {
  const uint32_t bits = f.u16(28), compression = f.u32(30), width = f.u32(18);
  if ((bits != 8 && bits != 24 && bits != 32) || (compression != 0 && compression != 3) ||
      width > mix::SampleLayout::kMaxRow)
    return std::nullopt;
  mix::SampleLayout layout;
  layout.channels = bits / 8;
  layout.row = (width * layout.channels + 3) / 4 * 4;
  return valid(layout, f.u32(10), true);
}

std::optional<SampleHead> tiff(const Fields& f, bool big_endian) {
  uint32_t width = 0, bits = 8, compression = 1, offset = 0, channels = 1, planes = 1;
  const uint64_t directory = f.u32(4);
  for (uint64_t i = 0; i < f.u16(directory); ++i) {
    const uint64_t at = directory + 2 + 12 * i;
    const uint32_t count = f.u32(at + 4);
    const uint32_t value = f.u16(at + 2) == 3 ? f.u16(at + 8) : f.u32(at + 8);
    switch (f.u16(at)) {
      case 256:
        width = value;
        break;
      case 258:
        bits = count > 2 ? f.u16(f.u32(at + 8)) : value;
        break;
      case 259:
        compression = value;
        break;
      case 273:
        offset = count > 1 ? f.u32(f.u32(at + 8)) : value;
        break;
      case 277:
        channels = value;
        break;
      case 284:
        planes = value;
        break;
      default:
        break;
    }
  }
  if (compression != 1 || (bits != 8 && bits != 16) || width > mix::SampleLayout::kMaxRow)
    return std::nullopt;
  mix::SampleLayout layout;
  layout.bytes = bits / 8;
  layout.big_endian = bits == 16 && big_endian;
  layout.channels = planes == 1 ? channels : 1;
  if (layout.channels > mix::SampleLayout::kMaxChannels) return std::nullopt;
  layout.row = width * layout.channels;
  return valid(layout, offset, true);
}

}  // namespace

SampleHead samples_from(const mix::SampleLayout& layout, uint64_t offset) {
  SampleHead head{layout, 0};
  for (uint64_t step : {uint64_t{1} << 32, uint64_t{layout.row} * layout.bytes,
                        uint64_t{layout.channels} * layout.bytes}) {
    if (step == 0 || offset % step > SampleHead::kMaxBeforeBytes) continue;
    head.before_bytes = static_cast<uint32_t>(offset % step);
    break;
  }
  return head;
}

std::optional<SampleHead> samples_by_header(ByteView content) {
  const Fields little(content, false), big(content, true);
  if (little.has(0, "RIFF") && little.has(8, "WAVE")) return wav(little);
  if (little.has(0, "P5") || little.has(0, "P6")) return portable_map(little);
  if (little.has(0, "BM") && content.size > 54) return bmp(little);
  if (little.has(0, "II*") && little.byte(3) == 0) return tiff(little, false);
  if (big.has(0, "MM") && big.u16(2) == 42) return tiff(big, true);
  return std::nullopt;
}

}  // namespace llmz
