// SPDX-License-Identifier: Apache-2.0
// Is every token scored once, with as much context as the window allows? Are documents cut so that
// nothing is lost? Does the curve add up?
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "llmz_lab/documents.h"
#include "llmz_lab/window_scorer.h"
#include "toy_language_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::vector<std::string> documents_of(const std::string& text, DocumentsBy by, uint64_t chunk = 0) {
  std::vector<std::string> found;
  MemorySource source{ByteView(text)};
  for_each_document(source, by, chunk,
                    [&](ByteView document) { found.emplace_back(document.text()); });
  return found;
}

}  // namespace

TEST_CASE("windows score every token once, and later ones see what fits before it") {
  std::mt19937 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    const size_t window = 2 + random() % 20, stride = 1 + random() % (window - 1);
    std::string text(random() % 100, 'x');
    for (char& c : text) c = static_cast<char>(random());
    ToyLanguageModel* toy = nullptr;
    MeasuredModel model = toy_model(
        window, stride, [](const Window& w, size_t i) { return w.tokens[i] + 0.5f; }, &toy);
    WindowScorer scorer(model, sliding_for(model, 0, 0), model.start_token, {});
    scorer.text(ByteView(text));
    scorer.finish();
    double expected = 0;
    for (char c : text) expected += static_cast<uint8_t>(c) + 0.5;
    CAPTURE(window, stride, text.size());
    CHECK(scorer.tally().bits == Approx(expected));
    CHECK(scorer.tally().tokens == text.size());
    CHECK(scorer.tally().content_bytes == text.size());
    const PositionCurve& curve = scorer.tally().curve;
    CHECK(std::accumulate(curve.bytes.begin(), curve.bytes.end(), uint64_t{0}) == text.size());
    CHECK(std::accumulate(curve.bits.begin(), curve.bits.end(), 0.0) == Approx(expected));
    size_t scored_to = 0;
    for (const auto& [tokens, first] : toy->seen) {
      CHECK(tokens[0] == 256);
      CHECK(tokens.size() - first <= (scored_to == 0 ? window - 1 : stride));
      scored_to += tokens.size() - first;
      // As much context as fits.
      CHECK(tokens.size() == std::min(window, scored_to + 1));
    }
  }
}

TEST_CASE("windows that cannot be are refused") {
  MeasuredModel model = toy_model(100, 50, [](const Window&, size_t) { return 1.0f; });
  CHECK(sliding_for(model, 0, 0).stride == 50);
  CHECK(sliding_for(model, 40, 0).stride == 20);
  CHECK_THROWS_WITH(sliding_for(model, 101, 0), Catch::Contains("at most 100"));
  CHECK_THROWS_WITH(sliding_for(model, 1, 0), Catch::Contains("2 tokens or more"));
  CHECK_THROWS_WITH(sliding_for(model, 10, 10), Catch::Contains("less than --window"));
}

TEST_CASE("the curve puts bytes where they are") {
  PositionCurve curve;
  curve.add(0, 1, 8);  // byte 0
  curve.add(1, 3, 6);  // bytes 1, 2 and 3, two bits each
  CHECK(curve.bits[0] == 8);
  CHECK(curve.bits[1] == 2);  // 1
  CHECK(curve.bits[2] == 4);  // 2, 3
  curve.add((uint64_t{1} << 40), 1, 1);
  CHECK(curve.bits[PositionCurve::kBuckets - 1] == 1);
}

TEST_CASE("documents and separators together are the text") {
  CHECK(documents_of("", DocumentsBy::kFile).empty());
  CHECK(documents_of("one text\n", DocumentsBy::kFile) == std::vector<std::string>{"one text\n"});
  CHECK(documents_of("abcdefgh", DocumentsBy::kChunk, 3) ==
        std::vector<std::string>{"abc", "def", "gh"});
  CHECK(documents_of("a\n\nb\nc", DocumentsBy::kLine) == std::vector<std::string>{"a", "b", "c"});
  CHECK(documents_of("a\nb\n\n\nc\n\n", DocumentsBy::kBlankLine) ==
        std::vector<std::string>{"a\nb", "\nc"});
  CHECK(documents_of(std::string("a\0b\0\0", 5), DocumentsBy::kNul) ==
        std::vector<std::string>{"a", "b"});
  std::mt19937 random(2);
  for (int trial = 0; trial < 50; ++trial) {
    std::string text(random() % 3000, 'x'), joined;
    for (char& c : text) c = "ab\n\n"[random() % 4];
    for (const std::string& document : documents_of(text, DocumentsBy::kLine)) joined += document;
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
    CHECK(joined == text);
  }
}

TEST_CASE("a text longer than a document may be is cut, and nothing is lost") {
  const std::string text(2 * kMostDocumentBytes + 5, 'x');
  uint64_t bytes = 0;
  size_t documents = 0;
  for (const std::string& document : documents_of(text, DocumentsBy::kLine)) {
    bytes += document.size();
    ++documents;
  }
  CHECK(bytes == text.size());
  CHECK(documents == 3);
}
