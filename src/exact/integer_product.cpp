// SPDX-License-Identifier: Apache-2.0
#include "exact/integer_product.h"

#include <array>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "base/once.h"
#include "base/zero_memory.h"

namespace llmz::exact {
namespace {

dnnl::engine& engine() {
  static dnnl::engine e = [] {
    dnnl_set_verbose(0);  // ONEDNN_VERBOSE would have it write between our bytes
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return e;
}

dnnl::stream& stream() {
  thread_local dnnl::stream s(engine());
  return s;
}

constexpr std::array<uint32_t, 8> kSizes = {1, 2, 4, 8, 16, 24, 32, 64};
static_assert(kSizes.back() == IntegerProduct::kMaxVectors);

// oneDNN writes its machine code without a look at whether there are pages for it. Throws
// std::bad_alloc where there are none.
void require_room_for_code() {
  constexpr size_t kRoomBytes = 16 << 20;
  ZeroMemory<uint8_t> room(kRoomBytes);
}

// Held while a kernel is made, so that no other takes the room.
std::mutex& code_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

// What oneDNN is called with. Making it anew for each call would take a twentieth of decoding.
struct IntegerProduct::Calls::Call {
  Call(const dnnl::memory::desc& in, const dnnl::memory::desc& out,
       const dnnl::memory::desc& scratch, const dnnl::memory& weight)
      : source(in, engine(), nullptr),
        target(out, engine(), nullptr),
        scratchpad(scratch, engine(), nullptr),
        arguments{{{DNNL_ARG_SRC, source.get()},
                   {DNNL_ARG_WEIGHTS, weight.get()},
                   {DNNL_ARG_DST, target.get()},
                   {DNNL_ARG_SCRATCHPAD, scratchpad.get()}}} {}
  dnnl::memory source, target, scratchpad;
  std::array<dnnl_exec_arg_t, 4> arguments;

  static void point(dnnl::memory& memory, void* to) {
    if (memory.get_data_handle() != to) memory.set_data_handle(to);
  }
};

IntegerProduct::Calls::Calls() = default;
IntegerProduct::Calls::~Calls() = default;
IntegerProduct::Calls::Calls(Calls&&) noexcept = default;

struct IntegerProduct::Packed {
  struct Size {
    Once made;
    dnnl::matmul product;
    dnnl::memory::desc in, out, scratchpad;
    const dnnl::memory* weight = nullptr;
    bool plain_loops = false;
  };
  uint32_t rows, columns;
  dnnl::memory plain;  // as the model has it
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

  const dnnl::memory& layout(const dnnl::memory::desc& desc) {
    for (const auto& there : layouts) {
      if (there->get_desc() == desc) return *there;
    }
    auto made = std::make_unique<dnnl::memory>(desc, engine());
    dnnl::reorder(plain, *made).execute(stream(), plain, *made);
    stream().wait();
    layouts.push_back(std::move(made));
    return *layouts.back();
  }

  void make(Size& size, uint32_t m) {
    std::lock_guard<std::mutex> lock(code_mutex());
    require_room_for_code();
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
    size.weight = &layout(description.weights_desc());
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

void IntegerProduct::run(const uint8_t* in, uint32_t m, int32_t* out, Calls& calls) const {
  size_t index = 0;
  while (kSizes[index] < m) ++index;
  Packed::Size& size = packed_->sizes[index];
  size.made.run([&] { packed_->make(size, kSizes[index]); });
  if (size.plain_loops) return packed_->multiply(in, m, out);
  thread_local std::vector<uint8_t> scratchpad_bytes;
  if (scratchpad_bytes.size() < size.scratchpad.get_size())
    scratchpad_bytes.resize(size.scratchpad.get_size());
  if (calls.of_size_.empty()) calls.of_size_.resize(kSizes.size());
  std::unique_ptr<Calls::Call>& made = calls.of_size_[index];
  if (!made) made = std::make_unique<Calls::Call>(size.in, size.out, size.scratchpad, *size.weight);
  Calls::Call& call = *made;
  Calls::Call::point(call.source, const_cast<uint8_t*>(in));
  Calls::Call::point(call.target, out);
  Calls::Call::point(call.scratchpad, scratchpad_bytes.data());
  const dnnl_status_t status =
      dnnl_primitive_execute(size.product.get(), stream().get(),
                             static_cast<int>(call.arguments.size()), call.arguments.data());
  if (status != dnnl_success) throw dnnl::error(status, "a product of oneDNN failed");
}

}  // namespace llmz::exact
