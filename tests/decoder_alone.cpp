// SPDX-License-Identifier: Apache-2.0
// decoder_alone MODELS-FOLDER FILE [REFERENCE]: a program with the decoder and nothing of the
// encoder (cli/decoder_stands_alone.sh). Content to the standard output.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "llmz/decompress.h"
#include "llmz/error.h"

namespace {

llmz::Bytes content_of(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return llmz::Bytes(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    llmz::DecompressSettings settings;
    if (argc > 3) settings.reference.emplace(content_of(argv[3]));
    const llmz::Models models({argv[1]});
    for (const llmz::ModelInfo& model : models.list()) {
      if (!llmz::self_test(model, {})) return 1;
    }
    const llmz::Bytes content = llmz::decompress(content_of(argv[2]), settings, models);
    std::fwrite(content.data(), 1, content.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const llmz::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
