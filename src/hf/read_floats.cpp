// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "hf/checkpoint.h"

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

// A value is infinite or no number where all bits of its exponent are set.
template <class Bits>
bool all_finite(const uint8_t* data, uint64_t count, Bits exponent) {
  bool finite = true;
  for (uint64_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, data + i * sizeof bits, sizeof bits);
    finite &= (bits & exponent) != exponent;
  }
  return finite;
}

}  // namespace

bool all_finite(const TensorView& tensor) {
  constexpr uint64_t kStep = 1 << 16;  // the pages of a model larger than memory come and go
  const uint64_t size = tensor.type == Type::kFloat32 ? 4 : 2;
  for (uint64_t first = 0; first < tensor.elements; first += kStep) {
    const uint64_t count = std::min(kStep, tensor.elements - first);
    const uint8_t* data = tensor.data + first * size;
    const bool finite = tensor.type == Type::kFloat32
                            ? all_finite<uint32_t>(data, count, 0x7f800000)
                        : tensor.type == Type::kFloat16 ? all_finite<uint16_t>(data, count, 0x7c00)
                                                        : all_finite<uint16_t>(data, count, 0x7f80);
    if (!finite) return false;
  }
  return true;
}

void read_floats(const TensorView& tensor, uint64_t first, uint64_t count, float* out) {
  if (first > tensor.elements || count > tensor.elements - first) {
    throw Error(ErrorKind::kInternal, "read_floats: elements " + std::to_string(first) + " to " +
                                          std::to_string(first + count) + " of " +
                                          std::to_string(tensor.elements));
  }
  const int size = tensor.type == Type::kFloat32 ? 4 : 2;
  const uint8_t* p = tensor.data + first * static_cast<uint64_t>(size);
  for (uint64_t i = 0; i < count; ++i, p += size) {
    const uint32_t bits = static_cast<uint32_t>(load_le(p, size));
    out[i] = tensor.type == Type::kFloat32   ? from_bits(bits)
             : tensor.type == Type::kFloat16 ? from_half(bits)
                                             : from_bits(bits << 16);
  }
}

}  // namespace llmz::hf
