# SPDX-License-Identifier: Apache-2.0
"""Writes .llmz files that llmz itself would not write: many short rounds of changing methods, any tokens that make the
content, any rate of the head. They show whether llmz reads what the documents allow. A round is encoded by the
decoder's own code: what would decode a bit or a symbol is told it, and writes it."""
import lzma

from container import (BYTE_MIX, COPIES, DEFAULT_LANES, DEFAULT_MEMORY, FLAG_LEARNS, FLAG_NO_MODEL, FLAG_REFERENCE,
                       FLAG_SIZE, LZMA2, OF_TOKENS, RICH_MIX, SAMPLES, SECOND_RICH_MIX, STORED, TOKEN_MIX, TOKENS,
                       implied_memory)
from copies import random_copies
from decoder import FrameDecoder
from known import Known, PlannedCoder, bits_of
from random_model import varint
from range_coder import TOTAL
from sample_mix import encode_samples
from xxh3 import low32, xxh3


class Encoder(Known):
    """The encoding half of docs/range-coder.md."""

    def __init__(self, bits=()):
        super().__init__(bits)
        self.low, self.range, self.renormalized = 0, 1 << 32, 0

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
        bit = super().bit(p)
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


class FrameEncoder(FrameDecoder):
    def encode(self, random, method, content):
        """The payload of a round."""
        if method == STORED:
            return content
        if method == LZMA2:
            size = max(4096, 1 << (len(content) - 1).bit_length())
            return lzma.compress(content, lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': size}])
        if method == COPIES:
            fields, literals = random_copies(random, content, self.reference)
            return fields + (self.encode(random, BYTE_MIX, literals) if literals else b'')
        if method == SAMPLES:
            return encode_samples(random, content, Encoder())
        of_bytes = method not in OF_TOKENS
        encoder = Encoder(bits_of(content) if of_bytes else ())
        if of_bytes:
            decoded = self.byte_mix(method).decode(encoder, len(content))
        else:
            mix = self.token_mix(method)
            coder = PlannedCoder(encoder, self.model, cut(random, self.model.tokens, content), mix)
            decoded = self.the_walk(method).decode(coder, len(content))
        assert decoded == content
        return encoder.finish()


class Settings:
    """What the decoder reads from a frame's header."""

    def __init__(self, lanes, memory, head_rate):
        self.lanes, self.memory, self.head_rate = lanes, memory, head_rate


def four(value):
    return low32(value).to_bytes(4, 'little')


def single_frame(random, model, content, reference):
    """A frame of kind 0, 1 or, behind a reference, 5 (docs/format.md, sections 3.1 and 3.3)."""
    memory = DEFAULT_MEMORY if reference else implied_memory(len(content))
    encoder = FrameEncoder(Settings(DEFAULT_LANES, memory, None), model, reference)
    payload = encoder.encode(random, TOKEN_MIX, content)
    check = low32(xxh3(model.fingerprint, content))
    if reference:
        start = b'\xec\x1a\x25' + four(xxh3(model.fingerprint, reference))[:3] + four(check)
        return start + varint(len(content)) + varint(len(payload)) + payload
    kind = random.randrange(2)
    out = b'\xec\x1a' + bytes([0x20 + kind]) + four(model.fingerprint) + four(check)
    out += b''.join(len(part).to_bytes(2 + kind, 'little') for part in (content, payload))
    if kind == 1:
        out += four(xxh3(low32(model.fingerprint) + (check << 32), payload))
    return out + payload


def rounds_frame(random, model, parts, reference):
    """A rounds frame (docs/format.md, section 4) of parts, each a method and its content. Without a model, None."""
    code = random.choice((0, 1, 30, 200, 255))
    learns = random.random() < 0.8
    settings = Settings(random.choice((1, 2, 3, 16, 255)), random.choice((16, 17, 20)), 1024 * code if learns else 0)
    content = b''.join(part for _, part in parts)
    with_size = random.random() < 0.5
    flags = FLAG_LEARNS * learns | FLAG_SIZE * with_size | FLAG_NO_MODEL * (model is None)
    flags |= FLAG_REFERENCE * (reference != b'')
    fingerprint = model.fingerprint if model else 0
    out = b'\xec\x1a\x22' + four(fingerprint)
    out += bytes([flags, settings.lanes, settings.memory]) + (bytes([code]) if learns else b'')
    out += varint(len(content)) if with_size else b''
    out += four(xxh3(fingerprint, reference)) if reference else b''
    chain = xxh3(0, out)
    encoder = FrameEncoder(settings, model, reference)
    for method, part in parts:
        payload = encoder.encode(random, method, part)
        fields = varint(len(part)) + bytes([method]) + varint(len(payload))
        chain = xxh3(chain, fields + payload)
        out += fields + four(chain) + payload
    return out + b'\0' + four(xxh3(fingerprint, content))


def random_frame(random, model, kinds, reference):
    """A frame of short rounds; gives it and its content. The reference may be empty: there is none."""
    if model and random.random() < 0.2:
        content = random.choice(kinds)(random, random.randrange(1, 300))
        return single_frame(random, model, content, reference), content
    tokens = random.choice(OF_TOKENS)
    methods = [STORED, LZMA2] + [BYTE_MIX, RICH_MIX, SECOND_RICH_MIX] * 2 + ([tokens] * 6 if model else [])
    methods += [] if reference else [SAMPLES]
    parts = []
    for _ in range(random.randrange(1, 9)):
        size = int(2 ** random.uniform(0, 8))
        parts.append((random.choice(methods), random.choice(kinds)(random, size)))
    if reference:
        new, begin = random.choice(kinds)(random, random.randrange(1, 50)), random.randrange(len(reference))
        parts.append((COPIES, reference[begin:] + new + reference[:random.randrange(len(reference))]))
    if model and tokens == TOKENS and random.random() < 0.5:  # so that later rounds have several lanes
        parts.insert(random.randrange(len(parts) + 1), (TOKENS, kinds[-1](random, random.randrange(6000, 14000))))
    return rounds_frame(random, model, parts, reference), b''.join(part for _, part in parts)
