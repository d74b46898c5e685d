// SPDX-License-Identifier: Apache-2.0
// The contexts of the two rich mixes: docs/mixing.md, "Contexts" in "Specification of the rich mix"
// and in "Specification of the second rich mix". Names are the document's.
#pragma once

#include "mix_document_expectations.h"
#include "mix_document_lane.h"
#include "mix_document_patterns.h"

namespace llmz::mix_document {

// Contexts: e, t and a.
struct OfExpectations {
  uint32_t e(size_t i) const { return of[i].valid ? of[i].byte : 256; }
  uint32_t t(size_t i) const {
    return of[i].valid ? std::min(of[i].length, 15u) / 2 + 8 * (of[i].errors & 1) : 16;
  }
  uint32_t a(size_t i) const { return of[i].valid ? text.ring[of[i].at + 1] : 256; }
  const Expectations& of;
  const Text& text;
};

// The keys, of rows and of those that there are beside a network. lane: that of the mix of ends,
// beside a network.
inline std::vector<uint32_t> keys_of(std::vector<uint32_t> rows, const Lane* lane) {
  if (lane) {
    const uint32_t one = hash(lane->prefix, lane->t1), two = hash(one, lane->t2);
    rows.insert(rows.end(), {one, two, hash(two, lane->t3)});
  }
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = hash(rows[i], i + 1);
  return rows;
}

// Contexts: the keys, in order.
inline std::vector<uint32_t> rich_keys(const Text& s, const Expectations& expectations,
                                       const Lane* lane) {
  const OfExpectations x{expectations, s};
  const auto e = [&](size_t i) { return x.e(i); };
  const auto t = [&](size_t i) { return x.t(i); };
  const auto a = [&](size_t i) { return x.a(i); };
  const auto low = [&](uint32_t n) { return s.low(n); };
  const uint32_t equal = std::min(expectations[3].length, 15u) == std::min(s.token_bytes, 15u);
  const std::vector<uint32_t> rows{
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
  return keys_of(rows, lane);
}

// Those of the second rich mix.
inline std::vector<uint32_t> second_rich_keys(const Text& s, const Patterns& p,
                                              const Expectations& expectations, const Lane* lane) {
  const OfExpectations x{expectations, s};
  const auto e = [&](size_t i) { return x.e(i); };
  const auto low = [&](uint32_t n) { return s.low(n); };
  const uint32_t followed = p.followed(), followed_byte = p.followed_byte(s);
  const std::vector<uint32_t> rows{
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
      hash(s.word, s.word2, low(1)),
      hash(s.shape, s.token_bytes, e(3)),
      hash(s.cell, s.cell_hash),
      hash(s.key, s.value),
      hash(s.key, s.parent(), s.value),
      hash(s.parent(), s.token, low(1)),
      hash(s.string, s.in_string),
      hash(s.classes & 0xffff, low(1)),
      hash(s.number, s.digits, s.masked1),
      hash(e(2), x.t(2), low(1)),
      hash(e(0), x.t(0), low(2)),
      hash(e(7), x.a(7), low(1)),
      hash(e(0), e(2), e(3), e(4)),
      hash(p.gap, s.key, s.token_bytes),
      hash(p.gap, s.key, s.parent(), s.token_bytes),
      hash(p.gap, s.token_bytes, p.gap_before),
      hash(p.kinds[0], p.kinds[1]),
      hash(p.runs[0], p.runs[1]),
      hash(p.masked[0], p.masked[1], p.masked[2], p.masked[3]),
      hash(followed, p.kinds[0]),
      hash(followed, low(1)),
      hash(followed, s.key),
      hash(followed & 0xff, s.parent(), s.token_bytes),
      hash(followed_byte, low(1)),
      hash(p.line_before, s.column, low(1)),
      hash(p.length_before, s.column, e(7), low(1)),
      hash(p.opened, s.token),
      hash(s.position >> 10, s.token),
      low(4) & 0xf0f0f0f0,
  };
  return keys_of(rows, lane);
}

}  // namespace llmz::mix_document
