// SPDX-License-Identifier: Apache-2.0
#include "mix/rich_contexts.h"

#include <algorithm>

namespace llmz::mix {
namespace {

uint32_t h(uint32_t a, uint32_t b) { return hash2(a, b); }
uint32_t h(uint32_t a, uint32_t b, uint32_t c) { return hash2(hash2(a, b), c); }
uint32_t h(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return hash2(hash2(hash2(a, b), c), d);
}

// The byte that an expectation has, and one more number if it has none.
uint32_t expected(const RichView& v, size_t i) {
  return v.expected.has(i) ? v.expected.byte(i) : 256;
}
uint32_t trust(const RichView& v, size_t i) {
  return v.expected.has(i)
             ? std::min(v.expected.length(i), 15u) / 2 + 8 * (v.expected.errors(i) & 1)
             : 16;
}
#define ROW(name, expression)                 \
  {                                           \
    name, [](const RichView& v) -> uint32_t { \
      const TextState& t = v.text;            \
      const TextPatterns& p = v.patterns;     \
      (void)t;                                \
      (void)p;                                \
      return expression;                      \
    }                                         \
  }

uint32_t low_half(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t high_half(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

const std::vector<ContextRow> kRows = {
    ROW("order 0", 0),
    ROW("order 1", t.low(1)),
    ROW("order 2", t.low(2)),
    ROW("order 3", t.low(3)),
    ROW("order 4", t.low(4)),
    ROW("order 6", h(t.low(4), t.high() & 0xffff)),
    ROW("order 8", h(t.low(4), t.high())),
    ROW("sparse 2", t.low(2) >> 8),
    ROW("sparse 2-3", t.low(3) >> 8),
    ROW("sparse 3-4", t.low(4) >> 16),
    ROW("sparse 1, 3", t.low(4) & 0xff00ff),
    ROW("word", h(t.word, t.low(1))),
    ROW("word, one before", h(t.word, t.words_before[0], t.low(1))),
    ROW("word, two before", h(t.word, t.words_before[0], t.words_before[1], t.low(1))),
    ROW("word, one skipped", h(t.word, t.words_before[1], t.low(1))),
    ROW("token", h(t.token, t.low(1))),
    ROW("token, one before", h(t.token, t.token_before, t.low(1))),
    ROW("token, masked before", h(t.token, t.masked_before[0], t.low(1))),
    ROW("token, two masked before", h(t.token, t.masked_before[0], t.masked_before[1], t.low(1))),
    ROW("token, three masked before",
        h(h(t.token, t.masked_before[0], t.masked_before[1]), t.masked_before[2], t.low(1))),
    ROW("line", t.line_hash),
    ROW("shape, token", h(t.shape, t.token)),
    ROW("shape, place in token", h(t.shape, t.token_bytes, expected(v, 3))),
    ROW("field, first token, token", h(t.field, t.first_token, t.token)),
    ROW("cell", h(t.cell, t.cell_hash)),
    ROW("cell, order 2", h(t.cell, t.low(2))),
    ROW("column", t.column),
    ROW("key, value", h(t.key, t.value_hash)),
    ROW("key, parent, value", h(t.key, t.parent(), t.value_hash)),
    ROW("parent, token", h(t.parent(), t.token, t.low(1))),
    ROW("indent, order 1", h(t.indent, t.low(1), t.in_indent)),
    ROW("string", h(t.string_hash, t.in_string)),
    ROW("classes 4, order 1", h(t.classes & 0xffff, t.low(1))),
    ROW("number, place", h(t.number, t.digits, t.masked_before[0])),
    ROW("expected long, order 1", h(expected(v, 2), trust(v, 2), t.low(1))),
    ROW("expected short, order 2", h(expected(v, 0), trust(v, 0), t.low(2))),
    ROW("expected at place, order 1", h(expected(v, 3), trust(v, 3), t.low(1))),
    ROW("expected at place, counted",
        h(expected(v, 3), expected(v, 6), expected(v, 4), t.token_bytes)),
    ROW("expected at place, next, equal",
        h(expected(v, 3), v.expected.has(3) ? v.history.at(v.expected.at(3) + 1) : 256,
          std::min(v.expected.length(3), 15u) == std::min(t.token_bytes, 15u), t.token_bytes)),
    ROW("expected by tokens", h(expected(v, 4), trust(v, 4), t.low(1))),
    ROW("expected in cell", h(expected(v, 5), trust(v, 5), t.low(1))),
    ROW("above, order 1",
        h(expected(v, 7), v.expected.has(7) ? v.history.at(v.expected.at(7) + 1) : 256, t.low(1))),
    ROW("above, field, token", h(expected(v, 7), t.field, t.token)),
    ROW("expected, all", h(expected(v, 0), expected(v, 2), expected(v, 3), expected(v, 4))),
};

const std::vector<ContextRow> kPatternRows = {
    ROW("gap, key", h(p.gap, t.key, t.token_bytes)),
    ROW("gap, key, parent", h(p.gap, t.key, t.parent(), t.token_bytes)),
    ROW("gap, gap before", h(p.gap, t.token_bytes, p.gap_before)),
    ROW("kinds 8", h(low_half(p.kinds), high_half(p.kinds))),
    ROW("runs of kinds 8", h(low_half(p.runs), high_half(p.runs))),
    ROW("masked 16", h(low_half(p.masked[0]), high_half(p.masked[0]), low_half(p.masked[1]),
                       high_half(p.masked[1]))),
    ROW("followed, kinds 4", h(p.followed_token(), low_half(p.kinds))),
    ROW("followed, order 1", h(p.followed_token(), t.low(1))),
    ROW("followed, key", h(p.followed_token(), t.key)),
    ROW("followed last, parent", h(p.followed_token() & 0xff, t.parent(), t.token_bytes)),
    ROW("followed byte, order 1", h(p.followed_byte(t), t.low(1))),
    ROW("line before, column, order 1", h(p.line_before, t.column, t.low(1))),
    ROW("length before, column, above", h(p.length_before, t.column, expected(v, 7), t.low(1))),
    ROW("opened, token", h(p.opened, t.token)),
    ROW("kilobyte, token", h(t.position >> 10, t.token)),
    ROW("high halves", t.low(4) & 0xf0f0f0f0),
};

// The rows of the first rich mix that the second one has too, by their numbers in the document, and
// those of patterns.
std::vector<ContextRow> second_rows() {
  std::vector<ContextRow> rows;
  for (size_t n : {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                   15, 23, 25, 28, 29, 30, 32, 33, 34, 35, 36, 42, 44})
    rows.push_back(kRows[n - 1]);
  rows.insert(rows.end(), kPatternRows.begin(), kPatternRows.end());
  return rows;
}

std::vector<ContextRow> with_tokens(std::vector<ContextRow> rows) {
  rows.insert(rows.end(), {
                              ROW("prefix, one token before", h(v.token.prefix, v.token.before)),
                              ROW("prefix, two tokens before",
                                  h(v.token.prefix, v.token.before, v.token.second)),
                              ROW("prefix, three tokens before",
                                  h(v.token.prefix, v.token.before, v.token.second, v.token.third)),
                          });
  return rows;
}

const std::vector<ContextRow> kTokenRows = with_tokens(kRows), kSecondRows = second_rows(),
                              kSecondTokenRows = with_tokens(kSecondRows);

}  // namespace

// Tuned on texts that are neither trained on nor benchmarks (docs/mixing-findings.md).
const RichDesign kRichMix = {kRows, false, false, 1500, 0, 800};
const RichDesign kRichMixBesideNetwork = {kTokenRows, true, false, 1500, 0, 800};
const RichDesign kSecondRichMix = {kSecondRows, false, true, 500, 1500, 500};
const RichDesign kSecondRichMixBesideNetwork = {kSecondTokenRows, true, true, 500, 1500, 500};

}  // namespace llmz::mix
