// SPDX-License-Identifier: Apache-2.0
// Does the choice win that the model finds likely? Are tasks that are none refused with their line?
#include <catch2/catch.hpp>

#include "llmz_lab/tasks.h"
#include "toy_language_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Letters a to m are cheap.
MeasuredModel first_half_model(ToyLanguageModel** toy = nullptr) {
  return toy_model(
      64, 32,
      [](const Window& w, size_t i) {
        return w.tokens[i] >= 'a' && w.tokens[i] <= 'm' ? 1.f : 3.f;
      },
      toy);
}

TaskResult result_of(const std::string& lines, ToyLanguageModel** toy = nullptr) {
  MeasuredModel model = first_half_model(toy);
  return run_tasks(read_tasks(ByteView(lines)), model, {});
}

}  // namespace

TEST_CASE("the choice with the fewest bits wins; by byte, length does not count") {
  const TaskResult one = result_of(R"({"context": "c", "choices": ["z", "aaaa"], "answer": 1})");
  CHECK(one.tasks == 1);
  CHECK(one.right == 0);           // 3 bits against 4
  CHECK(one.right_per_byte == 1);  // 3 a byte against 1
  CHECK(one.chance == Approx(0.5));
  const TaskResult two = result_of(
      "{\"context\": \"\", \"choices\": [\"zz\", \"a\", \"xx\"], \"answer\": 1}\n\n"
      "{\"context\": \"q\", \"choices\": [\"a\", \"z\"], \"answer\": 1}\n");
  CHECK(two.tasks == 2);
  CHECK(two.right == 1);
  CHECK(two.chance == Approx((1 / 3.0 + 0.5) / 2));
}

TEST_CASE("an ending is scored instead of the choices") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = first_half_model(&toy);
  run_tasks(read_tasks(ByteView(std::string_view(
                R"({"context": "c", "choices": ["xx", "y"], "ending": "abc", "answer": 0})"))),
            model, {});
  REQUIRE(toy->seen.size() == 2);
  CHECK(toy->seen[0].first == std::vector<uint32_t>{256, 'c', 'x', 'x', 'a', 'b', 'c'});
  CHECK(toy->seen[0].second == 4);
  CHECK(toy->seen[1].second == 3);
}

TEST_CASE("a context that is too long loses its beginning, not its choice") {
  ToyLanguageModel* toy = nullptr;
  MeasuredModel model = first_half_model(&toy);
  const std::string line = "{\"context\": \"" + std::string(200, 'c') +
                           "\", \"choices\": [\"xyz\", \"a\"], \"answer\": 0}";
  run_tasks(read_tasks(ByteView(line)), model, {});
  CHECK(toy->seen[0].first.size() == 64);
  CHECK(toy->seen[0].first[0] == 256);
  CHECK(toy->seen[0].second == 61);
}

TEST_CASE("what is no task is refused with its line") {
  const auto message = [](const std::string& lines) -> std::string {
    try {
      read_tasks(ByteView(lines));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const std::string good = "{\"context\": \"\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n";
  CHECK(message(good).empty());
  CHECK_THAT(message(good + "nonsense"), Catch::Contains("line 2: not a JSON object"));
  CHECK_THAT(message("[]"), Catch::Contains("line 1: a task is"));
  CHECK_THAT(message("{}"), Catch::Contains("\"context\""));
  CHECK_THAT(message("{\"context\": \"\", \"choices\": [\"a\"], \"answer\": 0}"),
             Catch::Contains("two \"choices\""));
  CHECK_THAT(message("{\"context\": \"\", \"choices\": [\"a\", 5], \"answer\": 0}"),
             Catch::Contains("choices must be"));
  CHECK_THAT(message("{\"context\": \"\", \"choices\": [\"a\", \"b\"], \"answer\": 2}"),
             Catch::Contains("from 0 to 1"));
  CHECK_THAT(message("{\"context\": \"\", \"choices\": [\"a\", \"b\"], \"answer\": -1}"),
             Catch::Contains("from 0 to 1"));
  CHECK_THAT(message(""), Catch::Contains("no tasks"));
  CHECK_THAT(message(std::string(100'000, '[')), Catch::Contains("line 1"));
}
