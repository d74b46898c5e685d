# SPDX-License-Identifier: Apache-2.0
"""Writes random model files, after docs/model-file.md: noise instead of knowledge, in shapes of all kinds, with about
the magnitudes of a trained model, so that every rounding and clamp has something to do. The self-test that they hold is
computed by this folder's network: so `llmz test --self` compares the two."""
import math
import struct

import numpy as np

from head import Head
from model_file import Model
from network import Body, Lane
from xxh3 import xxh3

SELF_TEST = b'KEPT IN BYTES: 0123456789'  # no merge has two of these: every byte is a token


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    return varint(len(value)) + value


def make_tokens(random, size):
    """256 bytes and longer tokens, each made of two others: (tokens in byte order, the merges)."""
    pieces, merges = {bytes([b]) for b in range(256)}, []
    words = [b' the', b' worker', b'", "', b' of', b' and', b'ing', b'tion', b'\xc3\xa9']
    # Runs are joined in twos. The longest token counts in the size of a lane.
    for byte, longest in ((b'a', random.choice((4, 16, 64))), (b'=', 16)):
        run = byte
        while len(run) < longest and len(pieces) < size:
            merges.append((run, run))
            run += run
            pieces.add(run)
    letters = b'etaoinshrdlucmfwyp'
    while len(pieces) < size:
        word = words.pop(0) if words else bytes(random.choice(letters) for _ in range(random.randrange(2, 6)))
        for end in range(2, len(word) + 1):
            if len(pieces) < size and word[:end] not in pieces:
                merges.append((word[:end - 1], word[end - 1:end]))
                pieces.add(word[:end])
    return sorted(pieces), merges


def vocabulary(tokens):
    out, before = varint(len(tokens)), b''
    for token in tokens:
        shared = 0
        while shared < min(len(token), len(before)) and token[shared] == before[shared]:
            shared += 1
        out += varint(shared) + text(token[shared:])
        before = token
    return out


def segmenter(tokens, merges):
    number = {token: i for i, token in enumerate(tokens)}
    return b'LLMZBPE1' + varint(len(merges)) + b''.join(varint(number[a]) + varint(number[b]) for a, b in merges)


def matrix(numbers, rows, columns, strength, inputs=0, limit=63):
    """A matrix whose outputs have about the root mean square `strength` where its inputs have `inputs`; a table, whose
    values have it, where `inputs` is 0. Some rows are 16 times as strong, as in trained networks."""
    weight = numbers.integers(-limit, limit + 1, (rows, columns))
    rms = limit / math.sqrt(3)
    shift = 0
    if inputs:
        rms *= inputs * math.sqrt(columns)
        shift = 20
    multiplier = strength / rms * 2**shift * numbers.uniform(0.5, 1.5, rows)
    if inputs:
        multiplier *= np.where(numbers.random(rows) < 0.05, 16, 1)
    multiplier = np.minimum(multiplier, 2**31 - 1).astype('<i4')
    return bytes([shift]) + multiplier.tobytes() + weight.astype('i1').tobytes()


def shape_of(random):
    heads, head_dim = random.choice(((1, 16), (2, 16), (4, 16), (3, 32), (2, 48), (1, 64), (1, 128)))
    layers = random.randrange(1, 4)
    vocabulary_size = 256 if random.random() < 0.1 else 16 * random.randrange(20, 34)
    return {'V': vocabulary_size, 'd': 32 * random.randrange(1, 4), 'L': layers, 'H': heads, 'D': head_dim,
            'F': 32 * random.randrange(1, 8), 'W': 16 * random.randrange(1, 6),
            'P': random.choice((0, 2 << random.randrange(8))), 'E': random.randrange(layers + 1)}


def body_of(random, numbers, s):
    """Matrices, scalars, attention multipliers and the tables of the rotation."""
    loudness = random.choice((1, 1, 8, 1024))
    out = matrix(numbers, s['V'], s['d'], 32768) + matrix(numbers, s['V'], s['d'], 16384)
    logits = 2.5 * 2**32 / (16 * math.sqrt(s['d']))  # of 2.5 nats
    out += matrix(numbers, s['V'], s['d'], logits, limit=127)
    if s['P']:
        out += matrix(numbers, s['P'], s['d'], 32768)
    for layer in range(s['L']):
        out += matrix(numbers, s['H'] * s['D'], s['d'], 4096, 16)
        out += matrix(numbers, s['D'], s['d'], 4096, 16) + matrix(numbers, s['D'], s['d'], 4096, 16)
        if s['E'] and layer % s['E'] == s['E'] - 1:
            out += matrix(numbers, s['V'], s['D'], 2048)
        out += matrix(numbers, s['d'], s['H'] * s['D'], loudness * 32768, 16)
        out += matrix(numbers, s['F'], s['d'], loudness * 500, 16)
        out += matrix(numbers, s['d'], s['F'], loudness * 65536, 12)
    for _ in range(s['L']):
        scalars = [int(16384 * random.uniform(low, high)) for low, high in ((0.5, 1.5), (-0.3, 0.6), (-0.5, 1))]
        out += struct.pack('<3i', *scalars)
        out += struct.pack('<%dI' % s['H'], *(random.randrange(236, 32768) for _ in range(s['H'])))
    half = s['D'] // 2
    out += struct.pack('<%dI' % half, *(int(2**32 * 10000**(-i / half) / (2 * math.pi)) for i in range(half)))
    return out + struct.pack('<1024h', *(round(16384 * math.sin(2 * math.pi * k / 1024)) for k in range(1024)))


def self_test(model):
    """XXH3-64 of the frequency tables that the model gives for its tokens, one lane, learning."""
    body, head, lane, tables = Body(model), Head(model, model.rate), Lane(model), b''
    for token in model.self_test:
        hidden = body.hidden([lane])
        frequencies = head.frequencies(hidden[0])
        tables += frequencies.astype('<u4').tobytes()
        head.learn(hidden, [frequencies], [token])
        lane.append(token)
    return xxh3(0, tables)


def random_model(random, name):
    """The bytes of a model file."""
    numbers = np.random.default_rng(random.getrandbits(32))
    s = shape_of(random)
    tokens, merges = make_tokens(random, s['V'])
    start = b'LLMZMODL' + bytes([3, 0]) + text(name.encode())
    start += b''.join(varint(s[field]) for field in 'VdLHDFWPE')
    start += vocabulary(tokens)
    start += b''.join(varint(random.choice((1, 5000, random.randrange(1, 1 << 20)))) for _ in tokens)
    start += text(segmenter(tokens, merges)) + body_of(random, numbers, s)
    start += struct.pack('<II', 1024 * random.choice((0, 10, 30, 64, 255)), random.choice((0, 16777)))
    start += varint(len(SELF_TEST)) + b''.join(varint(tokens.index(bytes([b]))) for b in SELF_TEST)

    def finished(test):
        body = start + struct.pack('<Q', test)
        return body + struct.pack('<Q', xxh3(0, body))

    return finished(self_test(Model(finished(0))))
