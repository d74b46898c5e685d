# SPDX-License-Identifier: Apache-2.0
"""Method 7: docs/format.md, section 5.5, and docs/sample-mix.md, from "Decisions" on."""
import numpy as np

from errors import Damaged
from mix_parts import (LIMIT, SQUASH, Probabilities, Stage, WeightSets, hash2, make_product, squash, steps_of, stretch,
                       toward_zero)
from range_coder import Decoder
from sample_opinions import Opinions, around


def make_cumulative():
    """F, of x + 1024"""
    table, power = [0] * 2049, 1 << 62
    for x in range(1025):
        below = power // (((1 << 62) + power) >> 32)
        table[1024 - x], table[1024 + x] = below, (1 << 32) - below
        power = make_product(power, 4540188453729421604)
    return table


CUMULATIVE = make_cumulative()


class Layout:
    """The first four bytes of a payload"""

    def __init__(self, payload):
        if len(payload) < 4:
            raise Damaged('a round of samples without a layout')
        bits = payload[0]
        self.bytes = 1 + (bits & 1)
        self.order = 'big' if bits & 2 else 'little'
        self.flipped = 1 << (8 * self.bytes - 1) if bits & 4 else 0
        self.channels = 1 + (bits >> 4 & 3)
        self.row = int.from_bytes(payload[1:3], 'little')
        self.before = payload[3]
        self.top = (1 << 8 * self.bytes) - 1
        if bits & 0xc8 or bits & 3 == 2 or 0 < self.row < 4 * self.channels:
            raise Damaged('a layout that cannot be')

    def value(self, sample):
        return int.from_bytes(sample, self.order) ^ self.flipped

    def sample(self, value):
        return (value ^ self.flipped).to_bytes(self.bytes, self.order)


