# SPDX-License-Identifier: Apache-2.0
"""Methods 5, 8, 10 and 11: docs/mixing.md, "Specification of the rich mix", "... beside the network" and
"Specification of the second rich mix"."""
import numpy as np

from document_tables import TABLES
from mix import Mix, TokenPath, certainty
from mix_parts import (HISTORY_AFTER, HISTORY_OF_ONE_SORT, LIMIT, SQUASH, STRETCH, ManyProbabilities, Probabilities,
                       Slots, Stage, WeightSets, hash2, hashes, squash, steps_of, stretch, toward_zero)
from rich_contexts import rows_of, second_rows_of
from rich_expectations import Expectations
from rich_patterns import Patterns
from rich_text import Text

SAYING = (0, 2, 3, 4, 6, 7)


def started(table, zeros):
    """Of each context: squash of the table, but the first `zeros` at 1/2."""
    return [32768] * zeros + [squash(s) for s in table[zeros:]]


class RichMix:
    """Method 5; the bytes of method 8, where `beside` is true. `second`: methods 10 and 11."""

    def __init__(self, memory, beside=False, second=False):
        self.beside, self.second = beside, second
        self.contexts = (42 if second else 44) + (3 if beside else 0)
        self.inputs = 176 if beside else 160  # three for each context and expectation, the constant, the network's
        #                                       four, zeros up to a multiple of 16
        self.constant = 3 * self.contexts + 3 * 8
        self.lane = None  # of the mix of ends
        self.text = Text(1 << (memory - 2))
        self.patterns = Patterns(self.text)
        self.expectations = Expectations(self.text, memory)
        self.slots = Slots(1 << memory)
        self.runs = {}  # entries that are not zero: [check, byte, count]
        self.run_entries = 1 << (memory - 5)
        self.by_history = ManyProbabilities([started(TABLES['Histories'], 1)] * self.contexts, 255, n=20)
        self.by_history.n[:, 0] = 0
        self.by_run = ManyProbabilities([started(TABLES['Runs'], 2)] * self.contexts, 255, n=20)
        self.by_run.n[:, :2] = 0
        tables = [TABLES['Expectations 0 to 2']] * 3 + [TABLES['Expectations 3 to 7']] * 5
        self.by_confidence = [Probabilities(started(t, 0), 1023, n=20) for t in tables]
        self.by_byte = [Probabilities([32768] * (256 * 8 * 4), 1023) for _ in range(8)]
        start = [500, 1500, 500] if second else [1500, 0, 800]
        start = np.array(start * self.contexts + [3000, 0, 0] * 8 + [0] * (self.inputs - self.constant))
        set_rows, final_rows = (256, 256, 256, 768, 256, 512, 512, 1024, 729, 512, 2048), (256, 729, 2048)
        if beside:
            start[self.constant + 1] = 40000
            set_rows, final_rows = set_rows + (64, 512), final_rows + (256,)
            self.network_stages = [Stage(4096, 255), Stage(4096, 255)]
        self.sets = WeightSets(set_rows, start)
        self.learned = np.zeros(sum(set_rows), np.int64)
        self.finals = WeightSets(final_rows, [5041 if beside else 5957] * len(set_rows))
        self.stages = [Stage(768, 1023)] + [Stage(1 << 13, 1023) for _ in range(4)]

    def decode(self, decoder, size):
        content = bytearray()
        for _ in range(size):
            self.begin_byte()
            while self.bits < 8:
                self.next_bit(self.decide(decoder))
            content.append(self.partial & 255)
            self.end_byte(content[-1])
        return bytes(content)

    def begin_byte(self):
        text = self.text
        if self.second:
            rows = second_rows_of(text, self.patterns, self.expectations)
        else:
            rows = rows_of(text, self.expectations)
        if self.beside:
            place = self.lane
            rows += [hashes(place.prefix, place.t1), hashes(place.prefix, place.t1, place.t2),
                     hashes(place.prefix, place.t1, place.t2, place.t3)]
        self.keys = [hash2(row, n) for n, row in enumerate(rows, 1)]
        self.found = [self.find_run(key) for key in self.keys]
        self.places = [self.slots.find(key) for key in self.keys]
        self.best = self.expectations.best()
        self.place = hashes(text.masked1, text.shape, min(text.token_bytes, 15))
        self.partial, self.bits, self.node = 1, 0, 0

    def find_run(self, key):
        """Runs"""
        run = self.runs.setdefault(key % self.run_entries, [0, 0, 0])
        if run[0] != key >> 16:
            run[:] = key >> 16, 0, 0
        return run

    def next_bit(self, bit):
        self.partial = self.partial << 1 | bit
        self.bits += 1
        self.node = 2 * self.node + 1 + bit
        if self.bits == 4:
            self.places = [self.slots.find(hash2(key, self.partial)) for key in self.keys]
            self.node = 0

    def end_byte(self, b):
        for run in self.found:
            if run[1] == b:
                run[2] = min(run[2] + 1, 255)
            else:
                run[1], run[2] = b, 1
        self.patterns.begin_end_of_byte(b)
        self.text.end_byte(b)
        self.patterns.end_byte(b)
        self.expectations.end_byte(b)

    def decide(self, decoder, network_p=None):
        """One decision: predicted, decoded, learned."""
        behind = int(self.bits > 0)
        x = np.zeros(self.inputs, np.int64)
        histories = self.slots.histories[np.array(self.places) + (self.node + 1)].astype(np.int64)
        p = self.by_history.p(histories)
        contexts = 3 * self.contexts
        x[0:contexts:3] = STRETCH[p >> 4]
        x[1:contexts:3] = STRETCH[p >> 4] * HISTORY_OF_ONE_SORT[histories] if self.second else (p - 32768) >> 5
        shift = 8 - self.bits
        runs = np.array([2 * min(count, 63) + behind if (b | 256) >> shift == self.partial else 0
                         for _, b, count in self.found])
        run_bits = np.array([b >> (7 - self.bits) & 1 for _, b, _ in self.found])
        run_p = STRETCH[self.by_run.p(runs) >> 4]
        x[2:contexts:3] = np.where(run_bits, run_p, -run_p)
        speaking = self.add_expectations(x, behind)
        x[self.constant] = 256
        if self.beside:
            self.add_network(x, network_p)
        bit = decoder.bit(self.mixed(x, histories, speaking, network_p))
        self.learn(bit)
        for _, table, index, expected in self.touched:
            table.update(index, expected == bit)
        seen = np.flatnonzero(histories)
        self.by_history.update(seen, histories[seen], bit)
        seen = np.flatnonzero(runs > 1)
        self.by_run.update(seen, runs[seen], run_bits[seen] == bit)
        self.count_bit(bit)
        return bit

    def count_bit(self, bit):
        """The last step of "Learning", and all that a bit without choice does."""
        after, memory, node = HISTORY_AFTER[bit], self.slots.bytes, self.node + 1
        for place in self.places:
            memory[place + node] = after[memory[place + node]]

    def add_network(self, x, p):
        """Inputs behind the constant"""
        e = self.expectations.all[2 if self.expectations.all[2].valid else 0]
        second = hash2(e.byte | min(e.length, 31) << 8, self.partial) if e.valid else self.partial
        at = self.constant + 1
        x[at], x[at + 1] = stretch(p), (p - 32768) >> 5
        for i, context in enumerate((hash2(self.text.low(1), self.partial), second)):
            x[at + 2 + i] = stretch(self.network_stages[i].refine(context % 4096, stretch(p)))

    def add_expectations(self, x, behind):
        """Inputs of the expectations; gives the next bit of each that has some."""
        self.touched, speaking = [], {}
        for i, e in enumerate(self.expectations.all):
            if not e.begins_with(self.partial, self.bits):
                continue
            bit = speaking[i] = e.next_bit(self.bits)
            first = 2 * e.confidence() + behind
            second = 32 * e.byte + 4 * self.bits + min(e.length // 4, 3)
            p, q = self.by_confidence[i].p(first), self.by_byte[i].p(second)
            at = 3 * self.contexts + 3 * i
            x[at:at + 3] = stretch(p), (p - 32768) >> 5, stretch(q)
            if not bit:
                x[at:at + 3] *= -1
            self.touched += [(i, self.by_confidence[i], first, bit), (i, self.by_byte[i], second, bit)]
        return speaking

    def mixed(self, x, histories, speaking, network_p):
        """Mixer and stages: the probability of a one"""
        text, partial, bits = self.text, self.partial, self.bits
        agrees = self.best is not None and self.best.begins_with(partial, bits)
        bit = 1 + self.best.next_bit(bits) if agrees else 0
        confidence = self.best.confidence() if self.best else 0
        sayings = 0
        for i in SAYING:
            sayings = 3 * sayings + (1 + speaking[i] if i in speaking else 0)
        known = min(int(np.count_nonzero(histories)) // 4, 15)
        rows = [confidence, partial, text.low(1), 3 * (text.low(2) >> 8) + bit, 16 * known + min(text.token_bytes, 15),
                8 * min(text.field, 63) + bits, 256 + self.best.byte if agrees else 0,
                4 * (text.classes & 255) + (text.classes >> 8 & 3), sayings,
                4 * (text.key & 127) + 2 * (text.token_bytes == 0) + (text.depth > 1), self.place & 2047]
        final_rows = [partial, sayings, 128 * (confidence // 16) + 8 * known + bits]
        if self.beside:
            cert = certainty(network_p)
            rows += [4 * cert + min(self.lane.length, 3), self.lane.t1 % 512]
            final_rows.append(16 * cert + known)
        self.opinions = self.sets.opinions(rows, x)
        self.final_opinions = self.finals.opinions(final_rows, self.opinions)
        mixed = toward_zero(int(self.final_opinions.sum()), len(final_rows))
        contexts = [partial + 256 * bit, hash2(text.low(1), partial), hash2(text.low(2), partial),
                    hashes(self.best.byte + 1 if agrees else 0, confidence // 16, partial), hash2(self.place, partial)]
        refined = sum(stage.refine(context if n == 0 else context % (1 << 13), mixed)
                      for n, (stage, context) in enumerate(zip(self.stages, contexts)))
        return min(max((squash(mixed) + refined + 3) // 6, 1), 65535)

    def learn(self, bit):
        """Learning, but that of expectations and contexts"""
        n = self.learned[self.sets.chosen]
        steps = steps_of(bit, SQUASH[self.opinions + LIMIT], 60 + 300 * 1024 // (1024 + n))
        self.sets.learn(np.where(np.abs(steps) < 8, 0, steps))
        self.learned[self.sets.chosen] = np.minimum(n + 1, 65535)
        self.finals.learn(steps_of(bit, SQUASH[self.final_opinions + LIMIT], 250))
        for stage in self.stages + (self.network_stages if self.beside else []):
            stage.update(bit)


class RichTokenMix(TokenPath):
    """Method 8; 11, where `second` is true."""

    def __init__(self, memory, model, second=False):
        self.ends = Mix(memory, True)
        self.bytes = RichMix(memory, True, second)
        self.tokens = model.tokens
        self.decoder = None
        self.count_bit, self.next_bit = self.bytes.count_bit, self.bytes.next_bit

    def begin_lanes(self, count, room):
        self.ends.begin_lanes(count, room)

    def begin_byte(self, lane):
        self.bytes.lane = lane
        self.bytes.begin_byte()

    def decide_bit(self, _lane, decoder, network_p):
        return self.bytes.decide(decoder, network_p)

    def end_byte(self, lane, b):
        self.bytes.end_byte(b)
        lane.end_byte(b)

    def decide_end(self, lane, decoder, network_p):
        return self.ends.decide_end(lane, decoder, network_p)

    def token(self, number, frequencies):
        return self.token_of(self.ends.lanes[number], frequencies)
