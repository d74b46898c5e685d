// SPDX-License-Identifier: Apache-2.0
// Does content that was coded behind a reference come back with it, and only with it, whatever the
// method, the threads and what one object has done before?
#include <catch2/catch.hpp>
#include <utility>

#include "tiny_llmz.h"
#include "vocabulary/cheapest_tokens.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes back(const Bytes& file, const std::optional<Reference>& reference, unsigned thread_count = 1,
           const std::string& engine = "cpu") {
  DecompressSettings settings(EngineSettings{engine, thread_count});
  settings.reference = reference;
  return decompress(file, settings, tiny_models());
}

CompressSettings behind(CompressSettings settings, const Reference& reference) {
  settings.reference = reference;
  return settings;
}

// By the network and a mix, as a frame of its own kind or, with the rich mix, of rounds.
Bytes coded_behind(ByteView content, const Reference& reference,
                   RoundMethod method = RoundMethod::kTokenMix) {
  Session session(threads(1));
  session.use(tiny_models().find("default"));
  const CoderSettings coder = coder_settings(with_lanes(0), session.model().exact);
  BlockEncoder encoder(session, coder, &ReferenceState::of(reference));
  uint64_t tokens = 0;
  const Bytes payload = encoder.encode(method, content, tokens);
  FrameSettings settings;
  settings.model_fingerprint = session.model().fingerprint;
  settings.coder = coder;
  settings.coder_is_model_default = true;
  settings.reference_check = reference.check(settings.model_fingerprint);
  MemorySink sink;
  FrameWriter writer(sink, settings);
  writer.add_round(method, content.size, payload);
  ContentCheck check(settings.model_fingerprint);
  check.update(content);
  writer.finish(check.value());
  return sink.take();
}

FrameInfo frame_of(const Bytes& file) { return list_frames(file).at(0); }

// Every kind of settings that has a way of its own.
std::vector<CompressSettings> all_settings() {
  CompressSettings frozen = with_lanes(4);
  frozen.learning = false;
  CompressSettings blocks = with_lanes(2);
  blocks.block_size_bytes = 1500;
  CompressSettings merges = with_lanes(2);
  merges.model = "merges";
  CompressSettings checked = with_lanes(2);
  checked.verify = true;
  return {with_lanes(0), with_lanes(1), with_lanes(7), tokens_only(0), tokens_only(3),
          no_network(),  frozen,        blocks,        merges,         checked};
}

}  // namespace

TEST_CASE("content behind a reference comes back with it, and is smaller where they are alike") {
  const Bytes likes = text(9000, 1);
  size_t longest = 20'000;  // with the first settings only
  for (const CompressSettings& settings : all_settings()) {
    const Reference reference(likes);
    for (const size_t size : {size_t{1}, size_t{40}, std::exchange(longest, 3000)}) {
      CAPTURE(settings.model, settings.lanes, settings.mix, settings.network, size);
      Bytes content = text(size, 2);
      const Bytes file = compressed(content, behind(settings, reference));
      CHECK(back(file, reference) == content);
      CHECK(back(file, Reference(likes), 3) == content);  // one that has read nothing yet
      content.assign(likes.begin() + 100, likes.begin() + 2100);
      const Bytes again = compressed(content, behind(settings, reference));
      CHECK(back(again, reference) == content);
      CHECK(again.size() < compressed(content, settings).size());
    }
  }
}

TEST_CASE("the rich mixes beside the network go on from a reference, again and after others") {
  const Bytes likes = text(3000, 1);
  const Reference reference(likes);
  const Bytes content(likes.begin() + 500, likes.begin() + 1200);
  const Bytes lean = coded_behind(content, reference);
  for (RoundMethod method : {RoundMethod::kRichTokenMix, RoundMethod::kSecondRichTokenMix}) {
    const Bytes file = coded_behind(content, reference, method);
    CHECK(file.size() < 300);
    CHECK(back(file, reference) == content);
    CHECK(back(lean, reference) == content);
    CHECK(coded_behind(content, reference, method) == file);
    CHECK(back(file, Reference(likes), 3) == content);  // one that has read nothing yet
  }
}

TEST_CASE("the rich mixes go on from a reference, in turns") {
  const Bytes likes = text(3000, 1);
  const Reference reference(likes);
  const Bytes content(likes.begin() + 500, likes.begin() + 1200);
  for (RoundMethod method :
       {RoundMethod::kSecondRichMix, RoundMethod::kRichMix, RoundMethod::kSecondRichMix}) {
    const Bytes file = coded_behind(content, reference, method);
    CHECK(file.size() < 300);
    CHECK(back(file, reference) == content);
    CHECK(back(file, Reference(likes)) == content);
  }
}

TEST_CASE("what was compressed before with one object changes nothing") {
  const Bytes likes = text(9000, 1);
  for (const CompressSettings& settings : all_settings()) {
    CAPTURE(settings.model, settings.lanes, settings.mix, settings.network);
    const Reference used(likes);
    for (uint32_t i = 0; i < (kSanitized ? 2 : 3); ++i) {
      const Bytes content = text(50 + 800 * i, i);
      const Bytes file = compressed(content, behind(settings, used));
      CHECK(file == compressed(content, behind(settings, Reference(likes))));
      CHECK(back(file, used) == content);
    }
    CompressSettings others = settings;
    others.memory_bits = 17;
    others.lanes = 5;
    const Bytes content = text(700, 9);
    CHECK(compressed(content, behind(others, used)) ==
          compressed(content, behind(others, Reference(likes))));
  }
}

