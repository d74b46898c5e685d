# SPDX-License-Identifier: Apache-2.0
"""The decoding half of docs/range-coder.md."""
from errors import Damaged

TOTAL = 1 << 24


class Decoder:
    """The decoder's target: code is the number of the payload minus low, in a window of 32 bits."""

    def __init__(self, payload):
        self.payload = payload
        self.read = 4
        self.range = 1 << 32
        self.code = int.from_bytes(payload[:4].ljust(4, b'\0'), 'big')

    def target(self):
        return ((self.code + 1) * TOTAL - 1) // self.range

    def consume(self, start, frequency):
        """What it computes: takes the interval [start, start + frequency), which holds the target."""
        begin = self.range * start // TOTAL
        end = self.range * (start + frequency) // TOTAL
        self.code -= begin
        self.range = end - begin
        while self.range < TOTAL:
            byte = self.payload[self.read] if self.read < len(self.payload) else 0
            self.read += 1
            if self.read > len(self.payload) + 4:  # "The end of a message"
                raise Damaged('the payload ends too early')
            self.range <<= 8
            self.code = self.code << 8 | byte

    def bit(self, p):
        """A decision with the probability p / 2^16 of a one: docs/format.md, section 5.2."""
        bit = self.target() < p << 8
        if bit:
            self.consume(0, p << 8)
        else:
            self.consume(p << 8, TOTAL - (p << 8))
        return int(bit)

    def finish(self):
        """The end of a message: 3 or 4 zeros were read after the end; the message without symbols has 0 bytes."""
        if self.read - len(self.payload) not in (3, 4):
            raise Damaged('the payload is %d bytes too long' % (len(self.payload) + 4 - self.read))
