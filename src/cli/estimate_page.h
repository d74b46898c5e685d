// SPDX-License-Identifier: Apache-2.0
// The page of llmz estimate --html: one file for a browser, which needs nothing else. What stands
// in a text, a file name or a model's name goes into it as base64 and as numbers, never as markup;
// src/cli/page/ shows it.
#pragma once

#include <string>
#include <vector>

#include "cli/estimate_finding.h"
#include "cli/files.h"
#include "llmz_lab/scored_text.h"

namespace llmz {

struct PageModel {
  Finding found;
  ScoredText scored;
};

class PageFile {
 public:
  // The page has 7 to 9 bytes for each byte of a text and model, and 22 where each byte is a token.
  static constexpr size_t kMostBytes = 16 << 20;

  // For --html, before the work: reads the whole input. Throws Error{kIo} if the page exists and
  // may not be replaced, or cannot be written; kUsage for more than kMostBytes, and for a page that
  // is its own input.
  PageFile(const Options& options, InputFile& input);
  ByteView content() const { return content_; }
  // Writes the page and gives it its name. Throws kUsage for a model whose tokens are not the
  // content.
  void write(const std::vector<PageModel>& models);

 private:
  void write_model(const PageModel& model);
  void write_text(const std::string& text) { file_.write(ByteView(text)); }

  std::string path_;
  OutputFile file_;
  Bytes content_;
};

}  // namespace llmz
