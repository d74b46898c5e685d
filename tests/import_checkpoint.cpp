// SPDX-License-Identifier: Apache-2.0
// import_checkpoint FAMILY FOLDER: writes a tiny random transformer with a tokenizer in the form of
// Hugging Face's, for the tests of the command line.
#include "import_checkpoint.h"

#include <cstdio>

int main(int argc, char** argv) {
  using namespace llmz::test;
  if (argc != 3) {
    std::fprintf(stderr, "import_checkpoint gpt2|opt|llama|mistral|blocks FOLDER\n");
    return 1;
  }
  const std::string name = argv[1];
  write_checkpoint(argv[2],
                   name == "blocks" ? llama_of_blocks() : tiny_checkpoint(family_names().at(name)));
}
