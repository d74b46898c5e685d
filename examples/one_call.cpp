// SPDX-License-Identifier: Apache-2.0
// A text in memory, there and back; and what its file says about itself.
#include <llmz/llmz.h>

#include <cstdio>

int main() {
  const std::string text =
      "The letter came on a Tuesday, and on Wednesday another letter came, which said that the "
      "letter of Tuesday had been written on Wednesday.\n";
  try {
    llmz::CompressSettings settings;
    settings.set_level(1);  // needs no model; leave it out to use the default one
    const llmz::Bytes small = llmz::compress(text, settings);
    for (const llmz::FrameInfo& frame : llmz::list_frames(small))
      std::printf("%llu bytes became %llu, with %s\n",
                  static_cast<unsigned long long>(frame.content_size_bytes),
                  static_cast<unsigned long long>(frame.compressed_size_bytes),
                  frame.needs_model ? "a model" : "no model");

    llmz::DecompressSettings limits;  // of what a stranger may make this program do
    limits.max_content_bytes = 1 << 20;
    limits.max_memory_bytes = uint64_t{1} << 30;
    const llmz::Bytes again = llmz::decompress(small, limits);
    return llmz::ByteView(again).text() == text ? 0 : 1;
  } catch (const llmz::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
