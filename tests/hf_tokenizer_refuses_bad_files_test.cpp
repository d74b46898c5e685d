// SPDX-License-Identifier: Apache-2.0
// Is a tokenizer's file that is missing, damaged, hostile or of another kind refused with a message
// that says which and why?
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "tests/hf_tokenizer_sample.h"

using namespace llmz;
using namespace llmz::test;
using nlohmann::json;

namespace {

constexpr auto kBad = ErrorKind::kModelBad;

SmallBpe two_merges() {
  SmallBpe bpe;
  bpe.merge("a", "b");
  bpe.merge("ab", "c");
  return bpe;
}

void check_refused(const std::function<void()>& open, ErrorKind kind, const std::string& message) {
  INFO("expected: " << message);
  try {
    open();
    FAIL_CHECK("accepted");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains(message));
    CHECK(error.kind() == kind);
  }
}

// A folder with vocab.json and merges.txt.
void check_files(const std::string& vocab, const std::string& merges, const std::string& message,
                 uint32_t rows = 258) {
  const Folder folder;
  folder.write("vocab.json", vocab);
  folder.write("merges.txt", merges);
  check_refused([&] { hf::Tokenizer::open(folder.path(), config_of(hf::Family::kGpt2, rows)); },
                kBad, message);
}

void check_json(const std::string& content, const std::string& message) {
  const Folder folder;
  const std::string path = folder.write("tokenizer.json", content);
  check_refused([&] { hf::Tokenizer::open_file(path, config_of(hf::Family::kGpt2, 258)); }, kBad,
                message);
  check_refused([&] { hf::Tokenizer::open_file(path, config_of(hf::Family::kGpt2, 258)); }, kBad,
                "tokenizer.json");
}

std::string changed_vocabulary(const std::function<void(json&)>& change) {
  json vocabulary = two_merges().vocabulary();
  change(vocabulary);
  return vocabulary.dump();
}

std::string changed_tokenizer(const std::function<void(json&)>& change) {
  json tokenizer = two_merges().tokenizer_json(true);
  change(tokenizer);
  return tokenizer.dump();
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a folder without the files says which were looked for") {
  const Folder folder;
  const auto open = [&](hf::Family family) {
    return [&, family] { hf::Tokenizer::open(folder.path(), config_of(family, 258)); };
  };
  check_refused(open(hf::Family::kGpt2), ErrorKind::kIo, "vocab.json with merges.txt");
  check_refused(open(hf::Family::kOpt), ErrorKind::kIo, "tokenizer.json");
  check_refused(open(hf::Family::kLlama), ErrorKind::kIo, "tokenizer.model");
  check_refused(open(hf::Family::kMistral), ErrorKind::kIo, folder.path());
  folder.write("vocab.json", "{}");
  check_refused(open(hf::Family::kGpt2), ErrorKind::kIo, "merges.txt");
  fs::create_directory(folder.path() + "/tokenizer.model");
  check_refused(open(hf::Family::kLlama), ErrorKind::kIo, "tokenizer.model");
}

TEST_CASE("the good files are accepted") {
  CHECK(two_merges().open().size() == 258);
  const Folder folder;
  // CRLF, no version, an empty line at the end; rows that no token uses.
  folder.write("vocab.json", changed_vocabulary([](json& v) { v["<x>"] = 300; }));
  folder.write("merges.txt", "a b\r\nab c\r\n\r\n");
  const auto tokenizer = hf::Tokenizer::open(folder.path(), config_of(hf::Family::kGpt2, 320));
  CHECK(tokenizer.size() == 301);
  CHECK(tokenizer.bytes(299).empty());
  CHECK(tokenizer.bytes(300).empty());
  CHECK(tokenizer.bytes(1'000'000).empty());
  CHECK(ids_of(tokenizer, "abc") == std::vector<uint32_t>{257});
}

