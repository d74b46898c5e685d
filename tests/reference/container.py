# SPDX-License-Identifier: Apache-2.0
"""Frames, rounds, padding and the index: docs/format.md, sections 1 to 4, 7 and 8."""
from errors import CutOff, Damaged, NewerFormat, NotLlmz, OlderFormat
from xxh3 import low32, xxh3

MAGIC = b'\xec\x1a'
VERSION = 2
SINGLE_16, SINGLE_24, ROUNDS, INDEX, PLAIN, SINGLE_BEHIND, PLAIN_BEHIND, MODEL = range(8)
STORED, LZMA2, BYTE_MIX, TOKEN_MIX, TOKENS, RICH_MIX, COPIES, SAMPLES, RICH_TOKEN_MIX = range(9)
SECOND_RICH_MIX, SECOND_RICH_TOKEN_MIX = 10, 11
METHOD_NAMES = {
    STORED: 'stored', LZMA2: 'LZMA2', BYTE_MIX: 'byte mix', TOKEN_MIX: 'network and mix', TOKENS: 'network',
    RICH_MIX: 'rich mix', COPIES: 'copies', SAMPLES: 'samples', RICH_TOKEN_MIX: 'network and rich mix',
    SECOND_RICH_MIX: 'second rich mix', SECOND_RICH_TOKEN_MIX: 'network and second rich mix'}
OF_TOKENS = (TOKEN_MIX, TOKENS, RICH_TOKEN_MIX, SECOND_RICH_TOKEN_MIX)
IN_ONE_LANE = (RICH_TOKEN_MIX, SECOND_RICH_TOKEN_MIX)
FLAG_SIZE, FLAG_LEARNS, FLAG_INDEX, FLAG_NO_MODEL, FLAG_REFERENCE = 1, 2, 4, 8, 16
MOST_CONTENT = 1 << 24
MOST_FRAMES = 1 << 20
MOST_MODEL = 1 << 26
DEFAULT_LANES = 16  # section 3.1
DEFAULT_MEMORY = 26


