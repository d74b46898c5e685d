// SPDX-License-Identifier: Apache-2.0
// Does the self-test tell right arithmetic from wrong, with both engines?
#include <catch2/catch.hpp>

#include "base/hash.h"
#include "exact_document.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// The hash that the file should have, from the document alone.
uint64_t true_hash(const ExactModel& model, const std::vector<uint32_t>& tokens) {
  document::Body body(model);
  document::Head head(model);
  Bytes stored;
  uint32_t input = 0;
  for (uint32_t token : tokens) {
    const std::vector<int32_t> wide = body.step(input);
    const std::vector<int8_t> h(wide.begin(), wide.end());
    const std::vector<uint32_t> f = document::frequencies(head.logits(h.data()));
    head.learn(h.data(), f.data(), &token, 1, model.learning.rate);
    for (uint32_t value : f) append_le(stored, value, 4);
    input = token;
  }
  return xxh3_64(stored);
}

}  // namespace

TEST_CASE("a right hash passes and any other fails, with both engines") {
  const TempFolder folder;
  const Tokenizer tokenizer = tiny_tokenizer();
  const ExactModel model = tiny_exact_model(tokenizer, 4);
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(kSelfTestText), tokens);
  const uint64_t hash = true_hash(model, tokens);
  const auto put = [&](const char* name, const ExactModel& exact, uint64_t stored) {
    write_file(folder.file(std::string(name) + ".llmzmodel"),
               serialize_model(exact, tokenizer.table(), {tokens, stored}));
  };
  put("right", model, hash);
  put("wrong", model, hash ^ 1);
  ExactModel other = model;  // as if one weight were computed otherwise
  other.layers[0].up.weight[1] = static_cast<int8_t>(other.layers[0].up.weight[1] > 0 ? -60 : 60);
  put("other", other, hash);
  ExactModel rate = model;
  rate.learning.rate += 1024;
  put("rate", rate, hash);
  const Models models({folder.path()});
  for (const char* engine : {"cpu", "torch"}) {
    CAPTURE(engine);
    if (kSanitized && engine == std::string("torch")) continue;  // cannot open its library
    const EngineSettings settings{engine, 1};
    const auto no_library = kind_of_error([&] { make_engine(model, settings); });
    if (no_library == ErrorKind::kUsage) {
      WARN("skipped: this build has no libtorch");
      continue;
    }
    CHECK(self_test(models.find("right"), settings));
    CHECK_FALSE(self_test(models.find("wrong"), settings));
    CHECK_FALSE(self_test(models.find("other"), settings));
    CHECK_FALSE(self_test(models.find("rate"), settings));
  }
  CHECK(kind_of_error([&] { make_engine(model, {"abacus", 1}); }) == ErrorKind::kUsage);
}

TEST_CASE("a file of one engine is read by the other") {
  if (kSanitized) return;  // that build cannot open the torch engine's library
  const Bytes content = text(600, 1);
  CompressSettings torch = with_lanes(2);
  torch.engine.engine = "torch";
  const Bytes file = compressed(content, with_lanes(2));
  try {
    const Bytes by_torch = compressed(content, torch);  // throws outside of CHECK, which would fail
    CHECK(by_torch == file);
    MemorySource in(file);
    MemorySink out;
    decompress(in, out, tiny_models(), torch.engine);
    CHECK(out.bytes() == content);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("skipped: " << error.what());
  }
}
