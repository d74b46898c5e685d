# SPDX-License-Identifier: Apache-2.0
"""What `llmz train --write-packs PREFIX` wrote, as training takes it."""
import concurrent.futures
import itertools
import lzma
import os
import struct

import numpy as np
import torch


class Settings:
    """What PREFIX.settings says: `text` as it is, for the export; its numbers by name."""

    def __init__(self, text):
        self.text, self.values = text, {}
        for line in self.text.splitlines():
            if line.strip():
                name, value = line.split()
                self.values[name] = value

    def integer(self, name, otherwise=None):
        return int(self.values[name] if otherwise is None else self.values.get(name, otherwise))


def read_pack(path):
    with (lzma.open(path) if path.endswith('.xz') else open(path, 'rb')) as file:
        data = file.read()
    if data[:8] != b'LLMZPACK':
        raise SystemExit(path + ': not a token pack')
    vocabulary, = struct.unpack('<I', data[8:12])
    lengths = np.frombuffer(data, np.uint8, vocabulary, 12)
    return np.frombuffer(data, '<u2', offset=12 + vocabulary), lengths


def read_parts(prefix, limit=None, first=0):
    """All tokens of PREFIX.0.pack[.xz], PREFIX.1.pack[.xz], ... from part `first` on (the first `limit`), the bytes
    of each token, and the number of parts."""
    paths = []
    for part in itertools.count(first) if limit is None else range(first, first + limit):
        path = '%s.%d.pack' % (prefix, part)
        found = [p for p in (path, path + '.xz') if os.path.exists(p)]
        if not found:
            break
        paths.append(found[0])
    if not paths:
        raise SystemExit('%s.%d.pack[.xz]: not found' % (prefix, first))
    with concurrent.futures.ThreadPoolExecutor() as threads:
        packs = list(threads.map(read_pack, paths))
    if any(not np.array_equal(lengths, packs[0][1]) for _, lengths in packs):
        raise SystemExit(prefix + ': its packs were made with different tokenizers')
    return np.concatenate([tokens for tokens, _ in packs]), packs[0][1], len(paths)


class Arrivals:
    """The tokens of the packs that came since it was last asked; None where none came."""

    def __init__(self, prefix, parts):
        self.prefix, self.parts = prefix, parts

    def __call__(self):
        if not any(os.path.exists('%s.%d.pack%s' % (self.prefix, self.parts, end)) for end in ('', '.xz')):
            return None
        tokens, _, parts = read_parts(self.prefix, first=self.parts)
        self.parts += parts
        return tokens


class Sequences:
    """Sequences of length + 2 tokens. Each pass over the text puts its documents in another order, cuts
    them elsewhere and shuffles the sequences; all of it follows from the seed and the number of the pass.
    What `arrived` returns belongs to the text from the next pass on."""

    def __init__(self, tokens, length, seed, device, arrived=lambda: None):
        if len(tokens) < 2 * length + 2:
            raise SystemExit('too little text to train on: %d tokens' % len(tokens))
        self.length, self.seed, self.device, self.arrived = length, seed, device, arrived
        self.pass_number, self.index = -1, 0  # the pass, and how many sequences of it were read
        self.tokens = torch.zeros(0, dtype=torch.int32, device=device)
        self.ends = torch.zeros(0, dtype=torch.int64)
        self.span = torch.arange(length + 2, device=device)
        self.take(tokens)

    def take(self, tokens):
        # Every document ends with a NUL token, the last one too; there is no other NUL.
        ends = torch.from_numpy(np.flatnonzero(tokens == tokens[-1]) + 1)
        self.ends = torch.cat([self.ends, ends + len(self.tokens)])
        self.tokens = torch.cat([self.tokens, torch.from_numpy(tokens.astype(np.int32)).to(self.device)])
        self.starts = torch.cat([torch.zeros(1, dtype=torch.int64), self.ends[:-1]])
        self.sizes = self.ends - self.starts
        self.per_pass = (len(self.tokens) - 2 - self.length) // self.length

    def begin_pass(self, number):
        arrived = self.arrived()
        if arrived is not None:
            self.take(arrived)
            print('%d tokens more, now %d' % (len(arrived), len(self.tokens)), flush=True)
        random = torch.Generator().manual_seed(self.seed * 1000003 + number)
        order = torch.randperm(len(self.sizes), generator=random)
        starts, sizes = self.starts[order].to(self.device), self.sizes[order].to(self.device)
        moved = starts - (sizes.cumsum(0) - sizes)  # old place less new place
        places = torch.repeat_interleave(moved, sizes) + torch.arange(len(self.tokens), device=self.device)
        self.text = self.tokens[places]
        cut = int(torch.randint(self.length, (1,), generator=random))
        order = torch.randperm(self.per_pass, generator=random)
        self.order = (order * self.length + cut).to(self.device)
        self.pass_number, self.index = number, 0

    def go_to(self, number, index):
        """To where a checkpoint was."""
        self.begin_pass(number)
        self.index = index

    def peek(self, count):
        """The next sequences: int64 [count][length + 2]. What does not fill a batch at the end of a pass is left
        out."""
        if self.pass_number < 0 or self.index + count > self.per_pass:
            self.begin_pass(self.pass_number + 1)
        starts = self.order[self.index:self.index + count]
        return self.text[starts[:, None] + self.span].long()

    def next(self, count):
        batch = self.peek(count)
        self.index += count
        return batch


class HeldOut:
    """At most `limit` tokens in sequences that start without context, evenly spread over the text."""

    def __init__(self, tokens, bytes_of_token, length, limit):
        every = (len(tokens) - 2) // length
        count = min(every, limit // length)
        self.batches, self.bytes = [], 0
        rows = []
        for i in range(count):
            at = i * every // count * length
            rows.append(torch.from_numpy(tokens[at:at + length + 2].astype(np.int64)))
            self.bytes += int(bytes_of_token[tokens[at + 2:at + length + 2]].sum())
        if rows:
            self.batches = list(torch.stack(rows).split(16))
