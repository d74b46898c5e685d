// SPDX-License-Identifier: Apache-2.0
// u8 * s8 -> s32 matrix products through oneDNN. Exact on every instruction set because |weight| <=
// 63: then no pair of products leaves 16 bits (docs/exact-arithmetic.md).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace llmz::exact {

// One weight matrix [rows][columns], packed for the products; shared by threads.
class IntegerProduct {
 public:
  // What a thread calls it with, of its own; empty before the first call, and for one product.
  class Calls {
   public:
    Calls();
    ~Calls();
    Calls(Calls&&) noexcept;

   private:
    friend class IntegerProduct;
    struct Call;
    std::vector<std::unique_ptr<Call>> of_size_;
  };

  IntegerProduct(const int8_t* weight, uint32_t rows, uint32_t columns);
  ~IntegerProduct();
  IntegerProduct(IntegerProduct&&) noexcept;

  // out[m][rows] = in[m][columns] * weight^T on the calling thread; m <= kMaxVectors. The product
  // runs with one of a few sizes, so that few kernels are made: the buffers have room for
  // kMaxVectors vectors, and what is computed for those past m is not defined. Fastest when the
  // buffers of a thread's calls stay where they are.
  void run(const uint8_t* in, uint32_t m, int32_t* out, Calls& calls) const;

  static constexpr uint32_t kMaxVectors = 64;

 private:
  struct Packed;
  std::unique_ptr<Packed> packed_;
};

}  // namespace llmz::exact
