// SPDX-License-Identifier: Apache-2.0
// u8 * s8 -> s32 matrix products through oneDNN. Exact on every instruction set because |weight| <=
// 63: then no pair of products leaves 16 bits (docs/exact-arithmetic.md).
#pragma once

#include <cstdint>
#include <memory>

namespace llmz::exact {

// One weight matrix [rows][columns], packed for the products; shared by threads, each of which
// calls as a member of its own.
class IntegerProduct {
 public:
  // For members 0 .. members - 1.
  IntegerProduct(const int8_t* weight, uint32_t rows, uint32_t columns, unsigned members);
  ~IntegerProduct();
  IntegerProduct(IntegerProduct&&) noexcept;

  // out[m][rows] = in[m][columns] * weight^T on the calling thread; m <= kMaxVectors. The product
  // runs with one of a few sizes, so that few kernels are made: the buffers have room for
  // kMaxVectors vectors, and what is computed for those past m is not defined. One call of a
  // member at a time; fastest when its buffers stay where they are.
  void run(const uint8_t* in, uint32_t m, int32_t* out, unsigned member) const;

  static constexpr uint32_t kMaxVectors = 64;

 private:
  struct Packed;
  std::unique_ptr<Packed> packed_;
};

}  // namespace llmz::exact
