// SPDX-License-Identifier: Apache-2.0
// GGUF files field by field, for tests of their reader; written from the format's description.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace llmz::test {

inline std::string gguf_number(uint64_t value, int bytes) {
  Bytes out;
  append_le(out, value, bytes);
  return {out.begin(), out.end()};
}
inline std::string gguf_text(const std::string& text) { return gguf_number(text.size(), 8) + text; }
// Values with their types.
inline std::string gguf_u32(uint32_t value) { return gguf_number(4, 4) + gguf_number(value, 4); }
inline std::string gguf_f32(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return gguf_number(6, 4) + gguf_number(bits, 4);
}
inline std::string gguf_bool(bool value) { return gguf_number(7, 4) + gguf_number(value, 1); }
inline std::string gguf_string(const std::string& value) {
  return gguf_number(8, 4) + gguf_text(value);
}
// items: each as it stands in an array.
inline std::string gguf_array(uint32_t type, const std::vector<std::string>& items) {
  std::string out = gguf_number(9, 4) + gguf_number(type, 4) + gguf_number(items.size(), 8);
  for (const std::string& item : items) out += item;
  return out;
}

struct GgufTensor {
  std::vector<uint64_t> shape;  // outputs first, as everywhere in llmz
  uint32_t type = 0;            // F32
  std::string bytes;
};

struct GgufBuilder {
  std::map<std::string, std::string> values;
  std::map<std::string, GgufTensor> tensors;
  uint32_t version = 3;

  std::string file() const {
    std::string head = "GGUF" + gguf_number(version, 4) + gguf_number(tensors.size(), 8) +
                       gguf_number(values.size(), 8);
    for (const auto& [name, value] : values) head += gguf_text(name) + value;
    std::string data;
    for (const auto& [name, t] : tensors) {
      head += gguf_text(name) + gguf_number(t.shape.size(), 4);
      for (size_t i = t.shape.size(); i-- > 0;) head += gguf_number(t.shape[i], 8);
      head += gguf_number(t.type, 4) + gguf_number(data.size(), 8);
      data += t.bytes + std::string((32 - t.bytes.size() % 32) % 32, '\0');
    }
    return head + std::string((32 - head.size() % 32) % 32, '\0') + data;
  }
};

// A LLaMA of one layer, width 8 and 260 tokens, all zeros, with the 256 bytes and two words.
inline GgufBuilder small_gguf_llama() {
  GgufBuilder b;
  const uint64_t d = 8, hidden = 12, tokens = 261;
  b.values = {{"general.architecture", gguf_string("llama")},
              {"llama.context_length", gguf_u32(16)},
              {"llama.embedding_length", gguf_u32(8)},
              {"llama.block_count", gguf_u32(1)},
              {"llama.feed_forward_length", gguf_u32(12)},
              {"llama.attention.head_count", gguf_u32(2)},
              {"llama.attention.head_count_kv", gguf_u32(1)},
              {"llama.attention.layer_norm_rms_epsilon", gguf_f32(1e-5f)},
              {"tokenizer.ggml.model", gguf_string("llama")},
              {"tokenizer.ggml.bos_token_id", gguf_u32(1)},
              {"tokenizer.ggml.eos_token_id", gguf_u32(2)}};
  std::vector<std::string> names = {gguf_text("<unk>"), gguf_text("<s>"), gguf_text("</s>")};
  std::vector<std::string> types = {gguf_number(2, 4), gguf_number(3, 4), gguf_number(3, 4)};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    names.push_back(gguf_text(name));
    types.push_back(gguf_number(6, 4));
  }
  for (const char* word : {"a", "\xe2\x96\x81"}) {
    names.push_back(gguf_text(word));
    types.push_back(gguf_number(1, 4));
  }
  b.values["tokenizer.ggml.tokens"] = gguf_array(8, names);
  b.values["tokenizer.ggml.token_type"] = gguf_array(5, types);
  b.values["tokenizer.ggml.scores"] =
      gguf_array(6, std::vector<std::string>(names.size(), gguf_number(0, 4)));
  const auto zeros = [&](const std::string& name, std::vector<uint64_t> shape) {
    uint64_t elements = 1;
    for (uint64_t s : shape) elements *= s;
    b.tensors[name] = {std::move(shape), 0, std::string(4 * elements, '\0')};
  };
  zeros("token_embd.weight", {tokens, d});
  zeros("output_norm.weight", {d});
  for (const char* norm : {"attn_norm", "ffn_norm"})
    zeros("blk.0." + std::string(norm) + ".weight", {d});
  for (const char* square : {"attn_q", "attn_output"})
    zeros("blk.0." + std::string(square) + ".weight", {d, d});
  for (const char* half : {"attn_k", "attn_v"})
    zeros("blk.0." + std::string(half) + ".weight", {d / 2, d});
  for (const char* wide : {"ffn_gate", "ffn_up"})
    zeros("blk.0." + std::string(wide) + ".weight", {hidden, d});
  zeros("blk.0.ffn_down.weight", {d, hidden});
  return b;
}

}  // namespace llmz::test
