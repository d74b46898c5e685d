# SPDX-License-Identifier: Apache-2.0
"""Does every pass of a training on a GPU read whole documents, each once, in another order, and is it the same after a
stop?"""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../src/train/gpu'))
from packs import Sequences

LENGTH, BATCH = 16, 3
random = np.random.default_rng(1)
documents = [np.append(random.integers(1, 500, random.integers(0, 60)), 0) for _ in range(40)]
tokens = np.concatenate(documents).astype(np.uint16)


def pieces(text):
    return [tuple(piece) for piece in np.split(text, np.flatnonzero(text == 0) + 1) if len(piece)]


def new():
    return Sequences(tokens, LENGTH, 7, 'cpu')


sequences, orders = new(), []
for number in range(3):
    sequences.begin_pass(number)
    orders.append(pieces(sequences.text.numpy()))
    assert sorted(orders[-1]) == sorted(pieces(tokens)), 'a document is missing or cut'
    places = np.sort(sequences.order.numpy())
    assert (np.diff(places) == LENGTH).all() and places[0] < LENGTH, 'a pass reads something twice, or leaves it out'
    assert places[-1] + LENGTH + 2 <= len(tokens)
assert orders[0] != orders[1] != orders[2], 'two passes have the same order'

per_pass = sequences.per_pass // BATCH
sequences, seen = new(), []
for i in range(3 * per_pass):
    place = (max(sequences.pass_number, 0), sequences.index)
    batch = sequences.next(BATCH)
    assert batch.shape == (BATCH, LENGTH + 2)
    seen.append((place, batch))
for i in (1, per_pass - 1, per_pass, 2 * per_pass + 1):
    (number, index), batch = seen[i]
    again = new()
    again.go_to(number, index)
    assert (again.peek(BATCH) == batch).all(), 'after a stop, something else is read'
    assert (again.next(BATCH) == batch).all(), 'looking ahead moves on'

later = [tokens]
sequences = Sequences(tokens, LENGTH, 7, 'cpu', lambda: later.pop() if sequences.pass_number == 0 else None)
for number in range(3):
    sequences.begin_pass(number)
    expected = pieces(tokens) * (1 if number == 0 else 2)
    assert sorted(pieces(sequences.text.numpy())) == sorted(expected), 'what arrived is read once a pass, from the next on'
