// SPDX-License-Identifier: Apache-2.0
#include "float/cpu_products.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace llmz::floating {
namespace {

using dnnl::memory;
using hf::Config;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream of_thread(engine());
  return of_thread;
}

memory::desc description_of(const Tensor& x) {
  const auto type =
      x.scalar_type() == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  return {x.sizes().vec(), type, x.strides().vec()};
}

memory memory_of(const Tensor& x) { return {description_of(x), engine(), x.data_ptr()}; }

void append(dnnl::post_ops& after, Config::Activation activation) {
  switch (activation) {
    case Config::Activation::kGeluTanh:
      return after.append_eltwise(1, dnnl::algorithm::eltwise_gelu_tanh, 0, 0);
    case Config::Activation::kGelu:
      return after.append_eltwise(1, dnnl::algorithm::eltwise_gelu_erf, 0, 0);
    case Config::Activation::kRelu:
      return after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    case Config::Activation::kSilu:
      return after.append_eltwise(1, dnnl::algorithm::eltwise_swish, 1, 0);
  }
}

void softmax(const Tensor& x, dnnl::algorithm algorithm) {
  using Softmax = dnnl::softmax_v2_forward;
  const memory data = memory_of(x);
  const Softmax::desc wanted(dnnl::prop_kind::forward_inference, algorithm, data.get_desc(),
                             data.get_desc(), static_cast<int>(x.dim()) - 1);
  Softmax(Softmax::primitive_desc(wanted, engine()))
      .execute(stream(), {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, data}});
  stream().wait();
}

}  // namespace

Tensor cpu_product(const Tensor& a, const Tensor& b, const Finish& finish) {
  std::vector<int64_t> sizes = a.sizes().vec();
  sizes.back() = b.size(-1);
  const Tensor out = at::empty(sizes, at::kFloat);
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, memory_of(a)},
                                               {DNNL_ARG_WEIGHTS, memory_of(b)},
                                               {DNNL_ARG_DST, memory_of(out)}};
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
  if (finish.scale != 1) attributes.set_output_scales(0, {finish.scale});
  if (finish.activation) append(after, *finish.activation);
  attributes.set_post_ops(after);
  memory::desc bias;
  if (finish.bias.defined()) {
    const Tensor row = finish.bias.unsqueeze(0);
    bias = description_of(row);
    arguments.insert({DNNL_ARG_BIAS, memory_of(row)});
  }
  const dnnl::matmul::desc wanted =
      finish.bias.defined()
          ? dnnl::matmul::desc(description_of(a), description_of(b), bias, description_of(out))
          : dnnl::matmul::desc(description_of(a), description_of(b), description_of(out));
  dnnl::matmul(dnnl::matmul::primitive_desc(wanted, attributes, engine()))
      .execute(stream(), arguments);
  stream().wait();
  return out;
}

void cpu_softmax(const Tensor& x) { softmax(x, dnnl::algorithm::softmax_accurate); }
void cpu_log_softmax(const Tensor& x) { softmax(x, dnnl::algorithm::softmax_log); }

}  // namespace llmz::floating