class Cursor:
    """Section 1: unsigned integers and varints; the end of the input is an error of its own."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def bytes(self, count, what):
        if count > len(self.data) - self.at:
            raise CutOff('the input ends in %s' % what)
        self.at += count
        return self.data[self.at - count:self.at]

    def uint(self, count, what):
        return int.from_bytes(self.bytes(count, what), 'little')

    def varint(self, what):
        value = 0
        for i in range(10):
            byte = self.uint(1, what)
            value |= (byte & 127) << 7 * i
            if byte < 128:
                if value >= 1 << 64:
                    break
                return value
        raise Damaged('%s: no integer below 2^64' % what)


class Round:
    def __init__(self, method, content_size, payload):
        self.method = method
        self.content_size = content_size
        self.payload = payload


class Frame:
    """A content frame whose checks of header and payloads have been made; the check of the content is left."""

    def __init__(self, offset):
        self.offset = offset
        self.kind = None
        self.fingerprint = None  # the low 32 bits
        self.needs_model = True
        self.reference_check = None  # section 3.3; None: no reference
        self.lanes = DEFAULT_LANES
        self.memory = DEFAULT_MEMORY
        self.head_rate = None  # None: what the model prescribes
        self.announces_index = False
        self.carried = None  # section 10: the size and the payload of the last model before the frame
        self.rounds = []
        self.content_check = 0
        self.size = 0

    def content_size(self):
        return sum(r.content_size for r in self.rounds)

    def check_content(self, content, full_fingerprint):
        """Sections 3.1, 3.2, 4.3: the seed is the full fingerprint, 0 without a model."""
        if low32(xxh3(full_fingerprint, content)) != self.content_check:
            raise Damaged('frame at %d: the content check fails' % self.offset)


def payload_size(cursor, content_size):
    """Sections 3.2 and 4.2: the bound of what a reader may have to allocate."""
    size = cursor.varint('payload size')
    if size > 4 * content_size + 1024:
        raise Damaged('a payload of %d bytes for %d' % (size, content_size))
    return size


def implied_memory(content_size):
    """Section 3.1: of frames that are behind no reference."""
    return min(DEFAULT_MEMORY, max(16, 10 + (content_size - 1).bit_length()))


def read_single(cursor, frame, kind):
    """Section 3.1"""
    width = 2 if kind == SINGLE_16 else 3
    frame.fingerprint = cursor.uint(4, 'model fingerprint')
    frame.content_check = cursor.uint(4, 'content check')
    content_size = cursor.uint(width, 'content size')
    size = cursor.uint(width, 'payload size')
    if content_size == 0 or size > 4 * content_size + 1024:
        raise Damaged('%d bytes in a payload of %d' % (content_size, size))
    if kind == SINGLE_24:
        check = cursor.uint(4, 'payload check')
    payload = cursor.bytes(size, 'payload')
    if kind == SINGLE_24 and low32(xxh3(frame.fingerprint + (frame.content_check << 32), payload)) != check:
        raise Damaged('the payload check fails')
    frame.memory = implied_memory(content_size)
    frame.rounds.append(Round(TOKEN_MIX, content_size, payload))


def read_single_behind(cursor, frame):
    """Section 3.3: kind 5 names its model by the check of the reference."""
    frame.reference_check = cursor.uint(3, 'reference check')
    frame.content_check = cursor.uint(4, 'content check')
    content_size = cursor.varint('content size')
    if not 1 <= content_size <= MOST_CONTENT:
        raise Damaged('a content size of %d' % content_size)
    size = payload_size(cursor, content_size)
    frame.rounds.append(Round(TOKEN_MIX, content_size, cursor.bytes(size, 'payload')))


def read_plain(cursor, frame, kind):
    """Sections 3.2 and, kind 6, 3.3"""
    frame.needs_model = False
    if kind == PLAIN_BEHIND:
        frame.reference_check = cursor.uint(4, 'reference check')
    method = cursor.uint(1, 'method')
    if method not in METHOD_NAMES:
        raise NewerFormat('method %d' % method)
    if method in OF_TOKENS or method in ((STORED, SAMPLES) if kind == PLAIN_BEHIND else (COPIES,)):
        raise Damaged('a plain frame with method %d' % method)
    frame.content_check = cursor.uint(4, 'content check')
    content_size = cursor.varint('content size')
    if content_size > MOST_CONTENT or (content_size == 0 and method != STORED):
        raise Damaged('a content size of %d' % content_size)
    if content_size == 0:
        return
    if kind == PLAIN:
        frame.memory = implied_memory(content_size)
    if method == STORED:
        payload = cursor.bytes(content_size, 'payload')
    else:
        size = payload_size(cursor, content_size)
        check = cursor.uint(4, 'payload check')
        payload = cursor.bytes(size, 'payload')
        if low32(xxh3(method + (frame.content_check << 32), payload)) != check:
            raise Damaged('the payload check fails')
    frame.rounds.append(Round(method, content_size, payload))


def read_rounds(cursor, frame):
    """Section 4"""
    start = cursor.at - 3
    fingerprint = cursor.uint(4, 'model fingerprint')
    flags = cursor.uint(1, 'flags')
    if flags > 31:
        raise NewerFormat('flags %02x' % flags)
    frame.lanes = cursor.uint(1, 'lanes')
    frame.memory = cursor.uint(1, 'memory')
    frame.head_rate = cursor.uint(1, 'head rate') * 1024 if flags & FLAG_LEARNS else 0
    announced = cursor.varint('content size') if flags & FLAG_SIZE else None
    if flags & FLAG_REFERENCE:
        frame.reference_check = cursor.uint(4, 'reference check')
    frame.announces_index = bool(flags & FLAG_INDEX)
    frame.needs_model = not flags & FLAG_NO_MODEL
    if frame.needs_model:
        frame.fingerprint = fingerprint
    if frame.lanes == 0 or not 16 <= frame.memory <= 28:
        raise Damaged('%d lanes, %d bits of memory' % (frame.lanes, frame.memory))
    chain = xxh3(0, cursor.data[start:cursor.at])
    while True:
        at = cursor.at
        content_size = cursor.varint('content size of a round')
        if content_size == 0:
            break
        if content_size > MOST_CONTENT:
            raise Damaged('a round of %d bytes' % content_size)
        chain = read_round(cursor, frame, content_size, at, chain)
    frame.content_check = cursor.uint(4, 'content check')
    if not frame.rounds:
        raise Damaged('a frame without rounds')
    if announced not in (None, frame.content_size()):
        raise Damaged('rounds of %d bytes, announced were %d' % (frame.content_size(), announced))


def read_round(cursor, frame, content_size, start, chain):
    """Section 4.2; `start` is where the round's content size is stored. Returns the new chain."""
    method = cursor.uint(1, 'method')
    if method not in METHOD_NAMES:
        raise NewerFormat('method %d' % method)
    token_methods = {r.method for r in frame.rounds if r.method in OF_TOKENS}
    if method in OF_TOKENS:
        if not frame.needs_model:
            raise Damaged('a round that needs a model in a frame without one')
        if token_methods - {method}:
            raise Damaged('rounds of two of the methods 3, 4, 8 and 11 in one frame')
    if method == COPIES and frame.reference_check is None:
        raise Damaged('copies in a frame that is not behind a reference')
    if method == SAMPLES and frame.reference_check is not None:
        raise Damaged('a round of samples behind a reference')
    size = payload_size(cursor, content_size)
    if method == STORED and size != content_size:
        raise Damaged('%d bytes stored as %d' % (content_size, size))
    fields = cursor.data[start:cursor.at]
    check = cursor.uint(4, 'round check')
    payload = cursor.bytes(size, 'payload')
    chain = xxh3(chain, fields + payload)
    if low32(chain) != check:
        raise Damaged('the round check fails')
    frame.rounds.append(Round(method, content_size, payload))
    return chain


