// SPDX-License-Identifier: Apache-2.0
// Does a long stream need no more memory than a short one?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

constexpr uint64_t kStreamBytes = uint64_t{16} << 20;

uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// The most memory seen in the first tenth of a stream, and in the rest.
struct Watch {
  uint64_t early = 0, late = 0;
  void look(uint64_t done) {
    uint64_t& most = done < kStreamBytes / 10 ? early : late;
    most = std::max(most, resident_bytes());
  }
};

// The byte at each place of the stream: long runs, which are long tokens, and a word now and then.
uint8_t byte_at(uint64_t place) {
  const uint64_t in_line = place % 16384;
  return in_line < 16000 ? 'a' : static_cast<uint8_t>("the one and other "[in_line % 18]);
}

class LongSource : public ByteSource {
 public:
  explicit LongSource(Watch& watch) : watch_(watch) {}
  size_t read(uint8_t* out, size_t count) override {
    watch_.look(done_);
    const size_t n = static_cast<size_t>(std::min<uint64_t>(count, kStreamBytes - done_));
    for (size_t i = 0; i < n; ++i) out[i] = byte_at(done_ + i);
    done_ += n;
    return n;
  }

 private:
  Watch& watch_;
  uint64_t done_ = 0;
};

class CheckingSink : public ByteSink {
 public:
  explicit CheckingSink(Watch& watch) : watch_(watch) {}
  void write(ByteView bytes) override {
    watch_.look(done);
    for (uint8_t byte : bytes) wrong += byte != byte_at(done++);
  }
  uint64_t done = 0, wrong = 0;

 private:
  Watch& watch_;
};

}  // namespace

TEST_CASE("memory does not grow with a stream, in both directions") {
  if (kSanitized) return;  // that heap keeps what was freed
  // The models before the watch; the compressed stream is small beside the bound.
  tiny_models();
  MemorySink file;
  Watch compressing, decompressing;
  LongSource in(compressing);
  compress(in, file, tiny_models(), with_lanes(16));
  REQUIRE(file.bytes().size() < kStreamBytes / 10);
  CHECK(compressing.late < compressing.early + (8 << 20) + file.bytes().size() * 2);
  CHECK(compressing.late < uint64_t{400} << 20);

  MemorySource back(file.bytes());
  CheckingSink out(decompressing);
  decompress(back, out, tiny_models(), threads(1));
  CHECK(out.done == kStreamBytes);
  CHECK(out.wrong == 0);
  CHECK(decompressing.late < decompressing.early + (8 << 20));
}
