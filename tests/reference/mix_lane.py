# SPDX-License-Identifier: Apache-2.0
"""What a lane of the mix knows of its own past: docs/mixing.md, "Specification of the mix", from "History" to
"Contexts"."""
from mix_parts import U32, hash2


def is_letter(b):
    return 65 <= b <= 90 or 97 <= b <= 122 or b >= 128


def is_digit(b):
    return 48 <= b <= 57


def lower(b):
    return b + 32 if 65 <= b <= 90 else b


class History:
    """History: a ring of bytes, each with an end mark, which all lanes share."""

    def __init__(self, size):
        self.bytes = bytearray(size)
        self.marks = bytearray(size)
        self.mask = size - 1
        self.written = 1

    def __getitem__(self, position):
        return self.bytes[position & self.mask]

    def marked(self, position):
        return self.marks[position & self.mask]

    def write(self, position, b):
        self.bytes[position & self.mask] = b
        self.marks[position & self.mask] = 0

    def mark(self, position):
        self.marks[position & self.mask] = 1

    def equal_bytes(self, end, other_end, most):
        """How many bytes before the two positions are equal?"""
        count = 0
        while count < most and self[end - 1 - count] == self[other_end - 1 - count]:
            count += 1
        return count


class Follower:
    """Followers. The index is shared by all lanes."""

    def __init__(self, shortest, index):
        self.shortest = shortest
        self.index = index
        self.shift = 32 - (len(index).bit_length() - 1)
        self.length = self.at = self.missed = 0

    def copy(self):
        other = Follower(self.shortest, self.index)
        other.length, other.at, other.missed = self.length, self.at, self.missed
        return other

    def advance(self, history, b, position, hash_):
        if self.length > 0:
            if history[self.at] == b:
                self.length = min(self.length + 1, 65535)
                self.at = self.at + 1 & U32
            else:
                self.length, self.missed = 0, 3
        entry = self.index[hash_ >> self.shift]
        if self.length == 0 and entry != 0:
            equal = history.equal_bytes(entry, position, 48)
            if equal >= self.shortest:
                self.length, self.at = equal, entry
        if self.length > 0 and self.length % 16 == 0 and self.missed > 0:
            self.missed -= 1
        self.index[hash_ >> self.shift] = position

    def bucket(self):
        if self.length == 0:
            return 0
        return 1 + sum(self.length >= limit for limit in (8, 12, 16, 24, 32, 48)) + (7 if self.missed == 0 else 0)


class MixLane:
    """A lane"""

    def __init__(self, history, indexes):
        self.history = history
        self.low = self.high = self.position = 0
        self.w = self.w1 = self.w2 = 0
        self.line_start, self.above = 1, 0
        self.line_hash = self.column = self.field = 0
        self.prefix = self.length = 0
        self.t1 = self.t2 = self.t3 = 0
        self.followers = [Follower(5, indexes[0]), Follower(14, indexes[1])]

    def copy(self):
        other = object.__new__(MixLane)
        other.__dict__.update(self.__dict__)
        other.followers = [f.copy() for f in self.followers]
        return other

    def end_byte(self, b):
        """A byte b ends"""
        self.high = (self.high << 8 | self.low >> 24) & U32
        self.low = (self.low << 8 | b) & U32
        short, long = hash2(self.low, self.high & 255), hash2(hash2(self.low, self.high), 14)
        self.history.write(self.position, b)
        self.position = self.position + 1 & U32
        self.column += 1
        self.prefix = hash2(self.prefix + 1 & U32, b)
        self.length += 1
        if is_letter(b):
            self.w = hash2(self.w + 1 & U32, lower(b))
        elif self.w != 0:
            self.w2, self.w1, self.w = self.w1, self.w, 0
        if b == 10:
            self.above, self.line_start = self.line_start, self.position
            self.column = self.field = self.line_hash = 0
        else:
            if self.column <= 4:
                self.line_hash = hash2(self.line_hash, b)
            if not is_letter(b) and not is_digit(b):
                self.field += 1
            self.above = self.above + self.move_above(b) & U32
        for follower, hash_ in zip(self.followers, (short, long)):
            follower.advance(self.history, b, self.position, hash_)

    def move_above(self, b):
        there = self.history[self.above]
        if there == b:
            return 1
        if is_letter(b) or is_digit(b):
            return 1 if is_letter(there) or is_digit(there) else 0
        for i in range(32):
            byte = self.history[self.above + i]
            if byte == b:
                return i + 1
            if byte == 10:
                break
        return 0

    def end_token(self, token):
        self.history.mark(self.position - 1)
        self.t3, self.t2, self.t1 = self.t2, self.t1, token + 1
        self.prefix = self.length = 0

    def followed(self):
        """The long follower if it follows something, else the short one."""
        return self.followers[1] if self.followers[1].length > 0 else self.followers[0]

    def keys(self, with_tokens):
        """Contexts"""
        low, high, w, w1, w2 = self.low, self.high, self.w, self.w1, self.w2
        c = low & 255
        if with_tokens:
            place = min(self.length, 3)
            first = hash2(self.prefix, self.t1)
            pairs = [(c, place), (low & 0xffffff, place), (low, place), (self.prefix, self.t1), (first, self.t2),
                     (first, hash2(self.t2, self.t3))]
        else:
            pairs = [(0, 0), (c, 0), (low & 0xffff, 0), (low & 0xffffff, 0), (low, 0), (low, high & 0xff),
                     (low, high & 0xffff), (low & 0xff0000, 7), (low & 0xff00ff, min(self.column, 255))]
        x, y = self.history[self.above], self.history[self.above + 1]
        pairs += [(low, high), (w, c), (w, hash2(w1, c)), (w, hash2(w2, 256 + c)), (hash2(w, w1), hash2(w2, c)),
                  (x | y << 8, c), (x | min(self.field, 255) << 8, w), (hash2(self.field, self.line_hash), c),
                  (low & 0xffff00, 5)]
        return [hash2(hash2(a, b), n) for n, (a, b) in enumerate(pairs, 1)]

    def end_keys(self):
        """Token ends"""
        low, high, prefix = self.low, self.high, self.prefix
        return [hash2(prefix, 1), hash2(prefix, self.t1 + 2), hash2(hash2(prefix, self.t1), self.t2 + 3),
                hash2(hash2(low & 0xffffff, self.length), 4),
                hash2(hash2(low, self.length), hash2(high & 0xffff, 5)), hash2(hash2(prefix, self.w), self.w1 + 6)]
