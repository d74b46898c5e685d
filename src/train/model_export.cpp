// SPDX-License-Identifier: Apache-2.0
#include "train/model_export.h"

#include <filesystem>
#include <fstream>

#include "base/whole_file.h"
#include "model/model_file.h"
#include "model/self_test.h"
#include "tokenizer/sentencepiece_model.h"

namespace llmz::train {
namespace {

namespace fs = std::filesystem;

constexpr char kSelfTestText[] =
    "The model reads this paragraph with its own arithmetic, one token after the other, and learns "
    "from it. If a processor, a compiler or "
    "a library adds two numbers differently, the hash of the tables differs: 0123456789, "
    "\"quotes\", (brackets) & <tags>;\n"
    "\tint main() { return 0; }\r\nÄ second line, not in ASCII: naïve café.\n";

}  // namespace

Tokenizer make_tokenizer(const std::string& sentencepiece) {
  Vocabulary vocabulary =
      sentencepiece.empty() ? Vocabulary() : sentencepiece_vocabulary(sentencepiece);
  return Tokenizer(std::move(vocabulary), sentencepiece);
}

void check_output(const std::string& path) {
  if (fs::exists(path)) {
    throw Error(ErrorKind::kUsage, path +
                                       " exists, and files may have been compressed with it; "
                                       "remove it, or name another");
  }
  const std::string probe = path + ".tmp";
  const bool can_write = static_cast<bool>(std::ofstream(probe));
  std::error_code ignored;
  fs::remove(probe, ignored);
  if (!can_write) throw Error(ErrorKind::kUsage, path + ": no file can be made in that folder");
}

void write_model(const ExactModel& model, const Tokenizer& tokenizer, const std::string& path) {
  check_model(model, model.name);
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(kSelfTestText), tokens);
  Engine engine = make_cpu_engine(model, 1);
  const SelfTest self_test = make_self_test(model, tokens, engine);
  const Bytes file = serialize_model(model, tokenizer.table(), self_test);
  const auto back = parse_model(file, path);
  Engine other = make_cpu_engine(back->exact, 2);
  if (self_test_hash(back->exact, back->self_test.tokens, other) != self_test.tables_hash)
    throw Error(ErrorKind::kModelBad,
                path + ": the model fails its self-test when it is read back");
  write_whole_file(path, file);
}

}  // namespace llmz::train
