// SPDX-License-Identifier: Apache-2.0
// Content and settings out of the input: does compressing give the same bytes twice, from a stream
// in pieces and with other threads too, and decompressing the content?
#include <map>

#include "base/hash.h"
#include "choices.h"
#include "target.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

// What longer contents show, few of them show. With the mix a byte takes as long as ten without.
constexpr size_t kMostContentBytes = 64, kMostlyContentBytes = 24, kMostlyMixedBytes = 8;

// More than any of them takes; without a limit, a call asks the machine for its memory.
constexpr uint64_t kMostMemoryBytes = uint64_t{1} << 32;

// Literal bytes, runs, repetitions of what stands before, and words.
Bytes content_of(Choices& in, size_t mostly_bytes) {
  static const std::string words = " the of and to in a tion ing ment \xc3\xa9 er re \n 12 {\"a\":";
  const size_t most_bytes = in.below(64) == 63 ? kMostContentBytes : mostly_bytes;
  Bytes content;
  const auto append = [&](ByteView bytes) {
    content.insert(content.end(), bytes.begin(), bytes.end());
  };
  while (in.remaining() > 0 && content.size() < most_bytes) {
    const uint8_t how = in.byte();
    const size_t count = how / 4 + 1;
    if (how % 4 == 0) {
      append(in.take(count));
    } else if (how % 4 == 1) {
      append(Bytes(count, in.byte()));
    } else if (how % 4 == 2) {
      append(ByteView(words).subview(in.below(words.size() - 8), 8));
    } else {
      const size_t back = std::min<size_t>(in.byte() + size_t{1}, content.size());
      for (size_t i = 0; back > 0 && i < count; ++i)
        content.push_back(content[content.size() - back]);
    }
  }
  content.resize(std::min(content.size(), most_bytes));
  return content;
}

void make_text(Bytes& content) {
  for (uint8_t& byte : content)
    if (byte < ' ' || byte > '~') byte = static_cast<uint8_t>(' ' + byte % 95);
}

CompressSettings settings_of(Choices& in) {
  static const Reference reference(ByteView("what came before\n"));
  static const char* const kModels[] = {"default", "merges", "bytes"};
  const uint8_t flags = in.byte();
  CompressSettings settings;
  settings.engine = test::threads(1);
  settings.model = kModels[in.below(std::size(kModels))];
  settings.network = flags % 16 > 1;
  settings.mix = !settings.network || flags % 32 == 7;
  settings.lanes = in.byte();
  settings.max_memory_bytes = kMostMemoryBytes;
  const uint8_t more = in.byte();
  settings.learning = (more & 1) == 0;
  settings.memory_bits = more % 32 == 2 ? 26 : 16;
  if (more % 16 == 4) settings.block_size_bytes = 16 + in.byte();
  if (more % 64 == 63) settings.reference = reference;
  return settings;
}

// An object for each model, which keeps it loaded.
const Models& models_of(const CompressSettings& settings) {
  static std::map<std::string, Models> each;
  return each.try_emplace(settings.model, test::tiny_models().folders()).first->second;
}

Bytes streamed(ByteView content, const CompressSettings& settings) {
  CompressStream stream(settings, models_of(settings));
  const size_t step = 1 + content.size / 3;
  for (size_t at = 0; at < content.size; at += step)
    stream.feed(content.subview(at, std::min(step, content.size - at)));
  stream.end();
  return stream.drain();
}

Bytes restored(ByteView file, const CompressSettings& settings) {
  DecompressSettings back(settings.engine);
  back.reference = settings.reference;
  MemorySource in(file);
  MemorySink out;
  back.max_memory_bytes = kMostMemoryBytes;
  decompress(in, out, models_of(settings), back);
  return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  CompressSettings settings = settings_of(in);
  const size_t again = in.below(16);
  // Most inputs leave out what takes ten times as long, the mixes, which binary content
  // gets too. The fuzzer would choose little else: it tells apart more of what happens there.
  const bool mixed = xxh3_64(ByteView(data, size)) % 32 == 0;
  settings.mix = settings.mix && mixed;
  Bytes content = content_of(in, settings.mix ? kMostlyMixedBytes : kMostlyContentBytes);
  if (!mixed) make_text(content);
  const Bytes file = test::compressed(content, settings, models_of(settings));
  // The second time, in pieces and sometimes in threads, takes as long as the first.
  if (again == 0) settings.engine = test::threads(2);
  if (again < 3)
    require(streamed(content, settings) == file, "the second time other bytes come out");
  require(restored(file, settings) == content, "other content comes out");
  // The network alone, without the mix, codes whatever the bytes are.
  require(!settings.mix || file.size() <= content.size() + 40 * (1 + content.size() / 16),
          "it has become longer");
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  const Bytes words = test::text(60, 7);
  // A reference with one of them: its mixes are large, and slow to make.
  for (const uint8_t flags : {1, 2, 3, 7}) {
    for (const uint8_t more : {0, 1, 4, flags == 1 ? 63 : 5}) {
      Bytes& out = all.emplace_back(Bytes{flags, static_cast<uint8_t>(all.size() % 3), 3, more});
      out.insert(out.end(), {9, static_cast<uint8_t>(all.size() % 8 ? 9 : 63), 4 * 59});
      out.insert(out.end(), words.begin(), words.end());
      out.insert(out.end(), {41, 'a', 2, 5, 2, 9, 83, 30});
    }
  }
  return all;
}
