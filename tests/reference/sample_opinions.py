# SPDX-License-Identifier: Apache-2.0
"""What is expected of a sample: docs/sample-mix.md, "Layout" to "Filters"."""
from math import isqrt

from mix_parts import toward_zero


def clamp(x, least, most):
    return min(max(x, least), most)


def around(x, a):
    return clamp(x, -a, a)


def level(x):
    if x < 4:
        return x
    n = x.bit_length() - 1
    return 4 * n - 4 + (x >> (n - 2) & 3)


class Fit:
    def __init__(self, distances, fading, every):
        self.distances, self.fading, self.every, self.learned = distances, fading, every, 0
        n = self.n = len(distances)
        self.m = [[0] * (i + 1) for i in range(n)]
        self.b, self.w, self.u = [0] * n, [0] * n, [0] * n

    def center(self):
        return around(sum(w * u for w, u in zip(self.w, self.u)) >> 12, 1 << 24)

    def learn(self, v):
        u = self.u
        for i, row in enumerate(self.m):
            for j in range(i + 1):
                row[j] += ((u[i] * u[j] << 16) - row[j]) >> self.fading
            self.b[i] += ((u[i] * v << 16) - self.b[i]) >> self.fading
        self.learned += 1
        if self.learned % self.every == 0:
            self.solve()

    def solve(self):
        n, m = self.n, self.m
        d = max(m[i][i] for i in range(n))
        if d < 1 << 14:
            return
        h = (d + (d >> 18)).bit_length() - 28

        def shift(x):
            return x << -h if h < 0 else x >> h

        low = []
        for i in range(n):
            row = []
            for j in range(i + 1):
                mean = m[i][j] + (m[i][i] >> 18 if i == j else 0)
                x = (shift(mean) << 28) - sum(a * b for a, b in zip(row, low[j] if j < i else row))
                if i == j:
                    if x < 1 << 32:
                        return
                    row.append(isqrt(x))
                else:
                    row.append(around(toward_zero(x, low[j][j]), 1 << 28))
            low.append(row)
        y = []
        for i in range(n):
            x = (around(shift(self.b[i]), 1 << 29) << 28) - sum(a * b for a, b in zip(low[i], y))
            y.append(around(toward_zero(x, low[i][i]), 1 << 29))
        for i in reversed(range(n)):
            x = (y[i] << 16) - sum(low[k][i] * self.w[k] for k in range(i + 1, n))
            self.w[i] = around(toward_zero(x, low[i][i]), 1 << 20)


class Filter:
    def __init__(self, n, rate):
        self.past, self.w, self.rate, self.q = [0] * n, [0] * n, rate, 0

    def predict(self):
        self.q = around(sum(w * x for w, x in zip(self.w, self.past)) >> 16, 1 << 21)
        return self.q

    def learn(self, x):
        energy = sum(p * p for p in self.past)
        gain = around(toward_zero((x - self.q) * self.rate << 20, energy + 4096), 1 << 38)
        self.w = [around(w + (gain * p >> 20), 1 << 20) for w, p in zip(self.w, self.past)]
        self.past = self.past[1:] + [x]


def distances_with_rows(s, r, own, fit):
    out = [s, r, r + s, r - s, 2 * s, 2 * r]
    if fit:
        out += [2 * r + s, 2 * r - s, r + 2 * s, r - 2 * s, 3 * s, 3 * r]
    for k in (own - c for c in range(s)):
        if k > 0:
            out += [k, k + s, k + r] + ([k + r - s, k + r + s] if fit else [])
        elif k < 0 and fit:
            out += [k + s, k + r]
    return out


def distances_without(s, own, fit):
    o = (12 if fit else 6) // (s - 1) if s > 1 else 0
    out = [i * s for i in range(1, (32 if fit else 16) - (s - 1) * o + 1)]
    for c in range(s):
        if c != own:
            out += [(own - c) % s + i * s for i in range(o)]
    return out


