// SPDX-License-Identifier: Apache-2.0
#include "hf/quantized.h"

#include <cmath>
#include <cstring>

#include "base/bytes.h"

namespace llmz::hf {
namespace {

float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
float from_half(uint32_t half) {
  const uint32_t sign = (half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent == 31) return from_bits(sign | 0x7f800000 | fraction << 13);
  if (exponent == 0) {
    const float tiny = std::ldexp(static_cast<float>(fraction), -24);
    return sign ? -tiny : tiny;
  }
  return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

float half_at(const uint8_t* p) { return from_half(static_cast<uint32_t>(load_le(p, 2))); }

// A scale, then 32 bytes with a sign.
void q8_0(const uint8_t* block, float* out) {
  const float d = half_at(block);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * d;
}

// A scale, then 16 bytes: the low halves are the first 16 values, the high ones the others.
void q4_0(const uint8_t* block, float* out) {
  const float d = half_at(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>((block[2 + i] & 15) - 8) * d;
    out[i + 16] = static_cast<float>((block[2 + i] >> 4) - 8) * d;
  }
}

// The scale and the minimum of the group `j` of 8, 6 bits each: those of the first four lie in the
// low bits of bytes 0 .. 7, the others in bytes 8 .. 11 and what is left of these.
void group_of_q4_k(const uint8_t* packed, int j, float* scale, float* minimum) {
  if (j < 4) {
    *scale = static_cast<float>(packed[j] & 63);
    *minimum = static_cast<float>(packed[j + 4] & 63);
    return;
  }
  *scale = static_cast<float>((packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4);
  *minimum = static_cast<float>((packed[j + 4] >> 4) | (packed[j] >> 6) << 4);
}

// Two scales, 12 bytes of groups, then 4 x 32 bytes whose halves are two groups of 32.
void q4_k(const uint8_t* block, float* out) {
  const float d = half_at(block), least = half_at(block + 2);
  const uint8_t *groups = block + 4, *q = block + 16;
  for (int j = 0; j < 8; ++j, out += 32) {
    float scale, minimum;
    group_of_q4_k(groups, j, &scale, &minimum);
    const float step = d * scale, base = least * minimum;
    for (int i = 0; i < 32; ++i) {
      const uint8_t pair = q[j / 2 * 32 + i];
      const float product = step * static_cast<float>(j % 2 == 0 ? pair & 15 : pair >> 4);
      out[i] = product - base;
    }
  }
}

// 128 bytes of low halves, 64 of two more bits, 16 scales with a sign, a scale of all.
void q6_k(const uint8_t* block, float* out) {
  const uint8_t *low = block, *high = block + 128, *scales = block + 192;
  const float d = half_at(block + 208);
  for (int part = 0; part < 2; ++part, low += 64, high += 32, scales += 8, out += 128) {
    for (int i = 0; i < 128; ++i) {
      const int group = i / 32, in_group = i % 32;
      const uint8_t byte = low[in_group + group % 2 * 32];
      const int nibble = group < 2 ? byte & 15 : byte >> 4;
      const int q = (nibble | (high[in_group] >> (2 * group) & 3) << 4) - 32;
      const float step = d * static_cast<float>(static_cast<int8_t>(scales[i / 16]));
      out[i] = step * static_cast<float>(q);
    }
  }
}

}  // namespace

BlockSize block_size(Type type) {
  switch (type) {
    case Type::kFloat32:
      return {1, 4};
    case Type::kQ8_0:
      return {32, 34};
    case Type::kQ4_0:
      return {32, 18};
    case Type::kQ4_K:
      return {256, 144};
    case Type::kQ6_K:
      return {256, 210};
    default:
      return {1, 2};
  }
}

void dequantize(Type type, const uint8_t* block, float* out) {
  switch (type) {
    case Type::kFloat32:
      *out = from_bits(static_cast<uint32_t>(load_le(block, 4)));
      return;
    case Type::kFloat16:
      *out = half_at(block);
      return;
    case Type::kBfloat16:
      *out = from_bits(static_cast<uint32_t>(load_le(block, 2)) << 16);
      return;
    case Type::kQ8_0:
      return q8_0(block, out);
    case Type::kQ4_0:
      return q4_0(block, out);
    case Type::kQ4_K:
      return q4_k(block, out);
    case Type::kQ6_K:
      return q6_k(block, out);
  }
}

}  // namespace llmz::hf
