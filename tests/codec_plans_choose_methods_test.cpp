// SPDX-License-Identifier: Apache-2.0
// Which texts take the rich mix beside the network, in one lane?
#include <catch2/catch.hpp>

#include "encode/plan.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes log_lines(size_t size) {
  std::mt19937 random(3);
  Bytes bytes;
  for (uint32_t i = 0; bytes.size() < size; ++i) {
    const std::string line = "12:00:" + std::to_string(10 + i % 50) + " worker[" +
                             std::to_string(2000 + i) + "]: request done in " +
                             std::to_string(random() % 90) + " ms\n";
    bytes.insert(bytes.end(), line.begin(), line.end());
  }
  bytes.resize(size);
  return bytes;
}

// What a mix without a network finds as hard as prose.
Bytes prose(size_t size) {
  std::mt19937 random(4);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>("etaoinshrdlu .,"[random() % 15]);
  return bytes;
}

std::vector<RoundMethod> methods_of(const Bytes& content, unsigned lanes) {
  Session session(threads(1));
  session.use(tiny_models().find("default"));
  const CoderSettings coder = coder_settings(with_lanes(lanes), session.model().exact);
  std::vector<RoundMethod> methods;
  for (const Run& run : plan_segment(
           content, {PlanScope::kAll, RoundMethod::kTokenMix, coder, {}}, session, [] {}, [] {}))
    methods.push_back(run.method);
  return methods;
}

using Methods = std::vector<RoundMethod>;

}  // namespace

TEST_CASE("in one lane a text that is not prose has the rich mix beside the network") {
  CHECK(methods_of(log_lines(5000), 1) == Methods{RoundMethod::kSecondRichTokenMix});
  CHECK(methods_of(log_lines(5000), 0) == Methods{RoundMethod::kTokenMix});
}

TEST_CASE("prose and what is shorter than it is worth take the other mix") {
  CHECK(methods_of(prose(5000), 1) == Methods{RoundMethod::kTokenMix});
  CHECK(methods_of(log_lines(4000), 1) == Methods{RoundMethod::kTokenMix});
}

TEST_CASE("what goes into one frame has one method of tokens") {
  Bytes content = log_lines(49'152);
  for (const Bytes& more : {random_bytes(49'152, 1), prose(49'152)})
    content.insert(content.end(), more.begin(), more.end());
  CHECK(methods_of(content, 1) ==
        Methods{RoundMethod::kTokenMix, RoundMethod::kStored, RoundMethod::kTokenMix});
}
