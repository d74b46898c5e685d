# SPDX-License-Identifier: Apache-2.0
"""What the rich mix knows of the text: docs/mixing.md, "Specification of the rich mix", "State of the text"."""
from mix_lane import is_digit, is_letter, lower
from mix_parts import U32, hash2

SPACE, TAB, LF = 32, 9, 10


def class_of(b):
    """Class"""
    named = {5: b' \t', 6: b'\n\r', 7: b'"\'', 8: b',;', 9: b':=', 10: b'([{<', 11: b')]}>', 12: b'.', 13: b'-_/'}
    if is_digit(b):
        return 1
    if is_letter(b):
        return 4 if b >= 128 else 2 if b >= 97 else 3
    for number, members in named.items():
        if b in members:
            return number
    return 15 if b < 32 else 14


CLASSES = [class_of(b) for b in range(256)]


def is_token_byte(b):
    return is_letter(b) or is_digit(b) or b == ord('_')


class Text:
    def __init__(self, size):
        self.ring = bytearray(size)
        self.mask = size - 1
        self.position = 1
        self.newest = 0  # the newest eight bytes, the newest lowest
        self.column = self.classes = self.line = 0
        self.word = self.word1 = self.word2 = 0
        self.digits = self.number = 0
        self.token = self.token_bytes = self.token1 = 0
        self.masked1 = self.masked2 = self.masked3 = 0
        self.has_digit, self.at_token_start = False, True
        self.shape = self.shape_before = self.first_token = self.field = 0
        self.in_indent, self.indent = True, 0
        self.cell = self.cell_hash = 0
        self.in_string, self.string = False, 0
        self.key = self.value = 0
        self.stack, self.depth = [0] * 32, 0

    def at(self, position):
        return self.ring[position & self.mask]

    def low(self, n):
        return self.newest & ((1 << 8 * n) - 1)

    def high(self):
        return self.newest >> 32

    def push(self, entry):
        self.stack[self.depth % 32] = entry
        self.depth += 1

    def parent(self):
        return self.stack[(self.depth - 1) % 32] if self.depth else 0

    def end_byte(self, b):
        q = self.low(1)
        self.ring[self.position & self.mask] = b  # step 1
        self.newest = (self.newest << 8 | b) & (1 << 64) - 1
        self.position = self.position + 1 & U32
        self.column += 1
        self.classes = (self.classes << 4 | CLASSES[b]) & U32
        self.line = hash2(self.line + 1 & U32, b)
        if is_letter(b):  # step 3
            self.word = hash2(self.word + 1 & U32, lower(b))
        elif self.word:
            self.word2, self.word1, self.word = self.word1, self.word, 0
        if is_digit(b):  # step 4
            self.digits, self.number = self.digits + 1, hash2(self.number + 1 & U32, b)
        else:
            self.digits = self.number = 0
        self.update_token(b)
        self.in_indent = self.in_indent and b in (SPACE, TAB)  # step 6
        self.indent += self.in_indent
        if b in b',\t;':
            self.cell, self.cell_hash = self.cell + 1, 0
        else:
            self.cell_hash = hash2(self.cell_hash + 1 & U32, b)
        self.update_structure(b, q)
        if b == LF:  # step 8
            self.shape_before = self.shape
            self.column = self.line = self.shape = self.first_token = 0
            self.field = self.cell = self.cell_hash = self.indent = 0
            self.in_indent = True

    def update_token(self, b):
        """Step 5"""
        if is_token_byte(b):
            self.token = hash2(self.token + 1 & U32, b)
            self.token_bytes += 1
            self.has_digit = self.has_digit or is_digit(b)
            self.at_token_start = False
            return
        if self.token_bytes > 0:
            self.masked3, self.masked2 = self.masked2, self.masked1
            self.masked1 = 1 if self.has_digit else self.token
            self.token1 = self.token
            self.shape = hash2(self.shape, self.masked1)
            self.first_token = self.first_token or self.masked1
            self.token = self.token_bytes = 0
            self.has_digit = False
            if self.depth > 0 and self.parent() == 0:
                self.stack[(self.depth - 1) % 32] = self.token1
        self.shape = hash2(self.shape + 1 & U32, b)
        self.field += 1
        self.at_token_start = True

    def update_structure(self, b, q):
        """Step 7"""
        if b == ord('"') and q != ord('\\'):
            self.in_string, self.string = not self.in_string, 0
        elif self.in_string:
            self.string = hash2(self.string + 1 & U32, b)
        if b in b'{[':
            self.push(self.key)
            self.value = 0
        elif b in b'}]':
            if self.depth > 0:
                self.depth -= 1
                self.key = self.stack[self.depth % 32]
            self.value = 0
        elif b in b':=':
            if not self.in_string:
                self.key, self.value = self.token1, 0
        elif b == ord(','):
            if not self.in_string:
                self.value = 0
        elif b == LF:
            self.value = 0
        else:
            self.value = hash2(self.value + 1 & U32, b)
        if q == ord('<') and is_letter(b):
            self.push(0)
        elif (q == ord('<') and b == ord('/')) or (q == ord('/') and b == ord('>')):
            self.depth = max(self.depth - 1, 0)
