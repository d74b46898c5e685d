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


def read_parts(prefix, limit=None):
    """All tokens of PREFIX.0.pack[.xz], PREFIX.1.pack[.xz], ... (the first `limit`), and the bytes of each token."""
    paths = []
    for part in itertools.count() if limit is None else range(limit):
        path = '%s.%d.pack' % (prefix, part)
        found = [p for p in (path, path + '.xz') if os.path.exists(p)]
        if not found:
            break
        paths.append(found[0])
    if not paths:
        raise SystemExit(prefix + '.0.pack[.xz]: not found')
    with concurrent.futures.ThreadPoolExecutor() as threads:
        packs = list(threads.map(read_pack, paths))
    if any(not np.array_equal(lengths, packs[0][1]) for _, lengths in packs):
        raise SystemExit(prefix + ': its packs were made with different tokenizers')
    return np.concatenate([tokens for tokens, _ in packs]), packs[0][1]


class Sequences:
    """Sequences of length + 2 tokens. Each pass over the text puts its documents in another order, cuts
    them elsewhere and shuffles the sequences; all of it follows from the seed and the number of the pass."""

    def __init__(self, tokens, length, seed, device):
        if len(tokens) < 2 * length + 2:
            raise SystemExit('too little text to train on: %d tokens' % len(tokens))
        self.length, self.seed, self.device, self.pass_number = length, seed, device, -1
        self.tokens = torch.from_numpy(tokens.astype(np.int32)).to(device)
        # Every document ends with a NUL token, the last one too; there is no other NUL.
        ends = torch.from_numpy(np.flatnonzero(tokens == tokens[-1]) + 1)
        self.starts = torch.cat([torch.zeros(1, dtype=torch.int64), ends[:-1]])
        self.sizes = ends - self.starts
        self.per_pass = (len(tokens) - 2 - length) // length
        self.span = torch.arange(length + 2, device=device)

    def begin_pass(self, number):
        random = torch.Generator().manual_seed(self.seed * 1000003 + number)
        order = torch.randperm(len(self.sizes), generator=random)
        starts, sizes = self.starts[order].to(self.device), self.sizes[order].to(self.device)
        moved = starts - (sizes.cumsum(0) - sizes)  # old place less new place
        places = torch.repeat_interleave(moved, sizes) + torch.arange(len(self.tokens), device=self.device)
        self.text = self.tokens[places]
        cut = int(torch.randint(self.length, (1,), generator=random))
        order = torch.randperm(self.per_pass, generator=random)
        self.order = (order * self.length + cut).to(self.device)
        self.pass_number = number

    def batch(self, position, count):
        """Sequences number position ... position + count - 1 of the endless order: int64 [count][length + 2].
        What does not fill a batch at the end of a pass is left out."""
        per_pass = max(1, self.per_pass // count)
        number, index = divmod(position // count, per_pass)
        if number != self.pass_number:
            self.begin_pass(number)
        starts = self.order[index * count:(index + 1) * count]
        return self.text[starts[:, None] + self.span].long()


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
