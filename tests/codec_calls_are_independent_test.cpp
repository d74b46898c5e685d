// SPDX-License-Identifier: Apache-2.0
// Calls with one Models object share a loaded model: does what one call did ever show in another?
#include <catch2/catch.hpp>
#include <thread>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

CompressSettings with_model(const char* model, unsigned lanes = 0, unsigned thread_count = 1) {
  CompressSettings settings = tokens_only(lanes, thread_count);
  settings.model = model;
  return settings;
}

// As the first call of a program.
Bytes compressed_alone(ByteView content, const CompressSettings& settings) {
  return compressed(content, settings, Models(tiny_models().folders()));
}

struct Call {
  CompressSettings settings;
  Bytes content, file;
};

std::vector<Call> calls() {
  std::vector<Call> all;
  CompressSettings frozen = with_model("default");
  frozen.learning = false;
  for (const CompressSettings& settings :
       {with_model("default"), with_model("bytes"), with_model("default", 3, 2), frozen,
        no_network(), with_lanes(0), with_model("merges", 0, 2), with_model("default", 1)}) {
    for (const Bytes& content :
         {text(900, static_cast<uint32_t>(all.size())), text(120, 7), Bytes{}})
      all.push_back({settings, content, compressed_alone(content, settings)});
  }
  return all;
}

}  // namespace

TEST_CASE("a call gives the same file whatever went before it") {
  const std::vector<Call> all = calls();
  const Models models(tiny_models().folders());
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) {
    const Call& call = all[random() % all.size()];
    if (random() % 2 == 0) {
      CHECK(compressed(call.content, call.settings, models) == call.file);
    } else {
      CHECK(decompressed(call.file, 1 + random() % 2, models) == call.content);
    }
  }
}

TEST_CASE("a call that fails leaves nothing behind") {
  const Models models(tiny_models().folders());
  const Bytes content = text(5000, 3);
  const CompressSettings settings = with_model("default", 2, 2);
  const Bytes file = compressed(content, settings, models);
  for (size_t at = 20; at < file.size(); at += file.size() / 10) {
    Bytes damaged = file;
    damaged[at] ^= 0x10;
    CHECK(kind_of_error([&] { decompressed(damaged, 2, models); }).has_value());
    CHECK(decompressed(file, 2, models) == content);
    MemorySource in(content);
    MemorySink out;
    CHECK(kind_of_error([&] {
            compress(in, out, models, settings, [](uint64_t done) {
              if (done > 100) throw Error(ErrorKind::kInterrupted, "enough");
            });
          }) == ErrorKind::kInterrupted);
    CHECK(compressed(content, settings, models) == file);
  }
}

TEST_CASE("a model that is replaced while it is opened is not taken for the other one") {
  ModelInfo info = tiny_models().find("default");
  info.fingerprint ^= 1;  // what the file had when it was found
  Session session(threads(1));
  CHECK(kind_of_error([&] { session.use(info); }) == ErrorKind::kModelBad);
  CHECK(!session.loaded());
}

TEST_CASE("several threads may use one Models object") {
  const std::vector<Call> all = calls();
  const Models models(tiny_models().folders());
  std::vector<std::thread> threads;
  std::array<int, 4> wrong{};
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = t; i < t + 30; ++i) {
        const Call& call = all[i * 7 % all.size()];
        wrong[t] += compressed(call.content, call.settings, models) != call.file;
        wrong[t] += decompressed(call.file, 1, models) != call.content;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : wrong) CHECK(count == 0);
}
