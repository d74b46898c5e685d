# SPDX-License-Identifier: Apache-2.0
"""Rounds whose content is known: a decoder goes through a reference with them (docs/format.md, section 4.5), and
writer.py writes with them. They are asked like a range coder's Decoder, and answer what is known."""
from bisect import bisect_left


class Known:
    """Decisions that are known before; nothing is coded."""

    def __init__(self, bits=()):
        self.bits = list(bits)[::-1]  # the next one last

    def bit(self, _p):
        return self.bits.pop()

    def consume(self, start, frequency):
        pass


def bits_of(content):
    return [byte >> place & 1 for byte in content for place in range(7, -1, -1)]


def decisions_of(tokens, token):
    """docs/mixing.md, "Token path": the bits of the decisions that lead to a token."""
    low, high, out = 0, len(tokens), []
    for depth, byte in enumerate(tokens[token]):
        for place in range(7, -1, -1):
            border = byte >> place | 1
            middle = bisect_left(tokens, border, low, high, key=lambda t: t[depth] >> place)
            bit = byte >> place & 1
            if low < middle < high:
                out.append(bit)
            low, high = (middle, high) if bit else (low, middle)
        if len(tokens[low]) == depth + 1 and high - low > 1:
            out.append(int(low == token))
            low += low != token
    return out


class PlannedCoder:
    """Tells the walk which token each lane has next (docs/format.md, section 6)."""

    def __init__(self, known, model, ids, mix=None):
        self.known, self.model, self.mix = known, model, mix
        self.rest = iter(ids)
        self.lanes = []

    def begin_lanes(self, count, room):
        if self.mix:
            self.mix.begin_lanes(count, room)
        share = room - count - self.model.longest
        self.lanes = []
        for _ in range(count - 1):
            lane, size = [], 0
            while size < share:
                lane.append(next(self.rest))
                size += len(self.model.tokens[lane[-1]])
            self.lanes.append(iter(lane))
        self.lanes.append(self.rest)  # the last lane takes on where they end

    def token(self, lane, frequencies):
        token = next(self.lanes[lane])
        if self.mix:
            self.mix.decoder = self.known
            self.known.bits = decisions_of(self.model.tokens, token)[::-1]
            self.mix.token(lane, frequencies)
        else:
            self.known.consume(int(frequencies[:token].sum()), int(frequencies[token]))
        return token
