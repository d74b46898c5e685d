// SPDX-License-Identifier: Apache-2.0
// Do blocks that are coded side by side give the bytes of blocks one after the other, and the error
// of the first that is wrong? Is the caller's code called on the caller's thread alone, and does
// what is done wait for nobody?
#include <catch2/catch.hpp>
#include <thread>

#include "container/index.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

CompressSettings in_blocks(uint64_t size, unsigned thread_count, bool network = true) {
  CompressSettings settings = with_lanes(2, thread_count);
  settings.network = network;
  settings.block_size_bytes = size;
  return settings;
}

std::vector<FramePlace> places(const Bytes& file) {
  MemorySource source(file);
  return locate_frames(source);
}

// Frames of text, of noise (stored) and of both.
Bytes mixed_content() {
  constexpr size_t kUnit = kSanitized ? 250 : 1000;
  Bytes content = text(9 * kUnit, 1);
  for (const Bytes& part :
       {random_bytes(5 * kUnit, 2), text(7 * kUnit, 3), random_bytes(3 * kUnit, 4)})
    content.insert(content.end(), part.begin(), part.end());
  return content;
}

void damage(Bytes& file, const FramePlace& frame) {
  file[frame.offset + frame.compressed_size_bytes / 2] ^= 0x20;
}

// Decodes with two threads; what came before the error, and its text.
std::string error_of(const Bytes& file, Bytes& written) {
  MemorySource in(file);
  MemorySink out;
  std::string message;
  try {
    decompress(in, out, tiny_models(), threads(2));
  } catch (const Error& e) {
    message = e.what();
  }
  written = out.take();
  return message;
}

// Says when it is called on another thread than the one that made it.
class OneThread {
 public:
  void check() { other_ |= std::this_thread::get_id() != own_; }
  bool left() const { return other_; }

 private:
  std::thread::id own_ = std::this_thread::get_id();
  bool other_ = false;
};

}  // namespace

TEST_CASE("the bytes do not depend on how many blocks are at work") {
  const Bytes content = mixed_content();
  for (const bool network : {true, false}) {
    for (const uint64_t block : {size_t{1}, size_t{700}, content.size() / 6, content.size() / 2}) {
      if (block == 1 && network) continue;
      CAPTURE(network, block);
      const Bytes part(content.begin(), block == 1 ? content.begin() + 80 : content.end());
      const Bytes file = compressed(part, in_blocks(block, 1, network));
      CHECK(compressed(part, in_blocks(block, 2, network)) == file);
      CHECK(decompressed(file, 1) == part);
      CHECK(decompressed(file, 2) == part);
    }
  }
}

TEST_CASE("content of one block has no index, whatever the block's size is") {
  const Bytes content = text(3000, 1);
  CompressSettings one = with_lanes(2, 2);
  one.block_size_bytes = 0;
  for (const uint64_t block : {uint64_t{3000}, uint64_t{5000}, kDefaultBlockBytes})
    CHECK(compressed(content, in_blocks(block, 2)) == compressed(content, one));
  CHECK(places(compressed(content, in_blocks(2999, 2))).size() == 2);
}

TEST_CASE("all before the first damaged block is written, and its error is the one that is named") {
  const uint64_t block = 1500;
  const Bytes content = text(8 * block, 1);
  const Bytes whole = compressed(content, in_blocks(block, 2));
  const std::vector<FramePlace> frames = places(whole);
  REQUIRE(frames.size() == 8);
  for (const size_t first : {0, 2, 5}) {
    CAPTURE(first);
    Bytes file = whole, written;
    for (size_t i : {first, first + 2}) damage(file, frames[i]);
    const std::string message = error_of(file, written);
    CHECK(message.find("frame at offset " + std::to_string(frames[first].offset) + ":") == 0);
    CHECK(written == Bytes(content.begin(), content.begin() + static_cast<long>(first * block)));
  }
  // Cut off: inside a frame, and before the index.
  for (const uint64_t size : {frames[4].offset + 9, frames[7].offset}) {
    Bytes file(whole.begin(), whole.begin() + static_cast<long>(size)), written;
    CHECK(!error_of(file, written).empty());
    CHECK(written.size() == (size > frames[5].offset ? 7 : 4) * block);
  }
}

TEST_CASE("the content check of every block is verified") {
  Bytes file = compressed(text(6000, 1), in_blocks(1500, 2)), written;
  const std::vector<FramePlace> frames = places(file);
  file[frames[1].offset + frames[1].compressed_size_bytes - 1] ^= 1;  // it ends the frame
  CHECK(error_of(file, written).find("check") != std::string::npos);
  CHECK(written.size() == 3000);
}