def read_model(cursor):
    """Section 10: the size of the model file, and it as an LZMA2 stream."""
    fingerprint = cursor.uint(8, 'fingerprint of a model')
    size = cursor.varint('size of a model')
    payload_bytes = cursor.varint('payload size of a model')
    if not 1 <= size <= MOST_MODEL or payload_bytes > size + 1024 or size // 16 > payload_bytes:
        raise Damaged('a model of %d bytes in %d' % (size, payload_bytes))
    check = cursor.uint(4, 'payload check of a model')
    payload = cursor.bytes(payload_bytes, 'payload')
    if low32(xxh3(fingerprint, payload)) != check:
        raise Damaged('the check of a model fails')
    return size, payload


def check_index(cursor, before):
    """Section 7; `before` are the content frames since the last index."""
    start = cursor.at - 3
    count = cursor.varint('number of frames')
    if not 1 <= count <= MOST_FRAMES:
        raise Damaged('an index of %d frames' % count)
    listed = [(cursor.varint('frame size'), cursor.varint('content size')) for _ in range(count)]
    check = low32(xxh3(0, cursor.data[start:cursor.at]))
    if cursor.uint(4, 'index check') != check:
        raise Damaged('the index check fails')
    size = cursor.uint(4, 'index size')
    if cursor.bytes(2, 'end magic') != MAGIC[::-1] or size != cursor.at - start:
        raise Damaged('the end of the index is wrong')
    announcing = sum(f.announces_index for f in before)
    if announcing and count != announcing:
        raise Damaged('an index of %d frames behind %d' % (count, announcing))
    if count > len(before) or listed != [(f.size, f.content_size()) for f in before[-count:]]:
        raise Damaged('the index lists other frames than are before it')


def read_start(cursor):
    """Section 2: magic, version and kind."""
    start = cursor.data[cursor.at:cursor.at + 2]
    if start != MAGIC[:len(start)]:
        raise Damaged('foreign bytes after a frame') if cursor.at else NotLlmz('not an llmz file')
    cursor.bytes(2, 'magic')
    byte = cursor.uint(1, 'version and kind')
    version = byte >> 4
    if version != VERSION:
        raise (NewerFormat if version > VERSION else OlderFormat)('version %d' % version)
    if byte & 15 > MODEL:
        raise NewerFormat('kind %d' % (byte & 15))
    return byte & 15


def read_frames(data):
    """All content frames of a file, in order. Raises a DecodeError where the file is not whole."""
    cursor = Cursor(bytes(data))
    frames, since_index, carried = [], [], None
    while cursor.at < len(data):
        if frames and cursor.data[cursor.at] == 0:  # padding
            if any(cursor.data[cursor.at:]):
                raise Damaged('other bytes than zeros in the padding')
            break
        frame = Frame(cursor.at)
        kind = frame.kind = read_start(cursor)
        if kind == INDEX:
            check_index(cursor, since_index)
            since_index = []
            continue
        if kind == MODEL:
            if since_index and since_index[-1].announces_index:
                raise Damaged('a model between frames and their index')
            carried = read_model(cursor)
            continue
        frame.carried = carried
        if kind == ROUNDS:
            read_rounds(cursor, frame)
        elif kind in (PLAIN, PLAIN_BEHIND):
            read_plain(cursor, frame, kind)
        elif kind == SINGLE_BEHIND:
            read_single_behind(cursor, frame)
        else:
            read_single(cursor, frame, kind)
        frame.size = cursor.at - frame.offset
        if since_index and since_index[-1].announces_index and not frame.announces_index:
            raise CutOff('the announced index is missing')
        frames.append(frame)
        since_index.append(frame)
    if not frames:
        raise CutOff('an input without a frame')
    if any(f.announces_index for f in since_index):
        raise CutOff('the input ends before the announced index')
    return frames
