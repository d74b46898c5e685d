// SPDX-License-Identifier: Apache-2.0
// The measures of the three papers, each from the log probabilities alone.
#pragma once

#include <string>

#include "llmz/compress.h"
#include "llmz_lab/documents.h"
#include "llmz_lab/measured_model.h"
#include "llmz_lab/tally.h"

namespace llmz {

constexpr uint64_t kTextsOfText8 = 10'000;

enum class Protocol {
  // Guo et al. 2024: words between single spaces; every 200 words, joined again, are a text; the
  // first 10,000 texts; the start token (EOS) before each. What is left of fewer words is left out.
  kText8,
  // Deletang et al. 2023: chunks of 2,048 bytes without history.
  kChunks,
  // Huang et al. 2024: documents with the tokenizer's special tokens, one after the other; windows
  // of 1,900 tokens (of fewer where the model reads fewer), stride 512: the first scores all its
  // targets, later ones their last 512. The trailing part that fills no stride is not scored, but
  // its characters count.
  kBitsPerCharacter
};

struct ProtocolSettings {
  Protocol protocol = Protocol::kText8;
  uint64_t most_texts = 0;                     // of text8 and chunks; 0: as the paper, or all
  uint64_t chunk_bytes = 2048;                 // of chunks
  DocumentsBy documents = DocumentsBy::kFile;  // of bits per character: each file is a document
};

// "text8", "chunks", "bpc"
const char* protocol_name(Protocol protocol);

struct ProtocolResult {
  Tally tally;           // content_bytes and characters are the measure's denominators
  size_t window = 0;     // tokens; 0: none was needed
  double ratio() const;  // original bits / bits
  double bits_per_byte() const;
  double bits_per_character() const;
};

// files: of bits per character, each one document or more; else no text crosses their borders.
ProtocolResult run_protocol(const ProtocolSettings& settings, MeasuredModel& model,
                            const std::vector<Bytes>& files, const Progress& progress);

}  // namespace llmz
