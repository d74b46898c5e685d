// SPDX-License-Identifier: Apache-2.0
// A fuzz target as a plain program, without libFuzzer: its seeds, the files and folders named, and
// mutations of each that the seed decides. --unchecked: as in a build for fuzzing, no check is
// wrong.
//   TARGET [--mutations N] [--seconds S] [--seed N | --seed today] [--unchecked] [FILE|FOLDER]...
//   TARGET --write-seeds FOLDER
// Files that end in .hex are text: two digits a byte, and # begins a comment.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/fuzzing.h"
#include "target.h"

using namespace llmz;

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

namespace fs = std::filesystem;

struct Input {
  std::string name;
  Bytes bytes;
};

struct Options {
  uint64_t mutations = 1000;
  double seconds = 60;
  uint32_t seed = 1;
  std::string write_seeds;
  std::vector<std::string> paths;
};

// What is being run, for the last words of a process that dies of it.
const std::string* current_name = nullptr;
const Bytes* current_bytes = nullptr;

// Keeps the input as crash.bin, and shows what is not long: with its name alone one would have to
// look for it.
void tell_current() {
  if (current_name == nullptr) return;
  const auto say = [](const char* text, size_t size) {
    if (write(STDERR_FILENO, text, size) < 0) _exit(3);
  };
  say("\nthe input was ", 15);
  say(current_name->data(), current_name->size());
  say(", now in crash.bin:\n", 20);
  for (size_t i = 0; i < std::min<size_t>(current_bytes->size(), 2000); ++i) {
    const uint8_t byte = (*current_bytes)[i];
    const char digits[] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    say(digits, 2);
  }
  say("\n", 1);
  if (std::FILE* file = std::fopen("crash.bin", "wb")) {
    std::fwrite(current_bytes->data(), 1, current_bytes->size(), file);
    std::fclose(file);
  }
}

void die(int number) {
  tell_current();
  signal(number, SIG_DFL);
  raise(number);
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  std::string digits;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '#') at = std::min(text.find('\n', at), text.size() - 1);
    if (std::isxdigit(static_cast<unsigned char>(text[at]))) digits += text[at];
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

Input read_input(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const bool hex = path.extension() == ".hex";
  return {path.filename().string(), hex ? from_hex(text) : Bytes(text.begin(), text.end())};
}

std::vector<Input> all_inputs(const std::vector<std::string>& paths) {
  std::vector<Input> inputs{{"nothing", {}}};
  for (Bytes& seed : fuzz::seeds())
    inputs.push_back({"seed " + std::to_string(inputs.size()), std::move(seed)});
  for (const std::string& path : paths) {
    if (fs::is_regular_file(path)) inputs.push_back(read_input(path));
    if (!fs::is_directory(path)) continue;
    std::vector<fs::path> files(fs::directory_iterator(path), fs::directory_iterator{});
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) inputs.push_back(read_input(file));
  }
  return inputs;
}

// One or some small changes. mt19937 gives the same numbers everywhere, distributions do not.
Bytes mutated(Bytes bytes, const Bytes& other, std::mt19937& random) {
  static constexpr uint8_t kTelling[] = {0, 1, 2, 0x0f, 0x7f, 0x80, 0x81, 0xec, 0x1a, 0xfe, 0xff};
  const auto below = [&](size_t count) { return count == 0 ? 0 : random() % count; };
  const auto place = [&](size_t at) { return bytes.begin() + static_cast<ptrdiff_t>(at); };
  for (size_t changes = 1 + below(4); changes > 0; --changes) {
    const size_t at = below(bytes.size());
    const size_t length = std::min<size_t>(1 + below(8), bytes.size() - at);
    switch (below(7)) {
      case 0:
        if (!bytes.empty()) bytes[at] ^= static_cast<uint8_t>(1 << below(8));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = kTelling[below(std::size(kTelling))];
        break;
      case 2:
        if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(random());
        break;
      case 3:
        bytes.erase(place(at), place(at + length));
        break;
      case 4:
        bytes.insert(place(at), 1 + below(8), kTelling[below(std::size(kTelling))]);
        break;
      case 5:
        if (below(4) == 0) bytes.resize(at);
        break;
      default: {
        const size_t from = below(other.size());
        const size_t count = std::min<size_t>(1 + below(32), other.size() - from);
        const Bytes part(other.begin() + static_cast<ptrdiff_t>(from),
                         other.begin() + static_cast<ptrdiff_t>(from + count));
        bytes.insert(place(at), part.begin(), part.end());
      }
    }
  }
  return bytes;
}

void run(const std::string& name, const Bytes& bytes) {
  current_name = &name;
  current_bytes = &bytes;
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  current_name = nullptr;
}

int replay(const Options& options) {
  for (int number : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) signal(number, die);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(tell_current);
#endif
  const std::vector<Input> inputs = all_inputs(options.paths);
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  uint64_t runs = 0;
  for (const Input& input : inputs) {
    run(input.name, input.bytes);
    ++runs;
  }
  std::mt19937 random(options.seed);
  for (uint64_t round = 0; round < options.mutations && spent() < options.seconds; ++round) {
    for (const Input& input : inputs) {
      const Bytes& other = inputs[random() % inputs.size()].bytes;
      run(input.name + ", mutation " + std::to_string(round), mutated(input.bytes, other, random));
      ++runs;
    }
  }
  std::printf("%llu executions of %zu inputs in %.1f s, seed %u\n",
              static_cast<unsigned long long>(runs), inputs.size(), spent(), options.seed);
  return 0;
}

// Another one each day, so that what is run every day sees more and more.
uint32_t seed_of(const std::string& text) {
  if (text != "today") return static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
  return static_cast<uint32_t>(std::time(nullptr) / 86'400);
}

void switch_checks_off() {
#if defined(LLMZ_SWITCHED_CHECKS) && !defined(LLMZ_FUZZING)
  checks_are_off = true;
#else
  if (!checks_are_off) {
    std::fputs("--unchecked: only builds with sanitizers can switch checks off\n", stderr);
    std::exit(2);
  }
#endif
}

int write_seeds(const std::string& folder) {
  fs::create_directories(folder);
  size_t number = 0;
  for (const Bytes& seed : fuzz::seeds()) {
    std::ofstream out(folder + "/seed-" + std::to_string(++number), std::ios::binary);
    out.write(reinterpret_cast<const char*>(seed.data()),
              static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const char* const next = i + 1 < argc ? argv[i + 1] : "";
    if (arg == "--mutations") {
      options.mutations = std::strtoull(next, nullptr, 10), ++i;
    } else if (arg == "--seconds") {
      options.seconds = std::strtod(next, nullptr), ++i;
    } else if (arg == "--seed") {
      options.seed = seed_of(next), ++i;
    } else if (arg == "--unchecked") {
      switch_checks_off();
    } else if (arg == "--write-seeds") {
      options.write_seeds = next, ++i;
    } else {
      options.paths.push_back(arg);
    }
  }
  return options.write_seeds.empty() ? replay(options) : write_seeds(options.write_seeds);
}
