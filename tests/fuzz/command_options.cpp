// SPDX-License-Identifier: Apache-2.0
// Any command line: is it understood, in the same way every time, or refused with a reason? Nothing
// is opened: at most it is asked whether there is a file with the name of a command.
#include <cstring>

#include "choices.h"
#include "cli/options.h"
#include "target.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

// Options of which two make a contradiction are rarely guessed.
const char* const kWords[] = {"-d",
                              "-t",
                              "-l",
                              "-c",
                              "-f",
                              "-k",
                              "-q",
                              "-v",
                              "-r",
                              "-1",
                              "-9",
                              "-T",
                              "2",
                              "-o",
                              "out",
                              "-D",
                              "-m",
                              "./a",
                              "-S",
                              ".lm",
                              "--",
                              "-",
                              "--json",
                              "--range",
                              "1K:2",
                              "--block-size",
                              "64K",
                              "--memlimit",
                              "1G",
                              "--engine",
                              "cpu",
                              "--threads=3",
                              "--lanes",
                              "16",
                              "--memory=1M",
                              "--verify",
                              "--salvage",
                              "--self",
                              "compress",
                              "decompress",
                              "test",
                              "info",
                              "estimate",
                              "compare",
                              "import",
                              "rank",
                              "generate",
                              "models",
                              "train",
                              "help",
                              "version",
                              "--html",
                              "--protocol",
                              "text8",
                              "--scores",
                              "--tasks",
                              "--without",
                              "a:b",
                              "--plot=a.svg",
                              "--images=8",
                              "--temperature",
                              "0.5",
                              "--prompt",
                              "--type",
                              "float16",
                              "--device",
                              "--documents",
                              "line",
                              "--context",
                              "--name",
                              "--csv",
                              "--audio",
                              "--rm",
                              "--keep",
                              "--stdout",
                              "--window=9"};

struct CommandLine {
  std::string program = "llmz";
  std::vector<std::string> args;
};

CommandLine line_of(Choices& in) {
  static const char* const kPrograms[] = {"llmz", "/usr/bin/llmzcat", "unllmz", ""};
  CommandLine line{kPrograms[in.below(4)], {}};
  while (in.remaining() > 0 && line.args.size() < 40) {
    const uint8_t how = in.byte();
    if (how < 2 * std::size(kWords)) {
      line.args.emplace_back(kWords[how % std::size(kWords)]);
    } else {
      const std::string text(in.take(how % 24).text());
      line.args.push_back(text.c_str());  // no argument has a NUL
    }
  }
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  const CommandLine line = line_of(in);
  Options first, second;
  const auto refused = refusal([&] { first = parse_options(line.program, line.args); });
  require(!refused || refused == ErrorKind::kUsage, "a command line is refused as something else");
  const auto again = refusal([&] { second = parse_options(line.program, line.args); });
  require(refused == again && first.command == second.command && first.files == second.files &&
              first.output == second.output && first.level == second.level,
          "a command line means two things");
  if (refused) return 0;
  const bool needs_files = first.command <= Command::kInfo && !first.self;
  require(!needs_files || !first.files.empty(), "a command that needs files has none");
  require(first.compress.memory_bits >= 16 && first.compress.memory_bits <= 28 &&
              first.compress.lanes <= 255,
          "settings out of their bounds");
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  for (size_t word = 0; word < std::size(kWords); ++word) {
    all.push_back({0, static_cast<uint8_t>(word)});
    all.push_back({0, static_cast<uint8_t>(word), static_cast<uint8_t>(word + 1), 247, 'f', 'i',
                   'l', 'e', 's', 'f', 'i'});
  }
  return all;
}
