# SPDX-License-Identifier: Apache-2.0
"""The eight bytes that are likely to come: docs/mixing.md, "Specification of the rich mix", "Expectations"."""
from array import array

from mix_lane import is_digit
from mix_parts import U32, hash2, hashes
from rich_text import LF, is_token_byte

SHORTEST = (5, 9, 20)
COUNTER, ABOVE = 6, 7


class Expectation:
    def __init__(self):
        self.valid = False
        self.at = self.length = self.errors = self.byte = 0

    def judge(self, b):
        """The first two parts of step 1."""
        hit = self.byte == b
        self.errors = (2 * self.errors + (not hit)) & U32
        self.length = min(self.length + 1, 65535) if hit else 0
        return hit

    def confidence(self):
        if self.length < 8:
            level = self.length
        else:
            level = 8 + sum(self.length >= limit for limit in (12, 16, 24, 32, 64, 128, 512))
        return 16 * level + (self.errors & 15)

    def begins_with(self, partial, bits):
        """Is it valid, and does its byte begin with the bits so far?"""
        return self.valid and (self.byte | 256) >> (8 - bits) == partial

    def next_bit(self, bits):
        return self.byte >> (7 - bits) & 1


class Expectations:
    def __init__(self, text, memory):
        self.text = text
        self.all = [Expectation() for _ in range(8)]
        self.index_bits = min(memory - 6, 20)
        self.place_bits = min(memory - 6, 16)
        self.indexes = [array('I', bytes(4 << self.index_bits)) for _ in range(3)]
        self.places = [[(0, 0)] * (1 << self.place_bits) for _ in range(3)]
        self.digits = ''
        self.begin = 1

    def end_byte(self, b):
        for e in self.all[:7]:  # step 1
            if e.valid:
                e.judge(b)
                e.at = e.at + 1 & U32
        counter = self.all[COUNTER]
        if counter.valid:  # step 2
            if counter.length == 0 or counter.at == len(self.digits):
                counter.valid = False
            else:
                counter.byte = ord(self.digits[counter.at])
        self.follow_repeats()
        if self.text.at_token_start:
            self.look_at_places()
        self.follow_above(b)
        for e in self.all[:6] + self.all[7:]:  # step 6
            if e.valid:
                e.byte = self.text.at(e.at)

    def follow_repeats(self):
        """Step 3"""
        text = self.text
        position, low, high = text.position, text.low(4), text.high()
        r = (hash2(low, high & 0xff), hashes(low, high, 9),
             hash2(hashes(low, high, text.at(position - 12)), text.at(position - 16) | text.at(position - 20) << 8))
        for i, e in enumerate(self.all[:3]):
            at = r[i] >> (32 - self.index_bits)
            entry = self.indexes[i][at]
            if e.length < SHORTEST[i] and entry != 0:
                equal = 0
                while equal < 64 and text.at(entry - 1 - equal) == text.at(position - 1 - equal):
                    equal += 1
                if equal >= SHORTEST[i]:
                    e.length, e.at, e.valid = equal, entry, True
            if e.valid and bin(e.errors & 0xffff).count('1') > 8:
                e.valid, e.errors, e.length = False, 0, 0
            self.indexes[i][at] = position

    def look_at_places(self):
        """Step 4"""
        text = self.text
        keys = (hash2(text.shape, text.shape_before if text.column == 0 else 1),
                hashes(text.masked1, text.masked2, text.low(2)),
                hash2(text.cell, 1 if text.cell_hash == 0 else hash2(text.field, 2)))
        places = [key >> (32 - self.place_bits) for key in keys]
        for e, table, place in zip(self.all[3:6], self.places, places):
            last = table[place][0]
            if last != 0:
                if not (e.valid and e.at == last):
                    e.length = 0
                e.at, e.valid = last, True
        self.count(*self.places[0][places[0]])
        for table, place in zip(self.places, places):
            table[place] = text.position, table[place][0]

    def count(self, last, before):
        """Step 4, the counter"""
        counter = self.all[COUNTER]
        counter.valid = False
        if last == 0 or before == 0:
            return
        last_digits, before_digits = self.number_at(last), self.number_at(before)
        if not last_digits or not before_digits or int(last_digits) == int(before_digits):
            return
        following = 2 * int(last_digits) - int(before_digits)
        if following < 0:
            return
        self.digits = str(following)
        if last_digits[0] == '0':
            self.digits = self.digits.rjust(len(last_digits), '0')
        counter.at = counter.length = 0
        counter.valid, counter.byte = True, ord(self.digits[0])

    def number_at(self, position):
        """The digits from there on, of a longer number the first 18."""
        digits = ''
        while len(digits) < 18 and is_digit(self.text.at(position + len(digits))):
            digits += chr(self.text.at(position + len(digits)))
        return digits

    def follow_above(self, b):
        """Step 5"""
        e = self.all[ABOVE]
        if b == LF:
            e.at, e.valid, e.length, self.begin = self.begin, True, 0, self.text.position
        elif e.valid:
            if e.judge(b):
                e.at = e.at + 1 & U32
            elif is_token_byte(b):
                e.at = e.at + is_token_byte(e.byte) & U32
            else:
                for j in range(32):
                    there = self.text.at(e.at + j)
                    if there == b:
                        e.at = e.at + j + 1 & U32
                        break
                    if there == LF:
                        break

    def best(self):
        """The best"""
        best = None
        for i in (2, 1, 3, 4, 0, 5):
            e = self.all[i]
            if e.valid and (best is None or min(e.length, 16) > best.length):
                best = e
        return best

    def e(self, i):
        """Contexts: e, t and a"""
        return self.all[i].byte if self.all[i].valid else 256

    def t(self, i):
        e = self.all[i]
        return min(e.length, 15) // 2 + 8 * (e.errors & 1) if e.valid else 16

    def a(self, i):
        return self.text.at(self.all[i].at + 1) if self.all[i].valid else 256
