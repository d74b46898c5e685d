// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "llmz_lab/generating.h"

namespace llmz {
namespace {

constexpr double kLn2 = 0.6931471805599453;

// From an engine whose output is fixed by the standard, unlike that of
// std::uniform_real_distribution.
double unit_interval(std::mt19937_64& engine) {
  return std::ldexp(static_cast<double>(engine() >> 11), -53);
}

}  // namespace

size_t Sampler::draw(const std::vector<float>& log_weights) {
  std::vector<size_t> order(log_weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto heavier = [&](size_t a, size_t b) {
    return log_weights[a] != log_weights[b] ? log_weights[a] > log_weights[b] : a < b;
  };
  if (sampling_.temperature <= 0) return *std::min_element(order.begin(), order.end(), heavier);
  if (sampling_.top_k > 0 && sampling_.top_k < order.size()) {
    std::nth_element(order.begin(), order.begin() + static_cast<ptrdiff_t>(sampling_.top_k),
                     order.end(), heavier);
    order.resize(sampling_.top_k);
    std::sort(order.begin(), order.end());
  }
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (size_t i : order) top = std::max(top, static_cast<double>(log_weights[i]));
  std::vector<double> weights;
  for (size_t i : order) {
    weights.push_back(std::exp((log_weights[i] - top) / sampling_.temperature));
    sum += weights.back();
  }
  double rest = unit_interval(engine_) * sum;
  for (size_t i = 0; i < order.size(); ++i) {
    rest -= weights[i];
    if (rest < 0) return order[i];
  }
  return order.back();
}

void generate(MeasuredModel& model, ByteView prompt, Sampler& sampler, const GeneratedSink& sink) {
  std::vector<uint32_t> text;
  model.encode(prompt, text);
  std::vector<float> log_probabilities;
  std::vector<uint32_t> window;
  const size_t most = model.usual_window;
  for (;;) {
    // Half of the window is kept when it is full, so that the numbers do not change with each
    // token.
    size_t begin = 0;
    while (text.size() - begin > most - 1) begin += std::max<size_t>(1, most / 2);
    window.assign(1, model.start_token);
    window.insert(window.end(), text.begin() + static_cast<ptrdiff_t>(begin), text.end());
    model.model->next(window.data(), window.size(), log_probabilities);
    for (uint32_t token = 0; token < log_probabilities.size(); ++token) {
      // What stands for no text cannot be written.
      if (model.bytes(token).empty())
        log_probabilities[token] = -std::numeric_limits<float>::infinity();
    }
    text.push_back(static_cast<uint32_t>(sampler.draw(log_probabilities)));
    if (!sink(ByteView(model.bytes(text.back())))) return;
  }
}

double deflate_length_bits(ByteView text) {
  constexpr int kRawWindowBits = -15, kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, 9, Z_DEFLATED, kRawWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::bad_alloc();
  Bytes out(deflateBound(&stream, text.size) + 16);
  stream.next_in = const_cast<Bytef*>(text.data);
  stream.avail_in = static_cast<uInt>(text.size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  // Ends the block without filling up its last byte, whose bits are still pending.
  deflate(&stream, Z_BLOCK);
  unsigned pending_bytes = 0;
  int pending_bits = 0;
  deflatePending(&stream, &pending_bytes, &pending_bits);
  const double bits = 8.0 * static_cast<double>(stream.total_out + pending_bytes) + pending_bits;
  deflateEnd(&stream);
  return bits;
}

double lzma2_length_bits(ByteView text) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME);
  options.dict_size = LZMA_DICT_SIZE_MIN;
  while (options.dict_size < text.size) options.dict_size *= 2;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  Bytes out(2 * text.size + 1024);
  size_t size = 0;
  if (lzma_raw_buffer_encode(filters, nullptr, text.data, text.size, out.data(), &size,
                             out.size()) != LZMA_OK)
    throw std::bad_alloc();
  return 8.0 * static_cast<double>(size);
}

void generate(const LengthInBits& length, ByteView prompt, size_t context_bytes, Sampler& sampler,
              const GeneratedSink& sink) {
  Bytes text(prompt.begin(), prompt.end());
  std::vector<float> log_weights(256);
  for (;;) {
    if (text.size() > context_bytes)
      text.erase(text.begin(), text.end() - static_cast<ptrdiff_t>(context_bytes));
    const double before = length(text);
    text.push_back(0);
    for (size_t byte = 0; byte < 256; ++byte) {
      text.back() = static_cast<uint8_t>(byte);
      log_weights[byte] = static_cast<float>(kLn2 * (before - length(text)));
    }
    text.back() = static_cast<uint8_t>(sampler.draw(log_weights));
    if (!sink(ByteView(&text.back(), 1))) return;
  }
}

}  // namespace llmz