def size_of(x, y):
    n = min((abs(x) // y).bit_length(), 8)
    return 8 - n if x < 0 else 8 + n


class SampleMix:
    def __init__(self, layout):
        self.layout = layout
        self.opinions = Opinions(layout)
        start = np.array([3000] * 9 + [20000] + [3000] * 2 + [900, 0] * 9 + [0] * 2)
        set_rows = (1024, 320, 1024, 512)
        self.sets = WeightSets(set_rows, start)
        self.learned = np.zeros(sum(set_rows), np.int64)
        self.finals = WeightSets((64, 80), [16384] * 4)
        self.stages = [Stage(1024, 1023), Stage(4096, 1023), Stage(4096, 1023)]
        self.tables = [Probabilities([-1] * (1 << 16), 255) for _ in range(9)]  # -1: has seen nothing

    def code(self, decide):
        """One sample; decide(p, question) gives the bit, question(value) the one of a value."""
        o = self.opinions
        o.form()
        self.low, self.high = 0, self.layout.top + 1
        self.expected = min((o.center[9] + 8) // 16, self.layout.top)
        self.scale = min(max((o.spread[9] // 16).bit_length() - 1, 0), 13)
        self.set_contexts()
        up, n, j, first = True, 0, 0, 0
        middle = self.expected
        if middle > 0:
            up = self.decision(decide, middle, True, 0, 0) == 1
        while True:
            reach = 1 << (self.scale + n)
            middle = self.expected + reach if up else self.expected - reach
            if not self.low < middle < self.high or not self.decision(decide, middle, up, 1 + 8 * up + min(n, 7), 0):
                break
            n += 1
        while self.high - self.low > 1:
            h = 1 << ((self.high - self.low - 1).bit_length() - 1)
            node = (17 + 8 * up + min(n, 7), 33 + 8 * up + 2 * min(n, 3) + first)[j] if j < 2 else \
                49 + 2 * min(j - 2, 6) + up
            bit = self.decision(decide, self.low + h if up else self.high - h, up, node, min(j + 1, 4))
            first = bit if j == 0 else first
            j += 1
        o.learn(self.low)
        return self.low

    def below(self, v, center, spread):
        d = (16 * v - 8 - center) * (256 * 22713 // spread) >> 8
        y = around(d, (1 << 18) - 1) + (1 << 18)
        low, high = CUMULATIVE[y >> 8], CUMULATIVE[(y >> 8) + 1]
        return low + ((high - low) * (y & 255) >> 8)

    def set_contexts(self):
        o, expected = self.opinions, self.expected
        unit = max(o.spread[9] // 32, 1)
        near = [size_of(x - expected, max(unit // 2, 1)) for x in o.neighbours]
        off = [size_of(e, 8 * unit) for e in o.near_errors]

        def apart(i, y):
            return size_of(o.center[i] - o.center[9], y * unit)

        exact = [(x - expected) & 0xffffffff for x in o.neighbours[:2]]
        rows = [4 * o.levels[9] + o.channel, 17 * off[0] + off[1], 17 * near[0] + near[1],
                expected >> (8 * self.layout.bytes - 8), 17 * (17 * apart(6, 4) + apart(8, 4)) + apart(0, 8),
                512 * off[2] + 128 * o.channel + o.levels[9] // 2, 17 * near[2] + near[3], hash2(*exact),
                17 * (17 * near[4] + near[5]) + near[0]]
        self.contexts = [hash2(row, n) for n, row in enumerate(rows, 1)]

    def decision(self, decide, middle, upper_is_one, node, depth):
        o = self.opinions
        x = np.zeros(32, np.int64)
        distributions = list(zip(o.center, o.spread))
        distributions += [(o.center[9], max(o.spread[9] // 2, 1)), (o.center[9], 2 * o.spread[9])]
        for i, (center, spread) in enumerate(distributions):
            low, at, high = (self.below(v, center, spread) for v in (self.low, middle, self.high))
            u = ((high - at + 1) << 16) // (high - low + 2)
            p = u if upper_is_one else 65536 - u
            x[i] = stretch(min(p, 65535))
            if i == 9:
                p9 = min(max(p, 1), 65535)
        whole = 64 * self.scale + node
        places = [hash2(context, whole) >> 16 for context in self.contexts]
        for n, (table, place) in enumerate(zip(self.tables, places)):
            if table.v[place] < 0:
                table.v[place], table.n[place] = 64 * p9, 4
            p = table.p(place)
            x[12 + 2 * n:14 + 2 * n] = stretch(p), (p - 32768) >> 5
        x[30] = 256
        spread_apart = min(4 * abs(o.center[6] - o.center[0]) // o.spread[9], 15)
        opinions = self.sets.opinions([whole, 4 * o.levels[9] + min(depth, 3), 64 * spread_apart + node,
                                       128 * o.channel + 8 * (p9 >> 12) + depth], x)
        finals = self.finals.opinions([node, o.levels[9]], opinions)
        mixed = toward_zero(int(finals.sum()), 2)
        contexts = [whole] + [hash2(self.contexts[n], whole) % 4096 for n in (1, 3)]
        refined = sum(stage.refine(context, mixed) for stage, context in zip(self.stages, contexts))
        p = min(max((squash(mixed) + refined + 2) // 4, 1), 65535)

        bit = decide(p, lambda value: int((value >= middle) == upper_is_one))
        n = self.learned[self.sets.chosen]
        steps = steps_of(bit, SQUASH[opinions + LIMIT], 60 + 300 * 1024 // (1024 + n))
        self.sets.learn(np.where(np.abs(steps) < 8, 0, steps))
        self.learned[self.sets.chosen] = np.minimum(n + 1, 65535)
        self.finals.learn(steps_of(bit, SQUASH[finals + LIMIT], 250))
        for stage in self.stages:
            stage.update(bit)
        for table, place in zip(self.tables, places):
            table.update(place, bit)
        if bool(bit) == upper_is_one:
            self.low = middle
        else:
            self.high = middle
        return bit


def decode_samples(payload, size):
    layout = Layout(payload)
    if layout.before > size:
        raise Damaged('more bytes before the samples than content')
    stored = layout.before + (size - layout.before) % layout.bytes
    kept = payload[4:4 + stored]
    if len(kept) < stored:
        raise Damaged('a round of samples ends before the first one')
    decoder, mix = Decoder(payload[4 + stored:]), SampleMix(layout)
    content = kept[:layout.before]
    for _ in range((size - layout.before) // layout.bytes):
        content += layout.sample(mix.code(lambda p, question: decoder.bit(p)))
    decoder.finish()
    return content + kept[layout.before:]


def encode_samples(random, content, encoder):
    """With any layout"""
    pair, channels = random.randrange(2), random.randrange(4)
    bits = random.choice((0, 1, 3) if pair else (0,)) | 4 * random.randrange(2) | 16 * channels
    row = random.choice((0, 4 * (channels + 1), random.randrange(4 * (channels + 1), 99), 65535))
    head = bytes([bits]) + row.to_bytes(2, 'little') + bytes([random.randrange(min(len(content), 255) + 1)])
    layout = Layout(head)
    end = len(content) - (len(content) - layout.before) % layout.bytes
    mix = SampleMix(layout)
    for at in range(layout.before, end, layout.bytes):
        value = layout.value(content[at:at + layout.bytes])

        def decide(p, question, value=value):
            encoder.bits.append(question(value))
            return encoder.bit(p)

        mix.code(decide)
    return head + content[:layout.before] + content[end:] + encoder.finish()
