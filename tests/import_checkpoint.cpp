// SPDX-License-Identifier: Apache-2.0
// import_checkpoint FAMILY FOLDER [DIM LAYERS HEADS KV_HEADS HIDDEN POSITIONS VOCABULARY]
// Writes a random transformer in the form of Hugging Face's: with a tokenizer, tiny; or of any
// size, without one. For the tests of the command line, and to measure.
#include "import_checkpoint.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace llmz::test;
  if (argc != 3 && argc != 10) {
    std::fprintf(stderr,
                 "import_checkpoint FAMILY FOLDER [DIM LAYERS HEADS KV_HEADS HIDDEN "
                 "POSITIONS VOCABULARY]\n");
    return 1;
  }
  RandomModel model = tiny_checkpoint(family_names().at(argv[1]));
  const std::string folder = argv[2];
  if (argc == 3) {
    write_checkpoint(folder, model);
    return 0;
  }
  int64_t* const fields[] = {&model.dim,    &model.layers,    &model.heads,     &model.kv_heads,
                             &model.hidden, &model.positions, &model.vocabulary};
  for (int i = 0; i < 7; ++i) *fields[i] = std::atoll(argv[i + 3]);
  model.embedding_dim = model.dim;
  model.sliding_window = 0;
  std::filesystem::create_directories(folder);
  write_text(folder + "/config.json", model.config());
  write_safetensors(folder + "/model.safetensors", model.tensors(), Stored::kF32);
  return 0;
}
