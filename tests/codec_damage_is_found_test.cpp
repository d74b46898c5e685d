// SPDX-License-Identifier: Apache-2.0
// Does damage end in a clear error, or in the exact original where it changed nothing that counts?
#include <catch2/catch.hpp>
#include <chrono>

#include "container/frame_reader.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// What is wrong with decompressing `damaged`, or nothing.
std::string judged(const Bytes& damaged, const Bytes& content, bool& unnoticed) {
  const auto start = std::chrono::steady_clock::now();
  std::string verdict;
  unnoticed = false;
  try {
    if (decompressed(damaged) != content) verdict = "other content without an error";
    unnoticed = true;
  } catch (const Error& error) {
    switch (error.kind()) {
      case ErrorKind::kCorrupt:
      case ErrorKind::kTruncated:
      case ErrorKind::kModelMissing:
      case ErrorKind::kReferenceMissing:
      case ErrorKind::kNewerVersion:
      case ErrorKind::kNotLlmz:
        if (std::string(error.what()).size() < 15) verdict = "an error that says nothing";
        break;
      default:
        verdict = std::string("a wrong kind of error: ") + error.what();
    }
  }
  if (std::chrono::steady_clock::now() - start > std::chrono::seconds(20)) verdict = "endless";
  return verdict;
}

struct Sample {
  const char* name;
  Bytes content, file;
};

std::vector<Sample> small_samples() {
  std::vector<Sample> all;
  const auto add = [&](const char* name, const Bytes& content, const CompressSettings& settings) {
    all.push_back({name, content, compressed(content, settings)});
  };
  add("empty", {}, with_lanes(0));
  add("small", text(60, 1), with_lanes(0));
  add("network alone", text(150, 1), tokens_only(0));
  CompressSettings blocks = tokens_only(2);
  blocks.block_size_bytes = 40;
  add("blocks with an index", text(90, 2), blocks);
  blocks.mix = true;
  add("mixed blocks with an index", text(75, 2), blocks);
  const auto add_coded = [&](const char* name, const std::vector<Piece>& pieces, unsigned lanes) {
    all.push_back({name, content_of(pieces), coded_as(pieces, with_lanes(lanes))});
  };
  add_coded("plain stored", {{RoundMethod::kStored, text(40, 3)}}, 0);
  add_coded("plain LZMA2", {{RoundMethod::kLzma2, text(400, 3)}}, 0);
  add_coded("plain byte mix", {{RoundMethod::kByteMix, text(100, 3)}}, 0);
  add_coded("single", {{RoundMethod::kTokenMix, text(60, 3)}}, 0);
  // A frame has one of the methods of the network.
  std::vector<Piece> without_model;
  for (RoundMethod method : kAllMethods)
    if (!needs_model(method)) without_model.push_back({method, text(50, 4)});
  add_coded("rounds without a model", without_model, 2);
  std::vector<Piece> rounds;
  for (RoundMethod method : kAllMethods)
    if (!needs_model(method) || method == RoundMethod::kTokenMix)
      rounds.push_back({method, text(50, 4)});
  add_coded("rounds of all methods without a model, and of network and mix", rounds, 3);
  add_coded("network and rich mix", {{RoundMethod::kRichTokenMix, text(50, 4)}}, 3);
  add_coded("network and rich mix 2", {{RoundMethod::kSecondRichTokenMix, text(50, 4)}}, 3);
  return all;
}

}  // namespace

TEST_CASE("a small file cut anywhere is an error") {
  for (const Sample& s : small_samples()) {
    for (size_t size = 0; size < s.file.size(); ++size) {
      bool unnoticed = false;
      const Bytes cut(s.file.begin(), s.file.begin() + static_cast<ptrdiff_t>(size));
      const std::string verdict = judged(cut, s.content, unnoticed);
      if (!verdict.empty()) FAIL(s.name << " cut at " << size << ": " << verdict);
      if (unnoticed) FAIL(s.name << " cut at " << size << " was not noticed");
      if (kind_of_error([&] { decompressed(cut); }) != ErrorKind::kTruncated)
        FAIL(s.name << " cut at " << size << " is not called truncated");
    }
  }
}

TEST_CASE("a flip of any byte of a small file is an error or changes nothing") {
  for (const Sample& s : small_samples()) {
    int unnoticed_flips = 0;
    for (size_t at = 0; at < s.file.size(); ++at) {
      for (uint8_t mask : {0x01, 0x90}) {
        Bytes damaged = s.file;
        damaged[at] ^= mask;
        bool unnoticed = false;
        const std::string verdict = judged(damaged, s.content, unnoticed);
        if (!verdict.empty())
          FAIL(s.name << ", byte " << at << " ^ " << int{mask} << ": " << verdict);
        unnoticed_flips += unnoticed;
      }
    }
    CAPTURE(s.name);
    CHECK(unnoticed_flips <= 3);  // the last bits of a payload without a checksum of its own
  }
}

