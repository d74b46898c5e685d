// SPDX-License-Identifier: Apache-2.0
#include "model/model_file.h"

#include <filesystem>
#include <fstream>

#include "base/hash.h"

namespace llmz {
namespace {

constexpr std::string_view kMagic = "LLMZMODL";
constexpr uint8_t kVersion = 0;
constexpr size_t kHashBytes = 8;

[[noreturn]] void bad(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::kModelBad, path + ": " + what);
}

// The bytes between the magic and the hash, and the hash, which is the fingerprint.
std::pair<ByteView, uint64_t> verified_body(ByteView file, const std::string& path) {
  if (file.size < kMagic.size() + 1 + kHashBytes ||
      file.subview(0, kMagic.size()).text() != kMagic) {
    bad(path, "not an llmz model file");
  }
  if (file[kMagic.size()] != kVersion) {
    bad(path, "model file version " + std::to_string(file[kMagic.size()]) +
                  "; this llmz reads version " + std::to_string(kVersion));
  }
  const uint64_t stored = load_le(file.data + file.size - kHashBytes, kHashBytes);
  if (xxh3_64(file.subview(0, file.size - kHashBytes)) != stored)
    bad(path, "the model file is damaged (checksum)");
  return {file.subview(kMagic.size() + 1, file.size - kMagic.size() - 1 - kHashBytes), stored};
}

std::string read_text(ByteReader& in, const char* field) {
  return std::string(in.take(in.varint(field), field).text());
}

void append_text(Bytes& out, std::string_view text) {
  append_varint(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

uint32_t read_size(ByteReader& in, const char* field, const std::string& path) {
  const uint64_t value = in.varint(field);
  if (value == 0 || value > 1u << 20)
    bad(path, std::string(field) + " is " + std::to_string(value));
  return static_cast<uint32_t>(value);
}

ModelConfig read_config(ByteReader& in, const std::string& path) {
  ModelConfig c;
  c.vocabulary = read_size(in, "vocabulary size", path);
  c.dim = read_size(in, "dim", path);
  c.layers = read_size(in, "layers", path);
  c.heads = read_size(in, "heads", path);
  c.head_dim = read_size(in, "head dim", path);
  c.hidden = read_size(in, "hidden", path);
  c.window = read_size(in, "window", path);
  return c;
}

void append_config(Bytes& out, const ModelConfig& c) {
  for (uint32_t v : {c.vocabulary, c.dim, c.layers, c.heads, c.head_dim, c.hidden, c.window})
    append_varint(out, v);
}

uint64_t parameter_count(const ModelConfig& c) {
  const uint64_t wide = uint64_t{c.heads} * c.head_dim;
  return uint64_t{3} * c.vocabulary * c.dim +
         c.layers * c.dim * (2 * wide + 2 * c.head_dim + 2 * uint64_t{c.hidden});
}

IntegerMatrix read_matrix(ByteReader& in, uint32_t rows, uint32_t columns) {
  IntegerMatrix m;
  m.rows = rows;
  m.columns = columns;
  m.shift = static_cast<uint32_t>(in.le(1, "shift"));
  const ByteView multipliers = in.take(size_t{4} * rows, "multipliers");
  for (uint32_t r = 0; r < rows; ++r) {
    m.multiplier.push_back(static_cast<int32_t>(load_le(multipliers.data + size_t{4} * r, 4)));
  }
  const ByteView weights = in.take(size_t{rows} * columns, "weights");
  m.weight.assign(reinterpret_cast<const int8_t*>(weights.begin()),
                  reinterpret_cast<const int8_t*>(weights.end()));
  return m;
}

void append_matrix(Bytes& out, const IntegerMatrix& m) {
  out.push_back(static_cast<uint8_t>(m.shift));
  for (int32_t v : m.multiplier) append_le(out, static_cast<uint32_t>(v), 4);
  out.insert(out.end(), m.weight.begin(), m.weight.end());
}

// The matrices of a model in the order of the file, with their shapes.
template <class Model, class Visit>
void visit_matrices(Model& model, Visit visit) {
  const ModelConfig& c = model.config;
  const uint32_t wide = c.heads * c.head_dim;
  visit(model.embedding, c.vocabulary, c.dim, 63);
  visit(model.previous, c.vocabulary, c.dim, 63);
  visit(model.head, c.vocabulary, c.dim, 127);
  for (auto& layer : model.layers) {
    visit(layer.query, wide, c.dim, 63);
    visit(layer.key, c.head_dim, c.dim, 63);
    visit(layer.value, c.head_dim, c.dim, 63);
    visit(layer.output, c.dim, wide, 63);
    visit(layer.up, c.hidden, c.dim, 63);
    visit(layer.down, c.dim, c.hidden, 63);
  }
}

}  // namespace

Bytes read_model_file(const std::string& path) {
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in || !std::filesystem::is_regular_file(path, ignored))
    throw Error(ErrorKind::kIo, path + ": the model file cannot be opened");
  Bytes bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) throw Error(ErrorKind::kIo, path + ": the model file cannot be read");
  return bytes;
}