TEST_CASE("sources, sinks and progress are used on the calling thread") {
  OneThread here;
  class Source : public MemorySource {
   public:
    Source(ByteView bytes, OneThread& here) : MemorySource(bytes), here_(here) {}
    size_t read(uint8_t* out, size_t count) override {
      here_.check();
      return MemorySource::read(out, std::min<size_t>(count, 997));
    }

   private:
    OneThread& here_;
  };
  class Sink : public MemorySink {
   public:
    explicit Sink(OneThread& here) : here_(here) {}
    void write(ByteView bytes) override {
      here_.check();
      MemorySink::write(bytes);
    }

   private:
    OneThread& here_;
  };
  uint64_t last = 0;
  bool falls = false;
  const Progress progress = [&](uint64_t done) {
    here.check();
    falls |= done < last;
    last = done;
  };
  const Bytes content = text(20'000, 1);
  Source in(content, here);
  Sink file(here);
  const Totals made = compress(in, file, tiny_models(), in_blocks(3000, 2), progress);
  CHECK(made.content_bytes == content.size());
  CHECK(made.compressed_bytes == file.bytes().size());
  CHECK(made.frames == 7);
  CHECK(last <= content.size());
  CHECK(!falls);
  last = 0;
  Source back(file.bytes(), here);
  Sink out(here);
  const Totals read = decompress(back, out, tiny_models(), threads(2), progress);
  CHECK(out.bytes() == content);
  CHECK(read.content_bytes == content.size());
  CHECK(read.compressed_bytes == file.bytes().size());
  CHECK(read.frames == 7);
  CHECK(last <= content.size());
  CHECK(!falls);
  CHECK(!here.left());
}

TEST_CASE("an exception of the caller's progress ends all blocks at once") {
  struct Own {};
  const Progress stop = [](uint64_t) { throw Own(); };
  const Bytes content = text(1 << 20, 1);
  MemorySource in(content);
  MemorySink out;
  CHECK_THROWS_AS(compress(in, out, tiny_models(), in_blocks(1 << 18, 2, false), stop), Own);
  const Bytes file = compressed(content, in_blocks(1 << 18, 2, false));
  MemorySource back(file);
  CHECK_THROWS_AS(decompress(back, out, tiny_models(), threads(2), stop), Own);
}

// Another program at the other end of a pipe sends the next block when it has the last one.
TEST_CASE("what is done does not wait for more input") {
  const uint64_t block = 1500;
  const Bytes content = text(5 * block, 1);
  class Pipe : public ByteSource {
   public:
    Pipe(ByteView bytes, std::vector<uint64_t> sent_at, const MemorySink& answers)
        : bytes_(bytes), sent_at_(std::move(sent_at)), answers_(answers) {}
    bool may_wait() override { return there() == position_; }
    size_t read(uint8_t* out, size_t count) override {
      if (position_ < bytes_.size && there() == position_) FAIL("a read that waits for ever");
      const size_t got = std::min<size_t>(count, there() - position_);
      std::copy_n(bytes_.data + position_, got, out);
      position_ += got;
      return got;
    }
    // Part i + 1 comes when so much has come out.
    std::vector<uint64_t> answer_bytes;

   private:
    size_t there() const {
      size_t part = 0;
      while (part + 1 < sent_at_.size() && answers_.bytes().size() >= answer_bytes[part]) ++part;
      return sent_at_[part];
    }
    ByteView bytes_;
    std::vector<uint64_t> sent_at_;
    const MemorySink& answers_;
    size_t position_ = 0;
  };

  MemorySink made;
  const Bytes file = compressed(content, in_blocks(block, 2));
  const std::vector<FramePlace> frames = places(file);
  REQUIRE(frames.size() == 5);
  // A block is given when its last byte and one more have come.
  Pipe in(content, {2 * block + 1, 4 * block + 1, content.size()}, made);
  in.answer_bytes = {frames[2].offset, frames[4].offset};
  compress(in, made, tiny_models(), in_blocks(block, 2));
  CHECK(made.bytes() == file);

  MemorySink out;
  Pipe back(file, {frames[1].offset, frames[3].offset, file.size()}, out);
  back.answer_bytes = {block, 3 * block};
  decompress(back, out, tiny_models(), threads(2));
  CHECK(out.bytes() == content);
}

TEST_CASE(
    "a limit of memory that does not suffice for a block is refused before anything is done") {
  const Bytes content = text(20'000, 1);
  CompressSettings settings = in_blocks(4000, 2);
  const Bytes file = compressed(content, settings);
  settings.max_memory_bytes = 1 << 20;
  MemorySource in(content);
  MemorySink out;
  CHECK(kind_of_error([&] { compress(in, out, tiny_models(), settings); }) == ErrorKind::kLimit);
  CHECK(out.bytes().empty());
  for (const uint64_t megabytes : {100, 200, 4000}) {
    settings.max_memory_bytes = megabytes << 20;
    CHECK(compressed(content, settings) == file);
    DecompressSettings limited = threads(2);
    limited.max_memory_bytes = megabytes << 20;
    CHECK(decompress(file, limited, tiny_models()) == content);
  }
}

TEST_CASE("each block is verified where that is asked for") {
  CompressSettings settings = in_blocks(2000, 2);
  const Bytes content = text(9000, 1), file = compressed(content, settings);
  settings.verify = true;
  CHECK(compressed(content, settings) == file);
}