TEST_CASE("a vocab.json with wrong ids is refused") {
  const SmallBpe bpe = two_merges();
  const std::string merges = bpe.merges_txt();
  const auto with = [](const json& id) {
    return changed_vocabulary([&](json& v) { v["a"] = id; });
  };
  check_files(with(-1), merges, "the id of \"a\" is -1");
  check_files(with(1.5), merges, "1.5");
  check_files(with("1"), merges, "a number from 0 to 257");
  check_files(with(258), merges, "258");
  check_files(with(uint64_t{1} << 63), merges, "9223372036854775808");
  check_files(with(nullptr), merges, "null");
  check_files(with(json::array({1})), merges, "[1]");
  check_files(with(257), merges, "the id 257 is that of");
  check_files(changed_vocabulary([](json& v) { v.erase("!"); }), merges,
              "the byte 33 has no token");
  check_files(bpe.vocabulary().dump(), merges, "there are 257", 257);
  check_files(bpe.vocabulary().dump(), merges, "at most", 0xffffffff);
  check_files("[]", merges, "an object of tokens");
  check_files("", merges, "vocab.json: not JSON");
  check_files("{\"a\":0", merges, "not JSON");
  check_files("{\"\xff\":0}", merges, "not JSON");
}

TEST_CASE("a merges.txt with wrong lines is refused") {
  const std::string vocab = two_merges().vocabulary().dump();
  check_files(vocab, "#version: 0.2\na b\na d\n", "line 3: \"ad\" is not in the vocabulary");
  check_files(vocab, "ab c\nx_ c\n", "line 2: \"x_\"");
  check_files(vocab, "ab\n", "two tokens with one space");
  check_files(vocab, "a b c\n", "two tokens");
  check_files(vocab, " b\n", "\"\" is not in the vocabulary");
  check_files(vocab, "a \n", "\"\" is not in the vocabulary");
  check_files(vocab, std::string("a\0 b\n", 5), "line 1");
  check_files(vocab, std::string(1'000'000, 'x') + "\n", "...");
  // A token that the vocabulary has, of characters that are no bytes.
  const std::string odd = changed_vocabulary([](json& v) {
    v.erase("abc");
    v["a\xe2\x82\xac"] = 257;
    v["\xe2\x82\xac"] = 258;
  });
  check_files(odd, "a \xe2\x82\xac\n", "characters that stand for no byte", 259);
}

TEST_CASE("JSON that is nested deeply is refused without using the stack up") {
  for (const size_t depth : {size_t{65}, size_t{1'000'000}}) {
    check_files(nested(depth), "", "nested deeper than 64");
    check_files("{\"a\":" + nested(depth) + "}", "", "nested deeper than 64");
    check_json("{\"model\":" + nested(depth) + "}", "nested deeper than 64");
    check_json(std::string(depth, '['), "nested deeper than 64");
  }
  check_json(nested(64), "model.type is null");
}

TEST_CASE("a tokenizer.json of another kind is refused") {
  const Folder folder;
  const std::string good = folder.write("tokenizer.json", changed_tokenizer([](json&) {}));
  CHECK(hf::Tokenizer::open_file(good, config_of(hf::Family::kGpt2, 258)).size() == 258);
  check_json("{}", "model.type is null");
  check_json("[]", "model.type");
  check_json("3", "model.type");
  const auto check = [](const std::function<void(json&)>& change, const std::string& message) {
    check_json(changed_tokenizer(change), message);
  };
  check([](json& t) { t["model"]["type"] = "Unigram"; }, "Unigram");
  check([](json& t) { t["model"]["dropout"] = 0.1; }, "model.dropout is set");
  check([](json& t) { t["model"]["ignore_merges"] = true; }, "model.ignore_merges");
  check([](json& t) { t["model"]["end_of_word_suffix"] = "</w>"; }, "end_of_word_suffix");
  check([](json& t) { t["normalizer"] = {{"type", "NFC"}}; }, "normalizer");
  check([](json& t) { t["pre_tokenizer"] = nullptr; }, "pre_tokenizer");
  check([](json& t) { t["pre_tokenizer"]["type"] = "Metaspace"; }, "give tokenizer.model");
  check([](json& t) { t["pre_tokenizer"]["use_regex"] = false; }, "ByteLevel");
  check([](json& t) { t["model"]["vocab"] = json::array(); }, "an object of tokens");
  check([](json& t) { t["model"]["merges"] = "a b"; }, "model.merges: a list");
  check([](json& t) { t["model"]["merges"] = {1}; }, "merge 0: two tokens");
  check([](json& t) { t["model"]["merges"] = {{"a", "b", "c"}}; }, "merge 0");
  check([](json& t) { t["model"]["merges"].push_back("a d"); }, "merge 2");
  check([](json& t) { t["added_tokens"] = {{{"id", 3}}}; }, "without content");
  check([](json& t) { t["added_tokens"] = {{{"id", 3}, {"content", "<x>"}}}; }, "the id 3");
  check([](json& t) { t["added_tokens"] = {{{"id", 999}, {"content", "<x>"}}}; }, "999");
  check([](json& t) { t["added_tokens"] = 7; }, "without content");
}

