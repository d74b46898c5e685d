// SPDX-License-Identifier: Apache-2.0
#include "model/model_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/hash.h"
#include "base/wrong_file.h"
#include "model/imported_file.h"
#include "model/model_fields.h"

namespace llmz {
namespace {

constexpr std::string_view kMagic = "LLMZMODL";
constexpr uint8_t kVersion = 3;
constexpr uint8_t kOwn = 0, kImported = 1;  // kinds
constexpr size_t kHeadBytes = kMagic.size() + 2, kHashBytes = 8;
// A row of pairs or of a value embedding stays below 2^27.
constexpr int32_t kMaxAddedMultiplier = 1 << 21;

// Whether a file that begins so is an imported model.
bool begins_imported(ByteView file, const std::string& path) {
  if (file.size < kHeadBytes + kHashBytes || file.subview(0, kMagic.size()).text() != kMagic) {
    const std::string wrong = wrong_file_text(file);
    bad_model(path, wrong.empty() ? "not an llmz model file" : "not a model file: " + wrong);
  }
  const uint8_t version = file[kMagic.size()], kind = file[kMagic.size() + 1];
  if (version != kVersion || kind > kImported) {
    bad_model(path, "model file version " + std::to_string(version) + ", kind " +
                        std::to_string(kind) + "; this llmz reads version " +
                        std::to_string(kVersion) + ", kinds 0 and 1");
  }
  return kind == kImported;
}

struct VerifiedFile {
  bool imported;
  ByteView body;  // between the kind and the hash
  uint64_t fingerprint;
};

VerifiedFile verified(ByteView file, const std::string& path) {
  const bool imported = begins_imported(file, path);
  const uint64_t stored = load_le(file.data + file.size - kHashBytes, kHashBytes);
  if (is_damaged(xxh3_64(file.subview(0, file.size - kHashBytes)), stored))
    bad_model(path, "the model file is damaged (checksum)");
  return {imported, file.subview(kHeadBytes, file.size - kHeadBytes - kHashBytes), stored};
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
  c.pair_rows = read_size_or_0(in, "pair rows", path);
  c.value_every = read_size_or_0(in, "value embeddings", path);
  return c;
}

void append_config(Bytes& out, const ModelConfig& c) {
  for (uint32_t v : {c.vocabulary, c.dim, c.layers, c.heads, c.head_dim, c.hidden, c.window,
                     c.pair_rows, c.value_every})
    append_varint(out, v);
}

uint64_t parameter_count(const ModelConfig& c) {
  const uint64_t wide = uint64_t{c.heads} * c.head_dim;
  const uint64_t tables = (uint64_t{3} * c.vocabulary + c.pair_rows) * c.dim;
  const uint64_t matrices = c.layers * c.dim * (2 * wide + 2 * c.head_dim + 2 * uint64_t{c.hidden});
  const uint64_t value_embeddings = c.value_every > 0 ? c.layers / c.value_every : 0;
  return tables + matrices + value_embeddings * c.vocabulary * c.head_dim +
         uint64_t{c.layers} * (3 + c.heads);
}

struct Shape {
  uint32_t rows, columns;
  int limit = 63;
  int32_t max_multiplier = INT32_MAX;
};

// The matrices of a model in the order of the file, with their shapes. A part that the model has
// not is visited with no rows, and has no bytes.
template <class Model, class Visit>
void visit_matrices(Model& model, Visit visit) {
  const ModelConfig& c = model.config;
  const uint32_t wide = c.heads * c.head_dim;
  visit(model.embedding, Shape{c.vocabulary, c.dim});
  visit(model.previous, Shape{c.vocabulary, c.dim});
  visit(model.head, Shape{c.vocabulary, c.dim, 127});
  visit(model.pairs, Shape{c.pair_rows, c.pair_rows > 0 ? c.dim : 0, 63, kMaxAddedMultiplier});
  for (uint32_t l = 0; l < c.layers; ++l) {
    auto& layer = model.layers[l];
    const bool embeds = has_value_embedding(c, l);
    visit(layer.query, Shape{wide, c.dim});
    visit(layer.key, Shape{c.head_dim, c.dim});
    visit(layer.value, Shape{c.head_dim, c.dim});
    visit(layer.value_embedding,
          Shape{embeds ? c.vocabulary : 0, embeds ? c.head_dim : 0, 63, kMaxAddedMultiplier});
    visit(layer.output, Shape{c.dim, wide});
    visit(layer.up, Shape{c.hidden, c.dim});
    visit(layer.down, Shape{c.dim, c.hidden});
  }
}

void check_layer(const ExactLayer& layer, const ModelConfig& c, const std::string& path) {
  const LayerScalars& s = layer.scalars;
  for (int32_t v : {s.stream, s.embedding, s.pair}) {
    if (v > LayerScalars::kLimit || v < -LayerScalars::kLimit)
      bad_model(path, "a scalar of a layer outside +-8");
  }
  if (layer.attention_multiplier.size() != c.heads)
    bad_model(path, "attention multipliers: not one for each head");
  for (uint32_t v : layer.attention_multiplier) {
    if (v > 32767) bad_model(path, "an attention multiplier is above 32767");
  }
}

}  // namespace

namespace {

std::ifstream open_model_file(const std::string& path) {
  using std::filesystem::file_type;
  std::error_code ignored;
  const file_type type = std::filesystem::status(path, ignored).type();
  if (type == file_type::directory) {
    throw Error(ErrorKind::kIo, path +
                                    ": a model file is expected, and this is a folder; llmz import "
                                    "makes models of Hugging Face folders");
  }
  // Opening a pipe would wait for ever.
  if (type != file_type::regular && type != file_type::not_found && type != file_type::none)
    throw Error(ErrorKind::kIo, path + ": a model file is expected, and this is no file");
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    throw Error(ErrorKind::kIo, path + ": the model file cannot be opened: " +
                                    std::generic_category().message(errno));
  }
  return in;
}

void read_exactly(std::ifstream& in, uint8_t* to, size_t size, const std::string& path) {
  in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(size));
  if (!in) throw Error(ErrorKind::kIo, path + ": the model file cannot be read");
}

