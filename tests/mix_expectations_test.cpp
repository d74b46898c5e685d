// SPDX-License-Identifier: Apache-2.0
// What does the rich mix know of a text, and which bytes does it expect?
#include <catch2/catch.hpp>
#include <string>

#include "mix/expectations.h"
#include "mix/run_table.h"
#include "mix/text_state.h"

using namespace llmz::mix;

namespace {

struct Reader {
  History history{20};
  TextState text;
  Expectations expected{22};
  void read(const std::string& bytes) {
    for (char c : bytes) {
      history.write(text.position, static_cast<uint8_t>(c));
      text.append(static_cast<uint8_t>(c));
      expected.advance(text, history);
    }
  }
};

TextState after(const std::string& bytes) {
  TextState text;
  for (char c : bytes) text.append(static_cast<uint8_t>(c));
  return text;
}

// What an expectation says of the bytes to come, one by one as they come.
std::string said(Reader& reader, size_t expectation, const std::string& coming) {
  std::string all;
  for (char c : coming) {
    all += reader.expected.has(expectation) ? static_cast<char>(reader.expected.byte(expectation))
                                            : '?';
    reader.read(std::string(1, c));
  }
  return all;
}

}  // namespace

TEST_CASE("the shape of a line is the same whatever its numbers are, and no other's") {
  const auto shape = [](const char* line) { return after(line).shape; };
  CHECK(shape("job 12 took 7 s ") == shape("job 998 took 1234 s "));
  CHECK(shape("id 3f2a at ") == shape("id 77 at "));
  CHECK(shape("job 12 took 7 s ") != shape("job 12 lost 7 s "));
  CHECK(shape("job 12, took ") != shape("job 12 took "));
}

TEST_CASE("keys, brackets and tags are followed") {
  CHECK(after("{\"a\": {\"b\": 1, \"key\": ").key == after("key=").key);
  CHECK(after("{\"a\": {\"b\": 1").depth == 2);
  CHECK(after("{\"a\": {\"b\": 1}").depth == 1);
  CHECK(after("{\"a\": {\"b\": 1").parent() == after("{\"a\": {\"c\": 2").parent());
  CHECK(after("{\"a\": {\"b\": 1").parent() != after("{\"z\": {\"b\": 1").parent());
  CHECK(after("<p><b>x</b>").depth == 1);
  CHECK(after("}}}]]]</p>").depth == 0);
  CHECK(after("]]]{\"a\": [").depth == 2);
}

TEST_CASE("a repeat is found, and goes on behind a byte that differs") {
  Reader reader;
  reader.read("The quick brown fox jumps over it. -- The quick brown");
  CHECK(said(reader, 0, " fox") == " fox");
  // One other byte; what follows is expected at once.
  reader.read("_");
  CHECK(said(reader, 0, "umps over") == "umps over");
}

TEST_CASE("a token is expected where a line of the same shape had one") {
  Reader reader;
  reader.read("at 11 user alice\nnothing\nat 2345 user ");
  CHECK(said(reader, Expectations::kRepeats, "alice") == "alice");
}

TEST_CASE("numbers count on") {
  Reader reader;
  reader.read("seq 0995\nseq 0998\nseq ");
  CHECK(said(reader, Expectations::kCounted, "1001") == "1001");
  Reader falling;
  falling.read("left 12\nleft 11\nleft ");
  CHECK(said(falling, Expectations::kCounted, "10") == "10");
}

TEST_CASE("the line above is followed by its separators") {
  Reader reader;
  reader.read("a;bbbb;c\nx;yy");
  CHECK(said(reader, Expectations::kAbove, "z;c") .back() == 'c');
}

TEST_CASE("a run counts the same byte, and another context empties it") {
  RunTable table(10);
  RunTable::Run* run = table.find(0x12340001);
  CHECK(run->count == 0);
  run->add('a');
  run->add('a');
  CHECK((run->byte == 'a' && run->count == 2));
  run->add('b');
  CHECK((run->byte == 'b' && run->count == 1));
  for (int i = 0; i < 1000; ++i) run->add('b');
  CHECK(run->count == 255);
  CHECK(table.find(0x12340001) == run);
  CHECK(table.find(0x56780001)->count == 0);
}
