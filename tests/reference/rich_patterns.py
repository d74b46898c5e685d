# SPDX-License-Identifier: Apache-2.0
"""What the second rich mix knows of the text beside rich_text.py: docs/mixing.md, "Specification of the second rich
mix", "Patterns"."""
from mix_lane import is_digit
from mix_parts import U32, hash2
from rich_text import LF, is_token_byte

DIGIT = ord('0')


def kind_of(b):
    """kind"""
    if is_digit(b):
        return DIGIT
    return ord('a') if 97 <= b <= 122 else ord('A') if 65 <= b <= 90 else min(b, 0x80)


class Patterns:
    def __init__(self, text):
        self.text = text
        self.after_token, self.after_byte = [0] * (1 << 16), [0] * 256
        self.place = self.gap = self.gap_before = self.opened = 0
        self.line_before = self.length_before = 0
        self.kinds = self.runs = self.masked = 0  # 64, 64 and 128 bits

    def begin_end_of_byte(self, b):
        """Steps 1 to 3, before the text has the byte"""
        text, q = self.text, self.text.low(1)
        self.after_token[self.place] = (self.after_token[self.place] << 8 | b) & 0xffff
        self.after_byte[q] = (self.after_byte[q] << 8 | b) & 0xffffff
        if is_token_byte(b):
            if text.token_bytes == 0:
                self.gap_before, self.gap = self.gap, 0
        else:
            self.gap = hash2(self.gap + 1 & U32 if text.token_bytes == 0 else 1, b)
            if b in b'([{<"\'':
                self.opened = 0 if self.opened == b else b
            elif b in b')]}>':
                self.opened = 0
        if b == LF:
            self.line_before, self.length_before = text.line, text.column

    def end_byte(self, b):
        """Steps 4 to 6, when the text has it"""
        kind = kind_of(b)
        self.kinds = (self.kinds << 8 | kind) & (1 << 64) - 1
        if kind not in b'0aA' or kind != self.runs & 255:
            self.runs = (self.runs << 8 | kind) & (1 << 64) - 1
        c = DIGIT if is_digit(b) else b
        if c != DIGIT or c != self.masked & 255:
            self.masked = (self.masked << 8 | c) & (1 << 128) - 1
        text = self.text
        self.place = (hash2(text.token, 1) if text.token_bytes > 0 else hash2(self.gap, 0)) & 0xffff

    def followed(self):
        return self.after_token[self.place]

    def followed_byte(self):
        return self.after_byte[self.text.low(1)]
