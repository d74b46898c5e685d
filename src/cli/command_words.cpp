// SPDX-License-Identifier: Apache-2.0
#include "cli/command_words.h"

#include <sys/stat.h>

namespace llmz {
namespace {

const std::vector<CommandWord> kWords = {
    {Command::kCompress, "compress", "[OPTION]... [FILE]...", "compress files (default)",
     "Compresses each FILE to FILE.llmz and keeps FILE. Without FILE, or with -, compresses "
     "standard input to standard output."},
    {Command::kDecompress, "decompress", "[OPTION]... [FILE]...", "decompress files",
     "Restores FILE from FILE.llmz and keeps FILE.llmz. Without FILE, or with -, decompresses "
     "standard input to standard output."},
    {Command::kTest, "test", "[OPTION]... [FILE]...", "decode and verify, write nothing",
     "Decodes each FILE and verifies its checksums without writing anything."},
    {Command::kInfo, "info", "[OPTION]... [FILE]...", "show what compressed files contain",
     "Shows the frames of each FILE (sizes, methods, model) without decoding them; with -l, one "
     "line of sizes for each FILE."},
    {Command::kEstimate, "estimate", "[OPTION]... [FILE]...",
     "estimate the compressed size without writing a file",
     "Computes what each FILE costs in bits per byte, per character and per token. By default that "
     "is the model alone, without learning and without the mixer, over the whole text."},
    {Command::kCompare, "compare", "[OPTION]... [FILE]...",
     "compare llmz with gzip, bzip2, xz, zstd and brotli",
     "Compresses each FILE with every installed model and with the usual compressors, decompresses "
     "and compares every result, and prints a table of sizes, speeds and memory."},
    {Command::kRank, "rank", "[OPTION]... [FILE]...",
     "rank models by compression, correlate with scores",
     "Measures models on FILE by the protocol of a paper (--protocol) or on multiple-choice tasks "
     "(--tasks), best first. With --scores, reports the linear correlation between scores and "
     "compression."},
    {Command::kGenerate, "generate", "[OPTION]... [FILE]", "continue a text with a model",
     "Continues FILE or --prompt with a model and writes the continuation to standard output."},
    {Command::kImport, "import", "[OPTION]... FOLDER|FILE.gguf",
     "make a model from a Hugging Face folder or a GGUF file",
     "Converts a GPT-2, OPT, LLaMA or Mistral checkpoint (config.json, safetensors, tokenizer), or "
     "a "
     "GGUF file of the LLaMA family, to a model file with integer weights. Needs libtorch."},
    {Command::kModels, "models", "[OPTION]... [--export FILE...]", "list the installed models",
     "Lists the installed models. With --export, copies those that each FILE needs to its folder, "
     "where decompression finds them when they are not installed."},
    {Command::kTrain, "train", "[OPTION]... -o NAME.llmzmodel FILE|FOLDER...",
     "train a model on your own text", ""},
    {Command::kHelp, "help", "[COMMAND]", "show this text, or the options of a command", ""},
};

}  // namespace

const std::vector<CommandWord>& command_words() { return kWords; }

const CommandWord* find_command_word(const std::string& word) {
  for (const CommandWord& row : kWords) {
    if (word == row.word) return &row;
  }
  return nullptr;
}

const CommandWord* find_command_word(Command command) {
  for (const CommandWord& row : kWords) {
    if (command == row.command) return &row;
  }
  return nullptr;
}

bool names_a_file(const std::string& word) {
  struct stat there = {};
  return lstat(word.c_str(), &there) == 0;
}

void refuse_ambiguous(const std::string& word) {
  struct stat there = {};
  const bool folder = lstat(word.c_str(), &there) == 0 && S_ISDIR(there.st_mode);
  throw Error(ErrorKind::kUsage, "'" + word + "' is a command and also a " +
                                     (folder ? "folder" : "file") + " here: write ./" + word +
                                     " for the " + (folder ? "folder" : "file") + ", --" + word +
                                     " for the command");
}

}  // namespace llmz