TEST_CASE("OPT's sign before every text is found, or missed") {
  SmallBpe bpe = two_merges();
  check_refused([&] { bpe.open(hf::Family::kOpt); }, kBad, "no </s>");
  const Folder folder;
  folder.write("vocab.json", changed_vocabulary([](json& v) { v["</s>"] = 258; }));
  folder.write("merges.txt", bpe.merges_txt());
  const auto opt = hf::Tokenizer::open(folder.path(), config_of(hf::Family::kOpt, 259));
  CHECK(opt.added_at_start() == std::vector<uint32_t>{258});
  CHECK(opt.bos() == 258);
  CHECK(opt.eos() == 258);
  CHECK(opt.bytes(258).empty());
}

TEST_CASE("a tokenizer.model that is none, has no bytes or does not fit is refused") {
  const Folder folder;
  const auto open = [&](uint32_t rows) {
    return [&, rows] { hf::Tokenizer::open(folder.path(), config_of(hf::Family::kLlama, rows)); };
  };
  for (const std::string& content : {std::string(), std::string("not a model")}) {
    folder.write("tokenizer.model", content);
    check_refused(open(600), kBad, "tokenizer.model");
  }
  folder.write("tokenizer.model", small_llama_proto());
  check_refused(open(599), kBad, "600 pieces, but the model has rows for 599");
  CHECK(hf::Tokenizer::open(folder.path(), config_of(hf::Family::kMistral, 608)).size() == 600);

  OneLine sample(sample_text(60'000));
  std::string no_bytes;
  REQUIRE(sentencepiece::SentencePieceTrainer::Train(
              {{"vocab_size", "100"}, {"max_sentence_length", "100000"}, {"minloglevel", "3"}},
              &sample, &no_bytes)
              .ok());
  folder.write("tokenizer.model", no_bytes);
  check_refused(open(600), kBad, "byte_fallback");
}

TEST_CASE("a forged table of a tokenizer.model's normalizer is not followed") {
  // A trie that leads out of itself; sentencepiece 0.1.97 walks it unchecked.
  std::string table("\x00\x04\x00\x00", 4);
  for (int i = 0; i < 256; ++i) table += std::string("\x00\xfc\xff\x7f", 4);
  table += std::string("x\0", 2);
  const Folder folder;
  const auto ids_of = [&](const std::string& proto) {
    folder.write("tokenizer.model", proto);
    std::vector<uint32_t> ids;
    hf::Tokenizer::open(folder.path(), config_of(hf::Family::kLlama, 600))
        .encode(ByteView("a text"), ids);
    return ids;
  };
  const std::string plain = small_llama_proto();
  CHECK(ids_of(plain + "\x1a\x89\x08\x12\x86\x08" + table) == ids_of(plain));
}

TEST_CASE("a file of the other family is refused") {
  const Folder folder;
  const std::string model = folder.write("tokenizer.model", small_llama_proto());
  const std::string json =
      folder.write("tokenizer.json", changed_tokenizer([](nlohmann::json&) {}));
  check_refused([&] { hf::Tokenizer::open_file(model, config_of(hf::Family::kGpt2, 600)); }, kBad,
                "need tokenizer.json");
  check_refused([&] { hf::Tokenizer::open_file(json, config_of(hf::Family::kLlama, 600)); }, kBad,
                "need tokenizer.model");
}

TEST_CASE("a damaged tokenizer.json is refused or works") {
  const std::string good = changed_tokenizer([](json&) {});
  std::mt19937 random(1);
  size_t refused = 0;
  const Folder folder;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = good;
    for (uint32_t i = below(random, 3) + 1; i > 0; --i) {
      damaged[below(random, static_cast<uint32_t>(good.size()))] =
          static_cast<char>(below(random, 256));
    }
    try {
      const auto tokenizer = hf::Tokenizer::open_file(folder.write("tokenizer.json", damaged),
                                                      config_of(hf::Family::kGpt2, 258));
      CHECK(joined_bytes(tokenizer, ids_of(tokenizer, "abc\xff")) == "abc\xff");
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 200);
}