ModelSummary summary_of(bool imported, ByteView body, const std::string& path) {
  ByteReader in(body, ErrorKind::kModelBad);
  ModelSummary summary;
  summary.name = read_text(in, "name");
  summary.imported = imported;
  if (imported) {
    ExactModel shape;
    read_imported_shape(in, shape, path);
    summary.config = shape.config;
    summary.parameters = imported_parameter_count(shape);
  } else {
    summary.config = read_config(in, path);
    summary.parameters = parameter_count(summary.config);
  }
  return summary;
}

}  // namespace

// Not mapped: weights that another program changes while they are in use would make files that
// nobody can read.
ModelFileBytes read_model_file(const std::string& path) {
  std::ifstream in = open_model_file(path);
  auto memory = std::make_unique<ZeroMemory<uint8_t>>(static_cast<size_t>(in.tellg()));
  memory->expect_large_pages();
  in.seekg(0);
  read_exactly(in, memory->data(), memory->size(), path);
  return {std::move(memory)};
}

ModelSummary outline_model(const std::string& path) {
  constexpr size_t kOutlineBytes = 64 << 10;  // name and shape take some hundred
  std::ifstream in = open_model_file(path);
  const auto size = static_cast<uint64_t>(in.tellg());
  Bytes head(static_cast<size_t>(std::min<uint64_t>(size, kOutlineBytes)));
  in.seekg(0);
  read_exactly(in, head.data(), head.size(), path);
  const bool imported = begins_imported(head, path);
  ModelSummary summary =
      summary_of(imported, ByteView(head).subview(kHeadBytes, head.size() - kHeadBytes), path);
  uint8_t hash[kHashBytes];
  in.seekg(-static_cast<std::streamoff>(kHashBytes), std::ios::end);
  read_exactly(in, hash, kHashBytes, path);
  summary.fingerprint = load_le(hash, kHashBytes);
  summary.file_size_bytes = size;
  return summary;
}

