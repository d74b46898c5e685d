# SPDX-License-Identifier: Apache-2.0
"""Methods 2 and 3: docs/mixing.md, "Specification of the mix"; and a token's path, which method 8 has too."""
from array import array
from bisect import bisect_left

import numpy as np

from document_tables import TABLES
from mix_lane import History, MixLane
from mix_parts import (HISTORY_AFTER, HISTORY_START, LIMIT, SQUASH, STRETCH, ManyProbabilities, Probabilities, Slots,
                       Stage, WeightSets, hash2, squash, steps_of, stretch)

INPUTS = 48
ROWS = (16, 256, 256, 64, 128, 512, 64)  # "Selectors": of each set and the final one, for bytes; for ends as many
CERTAINTIES = (128, 320, 512, 768, 1100, 1500, 2000)


def certainty(p):
    return 2 * sum(limit <= abs(stretch(p)) for limit in CERTAINTIES) + (p >= 32768)


def pair(p):
    return stretch(p), (p - 32768) >> 5


class Mix:
    """The tables of one mix, and its lanes. `network_p` arguments are None without tokens."""

    def __init__(self, memory, with_tokens):
        self.with_tokens = with_tokens
        self.contexts = 15 if with_tokens else 18
        self.slots = Slots(1 << (memory - 1))
        self.history = History(1 << (memory - 2))
        indexes = [array('I', bytes(4 << min(memory - 6, 22))) for _ in range(2)]
        self.lanes = [MixLane(self.history, indexes)]
        self.by_history = ManyProbabilities([HISTORY_START] * self.contexts, 255)
        self.expected = [Probabilities([32768] * 30, 1023) for _ in range(2)]
        self.stage_a, self.stage_b = Stage(512, 1023), Stage(4096, 1023)
        self.decisions = 0
        self.make_weights()
        if with_tokens:
            self.network_stages = [Stage(4096, 255), Stage(4096, 255)]
            self.end_cells = [(0, 0)] * (1 << min(memory - 6, 20))
            self.end_by_history = [Probabilities(HISTORY_START, 255) for _ in range(6)]
            self.end_expected = [Probabilities([32768] * 30, 1023) for _ in range(2)]

    def make_weights(self):
        """Mixer"""
        rows = [2 * count for count in ROWS]
        if self.with_tokens:
            start = np.zeros((sum(rows[:6]), INPUTS), np.int64)
            at = 0
            for s in range(6):
                for kind in ('bytes', 'token ends'):
                    start[at:at + ROWS[s], :39] = np.array(TABLES['Set %d, %s' % (s, kind)]) * 16
                    at += ROWS[s]
            final = np.repeat([TABLES['Final, bytes'], TABLES['Final, token ends']], 64, axis=0) * 16
        else:
            start = np.zeros(INPUTS, np.int64)
            start[0:2 * self.contexts:2] = 6000
            start[[2 * self.contexts, 2 * self.contexts + 2]] = 10000
            final = [10922] * 6
        self.sets = WeightSets(rows[:6], start)
        self.final = WeightSets(rows[6:], final)

    def begin_lanes(self, count, room):
        """History: all lanes become copies of the last one."""
        source = self.lanes[-1]
        self.lanes = [source.copy() for _ in range(count)]
        for lane in self.lanes:
            lane.position = self.history.written
            self.history.written += room

    # A byte

    def begin_byte(self, lane):
        self.keys = lane.keys(self.with_tokens)
        self.places = [self.slots.find(key) for key in self.keys]
        self.partial, self.bits, self.node = 1, 0, 0

    def next_bit(self, bit):
        """Slots: node 0 first, then 2 * node + 1 + bit; the second half of the byte has other slots."""
        self.partial = self.partial << 1 | bit
        self.bits += 1
        self.node = 2 * self.node + 1 + bit
        if self.bits == 4:
            self.places = [self.slots.find(hash2(key, self.partial)) for key in self.keys]
            self.node = 0

    def count_bit(self, bit):
        """The last step of "Learning", and all that a bit without choice does."""
        after, memory, node = HISTORY_AFTER[bit], self.slots.bytes, self.node + 1
        for place in self.places:
            memory[place + node] = after[memory[place + node]]

    def decide_bit(self, lane, decoder, network_p=None):
        """One decision in a byte: predicted, decoded, learned."""
        first = 2 * self.contexts
        x = np.zeros(INPUTS, np.int64)
        histories = self.slots.histories[np.array(self.places) + (self.node + 1)].astype(np.int64)
        context_p = self.by_history.p(histories)
        x[0:first:2], x[1:first:2] = STRETCH[context_p >> 4], (context_p - 32768) >> 5
        expectations = []
        for i, follower in enumerate(lane.followers):
            b = self.history[follower.at] | 256
            if follower.length > 0 and b >> (8 - self.bits) == self.partial:
                index = 2 * follower.bucket() + (self.bits > 0)
                expectations.append((i, self.expected[i], index, b >> (7 - self.bits) & 1))
        self.add_expectations(x, expectations)
        c, followed = lane.low & 255, lane.followed()
        if self.with_tokens:
            second = self.partial
            if followed.length > 0:
                byte = self.history[followed.at]
                second = hash2(byte | min(followed.length, 31) << 8, self.partial)
            self.add_network(x, network_p, hash2(c, self.partial), second)
        known = int(np.count_nonzero(histories[1:7] if self.with_tokens else histories[3:9]))
        cert = certainty(network_p) if self.with_tokens else 0
        bucket = followed.bucket() if expectations else 0
        third = 4 * cert + min(lane.length, 3) if self.with_tokens else self.bits
        rows = [bucket, self.partial, c, third, 8 * known + self.bits, lane.t1 % 512]
        p = self.mixed(x, rows, 8 * known + (cert >> 1), self.partial, hash2(c, self.partial))
        bit = decoder.bit(p)
        self.learn(bit, expectations)
        seen = np.flatnonzero(histories)
        self.by_history.update(seen, histories[seen], bit)
        self.count_bit(bit)
        return bit

    # The end of a token

    def find_end_cells(self, lane):
        """Each context's cell, and its history before a later context of the same token may empty the cell."""
        places, histories = [], []
        for key in lane.end_keys():
            place, check = key % len(self.end_cells), key >> 24
            if self.end_cells[place][0] != check:
                self.end_cells[place] = check, 0
            places.append(place)
            histories.append(self.end_cells[place][1])
        return places, histories

    def learn_end(self, places, bit):
        for i, place in enumerate(places):
            check, history = self.end_cells[place]
            if history:
                self.end_by_history[i].update(history, bit)
            self.end_cells[place] = check, HISTORY_AFTER[bit][history]

    def decide_end(self, lane, decoder, network_p):
        """Token ends"""
        x = np.zeros(INPUTS, np.int64)
        places, histories = self.find_end_cells(lane)
        for i, history in enumerate(histories):
            if history:
                x[2 * i], x[2 * i + 1] = pair(self.end_by_history[i].p(history))
        expectations = []
        for i, follower in enumerate(lane.followers):
            if follower.length > 0:
                mark = self.history.marked(follower.at - 1)
                expectations.append((i, self.end_expected[i], 2 * follower.bucket() + mark, mark))
        self.add_expectations(x, expectations)
        self.add_network(x, network_p, hash2(lane.prefix, 11), hash2(lane.low & 0xffffff, lane.length))
        known, cert = sum(h > 0 for h in histories), certainty(network_p)
        bucket = lane.followed().bucket() if expectations else 0
        rows = [bucket, min(lane.length, 255), lane.low & 255, 4 * cert + min(lane.length, 4) - 1, 8 * known,
                lane.t1 % 512]
        rows = [row + first for row, first in zip(rows, ROWS)]
        p = self.mixed(x, rows, 64 + 8 * known + (cert >> 1), 256 + min(lane.length, 255), hash2(lane.prefix, 9))
        bit = decoder.bit(p)
        self.learn(bit, expectations)
        self.learn_end(places, bit)
        return bit

    # Both

    def add_expectations(self, x, expectations):
        """Inputs of the followers"""
        for i, table, index, expected in expectations:
            at = 2 * self.contexts + 2 * i
            x[at:at + 2] = pair(table.p(index))
            if not expected:
                x[at:at + 2] *= -1
        x[2 * self.contexts + 6] = 256

    def add_network(self, x, p, first_context, second_context):
        """Inputs of the network"""
        at = 2 * self.contexts
        x[at + 4], x[at + 5] = pair(p)
        for i, context in enumerate((first_context, second_context)):
            x[at + 7 + i] = stretch(self.network_stages[i].refine(context % 4096, stretch(p)))

    def mixed(self, x, rows, final_row, context_a, context_b):
        """Mixer and stages: the probability of a one"""
        self.opinions = self.sets.opinions(rows, x)
        self.opinion = int(self.final.opinions([final_row], self.opinions)[0])
        a = self.stage_a.refine(context_a, self.opinion)
        b = self.stage_b.refine(context_b % 4096, self.opinion)
        return min(max((2 * squash(self.opinion) + a + b + 2) >> 2, 1), 65535)

    def learn(self, bit, expectations):
        """Learning, all but that of the contexts"""
        rate = 130 + (400 >> min(self.decisions >> 12, 31))
        self.sets.learn(steps_of(bit, SQUASH[self.opinions + LIMIT], rate))
        self.final.learn(steps_of(bit, SQUASH[[self.opinion + LIMIT]], 60))
        self.decisions = min(self.decisions + 1, 1 << 31)
        self.stage_a.update(bit)
        self.stage_b.update(bit)
        if self.with_tokens:
            for stage in self.network_stages:
                stage.update(bit)
        for _, table, index, expected in expectations:
            table.update(index, expected == bit)


