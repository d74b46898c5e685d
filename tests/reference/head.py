# SPDX-License-Identifier: Apache-2.0
"""The output layer, which gives frequencies and learns: docs/exact-arithmetic.md, "The head"."""
import numpy as np

from network import clamp, exp2_neg, round_shift

TOTAL = 1 << 24


class Head:
    def __init__(self, model, rate):
        """`rate` is that of the frame, 0 for a frozen head."""
        rows, columns = np.arange(model.V)[:, None], np.arange(model.d)[None, :]
        spread = ((rows * 2654435761 + columns * 2246822519) % (1 << 32)) >> 24
        self.master = (model.head.weight << 8) + spread - (1 << 7)
        self.view = np.empty(self.master.shape)
        self.refresh(slice(None))
        self.unit = np.minimum(model.head.multiplier, 8454400)
        self.inverse = np.minimum((1 << 33) // np.maximum(self.unit, 1), (1 << 31) - 1)
        self.rate = rate
        self.threshold = model.threshold

    def refresh(self, rows):
        """The view of 8 bits; as float64, which numpy multiplies fast and without loss."""
        self.view[rows] = np.minimum((self.master[rows] + (1 << 7)) >> 8, 127)

    def frequencies(self, h):
        """Frequencies of the next token for one hidden vector."""
        sums = (self.view @ h.astype(np.float64)).astype(np.int64)
        logits = round_shift(sums * self.unit, 15)
        best = int(logits.argmax())  # the lowest among equals
        u = np.minimum(logits[best] - logits, (1 << 22) - 1)
        g, whole = exp2_neg(((u >> 4) * 5909) >> 10)
        e = (g << 11) >> whole
        scale = ((TOTAL - len(e)) << 32) // int(e.sum())
        f = 1 + ((e * scale) >> 32)
        f[best] += TOTAL - int(f.sum())
        return f

    def learn(self, hidden, frequencies, tokens):
        """Learning, from one step, which has at most 8 lanes: one group."""
        if self.rate == 0 or not tokens:
            return
        g = -np.stack(frequencies)
        g[np.arange(len(tokens)), tokens] += TOTAL
        c = clamp(round_shift(round_shift(g * self.rate, 24) * self.inverse, 16), 32767)
        c[np.abs(g) < self.threshold] = 0
        rows = np.flatnonzero(c.any(axis=0))  # all others get a step of 0
        step = round_shift(c[:, rows].T @ np.stack(hidden), 9)
        low, high = -(1 << 15), (1 << 15) - 1
        self.master[rows] = np.clip(self.master[rows] + np.clip(step, low, high), low, high)
        self.refresh(rows)
