# SPDX-License-Identifier: Apache-2.0
"""The contexts of the two rich mixes: docs/mixing.md, "Contexts" in "Specification of the rich mix" and in
"Specification of the second rich mix"."""
from mix_parts import U32, hashes


def h(*parts):
    return hashes(*map(int, parts))


def rows_of(text, x):
    """Contexts: the rows of the table, `x` being the expectations."""
    low1, low2, low4, high = text.low(1), text.low(2), text.low(4), text.high()
    token, masked1, masked2, e3 = text.token, text.masked1, text.masked2, x.e(3)
    in_step = min(x.all[3].length, 15) == min(text.token_bytes, 15)
    parent = text.parent()
    return [
        0, low1, low2, text.low(3), low4, h(low4, high & 0xffff), h(low4, high),
        low2 >> 8, text.low(3) >> 8, low4 >> 16, low4 & 0xff00ff,
        h(text.word, low1), h(text.word, text.word1, low1), h(text.word, text.word1, text.word2, low1),
        h(text.word, text.word2, low1),
        h(token, low1), h(token, text.token1, low1), h(token, masked1, low1), h(token, masked1, masked2, low1),
        h(h(token, masked1, masked2), text.masked3, low1),
        text.line, h(text.shape, token), h(text.shape, text.token_bytes, e3), h(text.field, text.first_token, token),
        h(text.cell, text.cell_hash), h(text.cell, low2), text.column,
        h(text.key, text.value), h(text.key, parent, text.value), h(parent, token, low1),
        h(text.indent, low1, text.in_indent), h(text.string, text.in_string), h(text.classes & 0xffff, low1),
        h(text.number, text.digits, masked1),
        h(x.e(2), x.t(2), low1), h(x.e(0), x.t(0), low2), h(e3, x.t(3), low1),
        h(e3, x.e(6), x.e(4), text.token_bytes), h(e3, x.a(3), in_step, text.token_bytes),
        h(x.e(4), x.t(4), low1), h(x.e(5), x.t(5), low1), h(x.e(7), x.a(7), low1),
        h(x.e(7), text.field, token), h(x.e(0), x.e(2), e3, x.e(4))]


def words_of(number, count):
    """x/0, x/1, ... of the second rich mix"""
    return [number >> 32 * n & U32 for n in range(count)]


def second_rows_of(text, patterns, x):
    """The same of the second rich mix."""
    low1, low2, low4, high = text.low(1), text.low(2), text.low(4), text.high()
    token, token_bytes, parent, key = text.token, text.token_bytes, text.parent(), text.key
    gap, followed = patterns.gap, patterns.followed()
    kinds = words_of(patterns.kinds, 2)
    return [
        0, low1, low2, text.low(3), low4, h(low4, high & 0xffff), h(low4, high),
        low2 >> 8, text.low(3) >> 8, low4 >> 16, low4 & 0xff00ff,
        h(text.word, low1), h(text.word, text.word1, low1), h(text.word, text.word2, low1),
        h(text.shape, token_bytes, x.e(3)), h(text.cell, text.cell_hash),
        h(key, text.value), h(key, parent, text.value), h(parent, token, low1),
        h(text.string, text.in_string), h(text.classes & 0xffff, low1), h(text.number, text.digits, text.masked1),
        h(x.e(2), x.t(2), low1), h(x.e(0), x.t(0), low2), h(x.e(7), x.a(7), low1), h(x.e(0), x.e(2), x.e(3), x.e(4)),
        h(gap, key, token_bytes), h(gap, key, parent, token_bytes), h(gap, token_bytes, patterns.gap_before),
        h(*kinds), h(*words_of(patterns.runs, 2)), h(*words_of(patterns.masked, 4)),
        h(followed, kinds[0]), h(followed, low1), h(followed, key), h(followed & 0xff, parent, token_bytes),
        h(patterns.followed_byte(), low1),
        h(patterns.line_before, text.column, low1), h(patterns.length_before, text.column, x.e(7), low1),
        h(patterns.opened, token), h(text.position >> 10, token), low4 & 0xf0f0f0f0]