void check_config(const ModelConfig& c, const std::string& path) {
  auto require = [&](bool holds, const char* what) {
    if (!holds)
      bad_model(path, std::string("a shape that this llmz cannot compute exactly: ") + what);
  };
  require(c.layers > 0 && c.heads > 0, "at least one layer and one head");
  require(c.dim > 0 && c.dim % 32 == 0 && c.dim <= 512, "dim must be a multiple of 32 up to 512");
  require(c.hidden > 0 && c.hidden % 32 == 0 && c.hidden <= 2080,
          "hidden must be a multiple of 32 up to 2080");
  require(c.head_dim > 0 && c.head_dim % 16 == 0 && c.head_dim <= 128,
          "head dim must be a multiple of 16 up to 128");
  require(uint64_t{c.heads} * c.head_dim <= 2080, "heads * head dim must be at most 2080");
  require(c.window > 0 && c.window % 16 == 0 && c.window <= kMaxWindow,
          "window must be a multiple of 16 up to 2048");
  require(c.vocabulary > 0 && c.vocabulary % 16 == 0 && c.vocabulary <= 65536,
          "vocabulary must be a multiple of 16 up to 65536");
  require(c.layers <= 256, "at most 256 layers");
  require(c.pair_rows == 0 || (c.pair_rows >= 2 && (c.pair_rows & (c.pair_rows - 1)) == 0 &&
                               c.pair_rows <= 1u << 20),
          "pair rows must be 0 or a power of two up to 2^20");
  require(c.value_every <= c.layers, "value embeddings in none of the layers");
  constexpr uint64_t kMaxRingBytes = 4
                                     << 20;  // keys and values of a lane; there may be 255 of them
  require(uint64_t{2} * c.layers * c.head_dim * (c.window + 64) <= kMaxRingBytes,
          "keys and values of a lane above 4 MB");
}

void check_model(const ExactModel& model, const std::string& path) {
  if (model.learning.rate > 255 * 1024 || model.learning.rate % 1024 != 0)
    bad_model(path, "the head's rate is not a multiple of 1024");
  if (model.imported) return check_imported(model, path);
  check_config(model.config, path);
  if (model.layers.size() != model.config.layers)
    bad_model(path, "the network has another number of layers than its shape");
  visit_matrices(model, [&](const IntegerMatrix& m, const Shape& s) {
    check_matrix(m, s.rows, s.columns, s.limit, 40, s.max_multiplier, path);
  });
  for (const ExactLayer& layer : model.layers) check_layer(layer, model.config, path);
  if (model.rotary_frequency.size() != model.config.head_dim / 2 || model.sine.size() != 1024) {
    bad_model(path, "the rotary tables have the wrong size");
  }
  for (int16_t s : model.sine) {
    if (s > 16384 || s < -16384) bad_model(path, "the sine table leaves +-1");
  }
}

ModelSummary summarize_model(ByteView file, const std::string& path) {
  const VerifiedFile verified_file = verified(file, path);
  ModelSummary summary = summary_of(verified_file.imported, verified_file.body, path);
  summary.fingerprint = verified_file.fingerprint;
  summary.file_size_bytes = file.size;
  return summary;
}

