// SPDX-License-Identifier: Apache-2.0
#include "exact/integer_product.h"

#include <array>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

namespace llmz::exact {
namespace {

dnnl::engine& engine() {
  static dnnl::engine e(dnnl::engine::kind::cpu, 0);
  return e;
}

dnnl::stream& stream() {
  thread_local dnnl::stream s(engine());
  return s;
}

constexpr std::array<uint32_t, 8> kSizes = {1, 2, 4, 8, 16, 24, 32, 64};
static_assert(kSizes.back() == IntegerProduct::kMaxVectors);

}  // namespace

struct IntegerProduct::Packed {
  struct Size {
    std::once_flag made;
    dnnl::matmul product;
    dnnl::memory::desc in, out, scratchpad;
    const dnnl::memory* weight = nullptr;
    bool plain_loops = false;
  };
  uint32_t rows, columns;
  dnnl::memory plain;  // as the model has it
  std::mutex mutex;    // guards layouts
  std::vector<std::unique_ptr<dnnl::memory>>
      layouts;  // the weight in each layout that some size asks for
  std::array<Size, kSizes.size()> sizes;

  void multiply(const uint8_t* in, uint32_t m, int32_t* out) const {
    const int8_t* weight = static_cast<const int8_t*>(plain.get_data_handle());
    for (uint32_t v = 0; v < m; ++v) {
      for (uint32_t r = 0; r < rows; ++r) {
        int32_t sum = 0;
        for (uint32_t c = 0; c < columns; ++c) sum += in[v * columns + c] * weight[r * columns + c];
        out[v * rows + r] = sum;
      }
    }
  }

  void make(Size& size, uint32_t m) {
    using dnnl::memory;
    size.in = memory::desc({m, columns}, memory::data_type::u8, memory::format_tag::ab);
    size.out = memory::desc({m, rows}, memory::data_type::s32, memory::format_tag::ab);
    memory::desc any({columns, rows}, memory::data_type::s8, memory::format_tag::any);
    // A scratchpad of the library's own would belong to the thread that makes the kernel, and other
    // threads would spoil it.
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
    dnnl::matmul::primitive_desc description(engine(), size.in, any, size.out, attributes);
#else
    dnnl::matmul::primitive_desc description(dnnl::matmul::desc(size.in, any, size.out), attributes,
                                             engine());
#endif
    // oneDNN's reference kernel, for processors it has no other for, stores through a float, which
    // holds 24 bits only.
    if (std::string(description.impl_info_str()).compare(0, 3, "ref") == 0) {
      size.plain_loops = true;
      return;
    }
    size.product = dnnl::matmul(description);
    size.scratchpad = description.scratchpad_desc();
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto& layout : layouts) {
      if (layout->get_desc() == description.weights_desc()) size.weight = layout.get();
    }
    if (size.weight == nullptr) {
      layouts.push_back(std::make_unique<memory>(description.weights_desc(), engine()));
      dnnl::reorder(plain, *layouts.back()).execute(stream(), plain, *layouts.back());
      stream().wait();
      size.weight = layouts.back().get();
    }
  }
};

IntegerProduct::IntegerProduct(const int8_t* weight, uint32_t rows, uint32_t columns)
    : packed_(new Packed) {
  packed_->rows = rows;
  packed_->columns = columns;
  using dnnl::memory;
  packed_->plain =
      memory(memory::desc({columns, rows}, memory::data_type::s8, memory::format_tag::ba), engine(),
             const_cast<int8_t*>(weight));
}

IntegerProduct::~IntegerProduct() = default;
IntegerProduct::IntegerProduct(IntegerProduct&&) noexcept = default;

void IntegerProduct::run(const uint8_t* in, uint32_t m, int32_t* out) const {
  size_t index = 0;
  while (kSizes[index] < m) ++index;
  Packed::Size& size = packed_->sizes[index];
  std::call_once(size.made, [&] { packed_->make(size, kSizes[index]); });
  if (size.plain_loops) return packed_->multiply(in, m, out);
  dnnl::memory source(size.in, engine(), const_cast<uint8_t*>(in)), target(size.out, engine(), out);
  thread_local std::vector<uint8_t> scratchpad_bytes;
  if (scratchpad_bytes.size() < size.scratchpad.get_size())
    scratchpad_bytes.resize(size.scratchpad.get_size());
  dnnl::memory scratchpad(size.scratchpad, engine(), scratchpad_bytes.data());
  size.product.execute(stream(), {{DNNL_ARG_SRC, source},
                                  {DNNL_ARG_WEIGHTS, *size.weight},
                                  {DNNL_ARG_DST, target},
                                  {DNNL_ARG_SCRATCHPAD, scratchpad}});
}

}  // namespace llmz::exact
