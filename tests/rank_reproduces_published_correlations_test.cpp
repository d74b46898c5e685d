// SPDX-License-Identifier: Apache-2.0
// Do the published table's correlations come out to the published digits? Are the statistics right
// where they can be worked out by hand? Are bad tables refused with their line?
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "llmz_lab/scores.h"

namespace llmz {
namespace {

ScoreTable published() {
  std::ifstream file(LLMZ_SOURCE_SHARE "/compression-and-intelligence.csv");
  REQUIRE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return read_scores(ByteView(text));
}

const Correlation& average_of(const std::vector<Correlation>& found, const std::string& area) {
  for (const Correlation& one : found)
    if (one.area == area && one.score == "average") return one;
  FAIL("no area " << area);
  throw;
}

std::string message_of(const std::string& csv) {
  try {
    correlations(read_scores(ByteView(csv)), {});
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the published correlations come out") {
  const auto found = correlations(published(), {{"math", "Qwen"}});
  const struct {
    const char* area;
    size_t models;
    double pearson_r, rmse;
  } expected[] = {{"knowledge", 19, -0.9350, 0.0190},
                  {"coding", 28, -0.9374, 0.0403},
                  {"math", 19, -0.9531, 0.0312},
                  {"overall", 19, -0.9307, 0.0311}};
  for (const auto& row : expected) {
    INFO(row.area);
    const Correlation& one = average_of(found, row.area);
    CHECK(one.models.size() == row.models);
    CHECK(one.fit.pearson_r == Approx(row.pearson_r).margin(0.00005));
    CHECK(one.fit.rmse == Approx(row.rmse).margin(0.00005));
  }
  // With Qwen the area has all its models; without it everywhere, overall has fewer.
  CHECK(average_of(correlations(published(), {}), "math").models.size() == 22);
  CHECK(average_of(correlations(published(), {{"", "Qwen"}}), "overall").models.size() == 16);
}

TEST_CASE("statistics that can be worked out by hand") {
  const LinearFit line = fit_line({1, 2, 3, 4}, {5, 3, 1, -1});
  CHECK(line.pearson_r == Approx(-1));
  CHECK(line.spearman == Approx(-1));
  CHECK(line.intercept == Approx(7));
  CHECK(line.slope == Approx(-2));
  CHECK(line.rmse == Approx(0).margin(1e-12));
  // y = 1, 2, 1: the line is flat at 4/3, residuals 1/3, 2/3, 1/3: mean square 2/9.
  const LinearFit bump = fit_line({0, 1, 2}, {1, 2, 1});
  CHECK(bump.pearson_r == Approx(0).margin(1e-12));
  CHECK(bump.rmse == Approx(std::sqrt(2.0 / 9)));
  // Ranks 0, 1, 2, 3 against 0, 1.5, 1.5, 3: r = 4.5 / sqrt(5 * 4.5).
  CHECK(fit_line({1, 2, 3, 4}, {10, 20, 20, 1000}).spearman == Approx(4.5 / std::sqrt(22.5)));
  CHECK_THROWS_AS(fit_line({1, 2}, {1, 2}), Error);
  CHECK_THROWS_AS(fit_line({1, 1, 1}, {1, 2, 3}), Error);
}

TEST_CASE("tables in every form that spreadsheets write") {
  const std::string csv =
      "\xEF\xBB\xBFmodel,\"Bench, \"\"hard\"\"\",ratio\r\n# a remark\r\na,0.1,2\r\n\r\n"
      "\"b\nc\",0.2,3\r\nd,0.4,4";
  const ScoreTable table = read_scores(ByteView(csv));
  REQUIRE(table.models.size() == 3);
  CHECK(table.benchmarks == std::vector<std::string>{"Bench, \"hard\""});
  CHECK(table.compression_name == "ratio");
  CHECK(table.models[1].model == "b\nc");
  CHECK(table.models[1].average == 0.2);  // scores of 1 and less are no percentages
  CHECK(correlations(table, {})[0].area.empty());
  // Without a column of averages, the mean; percentages become fractions; a score may be missing.
  const std::string two = "model,bpc,x,y\na,1,10,30\nb,2,20,\nc,3,5,15\n";
  const auto found = correlations(read_scores(ByteView(two)), {});
  REQUIRE(found.size() == 2);  // the average and x; y has two models
  CHECK(found[0].scores[0] == Approx(0.2));
  CHECK(found[0].scores[1] == Approx(0.2));
}

TEST_CASE("bad tables are refused with their line") {
  CHECK_THAT(message_of(""), Catch::Contains("empty"));
  CHECK_THAT(message_of("model,score\n"), Catch::Contains("line 1: no column of compression"));
  CHECK_THAT(message_of("bpc,score\n"), Catch::Contains("line 1: no column \"model\""));
  CHECK_THAT(message_of("model,bpc\n"), Catch::Contains("no column of scores"));
  CHECK_THAT(message_of("model,bpc,ratio,x\n"), Catch::Contains("a second column"));
  CHECK_THAT(message_of("model,bpc,x\na,1,2\nb,1\n"), Catch::Contains("line 3: 3 fields expected"));
  CHECK_THAT(message_of("model,bpc,x\na,1z,2\n"), Catch::Contains("line 2: column bpc"));
  CHECK_THAT(message_of("model,bpc,x\na,1,nan\n"), Catch::Contains("line 2: column x"));
  CHECK_THAT(message_of("model,bpc,x\na,1,2\na,2,3\n"), Catch::Contains("stands in line 2 too"));
  CHECK_THAT(message_of("model,bpc,x\n\"a,1,2\n"), Catch::Contains("not closed"));
  CHECK_THAT(message_of("model,bpc,x\na,1,2\n"), Catch::Contains("three models"));
  CHECK_THROWS_AS(correlations(published(), {{"math", "NoSuchModel"}}), Error);
}

}  // namespace llmz