TEST_CASE("without the reference, and with another one, the error says so") {
  const Reference reference(text(2000, 1)), other(text(2000, 2));
  for (const CompressSettings& settings : all_settings()) {
    CAPTURE(settings.lanes, settings.mix, settings.network);
    const Bytes file = compressed(text(1000, 3), behind(settings, reference));
    REQUIRE(frame_of(file).reference_check);
    CHECK(kind_of_error([&] { back(file, std::nullopt); }) == ErrorKind::kReferenceMissing);
    CHECK(kind_of_error([&] { back(file, other); }) == ErrorKind::kReferenceMissing);
  }
  const Bytes plain = compressed(text(1000, 3), with_lanes(1));
  CHECK(back(plain, other) == text(1000, 3));  // where it is not needed, it does no harm
}

TEST_CASE("a reference has 1 byte to 16 MB") {
  CHECK(kind_of_error([] { Reference{Bytes()}; }) == ErrorKind::kUsage);
  CHECK(kind_of_error([] { Reference{Bytes(Reference::kMaxBytes + 1)}; }) == ErrorKind::kUsage);
  const Reference shortest(Bytes{7});
  const Bytes content = text(100, 1);
  CHECK(back(compressed(content, behind(with_lanes(0), shortest)), shortest) == content);
}

TEST_CASE("noise behind itself is a repeat, and stored noise needs no reference") {
  const Bytes noise = random_bytes(100'000, 1);
  const Reference reference(noise);
  const Bytes file = compressed(noise, behind(with_lanes(0), reference));
  CHECK(file.size() < 1000);
  CHECK(back(file, reference) == noise);
  const Bytes other = random_bytes(3000, 2);
  CHECK(back(compressed(other, behind(with_lanes(0), reference)), std::nullopt) == other);
}

TEST_CASE(
    "a short text behind a reference costs 12 bytes beside its payload, 18 by the mix alone") {
  const Reference reference(text(9000, 1));
  const Bytes file = compressed(text(100, 2), behind(with_lanes(0), reference));
  const FrameInfo frame = frame_of(file);
  const bool by_network = frame.content_bytes_by_method[3] > 0;
  CHECK(file.size() == frame.payload_size_bytes + (by_network ? 12 : 18));
  const Bytes tokens = coded_behind(text(100, 2), reference);
  CHECK(tokens.size() == frame_of(tokens).payload_size_bytes + 12);
  CHECK(back(tokens, reference) == text(100, 2));
}

TEST_CASE("damage behind a reference is found") {
  const Reference reference(text(4000, 1));
  for (const CompressSettings& settings : {with_lanes(0), with_lanes(3), no_network()}) {
    const Bytes content = text(300, 2);
    const Bytes file = compressed(content, behind(settings, reference));
    for (size_t i = 0; i < file.size(); ++i) {
      for (const uint8_t bit : {1, 16, 128}) {
        Bytes damaged = file;
        damaged[i] ^= bit;
        try {
          if (back(damaged, reference) != content) continue;
          FAIL("byte " << i << " does not matter");
        } catch (const Error&) {
        }
      }
      CHECK_THROWS_AS(back(Bytes(file.begin(), file.begin() + static_cast<long>(i)), reference),
                      Error);
    }
  }
}

TEST_CASE("the torch engine reads what the cpu engine wrote behind a reference") {
  const Reference reference(text(3000, 1));
  const Bytes content = text(500, 2);
  const Bytes file = compressed(content, behind(with_lanes(0), reference));
  try {
    const Bytes first = back(file, reference, 1, "torch");
    CHECK(first == content);
    CHECK(back(file, reference, 1, "torch") == content);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("skipped: " << error.what());
  }
}

TEST_CASE("the cheapest tokens, the shortest first, spell the text") {
  const Vocabulary vocabulary({"ab", "abc", "cd", "bcde", "e", "aaaa", "aa"});
  std::vector<uint32_t> costs(vocabulary.size(), 1);
  const auto spelled = [&](const std::string& word) {
    std::vector<std::string> tokens;
    for (uint32_t token : cheapest_tokens(vocabulary, costs, ByteView(word)))
      tokens.emplace_back(vocabulary.bytes(token));
    return tokens;
  };
  CHECK(spelled("") == std::vector<std::string>{});
  CHECK(spelled("abcde") == std::vector<std::string>{"a", "bcde"});
  CHECK(spelled("abcd") == std::vector<std::string>{"ab", "cd"});
  CHECK(spelled("aaaaaa") == std::vector<std::string>{"aa", "aaaa"});
  CHECK(spelled("\xff\xff") == std::vector<std::string>{"\xff", "\xff"});
  costs[*vocabulary.find("bcde")] = 9;
  CHECK(spelled("abcde") == std::vector<std::string>{"ab", "cd", "e"});
  const Tokenizer tokenizer = tiny_tokenizer();
  const Vocabulary& tiny = tokenizer.vocabulary();
  std::mt19937 random(1);
  for (uint32_t i = 0; i < 50; ++i) {
    const Bytes content = i % 2 ? text(random() % 300, i) : random_bytes(random() % 300, i);
    Bytes joined;
    for (uint32_t token : cheapest_tokens(tiny, tokenizer.table().costs, content)) {
      const std::string_view bytes = tiny.bytes(token);
      joined.insert(joined.end(), bytes.begin(), bytes.end());
    }
    CHECK(joined == content);
  }
}
