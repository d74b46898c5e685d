# SPDX-License-Identifier: Apache-2.0
"""The tokens of a reference, which are not stored: docs/format.md, section 4.5."""
import math
import struct

from container import Cursor

MERGES = b'LLMZBPE1'  # docs/model-file.md: a segmenter that begins so is no sentencepiece model
UNKNOWN, CONTROL, BYTE = 2, 3, 6  # types of pieces, of which 1 is the usual one


def fields(message):
    """A message of protocol buffers: pairs of a field's number and its value, bytes but for varints."""
    cursor = Cursor(message)
    while cursor.at < len(message):
        tag = cursor.varint('tag')
        kind = tag & 7
        if kind == 0:
            value = cursor.varint('value')
        elif kind == 2:
            value = cursor.bytes(cursor.varint('length'), 'value')
        else:
            value = cursor.bytes({1: 8, 5: 4}[kind], 'value')
        yield tag >> 3, value


def scores_of(segmenter):
    """The scores of a sentencepiece model (its ModelProto: pieces are field 1, each with text 1, score 2, type 3) by
    the bytes that a piece stands for: U+2581 is a space. Only pieces that are neither unknown, control nor byte."""
    scores = {}
    for number, value in fields(segmenter):
        if number != 1:
            continue
        piece = dict(fields(value))
        if piece.get(3, 1) not in (UNKNOWN, CONTROL, BYTE):
            text = piece.get(1, b'').replace('\u2581'.encode(), b' ')
            scores[text] = struct.unpack('<f', piece.get(2, bytes(4)))[0]
    return scores


def rounded(x):
    """Halves away from zero."""
    return math.floor(x + 0.5) if x >= 0 else -math.floor(-x + 0.5)


def costs_of(model):
    """By token."""
    scores = {}
    if model.segmenter and not model.segmenter.startswith(MERGES):
        scores = scores_of(model.segmenter)
    if not scores or any(not -64 <= score <= 0 for score in scores.values()):
        return dict.fromkeys(model.tokens, 1)
    others = rounded(-1024 * (min(scores.values()) - 10))
    return {token: max(1, rounded(-1024 * scores[token])) if token in scores else others for token in model.tokens}


def reference_tokens(model, reference):
    """The ids of those tokens whose costs have the least sum; the first as short as can be, then the second, ..."""
    costs, ids = costs_of(model), {token: i for i, token in enumerate(model.tokens)}
    end = len(reference)
    least, length = [0] * (end + 1), [0] * end  # from each place on: the sum, and the first token of it
    for at in range(end - 1, -1, -1):
        lengths = [n for n in range(1, min(model.longest, end - at) + 1) if reference[at:at + n] in costs]
        length[at] = min(lengths, key=lambda n: costs[reference[at:at + n]] + least[at + n])  # the first of equals
        least[at] = costs[reference[at:at + length[at]]] + least[at + length[at]]
    out, at = [], 0
    while at < end:
        out.append(ids[reference[at:at + length[at]]])
        at += length[at]
    return out
