// SPDX-License-Identifier: Apache-2.0
// Does a real LLaMA of 260 thousand parameters, trained on stories, give the logits and the greedy
// text that another implementation gave?
#include "float_test_models.h"
#include "hf/json.h"
#include "stories_folder.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("a trained LLaMA gives the logits and tokens that are known") {
  const std::string folder = stories_folder();
  if (folder.empty()) return;
  const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder);
  const auto model = float_model(checkpoint, "float32", 2);
  if (!model) return;
  CHECK(model->description().name == "stories260K_hf");
  const hf::Json known = hf::read_json(folder + "/reference_greedy.json", 1 << 20);
  const auto tokens = known.at("greedy_tokens_from_bos").get<std::vector<uint32_t>>();
  std::vector<float> next;

  size_t positions = 0;
  for (const auto& [position, logits] : known.at("logits_at_position").items()) {
    model->next(tokens.data(), std::stoul(position) + 1, next);
    REQUIRE(next.size() == logits.size());
    // Log-probabilities are logits but for a constant.
    double constant = 0, largest = 0;
    for (size_t i = 0; i < next.size(); ++i)
      constant += (logits[i].get<double>() - next[i]) / static_cast<double>(next.size());
    for (size_t i = 0; i < next.size(); ++i)
      largest = std::max(largest, std::fabs(logits[i].get<double>() - next[i] - constant));
    CAPTURE(position);
    CHECK(largest < 1e-4);
    ++positions;
  }
  CHECK(positions > 0);

  std::vector<uint32_t> greedy = {tokens[0]};
  while (greedy.size() < tokens.size()) {
    model->next(greedy.data(), greedy.size(), next);
    greedy.push_back(
        static_cast<uint32_t>(std::max_element(next.begin(), next.end()) - next.begin()));
  }
  CHECK(greedy == tokens);

  // bits() says the same as next().
  std::vector<float> bits;
  model->bits({{tokens.data(), tokens.size(), 1}}, bits);
  REQUIRE(bits.size() == tokens.size() - 1);
  for (size_t i = 1; i < tokens.size(); i += 7) {
    model->next(tokens.data(), i, next);
    CHECK(bits[i - 1] == Approx(-next[tokens[i]] / std::log(2.0)).margin(1e-4));
  }
}
