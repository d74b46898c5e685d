// SPDX-License-Identifier: Apache-2.0
// When memory runs out, at whichever allocation, is it an Error of the library and nothing worse?
// Here malloc() fails on purpose: once, or from then on. (Large tables are not its own:
// api_border_keeps_its_promises_test.cpp.)
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "exact/engine.h"
#include "random_model.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

constexpr int64_t kNever = int64_t{1} << 62;
std::atomic<int64_t> allocations_left{kNever};
std::atomic<bool> fails_once{true};

// Whether this allocation is to fail.
[[maybe_unused]] bool fails() {
  const int64_t left = allocations_left.load(std::memory_order_relaxed);
  if (left >= kNever) return false;
  const int64_t before = allocations_left.fetch_sub(1);
  return fails_once ? before == 0 : before <= 0;
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* malloc(size_t size) { return fails() ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? nullptr : __libc_calloc(count, size); }
}
constexpr bool kReplaced = true;
#else
constexpr bool kReplaced = false;
#endif

namespace {

// What a function that has ended left on this thread's stack is not there any more.
[[gnu::noinline]] void overwrite_stack() {
  volatile unsigned char bytes[16'384];
  for (volatile unsigned char& byte : bytes) byte = 0xa5;
}

enum class Outcome { kDone, kError, kOther };

// Runs `work` with the allocation of this number failing; `kinds` counts the errors.
template <class Work>
Outcome with_failure(int64_t number, bool once, Work&& work, std::map<ErrorKind, int>& kinds) {
  fails_once = once;
  allocations_left = number;
  try {
    work();
    allocations_left = kNever;
    return Outcome::kDone;
  } catch (const Error& e) {
    allocations_left = kNever;
    ++kinds[e.kind()];
    return Outcome::kError;
  } catch (...) {
    allocations_left = kNever;
    return Outcome::kOther;
  }
}

// How many allocations the work makes.
template <class Work>
int64_t allocations_of(Work&& work) {
  allocations_left = kNever - 1;
  work();
  return kNever - 1 - allocations_left.exchange(kNever);
}

// Each of the first fifty, then some of the others.
template <class Work>
void try_all(const char* what, Work&& work) {
  work();  // what is made once for the process
  const int64_t count = allocations_of(work);
  for (const bool once : {true, false}) {
    std::map<ErrorKind, int> kinds;
    for (int64_t number = 0; number < count; number += number < 50 ? 1 : 1 + number / 20) {
      CAPTURE(what, once, number, count);
      // One that failed need not matter: a thread less, a smaller buffer.
      if (with_failure(number, once, work, kinds) == Outcome::kOther)
        FAIL_CHECK("something else than an Error was thrown");
    }
    for (const auto& [kind, times] : kinds) {
      CAPTURE(what, once, static_cast<int>(kind), times);
      CHECK((kind == ErrorKind::kOutOfMemory || kind == ErrorKind::kIo));
    }
    CHECK(kinds[ErrorKind::kOutOfMemory] > 0);
    work();  // and afterwards all is as before
  }
}

}  // namespace

TEST_CASE("memory that runs out while compressing and decompressing is an Error") {
  if (!kReplaced) return;
  const Bytes content = text(4000, 1);
  const Reference reference(text(500, 2));
  for (const unsigned thread_count : {1u, 3u}) {
    CompressSettings behind = with_lanes(2, thread_count);
    behind.reference = reference;
    for (CompressSettings settings :
         {with_lanes(2, thread_count), no_network(), tokens_only(3), behind}) {
      // sentencepiece, and protobuf in it, end the process where an allocation of theirs fails.
      settings.model = "merges";
      const Bytes file = compress(content, settings, tiny_models());
      const auto encode = [&] { compress(content, settings, tiny_models()); };
      try_all("compress", encode);
      DecompressSettings decoding(threads(thread_count));
      decoding.reference = settings.reference;
      try_all("decompress", [&] {
        if (decompress(file, decoding, tiny_models()) != content) throw std::logic_error("other");
      });
    }
  }
}

TEST_CASE("memory that runs out while files are listed and salvaged is an Error") {
  if (!kReplaced) return;
  const Bytes file = compress(text(4000, 1), with_lanes(2), tiny_models());
  try_all("list", [&] { list_frames(file); });
}

TEST_CASE("a body that gets no memory for a step is no harm to those that step with it") {
  if (!kReplaced) return;
  ModelConfig config;
  config.vocabulary = 128;
  config.dim = 64;
  config.layers = 1;
  config.heads = 2;
  config.head_dim = 32;
  config.hidden = 64;
  config.window = 32;
  const ExactModel model = random_model(1, config);
  const Engine poor = make_cpu_engine(model, 1), other = make_cpu_engine(model, 1, poor.weights);
  const std::vector<uint32_t> token{7};
  const std::vector<LaneTokens> fed{{0, token.data(), 1}};
  const auto step_of = [&](Body& body) {
    std::vector<int8_t> hidden(config.dim);
    body.reset();
    body.advance_as(0, fed, hidden.data());
    return hidden;
  };
  const std::vector<int8_t> expected = step_of(*other.body);
  REQUIRE(step_of(*poor.body) == expected);
  poor.body->join_others();
  other.body->join_others();
  int failed = 0;
  for (int64_t number = 0; number < 30; ++number) {
    fails_once = true;
    allocations_left = number;
    try {
      step_of(*poor.body);
    } catch (const std::bad_alloc&) {
      ++failed;
    }
    allocations_left = kNever;
    overwrite_stack();
    std::vector<int8_t> found;
    std::thread([&] { found = step_of(*other.body); }).join();
    REQUIRE(found == expected);
  }
  CHECK(failed > 0);
}
