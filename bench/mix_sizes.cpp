// SPDX-License-Identifier: Apache-2.0
// mix_sizes [--lean | --first] [--parts | --without PREFIX] [--memory BITS] FILE...: what the
// second rich mix makes of files, in bytes, without the container; with --lean the mix of -1, with
// --first the first rich mix. --without leaves out the contexts whose names begin so; --parts
// leaves out one context at a time and prints what each is worth, in per cent of all files
// together. Memory: that of the format for each file, or 2^BITS bytes.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "container/format.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"

using namespace llmz::mix;

namespace {

int memory_bits = 0;  // 0: as the format prescribes

int memory_of(const std::string& text) {
  return memory_bits > 0 ? memory_bits : llmz::implied_memory_bits(text.size(), false);
}

std::string content_of(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

double cost_of_bit(uint32_t p, uint32_t bit) {
  return -std::log2((bit ? p : kProbabilityOne - p) / double{kProbabilityOne});
}

double lean_bytes(const std::string& text) {
  MixingModel mix(memory_of(text), false);
  mix.begin_lanes(0, 1, static_cast<uint32_t>(text.size()));
  double bits = 0;
  for (char c : text) {
    mix.begin_byte(0);
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = static_cast<uint8_t>(c) >> shift & 1;
      bits += cost_of_bit(mix.predict(kProbabilityOne / 2), bit);
      mix.learn(bit);
    }
    mix.end_byte(static_cast<uint8_t>(c));
  }
  return bits / 8;
}

double rich_bytes(const std::string& text, const RichDesign& design) {
  RichModel mix(memory_of(text), design);
  double bits = 0;
  for (char c : text) {
    mix.begin_byte();
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = static_cast<uint8_t>(c) >> shift & 1;
      bits += cost_of_bit(mix.predict(), bit);
      mix.learn(bit);
    }
    mix.end_byte(static_cast<uint8_t>(c));
  }
  return bits / 8;
}

double rich_bytes(const std::vector<std::string>& texts, const RichDesign& design) {
  double bytes = 0;
  for (const std::string& text : texts) bytes += rich_bytes(text, design);
  return bytes;
}

RichDesign with_rows(const RichDesign& design, const std::vector<ContextRow>& rows) {
  return {rows,
          design.with_network,
          design.second,
          design.history_weight,
          design.second_weight,
          design.run_weight};
}

std::vector<ContextRow> without(const std::vector<ContextRow>& all, const std::string& prefix) {
  std::vector<ContextRow> rows;
  for (const ContextRow& row : all)
    if (std::string(row.name).rfind(prefix, 0) != 0) rows.push_back(row);
  return rows;
}

void print_parts(const std::vector<std::string>& texts, const RichDesign& design) {
  const double all = rich_bytes(texts, design);
  std::printf("| left out | |\n|---|--:|\n| nothing | %.0f |\n", all);
  for (size_t i = 0; i < design.rows.size(); ++i) {
    std::vector<ContextRow> rows = design.rows;
    rows.erase(rows.begin() + static_cast<ptrdiff_t>(i));
    std::printf("| %s | %+.2f %% |\n", design.rows[i].name,
                100 * (rich_bytes(texts, with_rows(design, rows)) / all - 1));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool lean = false, parts = false, first = false;
  const char* left_out = nullptr;
  std::vector<const char*> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--lean") == 0) {
      lean = true;
    } else if (std::strcmp(argv[i], "--parts") == 0) {
      parts = true;
    } else if (std::strcmp(argv[i], "--without") == 0 && i + 1 < argc) {
      left_out = argv[++i];
    } else if (std::strcmp(argv[i], "--first") == 0) {
      first = true;
    } else if (std::strcmp(argv[i], "--memory") == 0 && i + 1 < argc) {
      memory_bits = std::atoi(argv[++i]);
    } else {
      paths.push_back(argv[i]);
    }
  }
  if (paths.empty()) {
    std::fprintf(stderr,
                 "mix_sizes [--lean | --first] [--parts | --without PREFIX] [--memory BITS] "
                 "FILE...\n");
    return 2;
  }
  std::vector<std::string> texts;
  for (const char* path : paths) texts.push_back(content_of(path));
  const RichDesign& whole = first ? kRichMix : kSecondRichMix;
  const std::vector<ContextRow> rows = left_out ? without(whole.rows, left_out) : whole.rows;
  const RichDesign design = with_rows(whole, rows);
  if (parts) {
    print_parts(texts, design);
    return 0;
  }
  double all = 0, content = 0;
  const std::clock_t start = std::clock();
  for (size_t i = 0; i < texts.size(); ++i) {
    const double bytes = lean ? lean_bytes(texts[i]) : rich_bytes(texts[i], design);
    std::printf("%-50s %9zu %9.0f\n", paths[i], texts[i].size(), bytes);
    std::fflush(stdout);
    all += bytes;
    content += static_cast<double>(texts[i].size());
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%-50s %9.0f %9.0f, %.0f KB/s of processor time\n", "all", content, all,
              content / seconds / 1000);
}
