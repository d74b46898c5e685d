# SPDX-License-Identifier: Apache-2.0
"""Rounds of tokens, methods 3 and 4: docs/format.md, section 6."""
import numpy as np

from errors import Damaged
from head import Head
from network import Body, Lane

PHASE = 4096
GROUP = 8


class Walk:
    """The walk of the network through a frame, which goes on from round to round (section 4.4)."""

    def __init__(self, model, rate, most_lanes):
        self.model = model
        self.body = Body(model)
        self.head = Head(model, model.rate if rate is None else rate)
        self.most_lanes = most_lanes
        self.lanes = [Lane(model)]
        self.bytes_before = 0  # b: of the frame's rounds of these methods

    def decode(self, coder, size):
        """One round: `coder` takes tokens off the payload."""
        content = b''
        while len(content) < size:
            content += self.decode_phase(coder, size - len(content))
        return content

    def plan(self, left):
        """Steps 1 and 2: lanes, size, and whether this is the last phase of its round."""
        lanes = 1
        while lanes < self.most_lanes and self.bytes_before >= PHASE * (2 * lanes - 1):
            lanes *= 2
        lanes = min(lanes, self.most_lanes)
        full = PHASE * lanes
        if lanes != self.most_lanes and left >= full + full // 2:
            return lanes, full, False
        while lanes > 1 and left // lanes < max(1024, lanes * self.model.longest):
            lanes //= 2
        return lanes, left, True

    def decode_phase(self, coder, left):
        count, size, last = self.plan(left)
        share = size // count
        self.lanes = [self.lanes[-1].fork() for _ in range(count)]  # step 3
        coder.begin_lanes(count, share + count + self.model.longest)
        texts = [b''] * count

        def active(i):
            """Step 4"""
            if not last or i < count - 1:
                return len(texts[i]) < share
            others = sum(len(t) if len(t) >= share else share - 1 + self.model.longest for t in texts[:-1])
            return len(texts[i]) + others < size

        def done():
            """Step 5"""
            if last:
                return sum(map(len, texts)) >= size
            return all(len(t) >= share for t in texts)

        while not done():
            for first in range(0, count, GROUP):
                group = [i for i in range(first, min(first + GROUP, count)) if active(i)]
                if group:
                    for i, token in zip(group, self.step(coder, group)):
                        texts[i] += self.model.tokens[token]
        content = b''.join(texts)  # step 6
        if last and len(content) > size:
            raise Damaged('more content than the size of the round')
        self.bytes_before += len(content)
        return content

    def step(self, coder, group):
        """A token for each of the lanes; then the head learns from them."""
        hidden = self.body.hidden([self.lanes[i] for i in group])
        frequencies = [self.head.frequencies(h) for h in hidden]
        tokens = [coder.token(i, f) for i, f in zip(group, frequencies)]
        self.head.learn(hidden, frequencies, tokens)
        for i, token in zip(group, tokens):
            self.lanes[i].append(token)
        return tokens


class PlainCoder:
    """Method 4: a token is one symbol, its frequency above those of the tokens before it."""

    def __init__(self, decoder):
        self.decoder = decoder

    def begin_lanes(self, count, room):
        pass

    def token(self, _lane, frequencies):
        starts = np.cumsum(frequencies)
        token = int(np.searchsorted(starts, self.decoder.target(), side='right'))
        frequency = int(frequencies[token])
        self.decoder.consume(int(starts[token]) - frequency, frequency)
        return token
