// SPDX-License-Identifier: Apache-2.0
// Is every exception that leaves the library an Error, but for the caller's own? Do limits hold
// before memory is taken?
#include <omp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

struct Own {};  // an exception that llmz does not know

class BrokenSource : public ByteSource {
 public:
  size_t read(uint8_t*, size_t) override { throw Own(); }
};

class BrokenSink : public ByteSink {
 public:
  void write(ByteView) override { throw std::bad_alloc(); }
};

}  // namespace

TEST_CASE("the numbers of errors are for good") {
  CHECK(static_cast<int>(ErrorKind::kUsage) == 1);
  CHECK(static_cast<int>(ErrorKind::kIo) == 2);
  CHECK(static_cast<int>(ErrorKind::kNotLlmz) == 3);
  CHECK(static_cast<int>(ErrorKind::kCorrupt) == 4);
  CHECK(static_cast<int>(ErrorKind::kTruncated) == 5);
  CHECK(static_cast<int>(ErrorKind::kNewerVersion) == 6);
  CHECK(static_cast<int>(ErrorKind::kModelMissing) == 7);
  CHECK(static_cast<int>(ErrorKind::kModelBad) == 8);
  CHECK(static_cast<int>(ErrorKind::kInterrupted) == 9);
  CHECK(static_cast<int>(ErrorKind::kInternal) == 10);
  CHECK(static_cast<int>(ErrorKind::kOutOfMemory) == 11);
  CHECK(static_cast<int>(ErrorKind::kLimit) == 12);
}

TEST_CASE("what the caller's own code throws comes back as it was") {
  BrokenSource source;
  BrokenSink sink;
  MemorySink out;
  const Bytes content = text(40'000, 1), file = compressed(content, no_network());
  MemorySource in(content), compressed_in(file), again(content);
  CHECK_THROWS_AS(compress(source, out, tiny_models(), no_network()), Own);
  CHECK_THROWS_AS(decompress(source, out, tiny_models(), threads(1)), Own);
  CHECK_THROWS_AS(compress(in, sink, tiny_models(), no_network()), std::bad_alloc);
  CHECK_THROWS_AS(decompress(compressed_in, sink, tiny_models(), threads(1)), std::bad_alloc);
  const Progress stop = [](uint64_t) { throw Own(); };
  CHECK_THROWS_AS(compress(again, out, tiny_models(), no_network(), stop), Own);
}

TEST_CASE("the caller's OpenMP threads are as many after a call as before") {
  omp_set_num_threads(3);
  const Bytes file = compressed(text(3000, 1), tokens_only(2));
  CHECK(omp_get_max_threads() == 3);
  CHECK(decompressed(file) == text(3000, 1));
  CHECK(omp_get_max_threads() == 3);
}

TEST_CASE("a model that cannot be read is an Error of the library") {
  const TempFolder folder;
  const Models missing({folder.path()});
  CHECK(kind_of_error([&] { compress(text(9000, 1), with_lanes(0), missing); }) ==
        ErrorKind::kModelMissing);
  CHECK(kind_of_error([&] { missing.find(folder.file("none.llmzmodel")); }) == ErrorKind::kIo);
  CHECK(kind_of_error([&] { missing.preload("none"); }) == ErrorKind::kModelMissing);
  CHECK(kind_of_error([&] { CompressSettings().set_level(0); }) == ErrorKind::kUsage);
}

// A child whose address space is nearly full cannot make the tables of the mix.
TEST_CASE("memory that runs out is an Error, too") {
  if (kSanitized) return;
  const Bytes content = text(100'000, 1);
  const pid_t child = fork();
  if (child == 0) {
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = rlim_t{200} << 20;
    CompressSettings settings = no_network();
    settings.memory_bits = 28;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    try {
      compress(content, settings, tiny_models());
    } catch (const Error& e) {
      _exit(e.kind() == ErrorKind::kOutOfMemory ? 0 : 3);
    } catch (...) {
      _exit(4);
    }
    _exit(5);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("no more content comes out than the limit allows") {
  const Bytes content = text(5000, 1);
  for (const CompressSettings& settings : {no_network(), with_lanes(2)}) {
    const Bytes file = compressed(content, settings);
    Bytes twice = file;
    twice.insert(twice.end(), file.begin(), file.end());
    DecompressSettings limited = threads(1);
    limited.max_content_bytes = content.size();
    CHECK(decompress(file, limited, tiny_models()) == content);
    CHECK(kind_of_error([&] { decompress(twice, limited, tiny_models()); }) == ErrorKind::kLimit);
    limited.max_content_bytes = content.size() - 1;
    CHECK(kind_of_error([&] { decompress(file, limited, tiny_models()); }) == ErrorKind::kLimit);
  }
}

TEST_CASE("the limit on memory is that of the frame and its model") {
  const Bytes content = text(5000, 1);
  CompressSettings large = with_lanes(200);
  large.memory_bits = 24;
  for (const CompressSettings& settings : {no_network(), large}) {
    const Bytes file = compressed(content, settings);
    const FrameInfo frame = list_frames(file).at(0);
    uint64_t needed = frame.memory_bytes;
    if (frame.needs_model)
      needed += tiny_models()
                    .find(frame.fingerprint_low, true)
                    .memory_bytes(frame.coder ? frame.coder->lanes : 16);
    CHECK(needed > uint64_t{1} << (frame.coder ? frame.coder->memory_bits : 23));
    DecompressSettings limited = threads(1);
    limited.max_memory_bytes = needed;
    CHECK(decompress(file, limited, tiny_models()) == content);
    limited.max_memory_bytes = needed - 1;
    CHECK(kind_of_error([&] { decompress(file, limited, tiny_models()); }) == ErrorKind::kLimit);
  }
}
