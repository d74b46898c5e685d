# SPDX-License-Identifier: Apache-2.0
"""Reads a model file of kind 0: docs/model-file.md, with the limits of docs/exact-arithmetic.md, "Notation"."""
import numpy as np

from container import Cursor
from errors import Damaged, NewerFormat, NotLlmz, OlderFormat, Unsupported
from xxh3 import low32, xxh3


class Matrix:
    """Weights as float64, which holds every sum that a model can have, so that numpy may multiply with BLAS."""

    def __init__(self, shift, multiplier, weight):
        self.shift = shift
        self.multiplier = multiplier
        self.weight = weight


class Layer:
    pass


class Reader(Cursor):
    def text(self, what):
        return self.bytes(self.varint(what), what)

    def numbers(self, count, kind, what):
        """Little-endian integers of numpy's type `kind` as int64."""
        size = np.dtype(kind).itemsize
        return np.frombuffer(self.bytes(count * size, what), '<' + kind).astype(np.int64)

    def matrix(self, rows, columns, what, limit=63):
        shift = self.uint(1, what)
        multiplier = self.numbers(rows, 'i4', what)
        weight = self.numbers(rows * columns, 'i1', what).reshape(rows, columns)
        if shift > 40 or multiplier.min() < 0 or np.abs(weight).max() > limit:
            raise Damaged('the matrix %s is out of bounds' % what)
        return Matrix(shift, multiplier, weight)


def read_vocabulary(reader, size):
    """The tokens in byte order, each as the length it shares with the one before, and the rest."""
    if reader.varint('vocabulary') != size:
        raise Damaged('two sizes of the vocabulary')
    tokens, token = [], b''
    for _ in range(size):
        shared = reader.varint('shared prefix')
        rest = reader.text('token')
        if shared > len(token):
            raise Damaged('a token shares more than there is')
        before, token = token, token[:shared] + rest
        if (token <= before and tokens) or len(token) > 64:
            raise Damaged('the vocabulary is not in order, or a token is too long')
        tokens.append(token)
    if len({token for token in tokens if len(token) == 1}) != 256:
        raise Damaged('a byte is no token')
    return tokens


def check_limits(m):
    good = (32 <= m.d <= 512 and m.d % 32 == 0 and 32 <= m.F <= 2080 and m.F % 32 == 0
            and 16 <= m.D <= 128 and m.D % 16 == 0 and 1 <= m.H and m.H * m.D <= 2080
            and 16 <= m.W <= 2048 and m.W % 16 == 0 and 256 <= m.V <= 65536 and m.V % 16 == 0 and 1 <= m.L <= 256
            and (m.P == 0 or (2 <= m.P <= 1 << 20 and m.P & (m.P - 1) == 0)) and m.E <= m.L
            and 2 * m.L * m.D * (m.W + 64) <= 1 << 22)
    if not good:
        raise Damaged('the shape of the model is out of bounds')


def read_layer(reader, m, number):
    layer = Layer()
    layer.query = reader.matrix(m.H * m.D, m.d, 'query')
    layer.key = reader.matrix(m.D, m.d, 'key')
    layer.value = reader.matrix(m.D, m.d, 'value')
    layer.value_embedding = None
    if m.E and number % m.E == m.E - 1:
        layer.value_embedding = reader.matrix(m.V, m.D, 'value embedding')
        if layer.value_embedding.multiplier.max() > 1 << 21:
            raise Damaged('a multiplier of a value embedding is out of bounds')
    layer.output = reader.matrix(m.d, m.H * m.D, 'output')
    layer.up = reader.matrix(m.F, m.d, 'up')
    layer.down = reader.matrix(m.d, m.F, 'down')
    for matrix in (layer.query, layer.key, layer.value, layer.output, layer.up, layer.down):
        matrix.weight = matrix.weight.astype(np.float64)
    return layer


class Model:
    def __init__(self, data):
        reader = Reader(data)
        if reader.bytes(8, 'magic') != b'LLMZMODL':
            raise NotLlmz('not a model file')
        version = reader.uint(1, 'version')
        if version != 3:
            raise (NewerFormat if version > 3 else OlderFormat)('a model file of version %d' % version)
        kind = reader.uint(1, 'kind')
        if kind == 1:
            raise Unsupported('an imported model, which this decoder does not know')
        if kind != 0:
            raise NewerFormat('a model of kind %d' % kind)
        self.fingerprint = xxh3(0, data[:-8])
        if self.fingerprint != int.from_bytes(data[-8:], 'little'):
            raise Damaged('the fingerprint of the model is wrong')
        self.name = reader.text('name')
        self.V, self.d, self.L, self.H, self.D, self.F, self.W, self.P, self.E = (
            reader.varint('shape') for _ in range(9))
        check_limits(self)
        self.tokens = read_vocabulary(reader, self.V)
        self.longest = max(map(len, self.tokens))
        self.costs = [reader.varint('cost') for _ in range(self.V)]
        if not 1 <= min(self.costs) <= max(self.costs) <= 1 << 20:
            raise Damaged('a cost is out of bounds')
        self.segmenter = reader.text('segmenter')  # of use to encoders only
        self.embedding = reader.matrix(self.V, self.d, 'embedding')
        self.previous = reader.matrix(self.V, self.d, 'previous')
        self.head = reader.matrix(self.V, self.d, 'head', limit=127)
        self.pairs = None
        if self.P:
            self.pairs = reader.matrix(self.P, self.d, 'pairs')
            if self.pairs.multiplier.max() > 1 << 21:
                raise Damaged('a multiplier of pairs is out of bounds')
        self.layers = [read_layer(reader, self, number) for number in range(self.L)]
        for layer in self.layers:
            layer.scalars = [int(s) for s in reader.numbers(3, 'i4', 'scalars')]
            layer.attention_multiplier = reader.numbers(self.H, 'u4', 'attention multipliers')
            if max(map(abs, layer.scalars)) > 1 << 17 or layer.attention_multiplier.max() > 32767:
                raise Damaged('scalars or attention multipliers are out of bounds')
        self.frequencies = reader.numbers(self.D // 2, 'u4', 'rotary frequencies')
        self.sine = reader.numbers(1024, 'i2', 'sine table')
        if np.abs(self.sine).max() > 16384:
            raise Damaged('a sine is out of bounds')
        self.rate = reader.uint(4, 'rate')
        self.threshold = reader.uint(4, 'threshold')
        self.self_test = [reader.varint('self-test') for _ in range(reader.varint('self-test'))]
        if any(token >= self.V for token in self.self_test):
            raise Damaged('the self-test has a token that there is not')
        self.self_test_hash = reader.uint(8, 'self-test')
        if reader.at != len(data) - 8:
            raise Damaged('bytes are left over in the model file')
        if self.rate % 1024 or self.rate > 255 * 1024:
            raise Damaged('the rate is out of bounds')

    def named_by(self, fingerprint_low):
        """Does a file with these low 32 bits of a fingerprint (docs/format.md, section 1) name this model?"""
        return low32(self.fingerprint) == fingerprint_low
