# SPDX-License-Identifier: Apache-2.0
"""What both mixes are built of: docs/mixing.md, "Specification of the mix". The names are its paragraphs'.

Many probabilities, or rows of weights, are read and changed at once with numpy, as arrays of 64 bits.
"""
import numpy as np

U32 = 0xffffffff
LIMIT = 2839  # of the logistic domain


def hash2(a, b):
    """Hash"""
    h = (a * 0x2c1b3c6d + b * 0x9e3779b1 + 0x7f4a7c15) & U32
    h ^= h >> 15
    h = h * 0x85ebca6b & U32
    return h ^ h >> 13


def hashes(first, *others):
    """H(a, b, c, ...) of the rich mix"""
    for other in others:
        first = hash2(first, other)
    return first


def make_product(a, b):
    """mul of squash"""
    half = (1 << 31) - 1
    a1, a0, b1, b0 = a >> 31, a & half, b >> 31, b & half
    return a1 * b1 + ((a1 * b0 + a0 * b1 + ((a0 * b0) >> 31)) >> 31)


def make_squash():
    """squash, of x + 2839"""
    table = [0] * (2 * LIMIT + 1)
    power = 1 << 62
    for x in range(LIMIT + 1):
        q = min(max((power & ~0xffff) // (((1 << 62) + power) >> 16), 1), 32768)
        table[LIMIT - x], table[LIMIT + x] = q, 65536 - q
        power = make_product(power, 4593706758521714574)
    return table


def make_stretch():
    """S"""
    table, x = [0] * 4096, -LIMIT
    for i in range(2048):
        while SQUASH_LIST[x + LIMIT] < 16 * i + 8:
            x += 1
        table[i], table[4095 - i] = x, -x
    return table


SQUASH_LIST = make_squash()
SQUASH = np.array(SQUASH_LIST)
STRETCH_LIST = make_stretch()
STRETCH = np.array(STRETCH_LIST)


def squash(x):
    return SQUASH_LIST[min(max(x, -LIMIT), LIMIT) + LIMIT]


def stretch(p):
    return STRETCH_LIST[p >> 4]


def toward_zero(a, b):
    """A quotient truncated toward zero, b > 0."""
    return a // b if a >= 0 else -(-a // b)


DELTA = [131072 // (2 * n + 3) for n in range(1024)]


class Probabilities:
    """Adaptive probabilities, a flat list of them, of which one is asked at a time."""

    def __init__(self, start, limit, n=0):
        self.v = [64 * p for p in start]
        self.n = [n] * len(self.v)
        self.limit = limit

    def p(self, at):
        return self.v[at] >> 6

    def update(self, at, bit):
        v, n = self.v[at], self.n[at]
        self.v[at] = v + ((((1 << 22) - 1 if bit else 0) - v) * DELTA[n] >> 16)
        if n < self.limit:
            self.n[at] = n + 1


class ManyProbabilities:
    """The same, as an array of rows of which each is asked for one place at a time."""

    DELTA = np.array(DELTA)

    def __init__(self, start, limit, n=0):
        self.v = np.array(start, np.int64) * 64
        self.n = np.full(self.v.shape, n, np.int64)
        self.limit = limit
        self.rows = np.arange(len(self.v))

    def p(self, places):
        return self.v[self.rows, places] >> 6

    def update(self, rows, places, bits):
        """`rows` are those that learn, `bits` 0 or 1, one for all or one for each."""
        v, n = self.v[rows, places], self.n[rows, places]
        self.v[rows, places] = v + ((bits * ((1 << 22) - 1) - v) * self.DELTA[n] >> 16)
        self.n[rows, places] = np.minimum(n + 1, self.limit)


def states_of(n0, n1):
    """Bit histories: how many states has a pair?"""
    low, high = min(n0, n1), max(n0, n1)
    if low > 5 or high > (20, 48, 15, 8, 6, 5)[low]:
        return 0
    return 2 if low > 0 and n0 + n1 <= 17 else 1


def make_histories():
    """Bit histories: the state after a zero and after a one, the start probability, and whether it has only zeros or
    only ones, of each state."""
    numbers = {}
    for total in range(50):
        for n1 in range(total + 1):
            for last in range(states_of(total - n1, n1)):
                numbers[total - n1, n1, last] = len(numbers)
    after, start, one_sort = [bytearray(256), bytearray(256)], [32768] * 256, np.zeros(256, bool)
    for (n0, n1, _), number in numbers.items():
        start[number] = (4 * n1 + 2) * 65535 // (4 * (n0 + n1) + 4)
        one_sort[number] = n0 == 0 or n1 == 0
        for bit in range(2):
            after[bit][number] = numbers[state_after(n0, n1, bit)]
    return after, start, one_sort


def state_after(n0, n1, bit):
    counts = [n0, n1]
    larger = 0 if n0 >= n1 else 1
    counts[bit] += 1
    other = counts[1 - bit]
    counts[1 - bit] = sum(other >= c for c in (1, 2, 3, 4, 5, 7, 8))
    while states_of(*counts) == 0:
        a, b = counts[larger], counts[1 - larger]
        if b < 2:
            a -= 1
        else:
            a = (a * (b - 1) + b // 2) // b
            b -= 1
        counts[larger], counts[1 - larger] = a, b
    return counts[0], counts[1], bit if states_of(*counts) == 2 else 0


HISTORY_AFTER, HISTORY_START, HISTORY_OF_ONE_SORT = make_histories()
HISTORY_START[0] = 32768  # "Contexts": history 0 is at 1/2 and never updated


class Slots:
    """Slots. A slot is named by the place of its check byte; `histories` is the same memory for numpy."""

    def __init__(self, size):
        self.bytes = bytearray(size)
        self.histories = np.frombuffer(self.bytes, np.uint8)
        self.lines = size // 64

    def find(self, h):
        line, check = h % self.lines * 64, h >> 24
        places = range(line, line + 64, 16)
        for place in places:
            if self.bytes[place] == check and self.bytes[place + 1] != 0:
                return place
        place = min(places, key=lambda at: self.bytes[at + 1])
        self.bytes[place:place + 16] = bytes([check]) + bytes(15)
        return place


class Stage:
    """Stages: refinement by interpolation between 34 cells of a context."""

    START = [squash(180 * (k - 17)) for k in range(34)]

    def __init__(self, contexts, limit):
        self.cells = Probabilities(self.START * contexts, limit, n=6)
        self.touched = None

    def refine(self, context, x):
        k, r = divmod(x + 3060, 180)
        at = 34 * context + k
        low, high = self.cells.p(at), self.cells.p(at + 1)
        self.touched = at + (r >= 90)
        return low + toward_zero((high - low) * r, 180)

    def update(self, bit):
        self.cells.update(self.touched, bit)


class WeightSets:
    """Mixer: sets of rows of weights, one row of each set chosen for a decision."""

    def __init__(self, rows_of_sets, start):
        """`start` are the weights of a row, one row for all, or one for each row of all sets."""
        self.first = np.cumsum([0] + list(rows_of_sets[:-1]))
        self.weights = np.empty((sum(rows_of_sets), np.shape(start)[-1]), np.int64)
        self.weights[:] = start
        self.chosen = self.inputs = None

    def opinions(self, rows, inputs):
        """What each set says, in the logistic domain."""
        self.chosen, self.inputs = self.first + rows, inputs
        return limited(((self.weights[self.chosen] * inputs) >> 8).sum(axis=1) >> 8, LIMIT)

    def learn(self, steps):
        change = (self.inputs * steps[:, None] + (1 << 15)) >> 16
        self.weights[self.chosen] = limited(self.weights[self.chosen] + change, (1 << 19) - 1)


def limited(a, limit):
    """np.clip, several times as fast for short arrays"""
    return np.minimum(np.maximum(a, -limit), limit)


def steps_of(bit, p, rate):
    """Learning: step(p, rate) for an array of p."""
    return limited((bit * 65536 - p) * rate >> 8, 1 << 18)
