// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "hf/checkpoint.h"
#include "hf/quantized.h"

namespace llmz::hf {
namespace {

// Elements as they are stored.
void read_stored(const TensorView& tensor, uint64_t first, uint64_t count, float* out) {
  const BlockSize size = block_size(tensor.type);
  const uint8_t* p = tensor.data + first / size.values * size.bytes;
  float block[kMaxBlockValues];
  for (uint64_t at = first % size.values; count > 0; p += size.bytes, at = 0) {
    const uint64_t taken = std::min<uint64_t>(count, size.values - at);
    if (taken == size.values) {
      dequantize(tensor.type, p, out);
    } else {
      dequantize(tensor.type, p, block);
      std::copy_n(block + at, taken, out);
    }
    out += taken;
    count -= taken;
  }
}

// Where row `row` of a matrix stands whose heads have their rows in pairs.
uint64_t stored_row(uint64_t row, uint64_t head_rows) {
  const uint64_t in_head = row % head_rows, half = head_rows / 2;
  return row - in_head + in_head % half * 2 + in_head / half;
}

}  // namespace

bool is_plain(const TensorView& tensor) {
  return block_size(tensor.type).values == 1 && tensor.paired_head_rows == 0;
}

bool all_finite(const TensorView& tensor) {
  constexpr uint64_t kStep = 1 << 14;  // the pages of a model larger than memory come and go
  std::vector<float> values(kStep);
  for (uint64_t first = 0; first < tensor.elements; first += kStep) {
    const uint64_t count = std::min(kStep, tensor.elements - first);
    read_stored(tensor, first, count, values.data());
    uint32_t bits;
    bool finite = true;
    for (uint64_t i = 0; i < count; ++i) {
      std::memcpy(&bits, &values[i], sizeof bits);
      finite &= (bits & 0x7f800000) != 0x7f800000;
    }
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
  if (tensor.paired_head_rows == 0) return read_stored(tensor, first, count, out);
  const auto columns = static_cast<uint64_t>(tensor.shape.back());
  while (count > 0) {
    const uint64_t column = first % columns, taken = std::min(count, columns - column);
    const uint64_t row = stored_row(first / columns, tensor.paired_head_rows);
    read_stored(tensor, row * columns + column, taken, out);
    first += taken;
    out += taken;
    count -= taken;
  }
}

}  // namespace llmz::hf
