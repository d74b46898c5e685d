// SPDX-License-Identifier: Apache-2.0
// Does a long stream need no more memory than a short one?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Two segments of 16 MB are read ahead, and each method takes its memory when it comes first: all
// that is used in the end is in use when three segments are written.
constexpr uint64_t kWarmBytes = uint64_t{48} << 20, kStreamBytes = uint64_t{80} << 20;

uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// The most memory seen at the beginning of a stream, and in the rest.
struct Watch {
  uint64_t early = 0, late = 0;
  void look(uint64_t done) {
    uint64_t& most = done <= kWarmBytes ? early : late;
    most = std::max(most, resident_bytes());
  }
};

// Noise, which is stored: nothing else is fast enough for a stream of many segments. It begins with
// 64 KB of words.
uint8_t byte_at(uint64_t place) {
  constexpr uint64_t kWordsBytes = 64 << 10;
  const uint64_t mixed = (place / 8 + 1) * 0x9e3779b97f4a7c15;
  const uint64_t noise = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9;
  if (place >= kWordsBytes) return static_cast<uint8_t>(noise >> (place % 8 * 8));
  static const char* const kWords[] = {"the one ", "another ", "of many ", "and more"};
  return static_cast<uint8_t>(kWords[noise >> 62][place % 8]);
}

class LongSource : public ByteSource {
 public:
  size_t read(uint8_t* out, size_t count) override {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(count, kStreamBytes - done_));
    for (size_t i = 0; i < n; ++i) out[i] = byte_at(done_ + i);
    done_ += n;
    return n;
  }

 private:
  uint64_t done_ = 0;
};

// Keeps the compressed stream, as large as the content, on the disk, so that it does not count.
class FileSink : public ByteSink {
 public:
  FileSink(const std::string& path, Watch& watch) : out_(path, std::ios::binary), watch_(watch) {}
  void write(ByteView bytes) override {
    watch_.look(done_);
    done_ += bytes.size;
    out_.write(reinterpret_cast<const char*>(bytes.data), static_cast<std::streamsize>(bytes.size));
  }

 private:
  std::ofstream out_;
  Watch& watch_;
  uint64_t done_ = 0;
};

class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : in_(path, std::ios::binary) {}
  size_t read(uint8_t* out, size_t count) override {
    in_.read(reinterpret_cast<char*>(out), static_cast<std::streamsize>(count));
    return static_cast<size_t>(in_.gcount());
  }

 private:
  std::ifstream in_;
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
  const TempFolder folder;
  tiny_models();  // before the watch
  Watch compressing, decompressing;
  Totals made;
  {
    FileSink file(folder.file("long.llmz"), compressing);
    LongSource in;
    made = compress(in, file, tiny_models(), with_lanes(0));
  }
  const auto bytes_of = [&](Method m) { return made.content_bytes_of[static_cast<size_t>(m)]; };
  CHECK(bytes_of(Method::kStored) > kStreamBytes / 2);
  CHECK(bytes_of(Method::kTokenMix) + bytes_of(Method::kSecondRichTokenMix) > 0);
  CHECK(compressing.late < compressing.early + (8 << 20));
  CHECK(compressing.late < uint64_t{500} << 20);

  FileSource back(folder.file("long.llmz"));
  CheckingSink out(decompressing);
  decompress(back, out, tiny_models(), threads(1));
  CHECK(out.done == kStreamBytes);
  CHECK(out.wrong == 0);
  CHECK(decompressing.late < decompressing.early + (8 << 20));
}