class ByteMix(Mix):
    """Method 2: docs/format.md, section 5.2"""

    def __init__(self, memory):
        super().__init__(memory, False)

    def decode(self, decoder, size):
        self.begin_lanes(1, size)
        lane, content = self.lanes[0], bytearray()
        for _ in range(size):
            self.begin_byte(lane)
            for _ in range(8):
                self.next_bit(self.decide_bit(lane, decoder))
            content.append(self.partial & 255)
            lane.end_byte(content[-1])
        return bytes(content)


class TokenPath:
    """docs/mixing.md, Token path. Of a mix with tokens: begin_byte(), decide_bit(), count_bit(), next_bit(),
    end_byte(), decide_end(), all with the lane; `tokens` and `decoder`."""

    def token_of(self, lane, frequencies):
        tokens = self.tokens
        starts = [0] + np.cumsum(frequencies).tolist()
        low, high, depth = 0, len(tokens), 0

        def probability(part, whole):
            return min(max((part << 16) // whole, 1), 65535)

        while True:
            self.begin_byte(lane)
            byte = 0
            for half in (128, 64, 32, 16, 8, 4, 2, 1):
                middle = bisect_left(tokens, byte + half, low, high, key=lambda token: token[depth])
                if low < middle < high:
                    p = probability(starts[high] - starts[middle], starts[high] - starts[low])
                    bit = self.decide_bit(lane, self.decoder, p)
                else:
                    bit = int(middle == low)
                    self.count_bit(bit)
                low, high, byte = (middle, high, byte + half) if bit else (low, middle, byte)
                self.next_bit(bit)
            self.end_byte(lane, byte)
            depth += 1
            if len(tokens[low]) == depth:
                bit = 1
                if high - low > 1:
                    p = probability(starts[low + 1] - starts[low], starts[high] - starts[low])
                    bit = self.decide_end(lane, self.decoder, p)
                if bit:
                    lane.end_token(low)
                    return low
                low += 1


class TokenMix(TokenPath, Mix):
    """Method 3."""

    def __init__(self, memory, model):
        super().__init__(memory, True)
        self.tokens = model.tokens
        self.decoder = None

    def end_byte(self, lane, b):
        lane.end_byte(b)

    def token(self, number, frequencies):
        return self.token_of(self.lanes[number], frequencies)
