// SPDX-License-Identifier: Apache-2.0
#include "model/model_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/hash.h"
#include "model/imported_file.h"
#include "model/model_fields.h"

namespace llmz {
namespace {

constexpr std::string_view kMagic = "LLMZMODL";
constexpr uint8_t kOwn = 0, kImported = 1;  // versions
constexpr size_t kHashBytes = 8;

struct VerifiedFile {
  uint8_t version;
  ByteView body;  // between the version and the hash
  uint64_t fingerprint;
};

VerifiedFile verified(ByteView file, const std::string& path) {
  if (file.size < kMagic.size() + 1 + kHashBytes ||
      file.subview(0, kMagic.size()).text() != kMagic) {
    bad_model(path, "not an llmz model file");
  }
  const uint8_t version = file[kMagic.size()];
  if (version != kOwn && version != kImported) {
    bad_model(path, "model file version " + std::to_string(version) +
                        "; this llmz reads versions 0 and 1");
  }
  const uint64_t stored = load_le(file.data + file.size - kHashBytes, kHashBytes);
  if (xxh3_64(file.subview(0, file.size - kHashBytes)) != stored)
    bad_model(path, "the model file is damaged (checksum)");
  return {version, file.subview(kMagic.size() + 1, file.size - kMagic.size() - 1 - kHashBytes),
          stored};
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
  Bytes bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) throw Error(ErrorKind::kIo, path + ": the model file cannot be read");
  return bytes;
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
  visit_matrices(model, [&](const IntegerMatrix& m, uint32_t rows, uint32_t columns, int limit) {
    check_matrix(m, rows, columns, limit, 40, INT32_MAX, path);
  });
  if (model.attention_multiplier > 32767)
    bad_model(path, "the attention multiplier is above 32767");
  if (model.rotary_frequency.size() != model.config.head_dim / 2 || model.sine.size() != 1024) {
    bad_model(path, "the rotary tables have the wrong size");
  }
  for (int16_t s : model.sine) {
    if (s > 16384 || s < -16384) bad_model(path, "the sine table leaves +-1");
  }
}

ModelSummary summarize_model(ByteView file, const std::string& path) {
  const VerifiedFile verified_file = verified(file, path);
  ByteReader in(verified_file.body, ErrorKind::kModelBad);
  ModelSummary summary;
  summary.name = read_text(in, "name");
  summary.fingerprint = verified_file.fingerprint;
  if (verified_file.version == kImported) {
    ExactModel shape;
    read_imported_shape(in, shape, path);
    summary.imported = true;
    summary.config = shape.config;
    summary.parameters = imported_parameter_count(shape);
  } else {
    summary.config = read_config(in, path);
    summary.parameters = parameter_count(summary.config);
  }
  return summary;
}

namespace {

void read_own_weights(ByteReader& in, ExactModel& exact) {
  exact.layers.resize(exact.config.layers);
  visit_matrices(exact, [&](IntegerMatrix& m, uint32_t rows, uint32_t columns, int) {
    m = read_matrix(in, rows, columns);
  });
  exact.attention_multiplier = static_cast<uint32_t>(in.le(4, "attention multiplier"));
  read_numbers(in, exact.config.head_dim / 2, exact.rotary_frequency, "rotary frequency");
  read_numbers(in, 1024, exact.sine, "sine table");
}

void append_own_weights(Bytes& out, const ExactModel& exact) {
  visit_matrices(exact,
                 [&](const IntegerMatrix& m, uint32_t, uint32_t, int) { append_matrix(out, m); });
  append_le(out, exact.attention_multiplier, 4);
  append_numbers(out, exact.rotary_frequency);
  append_numbers(out, exact.sine);
}

}  // namespace

std::shared_ptr<const LoadedModel> parse_model(ByteView file, const std::string& path) {
  const VerifiedFile verified_file = verified(file, path);
  const bool imported = verified_file.version == kImported;
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
  Vocabulary vocabulary = Vocabulary::parse(in);
  if (vocabulary.size() != exact.config.vocabulary)
    bad_model(path, "the vocabulary has another size than the network");
  std::string segmenter = read_text(in, "segmenter");
  imported ? read_imported_weights(in, exact) : read_own_weights(in, exact);
  exact.learning.rate = static_cast<uint32_t>(in.le(4, "learning rate"));
  exact.learning.threshold = static_cast<uint32_t>(in.le(4, "learning threshold"));
  SelfTest self_test;
  self_test.text = read_text(in, "self-test text");
  self_test.tables_hash = in.le(8, "self-test hash");
  if (in.remaining() != 0) bad_model(path, std::to_string(in.remaining()) + " bytes too many");
  check_model(exact, path);
  return std::make_shared<LoadedModel>(
      LoadedModel{std::move(exact), Tokenizer(std::move(vocabulary), std::move(segmenter)),
                  std::move(self_test), verified_file.fingerprint});
}

std::shared_ptr<const LoadedModel> load_model(const std::string& path) {
  return parse_model(read_model_file(path), path);
}

Bytes serialize_model(const ExactModel& exact, const Tokenizer& tokenizer,
                      const SelfTest& self_test) {
  check_model(exact, exact.name);
  Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(exact.imported ? kImported : kOwn);
  append_text(out, exact.name);
  exact.imported ? append_imported_shape(out, exact) : append_config(out, exact.config);
  tokenizer.vocabulary().serialize(out);
  append_text(out, tokenizer.segmenter());
  exact.imported ? append_imported_weights(out, exact) : append_own_weights(out, exact);
  append_le(out, exact.learning.rate, 4);
  append_le(out, exact.learning.threshold, 4);
  append_text(out, self_test.text);
  append_le(out, self_test.tables_hash, 8);
  append_le(out, xxh3_64(out), 8);
  return out;
}

}  // namespace llmz
