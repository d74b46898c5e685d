// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with LLMZ_IMPORTED_LOOPS naming the result.
#include "exact/imported_loops.h"

#include "exact/imported_attention_loops.h"
#include "exact/imported_product_loops.h"
#include "exact/imported_row_loops.h"

namespace llmz::exact {
namespace {

// Of the head: master = w * 2^15 + rest moves, then is rounded again.
void learn(const WideHead& head, size_t j, const WideStep* steps, size_t count) {
  constexpr int kShift = 15;
  constexpr int64_t kLimit = int64_t{32767} << kShift;
  int16_t* view = head.view + packed_row(j, head.columns, kBlock);
  int16_t* rest = head.rest + j * head.columns;
  for (size_t begin = 0; begin < head.columns; begin += kWideRun, view += kBlock * kWideRun) {
    for (size_t i = 0; i < kWideRun; ++i) {
      int64_t master = int64_t{view[i]} * (1 << kShift) + rest[begin + i];
      for (size_t s = 0; s < count; ++s) master += steps[s].c * steps[s].h[begin + i];
      master = limited_to(master, kLimit);
      const int64_t w = (master + (1 << (kShift - 1))) >> kShift;
      view[i] = static_cast<int16_t>(w);
      rest[begin + i] = static_cast<int16_t>(master - w * (1 << kShift));
    }
  }
}

}  // namespace

extern const ImportedLoops LLMZ_IMPORTED_LOOPS;
const ImportedLoops LLMZ_IMPORTED_LOOPS = {kBlock,   linear, logits, fit,    norm, hidden,
                                           activate, gate,   add,    attend, learn};

}  // namespace llmz::exact
