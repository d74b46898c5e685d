// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/sentencepiece_model.h"

#include <sentencepiece_processor.h>

#include <exception>
#include <new>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"

namespace llmz {
namespace {

constexpr std::string_view kSpaceSign = "\xe2\x96\x81";  // U+2581

// Protocol buffers that are joined are merged, the later value winning.
// ModelProto{normalizer_spec{precompiled_charsmap: ""}, denormalizer_spec{the same}}: switches off
// tables that sentencepiece follows unchecked, out of the file.
constexpr std::string_view kNoTables("\x1a\x02\x12\x00\x2a\x02\x12\x00", 8);
// ModelProto{normalizer_spec{add_dummy_prefix: false, remove_extra_whitespaces: false}}: what would
// change every word of models that have it (LLaMA).
constexpr std::string_view kKeepSpaces("\x1a\x04\x18\x00\x20\x00", 6);

// Whether the bytes are fields of a protocol buffer, the last of which ends where they end: one
// that did not would take in what is put behind them. Of groups it is not told where they end.
bool is_whole(std::string_view proto) {
  ByteReader in{ByteView(proto)};
  try {
    while (in.remaining() > 0) {
      const uint64_t tag = in.varint("a tag");
      if (tag < 8 || tag > UINT32_MAX) return false;
      switch (tag % 8) {
        case 0:
          in.varint("a number");
          break;
        case 1:
          in.take(8, "a number");
          break;
        case 2:
          in.take(in.varint("a length"), "a field");
          break;
        case 5:
          in.take(4, "a number");
          break;
        default:
          return false;
      }
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

// Why the model was refused, or nothing. Some of what is wrong with one comes as an exception of a
// library below (a piece without a byte: darts).
std::optional<std::string> refusal_of(sentencepiece::SentencePieceProcessor& processor,
                                      std::string_view model_proto) {
  try {
    const auto status = processor.LoadFromSerializedProto(model_proto);
    if (status.ok()) return std::nullopt;
    return status.ToString();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string spaces_restored(std::string_view piece) {
  std::string bytes;
  for (size_t i = 0; i < piece.size();) {
    if (piece.substr(i, kSpaceSign.size()) == kSpaceSign) {
      bytes += ' ';
      i += kSpaceSign.size();
    } else {
      bytes += piece[i++];
    }
  }
  return bytes;
}

std::optional<uint32_t> known(int id) {
  return id < 0 ? std::nullopt : std::optional<uint32_t>(id);
}

}  // namespace

struct SentencepieceModel::Parts {
  sentencepiece::SentencePieceProcessor processor;
};

SentencepieceModel::SentencepieceModel(std::string_view model_proto, Spaces spaces)
    : parts_(std::make_unique<Parts>()) {
  if (!is_whole(model_proto))
    throw Error(ErrorKind::kModelBad, "a sentencepiece model was expected, and its " +
                                          std::to_string(model_proto.size()) +
                                          " bytes are no whole protocol buffer");
  std::string adapted(model_proto);
  adapted += kNoTables;
  if (spaces == Spaces::kKept) adapted += kKeepSpaces;
  const auto refusal = refusal_of(parts_->processor, adapted);
  if (refusal) {
    throw Error(ErrorKind::kModelBad, "a sentencepiece model was expected in " +
                                          std::to_string(model_proto.size()) +
                                          " bytes; sentencepiece says: " + *refusal);
  }
}

SentencepieceModel::~SentencepieceModel() = default;

size_t SentencepieceModel::size() const {
  return static_cast<size_t>(parts_->processor.GetPieceSize());
}

std::string SentencepieceModel::bytes(size_t piece) const {
  const auto& processor = parts_->processor;
  const int id = static_cast<int>(piece);
  if (processor.IsUnknown(id) || processor.IsControl(id)) return {};
  const std::string& text = processor.IdToPiece(id);
  if (!processor.IsByte(id)) return spaces_restored(text);
  // sentencepiece checks when it loads a model that byte pieces are written <0xNN>.
  return std::string(1, static_cast<char>(std::stoi(text.substr(3, 2), nullptr, 16)));
}

bool SentencepieceModel::is_byte(size_t piece) const {
  return parts_->processor.IsByte(static_cast<int>(piece));
}

bool SentencepieceModel::is_empty(size_t piece) const {
  const int id = static_cast<int>(piece);
  return parts_->processor.IsUnknown(id) || parts_->processor.IsControl(id);
}

float SentencepieceModel::score(size_t piece) const {
  return parts_->processor.GetScore(static_cast<int>(piece));
}

std::optional<uint32_t> SentencepieceModel::bos() const {
  return known(parts_->processor.bos_id());
}
std::optional<uint32_t> SentencepieceModel::eos() const {
  return known(parts_->processor.eos_id());
}

void SentencepieceModel::segment(std::string_view text, std::vector<int>& pieces) const {
  pieces.clear();
  if (!parts_->processor.Encode(absl::string_view(text.data(), text.size()), &pieces).ok()) {
    pieces.clear();
  }
}

Vocabulary sentencepiece_vocabulary(std::string_view model_proto) {
  const SentencepieceModel model(model_proto);
  std::vector<std::string> tokens;
  for (size_t piece = 0; piece < model.size(); ++piece) {
    std::string bytes = model.bytes(piece);
    if (!bytes.empty()) tokens.push_back(std::move(bytes));
  }
  return Vocabulary(std::move(tokens));
}

}  // namespace llmz