void check_config(const ModelConfig& c, const std::string& path) {
  auto require = [&](bool holds, const char* what) {
    if (!holds) bad(path, std::string("a shape that this llmz cannot compute exactly: ") + what);
  };
  require(c.layers > 0 && c.heads > 0, "at least one layer and one head");
  require(c.dim > 0 && c.dim % 32 == 0 && c.dim <= 512, "dim must be a multiple of 32 up to 512");
  require(c.hidden > 0 && c.hidden % 32 == 0 && c.hidden <= 2080,
          "hidden must be a multiple of 32 up to 2080");
  require(c.head_dim > 0 && c.head_dim % 16 == 0 && c.head_dim <= 128,
          "head dim must be a multiple of 16 up to 128");
  require(uint64_t{c.heads} * c.head_dim <= 2080, "heads * head dim must be at most 2080");
  require(c.window > 0 && c.window % 16 == 0 && c.window <= 2048,
          "window must be a multiple of 16 up to 2048");
  require(c.vocabulary > 0 && c.vocabulary % 16 == 0 && c.vocabulary <= 65536,
          "vocabulary must be a multiple of 16 up to 65536");
  require(c.layers <= 256, "at most 256 layers");
  constexpr uint64_t kMaxRingBytes = 4
                                     << 20;  // keys and values of a lane; there may be 255 of them
  require(uint64_t{2} * c.layers * c.head_dim * (c.window + 64) <= kMaxRingBytes,
          "keys and values of a lane above 4 MB");
}

void check_model(const ExactModel& model, const std::string& path) {
  check_config(model.config, path);
  visit_matrices(model, [&](const IntegerMatrix& m, uint32_t rows, uint32_t columns, int limit) {
    if (m.rows != rows || m.columns != columns || m.weight.size() != size_t{rows} * columns ||
        m.multiplier.size() != rows) {
      bad(path, "a matrix has the wrong shape");
    }
    if (m.shift > 40) bad(path, "a shift above 40");
    for (int32_t v : m.multiplier) {
      if (v < 0) bad(path, "a negative multiplier");
    }
    for (int8_t w : m.weight) {
      if (w > limit || w < -limit) bad(path, "a weight outside +-" + std::to_string(limit));
    }
  });
  if (model.attention_multiplier > 32767) bad(path, "the attention multiplier is above 32767");
  if (model.rotary_frequency.size() != model.config.head_dim / 2 || model.sine.size() != 1024) {
    bad(path, "the rotary tables have the wrong size");
  }
  for (int16_t s : model.sine) {
    if (s > 16384 || s < -16384) bad(path, "the sine table leaves +-1");
  }
  if (model.learning.rate > 255 * 1024 || model.learning.rate % 1024 != 0)
    bad(path, "the head's rate is not a multiple of 1024");
}

ModelSummary summarize_model(ByteView file, const std::string& path) {
  const auto [body, fingerprint] = verified_body(file, path);
  ByteReader in(body, ErrorKind::kModelBad);
  ModelSummary summary;
  summary.name = read_text(in, "name");
  summary.config = read_config(in, path);
  summary.fingerprint = fingerprint;
  summary.parameters = parameter_count(summary.config);
  return summary;
}

std::shared_ptr<const LoadedModel> parse_model(ByteView file, const std::string& path) {
  const auto [body, fingerprint] = verified_body(file, path);
  ByteReader in(body, ErrorKind::kModelBad);
  ExactModel exact;
  exact.name = read_text(in, "name");
  exact.config = read_config(in, path);
  check_config(exact.config, path);
  Vocabulary vocabulary = Vocabulary::parse(in);
  if (vocabulary.size() != exact.config.vocabulary)
    bad(path, "the vocabulary has another size than the network");
  std::string segmenter = read_text(in, "segmenter");
  exact.layers.resize(exact.config.layers);
  visit_matrices(exact, [&](IntegerMatrix& m, uint32_t rows, uint32_t columns, int) {
    m = read_matrix(in, rows, columns);
  });
  exact.attention_multiplier = static_cast<uint32_t>(in.le(4, "attention multiplier"));
  for (uint32_t i = 0; i < exact.config.head_dim / 2; ++i) {
    exact.rotary_frequency.push_back(static_cast<uint32_t>(in.le(4, "rotary frequency")));
  }
  for (int i = 0; i < 1024; ++i) exact.sine.push_back(static_cast<int16_t>(in.le(2, "sine table")));
  exact.learning.rate = static_cast<uint32_t>(in.le(4, "learning rate"));
  exact.learning.threshold = static_cast<uint32_t>(in.le(4, "learning threshold"));
  SelfTest self_test;
  self_test.text = read_text(in, "self-test text");
  self_test.tables_hash = in.le(8, "self-test hash");
  if (in.remaining() != 0) bad(path, std::to_string(in.remaining()) + " bytes too many");
  check_model(exact, path);
  return std::make_shared<LoadedModel>(
      LoadedModel{std::move(exact), Tokenizer(std::move(vocabulary), std::move(segmenter)),
                  std::move(self_test), fingerprint});
}

std::shared_ptr<const LoadedModel> load_model(const std::string& path) {
  return parse_model(read_model_file(path), path);
}

Bytes serialize_model(const ExactModel& exact, const Tokenizer& tokenizer,
                      const SelfTest& self_test) {
  check_model(exact, exact.name);
  Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(kVersion);
  append_text(out, exact.name);
  append_config(out, exact.config);
  tokenizer.vocabulary().serialize(out);
  append_text(out, tokenizer.segmenter());
  visit_matrices(exact,
                 [&](const IntegerMatrix& m, uint32_t, uint32_t, int) { append_matrix(out, m); });
  append_le(out, exact.attention_multiplier, 4);
  for (uint32_t f : exact.rotary_frequency) append_le(out, f, 4);
  for (int16_t s : exact.sine) append_le(out, static_cast<uint16_t>(s), 2);
  append_le(out, exact.learning.rate, 4);
  append_le(out, exact.learning.threshold, 4);
  append_text(out, self_test.text);
  append_le(out, self_test.tables_hash, 8);
  append_le(out, xxh3_64(out), 8);
  return out;
}

}  // namespace llmz