class Opinions:
    def __init__(self, layout):
        self.layout = layout
        s, r = layout.channels, layout.row
        table = [256 * max(q, 2) if q < 4 else 256 * (4 + q % 4) << (q // 4 - 1) for q in range(80)]
        self.tables = [list(table) for _ in range(10)]
        self.fits = [[Fit(distances_with_rows(s, r, c, f) if r else distances_without(s, c, f),
                          (4, 6, 9)[f] if r else (5, 6, 8)[f], 1 << f) for f in range(3)] for c in range(s)]
        self.filters = [(Filter(32, 800), Filter(16, 1200)) for _ in range(s)]
        self.fast, self.slow = [[0] * 10 for _ in range(s)], [[0] * 10 for _ in range(s)]
        self.values, self.errors, self.off = [], [], []
        self.channel = 0

    def back(self, d):
        t, s = len(self.values), self.layout.channels
        if t < s:
            return (self.layout.top + 1) // 2
        return self.values[t - (s if d > t else d)]

    def form(self):
        s, r = self.layout.channels, self.layout.row
        self.center, self.spread, self.levels = [], [], []
        if r:
            self.with_rows(s, r)
        else:
            self.without_rows(s)
        for i in range(10):
            if i == 9:
                weights = [(1 << 40) // (x ** 3 + 1) + 1 for x in self.spread]
                self.set(sum(w * x for w, x in zip(weights, self.center)) // sum(weights))
            self.levels.append(level(self.expected_error(i, s, r)))
            self.spread.append(max(self.tables[i][self.levels[i]] >> 8, 1))

    def set(self, center):
        self.center.append(clamp(center, 0, 16 * self.layout.top))

    def with_rows(self, s, r):
        back = self.back
        w, n, nw, ne, p = back(s), back(r), back(r + s), back(r - s), back(1)
        self.neighbours = [w, n, nw, ne, back(2 * s), back(2 * r)]
        self.near_errors = [self.error(s), self.error(r), self.error(1) if self.channel else 0]
        self.base = clamp(w + n - nw, min(w, n), max(w, n))
        for x in (self.base, w, n, w + n - nw):
            self.set(16 * x)
        self.set(16 * (w + p - back(1 + s) if self.channel else n + ne - back(2 * r - s)))
        self.set(16 * (n + p - back(1 + r)) if self.channel else 16 * w + 8 * (ne - nw))
        self.set_fits()

    def without_rows(self, s):
        back = self.back
        a, b, c = back(s), back(2 * s), back(3 * s)
        self.neighbours = [a, back(1) if s > 1 else b, b, c, back(4 * s), back(5 * s)]
        self.near_errors = [self.error(s), self.error(2 * s), self.error(1) if self.channel else 0]
        self.base = (self.layout.top + 1) // 2
        self.set(16 * a)
        self.set(16 * (2 * a - b))
        self.set(16 * (a + back(1) - back(1 + s) if s > 1 else 3 * a - 3 * b + c))
        self.set_fits()
        for one in self.filters[self.channel]:
            self.set(self.center[-1] + one.predict())
        self.set((self.center[3] + self.center[7]) // 2)

    def set_fits(self):
        for fit in self.fits[self.channel]:
            fit.u = [self.back(d) - self.base for d in fit.distances]
            self.set(16 * self.base + fit.center())

    def error(self, d):
        """Of opinion 9, with its sign"""
        return self.off[-d] if d <= len(self.off) else 0

    def expected_error(self, i, s, r):
        if not r:
            return (self.fast[self.channel][i] + self.slow[self.channel][i]) >> 9
        e = [self.errors[-d][i] if d <= len(self.errors) else 0 for d in (s, r, r + s, r - s, 2 * s, 2 * r)]
        return (2 * e[0] + 2 * e[1] + sum(e[2:])) // 8

    def learn(self, value):
        errors = [abs(16 * value - center) for center in self.center]
        means = [(self.fast[self.channel], 4), (self.slow[self.channel], 7)]
        for i, e in enumerate(errors):
            for table, at, k in [(self.tables[i], self.levels[i], 6)] + [(mean, i, k) for mean, k in means]:
                table[at] += ((e << 8) >> k) - (table[at] >> k)
        self.errors.append(errors)
        self.off.append(16 * value - self.center[9])
        if not self.layout.row:
            for one, center in zip(self.filters[self.channel], self.center[5:7]):
                one.learn(16 * value - center)
        for fit in self.fits[self.channel]:
            fit.learn(value - self.base)
        self.values.append(value)
        t = len(self.values)
        self.channel = (t % self.layout.row if self.layout.row else t) % self.layout.channels
