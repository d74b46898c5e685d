# SPDX-License-Identifier: Apache-2.0
"""The body of the network, from tokens to hidden vectors: docs/exact-arithmetic.md."""
from math import isqrt

import numpy as np


def round_shift(a, s):
    """Notation."""
    return (a + (1 << (s - 1))) >> s if s else a


def clamp(a, m):
    """Notation."""
    return np.clip(a, -m, m)


LIMIT = (1 << 27) - 1  # of the residual stream and of what a matrix gives


def linear(a, matrix):
    """Primitives, linear, for the rows of `a`."""
    sums = (a.astype(np.float64) @ matrix.weight.T).astype(np.int64)
    return clamp(round_shift(sums * matrix.multiplier, matrix.shift), LIMIT)


def norm(x, scale, s):
    """Primitives, norm, of each row of `x`. The widths of numbers differ from row to row: Python's integers."""
    c = isqrt(scale * scale * x.shape[1] << 2 * s)
    out = np.empty_like(x)
    for row, square in enumerate((x * x).sum(axis=1).tolist()):
        r = max(isqrt(square), 1)
        e = r.bit_length()
        out[row] = round_shift(x[row] * ((c << e) // r), s + e)
    return out


def exp2_neg(t):
    """Primitives, exp2_neg: (g, whole)."""
    f = t & 32767
    g = np.full_like(t, 224)
    for coefficient in (-1745, 7848, -22711, 32768):
        g = coefficient + ((g * f + (1 << 14)) >> 15)
    return g, np.minimum(t >> 15, 31)


class Lane:
    """What the body keeps for a lane ("Lanes"). `token` is the last one, which is fed next; at the start of a block it
    is the NUL byte, before which stands another one. `keys` and `values` hold at most the newest W of each layer."""

    def __init__(self, model):
        self.token = 0
        self.before = 0
        self.position = 0
        self.keys = [np.zeros((0, model.D), np.int64)] * model.L
        self.values = [np.zeros((0, model.D), np.int64)] * model.L

    def fork(self):
        """Arrays are replaced, never changed: the copy may share them."""
        copy = object.__new__(Lane)
        copy.token, copy.before, copy.position = self.token, self.before, self.position
        copy.keys, copy.values = list(self.keys), list(self.values)
        return copy

    def append(self, token):
        self.before, self.token = self.token, token
        self.position = (self.position + 1) % (1 << 32)


class Body:
    def __init__(self, model):
        self.model = model

    def hidden(self, lanes):
        """One token through the body: feeds each lane its last token; gives int8[d] for each, as int64."""
        m = self.model
        t = np.array([lane.token for lane in lanes])
        p = np.array([lane.before for lane in lanes])
        x = clamp(m.embedding.weight[t] * m.embedding.multiplier[t][:, None]
                  + m.previous.weight[p] * m.previous.multiplier[p][:, None], LIMIT)
        x0 = x
        pair = np.zeros_like(x)
        if m.P:
            mixed = (p * 2654435761 + t * 2246822519) % (1 << 32)
            row = mixed >> (32 - (m.P.bit_length() - 1))
            pair = m.pairs.weight[row] * m.pairs.multiplier[row][:, None]
        for number, layer in enumerate(m.layers):
            a, b, c = layer.scalars
            x = clamp(round_shift(a * x + b * x0 + c * pair, 14), LIMIT)  # step 0
            x = self.attention(x, lanes, t, number, layer)
            x = self.feed_forward(x, layer)
        return clamp(norm(x, 16, 20), 127)

    def attention(self, x, lanes, t, number, layer):
        """Steps 1 to 5."""
        m, count = self.model, len(lanes)
        a = clamp(norm(x, 16, 20), 127)
        q, k, v = linear(a, layer.query), linear(a, layer.key), linear(a, layer.value)
        if layer.value_embedding is not None:
            v = clamp(v + layer.value_embedding.weight[t] * layer.value_embedding.multiplier[t][:, None], LIMIT)
        turns = [self.turn(lane.position) for lane in lanes]
        k = norm(k, 1024, 16)
        q = norm(q.reshape(count * m.H, m.D), 1024, 16).reshape(count, m.H, m.D)
        v = clamp(norm(v, 16, 20), 127)
        o = np.empty((count, m.H * m.D), np.int64)
        for i, lane in enumerate(lanes):
            key = rotate(k[i:i + 1], turns[i])
            lane.keys[number] = np.concatenate([lane.keys[number], key])[-m.W:]
            lane.values[number] = np.concatenate([lane.values[number], v[i:i + 1]])[-m.W:]
            query = rotate(q[i], turns[i])
            o[i] = attend(query, lane.keys[number], lane.values[number], layer.attention_multiplier).reshape(-1)
        b = clamp(norm(o, 16, 20), 127)
        return clamp(x + linear(b, layer.output), LIMIT)

    def turn(self, position):
        """Primitives, rotate: the sines and cosines of a position."""
        phase = (position * self.model.frequencies) % (1 << 32)
        k = ((phase + (1 << 21)) % (1 << 32)) >> 22
        return self.model.sine[k], self.model.sine[(k + 256) % 1024]

    def feed_forward(self, x, layer):
        """Steps 6 and 7."""
        a = clamp(norm(x, 16, 20), 127)
        z = clamp(linear(a, layer.up), 32767)
        r = np.maximum(z, 0) ** 2 >> 6
        c = np.minimum(norm(r, 12, 20), 255)
        return clamp(x + linear(c, layer.down), LIMIT)


def rotate(y, turn):
    """Primitives, rotate, of each row of `y`."""
    sin, cos = turn
    half = y.shape[1] // 2
    a, b = y[:, :half], y[:, half:]
    return np.concatenate([clamp(round_shift(a * cos - b * sin, 20), 127),
                           clamp(round_shift(b * cos + a * sin, 20), 127)], axis=1)


def attend(query, keys, values, multiplier):
    """Step 4 for all heads of one lane: query [H][D], keys and values [tokens][D]."""
    s = clamp(query @ keys.T, 32767)
    u = s.max(axis=1, keepdims=True) - s
    g, whole = exp2_neg(16 * ((u * multiplier[:, None]) >> 11))
    e = np.minimum(((g >> (whole + 1)) + (1 << 5)) >> 6, 255)
    acc = e @ values
    inverse = (1 << 38) // e.sum(axis=1, keepdims=True)
    return round_shift(acc * inverse, 28)
