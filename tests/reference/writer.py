# SPDX-License-Identifier: Apache-2.0
"""Writes .llmz files that llmz itself would not write: many short rounds of changing methods, any tokens that make the
content, any rate of the head. They show whether llmz reads what the documents allow. A round is encoded by the
decoder's own code: what would decode a bit or a symbol is told it, and writes it."""
import lzma

import numpy as np

from container import BYTE_MIX, FLAG_LEARNS, FLAG_NO_MODEL, FLAG_SIZE, LZMA2, RICH_MIX, STORED, TOKEN_MIX, TOKENS
from decoder import FrameDecoder
from random_model import varint
from range_coder import TOTAL
from xxh3 import low32, xxh3


class Encoder:
    """The encoding half of docs/range-coder.md, which is asked as a Decoder for bits that are known before."""

    def __init__(self):
        self.low, self.range, self.renormalized = 0, 1 << 32, 0
        self.bits = []  # of decisions to come, the next one last

    def consume(self, start, frequency):
        begin = self.range * start // TOTAL
        end = self.range * (start + frequency) // TOTAL
        self.low += begin
        self.range = end - begin
        while self.range < TOTAL:
            self.range <<= 8
            self.low <<= 8
            self.renormalized += 1

    def bit(self, p):
        bit = self.bits.pop()
        if bit:
            self.consume(0, p << 8)
        else:
            self.consume(p << 8, TOTAL - (p << 8))
        return bit

    def finish(self):
        """The end of a message: a number of the interval that ends in as many zero bytes as possible. Python's
        integers hold all of low, so that there is nothing to carry."""
        size = self.renormalized + 4
        for zeros in (4, 3, 2, 1, 0):
            unit = 1 << 8 * zeros
            number = -(-self.low // unit) * unit
            if number < self.low + self.range:
                return number.to_bytes(size, 'big')[:size - zeros]
        raise AssertionError('an empty interval')


def bits_of(content):
    return [byte >> place & 1 for byte in content for place in range(7, -1, -1)]


def cut(random, tokens, content):
    """Ids of tokens that make the content: mostly the longest, sometimes any."""
    ids = {token: i for i, token in enumerate(tokens)}
    longest, out, at = max(map(len, tokens)), [], 0
    while at < len(content):
        fitting = [n for n in range(1, longest + 1) if at + n <= len(content) and content[at:at + n] in ids]
        length = random.choice(fitting) if random.random() < 0.1 else fitting[-1]
        out.append(ids[content[at:at + length]])
        at += length
    return out


def decisions_of(tokens, token):
    """docs/mixing.md, "Token path": the bits of the decisions that lead to a token."""
    low, high, depth, out = 0, len(tokens), 0, []
    for byte in tokens[token]:
        for place in range(7, -1, -1):
            middle = next((i for i in range(low, high) if tokens[i][depth] >> place >= byte >> place | 1), high)
            bit = byte >> place & 1
            if low < middle < high:
                out.append(bit)
            low, high = (middle, high) if bit else (low, middle)
        depth += 1
        if len(tokens[low]) == depth and high - low > 1:
            out.append(int(low == token))
            low += low != token
    return out


class PlannedCoder:
    """Tells the walk which token each lane has next, and codes it (docs/format.md, section 6)."""

    def __init__(self, encoder, model, ids, mix=None):
        self.encoder, self.model, self.mix = encoder, model, mix
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
            self.encoder.bits = decisions_of(self.model.tokens, token)[::-1]
            assert self.mix.token(lane, frequencies) == token
        else:
            self.encoder.consume(int(np.sum(frequencies[:token])), int(frequencies[token]))
        return token


class FrameEncoder(FrameDecoder):
    def encode(self, random, method, content):
        """The payload of a round."""
        if method == STORED:
            return content
        if method == LZMA2:
            size = max(4096, 1 << (len(content) - 1).bit_length())
            return lzma.compress(content, lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': size}])
        encoder = Encoder()
        if method in (BYTE_MIX, RICH_MIX):
            encoder.bits = bits_of(content)[::-1]
            decoded = self.byte_mix(method).decode(encoder, len(content))
        else:
            mix = None
            if method == TOKEN_MIX:
                mix = self.token_mix(encoder)
            coder = PlannedCoder(encoder, self.model, cut(random, self.model.tokens, content), mix)
            decoded = self.the_walk().decode(coder, len(content))
        assert decoded == content
        return encoder.finish()


class Settings:
    """What the decoder reads from a frame's header."""

    def __init__(self, lanes, memory, head_rate):
        self.lanes, self.memory, self.head_rate = lanes, memory, head_rate


def rounds_frame(random, model, parts):
    """A rounds frame (docs/format.md, section 4) of parts, each a method and its content. Without a model, None."""
    code = random.choice((0, 1, 30, 200, 255))
    learns = random.random() < 0.8
    settings = Settings(random.choice((1, 2, 3, 16, 255)), random.choice((16, 17, 20)), 1024 * code if learns else 0)
    content = b''.join(part for _, part in parts)
    with_size = random.random() < 0.5
    flags = FLAG_LEARNS * learns | FLAG_SIZE * with_size | FLAG_NO_MODEL * (model is None)
    fingerprint = model.fingerprint if model else 0
    out = b'\xec\x1a\x22' + low32(fingerprint).to_bytes(4, 'little')
    out += bytes([flags, settings.lanes, settings.memory]) + (bytes([code]) if learns else b'')
    out += varint(len(content)) if with_size else b''
    chain = xxh3(0, out)
    encoder = FrameEncoder(settings, model)
    for method, part in parts:
        payload = encoder.encode(random, method, part)
        fields = varint(len(part)) + bytes([method]) + varint(len(payload))
        chain = xxh3(chain, fields + payload)
        out += fields + low32(chain).to_bytes(4, 'little') + payload
    return out + b'\0' + low32(xxh3(fingerprint, content)).to_bytes(4, 'little')


def random_frame(random, model, kinds):
    """A frame of short rounds; gives it and its content."""
    tokens = random.choice((TOKENS, TOKEN_MIX))
    methods = [STORED, LZMA2, BYTE_MIX, BYTE_MIX, RICH_MIX, RICH_MIX] + ([tokens] * 6 if model else [])
    parts = []
    for _ in range(random.randrange(1, 9)):
        size = int(2 ** random.uniform(0, 8))
        parts.append((random.choice(methods), random.choice(kinds)(random, size)))
    if model and tokens == TOKENS and random.random() < 0.5:  # so that later rounds have several lanes
        parts.insert(random.randrange(len(parts) + 1), (TOKENS, kinds[-1](random, random.randrange(6000, 14000))))
    return rounds_frame(random, model, parts), b''.join(part for _, part in parts)