TEST_CASE("a file of several rounds: cuts and flips") {
  Bytes content = repeated('a', 66'000);
  const Bytes middle = text(600, 4);
  content.insert(content.end(), middle.begin(), middle.end());
  content.resize(140'000, 'a');
  const Bytes file = compressed(content, tokens_only(1));
  MemorySource source(file);
  REQUIRE(list_frames(source).at(0).rounds == 3);
  std::mt19937 random(1);
  std::vector<size_t> places;
  for (size_t i = 0; i < 24; ++i) places.push_back(i);  // header, first round's sizes
  for (size_t i = 1; i <= 12; ++i) places.push_back(file.size() - i);  // the end
  for (int i = 0; i < 60; ++i) places.push_back(random() % file.size());
  for (size_t at : places) {
    bool unnoticed = false;
    Bytes damaged = file;
    damaged[at] ^= static_cast<uint8_t>(1 << random() % 8);
    std::string verdict = judged(damaged, content, unnoticed);
    if (!verdict.empty() || unnoticed) FAIL("byte " << at << ": " << verdict);
    verdict =
        judged(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(at)), content, unnoticed);
    if (!verdict.empty() || unnoticed) FAIL("cut at " << at << ": " << verdict);
  }
}

TEST_CASE("compressed bytes that no token needs are an error") {
  CompressSettings settings = with_lanes(0);
  settings.memory_bits = implied_memory_bits(150, false);
  Bytes file = coded_as({{RoundMethod::kTokenMix, text(150, 8)}}, settings);
  REQUIRE(file[2] == frame_tag(FrameKind::kSingle16));  // has no checksum of the compressed bytes
  for (uint8_t more : {0x00, 0x80}) {
    Bytes longer = file;
    longer.push_back(more);
    ++longer[13];  // the payload's size
    CHECK(kind_of_error([&] { decompressed(longer); }) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("garbage behind a valid beginning is an error in bounded time") {
  const Bytes files[] = {coded_as({{RoundMethod::kTokenMix, text(400, 5)}}, with_lanes(0)),
                         coded_as({{RoundMethod::kByteMix, text(400, 5)}}, with_lanes(0)),
                         coded_as({{RoundMethod::kLzma2, text(400, 5)}}, with_lanes(0)),
                         compressed(text(400, 5), tokens_only(0))};
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    const Bytes& file = files[i % 4];
    Bytes garbage = random_bytes(1 + random() % 300, static_cast<uint32_t>(i));
    const size_t keep = std::min<size_t>(garbage.size(), random() % 16);
    std::copy_n(file.begin(), keep, garbage.begin());
    if (garbage.size() > 14 && i % 8 == 4)
      garbage[11] = garbage[12] = 0xff;  // the most content it can claim
    bool unnoticed = false;
    const std::string verdict = judged(garbage, {}, unnoticed);
    if (!verdict.empty() || unnoticed) FAIL("garbage " << i << ": " << verdict);
  }
}

TEST_CASE("each cause of failure has its kind, and says what helps") {
  const Bytes file = compressed(text(300, 6), tokens_only(0));
  CHECK(kind_of_error([] { decompressed({}); }) == ErrorKind::kTruncated);
  CHECK(kind_of_error([] { decompressed(text(300, 1)); }) == ErrorKind::kNotLlmz);
  Bytes newer = file;
  newer[2] = static_cast<uint8_t>((kFormatVersion + 1) << 4);
  CHECK(kind_of_error([&] { decompressed(newer); }) == ErrorKind::kNewerVersion);
  const TempFolder empty;
  const Models none({empty.path()});
  try {
    decompressed(file, 1, none);
    FAIL("decoded without a model");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModelMissing);
    CHECK(std::string(error.what()).find(empty.path()) != std::string::npos);
  }
}

TEST_CASE("decoding with a model that did not compress is found out") {
  const Bytes content = text(300, 7);
  Bytes file = coded_as({{RoundMethod::kTokenMix, content}}, with_lanes(0));
  const uint64_t other = tiny_models().find("bytes").fingerprint;
  for (int i = 0; i < 4; ++i)
    file[3 + static_cast<size_t>(i)] = static_cast<uint8_t>(other >> (8 * i));
  CHECK(kind_of_error([&] { decompressed(file); }) == ErrorKind::kCorrupt);
}

TEST_CASE("a payload that claims more content than it holds ends in bounded time") {
  // The checks are right: only the decoder of the method can tell.
  for (RoundMethod method : kAllMethods) {
    if (method == RoundMethod::kStored) continue;
    const CompressSettings settings = with_lanes(2);
    Session session(settings.engine);
    const ModelInfo info = tiny_models().find("default");
    session.use(info);
    const CoderSettings coder = coder_settings(settings, session.model().exact);
    BlockEncoder encoder(session, coder, nullptr);
    uint64_t tokens = 0;
    const Bytes payload = encoder.encode(method, text(300, 9), tokens);
    for (uint64_t claimed : {uint64_t{1}, uint64_t{299}, uint64_t{301}, kMaxRoundBytes}) {
      FrameSettings frame;
      frame.model_fingerprint = info.fingerprint;
      frame.coder = coder;
      MemorySink file;
      FrameWriter writer(file, frame);
      writer.add_round(method, claimed, payload);
      writer.finish(0);
      CAPTURE(static_cast<int>(method), claimed);
      bool unnoticed = false;
      CHECK(judged(file.bytes(), {}, unnoticed).empty());
      CHECK_FALSE(unnoticed);
    }
  }
}