namespace {

void read_own_weights(ByteReader& in, ExactModel& exact) {
  exact.layers.resize(exact.config.layers);
  visit_matrices(exact, [&](IntegerMatrix& m, const Shape& s) {
    if (s.rows > 0) m = read_matrix(in, s.rows, s.columns);
  });
  for (ExactLayer& layer : exact.layers) {
    LayerScalars& s = layer.scalars;
    for (int32_t* v : {&s.stream, &s.embedding, &s.pair})
      *v = static_cast<int32_t>(in.le(4, "scalars"));
    read_numbers(in, exact.config.heads, layer.attention_multiplier, "attention multipliers");
  }
  read_numbers(in, exact.config.head_dim / 2, exact.rotary_frequency, "rotary frequency");
  read_numbers(in, 1024, exact.sine, "sine table");
}

void append_own_weights(Bytes& out, const ExactModel& exact) {
  visit_matrices(exact, [&](const IntegerMatrix& m, const Shape& s) {
    if (s.rows > 0) append_matrix(out, m);
  });
  for (const ExactLayer& layer : exact.layers) {
    const LayerScalars& s = layer.scalars;
    append_numbers(out, std::vector<int32_t>{s.stream, s.embedding, s.pair});
    append_numbers(out, layer.attention_multiplier);
  }
  append_numbers(out, exact.rotary_frequency);
  append_numbers(out, exact.sine);
}

TokenTable read_token_table(ByteReader& in, uint32_t vocabulary_size, const std::string& path) {
  TokenTable table;
  table.vocabulary = Vocabulary::parse(in);
  if (table.vocabulary.size() != vocabulary_size)
    bad_model(path, "the vocabulary has another size than the network");
  table.costs.reserve(vocabulary_size);
  for (uint32_t token = 0; token < vocabulary_size; ++token) {
    const uint64_t cost = in.varint("cost of a token");
    if (cost == 0 || cost > TokenTable::kMostCost)
      bad_model(path, "a token costs " + std::to_string(cost) + ", and 1 to " +
                          std::to_string(TokenTable::kMostCost) + " is expected");
    table.costs.push_back(static_cast<uint32_t>(cost));
  }
  table.segmenter = read_text(in, "segmenter");
  return table;
}

SelfTest read_self_test(ByteReader& in, uint32_t vocabulary_size, const std::string& path) {
  SelfTest test;
  for (uint64_t left = in.varint("self-test size"); left > 0; --left) {
    const uint64_t token = in.varint("self-test token");
    if (token >= vocabulary_size) bad_model(path, "the self-test has a token that there is not");
    test.tokens.push_back(static_cast<uint32_t>(token));
  }
  test.tables_hash = in.le(8, "self-test hash");
  return test;
}

}  // namespace

std::shared_ptr<const LoadedModel> parse_model(ByteView file, const std::string& path) {
  const VerifiedFile verified_file = verified(file, path);
  const bool imported = verified_file.imported;
  ByteReader in(verified_file.body, ErrorKind::kModelBad);
  ExactModel exact;
  exact.name = read_text(in, "name");
  if (imported) {
    read_imported_shape(in, exact, path);
    check_imported_shape(exact, path);
  } else {
    exact.config = read_config(in, path);
    check_config(exact.config, path);
  }
  TokenTable table = read_token_table(in, exact.config.vocabulary, path);
  imported ? read_imported_weights(in, exact) : read_own_weights(in, exact);
  exact.learning.rate = static_cast<uint32_t>(in.le(4, "learning rate"));
  exact.learning.threshold = static_cast<uint32_t>(in.le(4, "learning threshold"));
  SelfTest self_test = read_self_test(in, exact.config.vocabulary, path);
  if (in.remaining() != 0) bad_model(path, std::to_string(in.remaining()) + " bytes too many");
  check_model(exact, path);
  return std::make_shared<LoadedModel>(LoadedModel{
      std::move(exact), std::move(table), std::move(self_test), verified_file.fingerprint});
}

std::shared_ptr<const LoadedModel> load_model(const std::string& path) {
  return parse_model(read_model_file(path), path);
}

Bytes serialize_model(const ExactModel& exact, const TokenTable& token_table,
                      const SelfTest& self_test) {
  check_model(exact, exact.name);
  Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(kVersion);
  out.push_back(exact.imported ? kImported : kOwn);
  append_text(out, exact.name);
  exact.imported ? append_imported_shape(out, exact) : append_config(out, exact.config);
  token_table.vocabulary.serialize(out);
  for (uint32_t cost : token_table.costs) append_varint(out, cost);
  append_text(out, token_table.segmenter);
  exact.imported ? append_imported_weights(out, exact) : append_own_weights(out, exact);
  append_le(out, exact.learning.rate, 4);
  append_le(out, exact.learning.threshold, 4);
  append_varint(out, self_test.tokens.size());
  for (uint32_t token : self_test.tokens) append_varint(out, token);
  append_le(out, self_test.tables_hash, 8);
  append_le(out, xxh3_64(out), 8);
  return out;
}

}  // namespace llmz
