// SPDX-License-Identifier: Apache-2.0
#include "model/imported_file.h"

#include "model/model_fields.h"

namespace llmz {
namespace {

enum Flag : uint8_t {
  kLayerNorm = 1,
  kGated = 2,
  kLearnedPositions = 4,
  kKeepsQuarter = 8,
  kAllFlags = 15
};

constexpr int64_t kLimitOfBias = int64_t{1} << 61;

// The matrices of a layer in the order of the file, with their shapes.
template <class Layer, class Visit>
void visit_matrices(Layer& layer, const ImportedShape& s, Visit visit) {
  const uint32_t wide = s.heads * s.head_dim, narrow = s.kv_heads * s.head_dim;
  visit(layer.query, wide, s.dim);
  visit(layer.key, narrow, s.dim);
  visit(layer.value, narrow, s.dim);
  visit(layer.output, s.dim, wide);
  if (s.gated) visit(layer.gate, s.hidden, s.dim);
  visit(layer.up, s.hidden, s.dim);
  visit(layer.down, s.dim, s.hidden);
}

template <class T>
void check_numbers(const std::vector<T>& values, size_t count, int64_t limit, const char* what,
                   const std::string& path) {
  if (values.size() != count) bad_model(path, std::string(what) + ": the wrong number");
  for (T v : values) {
    if (v > limit || v < -limit) bad_model(path, std::string(what) + " outside its limit");
  }
}

}  // namespace

void check_matrix(const IntegerMatrix& m, uint32_t rows, uint32_t columns, int limit,
                  uint32_t max_shift, int32_t max_multiplier, const std::string& path) {
  if (m.rows != rows || m.columns != columns || m.weight.size() != size_t{rows} * columns ||
      m.multiplier.size() != rows) {
    bad_model(path, "a matrix has the wrong shape");
  }
  if (m.shift > max_shift) bad_model(path, "a shift above " + std::to_string(max_shift));
  for (int32_t v : m.multiplier) {
    if (v < 0) bad_model(path, "a negative multiplier");
    if (v > max_multiplier) bad_model(path, "a multiplier above " + std::to_string(max_multiplier));
  }
  // Without a way out of the loop, so that it becomes vectors: there are millions.
  uint8_t outside = 0;
  const auto most = static_cast<int8_t>(limit), least = static_cast<int8_t>(-limit);
  for (int8_t w : m.weight) outside |= static_cast<uint8_t>((w > most) | (w < least));
  if (outside != 0) bad_model(path, "a weight outside +-" + std::to_string(limit));
}

void read_imported_shape(ByteReader& in, ExactModel& model, const std::string& path) {
  ImportedShape& s = model.imported.emplace().shape;
  model.config.vocabulary = read_size(in, "vocabulary size", path);
  s.dim = read_size(in, "dim", path);
  s.layers = read_size(in, "layers", path);
  s.heads = read_size(in, "heads", path);
  s.kv_heads = read_size(in, "key-value heads", path);
  s.head_dim = read_size(in, "head dim", path);
  s.hidden = read_size(in, "hidden", path);
  s.positions = read_size(in, "positions", path);
  const uint64_t flags = in.le(1, "flags"), activation = in.le(1, "activation");
  if (flags > kAllFlags) bad_model(path, "flags are " + std::to_string(flags));
  if (activation > 2) bad_model(path, "activation is " + std::to_string(activation));
  s.layer_norm = flags & kLayerNorm;
  s.gated = flags & kGated;
  s.learned_positions = flags & kLearnedPositions;
  s.keeps_quarter = flags & kKeepsQuarter;
  s.activation = static_cast<Activation>(activation);
  set_config(model);
}

void append_imported_shape(Bytes& out, const ExactModel& model) {
  const ImportedShape& s = model.imported->shape;
  for (uint32_t v : {model.config.vocabulary, s.dim, s.layers, s.heads, s.kv_heads, s.head_dim,
                     s.hidden, s.positions})
    append_varint(out, v);
  out.push_back(static_cast<uint8_t>((s.layer_norm ? kLayerNorm : 0) | (s.gated ? kGated : 0) |
                                     (s.learned_positions ? kLearnedPositions : 0) |
                                     (s.keeps_quarter ? kKeepsQuarter : 0)));
  out.push_back(static_cast<uint8_t>(s.activation));
}

void read_imported_weights(ByteReader& in, ExactModel& model) {
  ImportedBody& body = *model.imported;
  const ImportedShape& s = body.shape;
  body.epsilon = static_cast<int64_t>(in.le(8, "epsilon"));
  body.embedding = read_matrix(in, model.config.vocabulary + 1, s.dim);
  if (s.learned_positions)
    read_numbers(in, size_t{s.positions} * s.dim, body.positions, "positions");
  for (uint32_t i = 0; i < s.layers; ++i) {
    ImportedLayer& layer = body.layers.emplace_back();
    read_numbers(in, s.dim, layer.attention_gain, "attention gain");
    read_numbers(in, s.dim, layer.feed_forward_gain, "feed-forward gain");
    visit_matrices(layer, s, [&](ImportedMatrix& m, uint32_t rows, uint32_t columns) {
      m.matrix = read_matrix(in, rows, columns);
      const uint64_t has_bias = in.le(1, "bias flag");
      if (has_bias > 1) throw Error(ErrorKind::kModelBad, "a bias flag is neither 0 nor 1");
      if (has_bias) read_numbers(in, rows, m.bias, "bias");
    });
    layer.attention_multiplier = static_cast<uint32_t>(in.le(4, "attention multiplier"));
    layer.attention_shift = static_cast<uint32_t>(in.le(1, "attention shift"));
  }
  read_numbers(in, s.dim, body.final_gain, "final gain");
  read_numbers(in, s.dim, body.final_bias, "final bias");
  read_numbers(in, size_t{model.config.vocabulary} * model.config.dim, body.head, "head");
  if (s.learned_positions) return;
  read_numbers(in, s.head_dim / 2, model.rotary_frequency, "rotary frequency");
  read_numbers(in, 1024, model.sine, "sine table");
}

void append_imported_weights(Bytes& out, const ExactModel& model) {
  const ImportedBody& body = *model.imported;
  append_le(out, static_cast<uint64_t>(body.epsilon), 8);
  append_matrix(out, body.embedding);
  append_numbers(out, body.positions);
  for (const ImportedLayer& layer : body.layers) {
    append_numbers(out, layer.attention_gain);
    append_numbers(out, layer.feed_forward_gain);
    visit_matrices(layer, body.shape, [&](const ImportedMatrix& m, uint32_t, uint32_t) {
      append_matrix(out, m.matrix);
      out.push_back(m.bias.empty() ? 0 : 1);
      append_numbers(out, m.bias);
    });
    append_le(out, layer.attention_multiplier, 4);
    append_le(out, layer.attention_shift, 1);
  }
  append_numbers(out, body.final_gain);
  append_numbers(out, body.final_bias);
  append_numbers(out, body.head);
  append_numbers(out, model.rotary_frequency);
  append_numbers(out, model.sine);
}

void check_imported_shape(const ExactModel& model, const std::string& path) {
  const ImportedShape& s = model.imported->shape;
  const auto require = [&](bool holds, const char* what) {
    if (!holds)
      bad_model(path, std::string("a shape that this llmz cannot compute exactly: ") + what);
  };
  require(s.layers > 0 && s.layers <= 256, "layers must be 1 to 256");
  require(s.dim > 0 && s.dim <= 8192, "dim must be 1 to 8192");
  require(s.hidden > 0 && s.hidden <= 32768, "hidden must be 1 to 32768");
  require(s.head_dim > 0 && s.head_dim <= 256, "head dim must be 1 to 256");
  require(s.learned_positions || s.head_dim % 2 == 0, "head dim must be even");
  require(s.heads > 0 && uint64_t{s.heads} * s.head_dim <= 8192,
          "heads * head dim must be at most 8192");
  require(s.kv_heads > 0 && s.heads % s.kv_heads == 0,
          "key-value heads must divide the number of heads");
  require(s.positions >= 4 && s.positions <= 2048, "positions must be 4 to 2048");
  constexpr uint64_t kMaxCacheBytes = uint64_t{1} << 30;
  require(uint64_t{4} * s.layers * s.kv_heads * s.head_dim * s.positions <= kMaxCacheBytes,
          "keys and values of a lane above 1 GB; a smaller context helps");
  require(model.config.vocabulary >= 256 && model.config.vocabulary <= 1u << 18,
          "vocabulary must be 256 to 262144");
}

void check_imported(const ExactModel& model, const std::string& path) {
  check_imported_shape(model, path);
  const ImportedBody& body = *model.imported;
  const ImportedShape& s = body.shape;
  const ModelConfig& c = model.config;
  if (c.dim != s.dim + 1 || body.layers.size() != s.layers)
    bad_model(path, "the shape of the body and that of the head differ");
  if (body.epsilon < 0 || body.epsilon > kLimitOfBias) bad_model(path, "epsilon is out of bounds");
  check_matrix(body.embedding, c.vocabulary + 1, s.dim, 127, 40, INT32_MAX, path);
  check_numbers(body.positions, s.learned_positions ? size_t{s.positions} * s.dim : 0, 1 << 30,
                "positions", path);
  for (const ImportedLayer& layer : body.layers) {
    check_numbers(layer.attention_gain, s.dim, INT32_MAX, "attention gain", path);
    check_numbers(layer.feed_forward_gain, s.dim, INT32_MAX, "feed-forward gain", path);
    visit_matrices(layer, s, [&](const ImportedMatrix& m, uint32_t rows, uint32_t columns) {
      check_matrix(m.matrix, rows, columns, 127, 61, (1 << 24) - 1, path);
      if (m.matrix.shift < 23) bad_model(path, "a shift below 23");
      if (!m.bias.empty()) check_numbers(m.bias, rows, kLimitOfBias, "bias", path);
    });
    if (layer.attention_multiplier >= 1 << 24 || layer.attention_shift > 61)
      bad_model(path, "the attention multiplier or its shift is out of bounds");
  }
  check_numbers(body.final_gain, s.dim, INT32_MAX, "final gain", path);
  check_numbers(body.final_bias, s.dim, int64_t{1} << 53, "final bias", path);
  check_numbers(body.head, size_t{c.vocabulary} * c.dim, 32767, "head", path);
  check_numbers(model.rotary_frequency, s.learned_positions ? 0 : s.head_dim / 2, UINT32_MAX,
                "rotary frequency", path);
  check_numbers(model.sine, s.learned_positions ? 0 : 1024, 16384, "sine table", path);
}

uint64_t imported_parameter_count(const ExactModel& model) {
  const ImportedShape& s = model.imported->shape;
  const uint64_t wide = uint64_t{s.heads} * s.head_dim, narrow = uint64_t{s.kv_heads} * s.head_dim;
  const uint64_t tables =
      2 * uint64_t{model.config.vocabulary} + (s.learned_positions ? s.positions : 0);
  return s.dim *
         (tables + s.layers * (2 * wide + 2 * narrow + (s.gated ? 3u : 2u) * uint64_t{s.hidden}));
}

}  // namespace llmz
