// SPDX-License-Identifier: Apache-2.0
// The contexts of the rich mix: docs/mixing.md, "Specification of the rich mix", "Contexts". Names
// are the document's.
#pragma once

#include "mix_document_expectations.h"
#include "mix_document_lane.h"

namespace llmz::mix_document {

// Contexts: the keys, in order. lane: that of the mix of ends, beside a network.
inline std::vector<uint32_t> rich_keys(const Text& s, const Expectations& expectations,
                                       const Lane* lane) {
  const auto e = [&](size_t i) { return expectations[i].valid ? expectations[i].byte : 256; };
  const auto t = [&](size_t i) {
    const Expectation& x = expectations[i];
    return x.valid ? std::min(x.length, 15u) / 2 + 8 * (x.errors & 1) : 16;
  };
  const auto a = [&](size_t i) {
    return expectations[i].valid ? s.ring[expectations[i].at + 1] : 256;
  };
  const auto low = [&](uint32_t n) { return s.low(n); };
  const uint32_t equal = std::min(expectations[3].length, 15u) == std::min(s.token_bytes, 15u);
  std::vector<uint32_t> rows{
      0,
      low(1),
      low(2),
      low(3),
      low(4),
      hash(low(4), s.high & 0xffff),
      hash(low(4), s.high),
      low(2) >> 8,
      low(3) >> 8,
      low(4) >> 16,
      low(4) & 0xff00ff,
      hash(s.word, low(1)),
      hash(s.word, s.word1, low(1)),
      hash(s.word, s.word1, s.word2, low(1)),
      hash(s.word, s.word2, low(1)),
      hash(s.token, low(1)),
      hash(s.token, s.token1, low(1)),
      hash(s.token, s.masked1, low(1)),
      hash(s.token, s.masked1, s.masked2, low(1)),
      hash(hash(s.token, s.masked1, s.masked2), s.masked3, low(1)),
      s.line,
      hash(s.shape, s.token),
      hash(s.shape, s.token_bytes, e(3)),
      hash(s.field, s.first_token, s.token),
      hash(s.cell, s.cell_hash),
      hash(s.cell, low(2)),
      s.column,
      hash(s.key, s.value),
      hash(s.key, s.parent(), s.value),
      hash(s.parent(), s.token, low(1)),
      hash(s.indent, low(1), s.in_indent),
      hash(s.string, s.in_string),
      hash(s.classes & 0xffff, low(1)),
      hash(s.number, s.digits, s.masked1),
      hash(e(2), t(2), low(1)),
      hash(e(0), t(0), low(2)),
      hash(e(3), t(3), low(1)),
      hash(e(3), e(6), e(4), s.token_bytes),
      hash(e(3), a(3), equal, s.token_bytes),
      hash(e(4), t(4), low(1)),
      hash(e(5), t(5), low(1)),
      hash(e(7), a(7), low(1)),
      hash(e(7), s.field, s.token),
      hash(e(0), e(2), e(3), e(4)),
  };
  if (lane) {
    const uint32_t one = hash(lane->prefix, lane->t1), two = hash(one, lane->t2);
    rows.insert(rows.end(), {one, two, hash(two, lane->t3)});
  }
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = hash(rows[i], i + 1);
  return rows;
}

}  // namespace llmz::mix_document
