// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed file: is it refused with a reason, or do all ways to read it agree?
#include "target.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

// Beyond that decoding takes seconds and shows nothing new.
constexpr uint64_t kMostContentBytes = 100;

const Reference& reference() {
  static const Reference one(ByteView("the reference"));
  return one;
}

DecompressSettings settings() {
  DecompressSettings s(test::threads(1));
  s.max_content_bytes = kMostContentBytes;
  s.max_memory_bytes = uint64_t{1} << 30;
  s.reference = reference();
  return s;
}

std::optional<ErrorKind> streamed(ByteView file, Bytes& content) {
  return refusal([&] {
    DecompressStream stream(settings(), test::tiny_models());
    const size_t step = 1 + file.size % 37;
    for (size_t at = 0; !stream.finished(); at += step) {
      at < file.size ? stream.feed(file.subview(at, std::min(step, file.size - at))) : stream.end();
      for (Bytes part = stream.drain(); !part.empty(); part = stream.drain())
        content.insert(content.end(), part.begin(), part.end());
    }
  });
}

// Parts by their places, and what is left where the file is taken for a damaged one.
void read_otherwise(ByteView file, const Bytes& content) {
  MemorySource source(file);
  const std::vector<FramePlace> places = locate_frames(source);
  const FramePlace& last = places.back();
  if (last.content_offset + last.content_size_bytes == content.size()) {
    const size_t from = content.size() / 3, count = content.size() / 2;
    MemorySink part;
    MemorySource again(file);
    decompress_range(again, from, count, part, test::tiny_models(), settings());
    require(part.bytes() == Bytes(content.begin() + static_cast<ptrdiff_t>(from),
                                  content.begin() + static_cast<ptrdiff_t>(from + count)),
            "a part is not that part of the whole");
  }
  MemorySink saved;
  salvage(file, saved, test::tiny_models(), settings(),
          [](const Lost&) { fault("a whole file has lost something"); });
  require(saved.bytes() == content, "what is salvaged of a whole file is something else");
}

void salvage_damaged(ByteView file) {
  refusal([&] {
    MemorySink saved;
    salvage(file, saved, test::tiny_models(), settings(), [](const Lost&) {});
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView file(data, size);
  test::tiny_models();
  // The frames alone cost memory only for bytes that are there.
  const auto listing = within_heap(32 * size + (uint64_t{4} << 20),
                                   [&] { return refusal([&] { list_frames(file); }); });
  Bytes content;
  const auto decoding = refusal([&] {
    MemorySource in(file);
    MemorySink out;
    decompress(in, out, test::tiny_models(), settings());
    content = out.take();
  });
  require(!listing || decoding, "a file was decoded whose frames cannot be listed");
  if (size % 8 > 1) return 0;
  Bytes in_pieces;
  require(streamed(file, in_pieces) == decoding, "a stream ends in another way than a call");
  if (decoding) {
    // Tries to decode from every place where a frame might begin.
    if (size % 16 == 0) salvage_damaged(file);
  } else {
    require(in_pieces == content, "a stream gives other content than a call");
    read_otherwise(file, content);
  }
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  const Bytes words = test::text(40, 1);
  std::vector<test::Piece> pieces;
  for (const RoundMethod method : test::kAllMethods) {
    if (!needs_model(method) || method == RoundMethod::kTokenMix)
      pieces.push_back({method, test::text(20, 2)});
  }
  CompressSettings little = test::with_lanes(2), behind = little, blocks = test::no_network();
  little.memory_bits = blocks.memory_bits = 16;
  behind.reference = reference();
  blocks.block_size_bytes = 20;
  std::vector<Bytes> files{test::compressed(words, little),
                           test::compressed(words, test::with_lanes(0)),
                           test::compressed(words, behind),
                           test::compressed(words, blocks),
                           test::compressed({}, little),
                           test::compressed(words, test::no_network()),
                           test::compressed(test::random_bytes(30, 1), little),
                           test::coded_as(pieces, little),
                           test::coded_as({{RoundMethod::kTokens, words}}, little),
                           test::coded_as({{RoundMethod::kSecondRichTokenMix, words}}, little)};
  Bytes several = files[0];
  several.insert(several.end(), files[1].begin(), files[1].end());
  several.resize(several.size() + 40);
  files.push_back(several);
  return files;
}
