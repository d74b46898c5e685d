// SPDX-License-Identifier: Apache-2.0
// Is the probability of every decision about a sample what docs/sample-mix.md says?
// LLMZ_ORACLE_DECISIONS in the environment: how many decisions are compared in all.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "mix/sample_model.h"
#include "tests/mix_document_samples.h"
#include "tests/sample_series.h"

using namespace llmz;

namespace {

namespace document = llmz::mix_document;

size_t usual_decisions() {
  const char* const asked = std::getenv("LLMZ_ORACLE_DECISIONS");
  if (asked) return std::strtoull(asked, nullptr, 10);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 60'000;
#else
  return 800'000;
#endif
}

void compare(const mix::SampleLayout& layout, const std::vector<uint32_t>& samples,
             size_t decisions) {
  INFO(layout.bytes << " bytes, " << layout.channels << " channels, rows of " << layout.row);
  document::SampleMix expected({static_cast<int>(layout.bytes), static_cast<int>(layout.channels),
                                static_cast<int>(layout.row)});
  mix::SampleModel mix(layout);
  size_t compared = 0;
  for (size_t i = 0; i < samples.size() && compared < decisions; ++i) {
    expected.begin();
    mix.begin();
    while (!mix.done()) {
      REQUIRE(!expected.done());
      const uint32_t bit = mix.outcome(samples[i]);
      REQUIRE(expected.outcome(samples[i]) == bit);
      const uint32_t of_document = expected.predict(), of_code = mix.predict();
      if (of_document != of_code)
        FAIL("sample " << i << ", decision " << compared << ": the document's " << of_document
                       << ", the code's " << of_code);
      expected.learn(bit);
      mix.learn(bit);
      ++compared;
    }
    REQUIRE(expected.done());
    REQUIRE(mix.end() == samples[i]);
    expected.end();
  }
  CHECK(compared > 0);
}

}  // namespace

TEST_CASE("the mix of samples is the document's, decision by decision") {
  std::vector<std::pair<mix::SampleLayout, std::vector<uint32_t>>> all;
  for (const mix::SampleLayout& layout : test::sample_layouts()) {
    for (const auto& series : test::sample_series(layout, 4000)) all.emplace_back(layout, series);
  }
  for (const auto& [layout, series] : all) compare(layout, series, usual_decisions() / all.size());
}
