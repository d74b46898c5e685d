// SPDX-License-Identifier: Apache-2.0
// A GGUF file of a stranger: is it refused with a reason, or read, weights and tokenizer, in memory
// that it is worth?
#include "hf/gguf.h"

#include "choices.h"
#include "hf/checkpoint.h"
#include "hf/gguf_tokenizer.h"
#include "hf/sorted_vocabulary.h"
#include "hf/tokenizer.h"
#include "target.h"
#include "tests/gguf_builder.h"
#include "tests/hf_writer.h"
#include "tests/temp_folder.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

constexpr size_t kOriginals = 5;

// Of floats, and of blocks of every quantized type in turn.
Bytes made(size_t number) {
  test::GgufBuilder b = test::small_gguf_llama();
  if (number > 0) {
    constexpr struct {
      uint32_t type;
      size_t values, bytes;
    } kBlocks[] = {{8, 32, 34}, {2, 32, 18}, {12, 256, 144}, {14, 256, 210}};
    const auto& block = kBlocks[number - 1];
    b.tensors["token_embd.weight"] = {
        {261, block.values}, block.type, std::string(261 * block.bytes, '\1')};
  }
  const std::string file = b.file();
  return {file.begin(), file.end()};
}

const Bytes& original(size_t number) {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> files;
    for (size_t n = 0; n < kOriginals; ++n) files.push_back(made(n));
    return files;
  }();
  return all[number];
}

void use(const Bytes& bytes) {
  static const test::TempFolder folder;
  const std::string path = folder.file("model.gguf");
  test::write_text(path, {bytes.begin(), bytes.end()});
  refusal([&] {
    const hf::GgufFile file(path);
    for (const auto& [name, tensor] : file.tensors()) {
      if (!tensor.type) continue;
      const hf::TensorView view{*tensor.type, tensor.shape, tensor.bytes.data, tensor.elements, 0};
      std::vector<float> values(std::min<uint64_t>(view.elements, 1000));
      hf::read_floats(view, view.elements - values.size(), values.size(), values.data());
    }
  });
  hf::Config config;
  if (refusal([&] { config = hf::Checkpoint::open(path).config(); })) {
    refusal([&] { hf::gguf_tokenizer(hf::GgufFile("FILE", bytes), 261); });
    return;
  }
  refusal([&] {
    const hf::Tokenizer tokenizer = hf::Tokenizer::open(path, config);
    std::vector<uint32_t> ids;
    tokenizer.encode(ByteView("the other \xff word's 12"), ids);
    for (const uint32_t id : ids) require(id < tokenizer.size(), "an id beyond the vocabulary");
    hf::sorted_vocabulary(tokenizer, 16);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  const Bytes bytes = edited(original(in.below(kOriginals)), in);
  // Names of tensors that 4096 layers ask for come to some megabytes.
  within_heap(64 * (bytes.size() + 20000) + (uint64_t{16} << 20), [&] { use(bytes); });
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  for (size_t number = 0; number < kOriginals; ++number) {
    const auto first = static_cast<uint8_t>(number);
    all.push_back({first});
    for (const uint64_t at : {8, 16, 24, 40, 60, 200, 1000, 9000})
      append_edit(all.emplace_back(Bytes{first}), at, 4, ByteView("\xff\xff\xff\x7f"));
  }
  return all;
}
