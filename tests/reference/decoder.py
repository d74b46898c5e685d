#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second decoder of .llmz files, written from the documents alone: docs/format.md, range-coder.md,
exact-arithmetic.md, model-file.md and mixing.md. It is plain and slow; it shows whether the documents say all that a
file means.

  decoder.py [-m MODEL]... FILE.llmz >CONTENT
"""
import argparse
import lzma
import sys

from container import BYTE_MIX, LZMA2, RICH_MIX, STORED, TOKEN_MIX, read_frames
from errors import Damaged, DecodeError, ModelMissing
from mix import ByteMix, TokenMix
from model_file import Model
from range_coder import Decoder
from rich_mix import RichMix
from tokens import PlainCoder, Walk


def decode_lzma2(payload, size):
    """docs/format.md, section 5.1"""
    dictionary = 4096
    while dictionary < size:
        dictionary *= 2
    filters = [{'id': lzma.FILTER_LZMA2, 'dict_size': dictionary}]
    stream = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    try:
        content = stream.decompress(payload, max_length=size + 1)
    except lzma.LZMAError as e:
        raise Damaged('LZMA2: %s' % e) from e
    if len(content) != size or not stream.eof or stream.unused_data:
        raise Damaged('the LZMA2 stream does not hold the content, or does not fill the payload')
    return content


class FrameDecoder:
    """What carries over from round to round, each made by the first round that needs it: section 4.4."""

    def __init__(self, frame, model):
        self.frame = frame
        self.model = model
        self.walk = None
        self.mixes = {}

    def byte_mix(self, method):
        if method not in self.mixes:
            self.mixes[method] = (ByteMix if method == BYTE_MIX else RichMix)(self.frame.memory)
        return self.mixes[method]

    def token_mix(self, decoder):
        if TOKEN_MIX not in self.mixes:
            self.mixes[TOKEN_MIX] = TokenMix(self.frame.memory, self.model)
        self.mixes[TOKEN_MIX].decoder = decoder
        return self.mixes[TOKEN_MIX]

    def the_walk(self):
        if self.walk is None:
            self.walk = Walk(self.model, self.frame.head_rate, self.frame.lanes)
        return self.walk

    def decode(self, part):
        """One round."""
        if part.method == STORED:
            return part.payload
        if part.method == LZMA2:
            return decode_lzma2(part.payload, part.content_size)
        decoder = Decoder(part.payload)
        if part.method in (BYTE_MIX, RICH_MIX):
            content = self.byte_mix(part.method).decode(decoder, part.content_size)
        else:
            coder = self.token_mix(decoder) if part.method == TOKEN_MIX else PlainCoder(decoder)
            content = self.the_walk().decode(coder, part.content_size)
        decoder.finish()
        return content


def decode(data, models):
    """The content of a file, frame after frame."""
    for frame in read_frames(data):
        model = None
        if frame.fingerprint is not None:
            model = next((m for m in models if m.named_by(frame.fingerprint)), None)
            if model is None:
                raise ModelMissing('no model with the fingerprint %08x' % frame.fingerprint)
        frame_decoder = FrameDecoder(frame, model)
        content = b''.join(map(frame_decoder.decode, frame.rounds))
        frame.check_content(content, model.fingerprint if model else 0)
        yield content


def main():
    parser = argparse.ArgumentParser(usage='decoder.py [-m MODEL]... FILE.llmz >CONTENT')
    parser.add_argument('-m', metavar='MODEL', action='append', default=[])
    parser.add_argument('file')
    options = parser.parse_args()
    try:
        models = [Model(open(name, 'rb').read()) for name in options.m]
        for content in decode(open(options.file, 'rb').read(), models):
            sys.stdout.buffer.write(content)
    except DecodeError as e:
        sys.exit('decoder.py: %s: %s' % (type(e).__name__, e))


if __name__ == '__main__':
    main()
