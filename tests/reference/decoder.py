#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second decoder of .llmz files, written from the documents alone: docs/format.md, range-coder.md,
exact-arithmetic.md, model-file.md, mixing.md and sample-mix.md. It is plain and slow; it shows whether the documents say all that a
file means.

  decoder.py [-m MODEL]... [-D REFERENCE] FILE.llmz >CONTENT
"""
import argparse
import lzma
import sys

from container import (BYTE_MIX, COPIES, IN_ONE_LANE, LZMA2, RICH_MIX, SAMPLES, SECOND_RICH_MIX,
                       SECOND_RICH_TOKEN_MIX, STORED, TOKEN_MIX, TOKENS, read_frames)
from copies import decode_copies
from errors import Damaged, DecodeError, ModelMissing, ReferenceMissing
from known import Known, PlannedCoder, bits_of
from mix import ByteMix, TokenMix
from model_file import Model
from range_coder import Decoder
from reference_tokens import reference_tokens
from rich_mix import RichMix, RichTokenMix
from sample_mix import decode_samples
from tokens import PlainCoder, Walk
from xxh3 import low32, xxh3


def stored_chunks(content):
    """An LZMA2 stream of uncompressed chunks, without an end marker: a control byte (1: the dictionary is new), the
    size less one, high byte first, the bytes. Python's lzma takes no preset dictionary; but one does what this does."""
    out = b''
    for at in range(0, len(content), 1 << 16):
        chunk = content[at:at + (1 << 16)]
        out += bytes([1 if at == 0 else 2]) + (len(chunk) - 1).to_bytes(2, 'big') + chunk
    return out


def decode_lzma2(payload, size, reference):
    """docs/format.md, section 5.1"""
    whole, dictionary = size + len(reference), 4096
    while dictionary < whole:
        dictionary *= 2
    filters = [{'id': lzma.FILTER_LZMA2, 'dict_size': dictionary}]
    stream = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    try:
        content = stream.decompress(stored_chunks(reference) + payload, max_length=whole + 1)
    except lzma.LZMAError as e:
        raise Damaged('LZMA2: %s' % e) from e
    if len(content) != whole or not stream.eof or stream.unused_data:
        raise Damaged('the LZMA2 stream does not hold the content, or does not fill the payload')
    return content[len(reference):]


class FrameDecoder:
    """What carries over from round to round, each made by the first round that needs it (section 4.4), and gone through
    the reference then (section 4.5)."""

    def __init__(self, frame, model, reference=b''):
        self.frame = frame
        self.model = model
        self.reference = reference
        self.mixes = {}
        self.walk = None

    def byte_mix(self, method):
        if method not in self.mixes:
            memory = self.frame.memory
            mix = ByteMix(memory) if method == BYTE_MIX else RichMix(memory, second=method == SECOND_RICH_MIX)
            self.mixes[method] = mix
            if self.reference:
                mix.decode(Known(bits_of(self.reference)), len(self.reference))
        return self.mixes[method]

    def token_mix(self, method):
        """That of method 3, 8 or 11; method 4 has none."""
        if method != TOKENS and method not in self.mixes:
            memory, model = self.frame.memory, self.model
            self.mixes[method] = (TokenMix(memory, model) if method == TOKEN_MIX else
                                  RichTokenMix(memory, model, method == SECOND_RICH_TOKEN_MIX))
        return self.mixes.get(method)

    def the_walk(self, method):
        if self.walk is None:
            lanes = 1 if method in IN_ONE_LANE else self.frame.lanes
            self.walk = Walk(self.model, self.frame.head_rate, lanes)
            if self.reference:
                ids = reference_tokens(self.model, self.reference)
                self.walk.decode(PlannedCoder(Known(), self.model, ids, self.token_mix(method)), len(self.reference))
        return self.walk

    def literals(self, message, size):
        decoder = Decoder(message)
        content = self.byte_mix(BYTE_MIX).decode(decoder, size)
        decoder.finish()
        return content

    def decode(self, part):
        """One round."""
        if part.method == STORED:
            return part.payload
        if part.method == LZMA2:
            return decode_lzma2(part.payload, part.content_size, self.reference)
        if part.method == COPIES:
            return decode_copies(part.payload, part.content_size, self.reference, self.literals)
        if part.method == SAMPLES:
            return decode_samples(part.payload, part.content_size)
        decoder = Decoder(part.payload)
        if part.method in (BYTE_MIX, RICH_MIX, SECOND_RICH_MIX):
            content = self.byte_mix(part.method).decode(decoder, part.content_size)
        else:
            walk = self.the_walk(part.method)
            coder = self.token_mix(part.method) or PlainCoder(decoder)
            coder.decoder = decoder
            content = walk.decode(coder, part.content_size)
        decoder.finish()
        return content


def model_of(frame, models, reference):
    """The model that a frame needs, None where it needs none. With kind 5 it is the one that has the reference's
    check."""
    if not frame.needs_model:
        return None
    for model in models:
        if frame.fingerprint is None:
            if low32(xxh3(model.fingerprint, reference)) & 0xffffff == frame.reference_check:
                return model
        elif model.named_by(frame.fingerprint):
            return model
    if frame.fingerprint is None:
        raise ReferenceMissing('no model has the reference check %08x with this reference' % frame.reference_check)
    raise ModelMissing('no model with the fingerprint %08x' % frame.fingerprint)


def decode(data, models, reference=b''):
    """The content of a file, frame after frame."""
    carried = {}  # unpacked
    for frame in read_frames(data):
        if frame.reference_check is not None and not reference:
            raise ReferenceMissing('a reference is needed')
        if frame.carried and frame.needs_model:
            if frame.carried not in carried:
                carried[frame.carried] = Model(decode_lzma2(frame.carried[1], frame.carried[0], b''))
            model = model_of(frame, [*models, carried[frame.carried]], reference)
        else:
            model = model_of(frame, models, reference)
        seed = model.fingerprint if model else 0
        behind = b''
        if frame.reference_check is not None:
            mask = 0xffffff if frame.fingerprint is None and model else 0xffffffff
            if low32(xxh3(seed, reference)) & mask != frame.reference_check:
                raise ReferenceMissing('another reference is needed')
            behind = reference
        frame_decoder = FrameDecoder(frame, model, behind)
        content = b''.join(map(frame_decoder.decode, frame.rounds))
        frame.check_content(content, seed)
        yield content


def main():
    parser = argparse.ArgumentParser(usage='decoder.py [-m MODEL]... [-D REFERENCE] FILE.llmz >CONTENT')
    parser.add_argument('-m', metavar='MODEL', action='append', default=[])
    parser.add_argument('-D', metavar='REFERENCE')
    parser.add_argument('file')
    options = parser.parse_args()
    try:
        models = [Model(open(name, 'rb').read()) for name in options.m]
        reference = open(options.D, 'rb').read() if options.D else b''
        for content in decode(open(options.file, 'rb').read(), models, reference):
            sys.stdout.buffer.write(content)
    except DecodeError as e:
        sys.exit('decoder.py: %s: %s' % (type(e).__name__, e))


if __name__ == '__main__':
    main()
