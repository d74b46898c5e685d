// SPDX-License-Identifier: Apache-2.0
#include "float/weight.h"

#include <cstring>

#include "float/cpu_products.h"

namespace llmz::floating {
namespace {

at::ScalarType scalar_type(hf::Type type) {
  switch (type) {
    case hf::Type::kFloat16:
      return at::kHalf;
    case hf::Type::kBfloat16:
      return at::kBFloat16;
    default:
      return at::kFloat;
  }
}

// The mapped bytes themselves where they are aligned and need no conversion, else a copy.
Tensor as_stored(const hf::TensorView& view) {
  if (!is_plain(view)) {
    Tensor values = at::empty(view.shape, at::kFloat);
    read_floats(view, 0, view.elements, values.data_ptr<float>());
    return values;
  }
  const at::ScalarType type = scalar_type(view.type);
  // libtorch has no tensors of const data; nothing writes to this one.
  Tensor mapped = at::from_blob(const_cast<uint8_t*>(view.data), view.shape, type);
  const size_t size = mapped.element_size();
  if (reinterpret_cast<uintptr_t>(view.data) % size == 0) return mapped;
  Tensor copy = at::empty(view.shape, type);
  std::memcpy(copy.data_ptr(), view.data, view.elements * size);
  return copy;
}

Tensor activated(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kGelu:
      return at::gelu(x, "none");
    case Activation::kRelu:
      return at::relu(x);
    default:
      return at::silu(x);
  }
}

}  // namespace

Weight::Weight(const hf::TensorView& view, const Target& target, bool transposed)
    : view_(view), target_(target), transposed_(transposed) {
  if (view.elements == 0) return;
  const Tensor stored = as_stored(view);
  const bool as_it_is = stored.data_ptr() == view.data && stored.scalar_type() == target.type &&
                        target.device.is_cpu();
  const uint64_t copy_bytes = view.elements * c10::elementSize(target.type);
  if (as_it_is || !target.device.is_cpu()) {
    kept_ = stored.to(target.device, target.type);
  } else if (copy_bytes <= *target.copies_bytes) {
    *target.copies_bytes -= copy_bytes;
    kept_ = make();
  }
}

Weight::Weight(const Tensor& matrix, const Target& target)
    : kept_(matrix.to(target.device, target.type)) {}

Tensor Weight::make() const { return as_stored(view_).to(target_.device, target_.type); }

Tensor Weight::get() const { return kept_.defined() ? kept_ : make(); }

Tensor load_vector(const hf::TensorView& view, const Target& target) {
  if (view.elements == 0) return {};
  Tensor values = at::empty({static_cast<int64_t>(view.elements)}, at::kFloat);
  read_floats(view, 0, view.elements, values.data_ptr<float>());
  return values.to(target.device);
}

Tensor load_rows(const hf::TensorView& table, const std::vector<uint64_t>& rows,
                 const Target& target) {
  const uint64_t width = static_cast<uint64_t>(table.shape.at(1));
  Tensor out = at::empty({static_cast<int64_t>(rows.size()), table.shape.at(1)}, at::kFloat);
  float* p = out.data_ptr<float>();
  for (size_t i = 0; i < rows.size(); ++i, p += width)
    read_floats(table, rows[i] * width, width, p);
  return out.to(target.device);
}

Tensor product(const Tensor& x, const Tensor& matrix, bool transposed, const Tensor& bias,
               std::optional<Activation> activation) {
  const Tensor in = x.to(matrix.scalar_type()), columns = transposed ? matrix : matrix.t();
  if (x.is_cpu()) return cpu_product(in.contiguous(), columns, {1, bias, activation});
  Tensor out = at::matmul(in, columns).to(at::kFloat);
  if (bias.defined()) out += bias;
  return activation ? activated(out, *activation) : out;
}

Tensor product(const Tensor& x, const Weight& weight, const Tensor& bias,
               std::optional<Activation> activation) {
  return product(x, weight.get(), weight.transposed(), bias, activation);
}

}  // namespace llmz::floating
