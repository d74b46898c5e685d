// SPDX-License-Identifier: Apache-2.0
// Are windows, texts and denominators those of the papers?
#include <catch2/catch.hpp>

#include "llmz_lab/protocols.h"
#include "toy_language_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

std::string words(size_t count, const std::string& word = "word") {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i ? " " : "") + word;
  return text;
}

float one_bit(const Window&, size_t) { return 1; }

// The loop of the published evaluation code, for a text of `size` tokens: (begin, end, tokens
// scored) of each window.
std::vector<std::array<size_t, 3>> published_windows(size_t size, size_t most, size_t stride) {
  std::vector<std::array<size_t, 3>> windows;
  size_t previous_end = 0;
  for (size_t begin = 0; begin < size; begin += stride) {
    const size_t end = std::min(begin + most, size);
    size_t targets = end - previous_end;
    if (begin > 0 && targets < stride) break;  // the trailing part
    if (begin == 0) --targets;                 // nothing comes before the first token
    windows.push_back({begin, end, targets});
    previous_end = end;
    if (end == size) break;
  }
  return windows;
}

}  // namespace

TEST_CASE("text8: texts of 200 words, the start token before each, the rest left out") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = toy_model(4096, 2048, one_bit, &toy);
  ProtocolSettings settings;
  const std::string text = " " + words(200) + " " + words(200, "of") + "  " + words(199);
  const ProtocolResult result = run_protocol(settings, model, {bytes_of(text)}, {});
  REQUIRE(toy->seen.size() == 2);
  CHECK(toy->seen[0].first.size() == 1 + 200 * 5 - 1);
  CHECK(toy->seen[1].first.size() == 1 + 200 * 3 - 1);
  CHECK(toy->seen[0].first[0] == 256);
  CHECK(result.tally.sequences == 2);
  CHECK(result.ratio() == Approx(8));  // a bit a byte
  settings.most_texts = 1;
  CHECK(run_protocol(settings, model, {bytes_of(text)}, {}).tally.sequences == 1);
  CHECK_THROWS_WITH(run_protocol(settings, model, {bytes_of(words(199))}, {}),
                    Catch::Contains("200 words"));
}

TEST_CASE("chunks: 2,048 bytes without history") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = toy_model(4096, 2048, one_bit, &toy);
  ProtocolSettings settings;
  settings.protocol = Protocol::kChunks;
  const ProtocolResult result =
      run_protocol(settings, model, {bytes_of(std::string(5000, 'x'))}, {});
  CHECK(toy->seen.size() == 3);
  CHECK(result.bits_per_byte() == Approx(1));
  CHECK(result.tally.content_bytes == 5000);
}

TEST_CASE("bits per character: the windows of the published code, the trailing part's characters") {
  for (size_t size : {100, 1900, 1901, 2411, 2412, 2413, 5000, 7131}) {
    ToyLanguageModel* toy = nullptr;
    MeasuredModel model = toy_model(4096, 2048, one_bit, &toy);
    ProtocolSettings settings;
    settings.protocol = Protocol::kBitsPerCharacter;
    const std::string text(size - 1, 'x');  // and the token added at the start
    const ProtocolResult result = run_protocol(settings, model, {bytes_of(text)}, {});
    const auto expected = published_windows(size, 1900, 512);
    CAPTURE(size);
    REQUIRE(toy->seen.size() == expected.size());
    size_t targets = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const auto& [tokens, first] = toy->seen[i];
      CHECK(tokens.size() == expected[i][1] - expected[i][0]);
      CHECK(tokens.size() - first == expected[i][2]);
      targets += expected[i][2];
    }
    CHECK(result.tally.bits == Approx(static_cast<double>(targets)));
    CHECK(result.tally.characters == size - 1);
  }
}

TEST_CASE("bits per character: documents one after the other, each with its special tokens") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = toy_model(4096, 2048, one_bit, &toy);
  ProtocolSettings settings;
  settings.protocol = Protocol::kBitsPerCharacter;
  settings.documents = DocumentsBy::kLine;
  const ProtocolResult result =
      run_protocol(settings, model, {bytes_of("ab\nc\n"), bytes_of("d\xc3\xa9")}, {});
  CHECK(toy->seen.at(0).first ==
        std::vector<uint32_t>{256, 'a', 'b', 256, 'c', 256, 'd', 0xc3, 0xa9});
  CHECK(result.tally.characters == 5);
  CHECK(result.tally.content_bytes == 6);
}

TEST_CASE(
    "a model that reads less than the paper's windows has smaller ones; below the stride, none") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = toy_model(1024, 512, one_bit, &toy);
  ProtocolSettings settings;
  settings.protocol = Protocol::kBitsPerCharacter;
  CHECK(run_protocol(settings, model, {bytes_of(std::string(3000, 'x'))}, {}).window == 1024);
  MeasuredModel small = toy_model(512, 256, one_bit);
  CHECK_THROWS_WITH(run_protocol(settings, small, {bytes_of("abc")}, {}),
                    Catch::Contains("stride, 512"));
}
