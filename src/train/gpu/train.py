#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains a network of llmz with PyTorch, on a GPU or a processor.

PREFIX.settings, PREFIX.train.N.pack[.xz] and PREFIX.held-out.N.pack[.xz] are what `llmz train --write-packs PREFIX`
wrote. A training has a flat part, in which the learning rates stay, as long as one likes and over as many calls as one
likes, each of which goes on from PREFIX.checkpoint.safetensors.N; and a finish, in which the rates fall and rounding
is trained. The finish leaves the checkpoint as it is: later the flat part can go on from it, to a better finish. A
call can do both.

  train.py run --flat 5m --finish 3m --out weights     both; writes weights.safetensors.0, .1, ...
  train.py run --trial 6s                              how many tokens a second, and whether they are right
  train.py run --measure weights.safetensors           held-out bits per byte

T is a number of steps, or a time: 90s, 8m. Compilation is not counted.
"""
import argparse
import os
import sys

import torch

import weights_file
from network import weights_on_grids
from packs import Arrivals, Sequences, read_parts
from training import Limit, Training


def parse():
    o = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    o.add_argument('prefix')
    o.add_argument('--flat', metavar='T', type=Limit, default=Limit('0'), help='length of the flat part')
    o.add_argument('--finish', metavar='T', type=Limit, default=Limit('0'), help='length of the finish')
    o.add_argument('--out', default='', help='write the weights after the finish to OUT.safetensors.N')
    o.add_argument('--from', dest='start', default='', help='weights to begin with, where there is no checkpoint')
    o.add_argument('--trial', metavar='T', type=Limit, default=Limit('0'), help='train so long and write nothing')
    o.add_argument('--measure', default='', metavar='WEIGHTS', help='train nothing')
    o.add_argument('--arriving', action='store_true', help='packs that come later are read from the next pass on')
    o.add_argument('--half', action='store_true', help='weights and checkpoint in 16 bits')
    o.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    o.add_argument('--attention', choices=['flex', 'pairs'], default='pairs')
    o.add_argument('--eager', action='store_true', help='do not compile')
    o.add_argument('--batch', type=int, default=128, help='sequences a step')
    o.add_argument('--muon-rate', type=float, default=0.02, help='of the matrices')
    o.add_argument('--adam-rate', type=float, default=0.004, help='of the head')
    o.add_argument('--table-factor', type=float, default=5, help='times the Adam rate: of the tables')
    o.add_argument('--scalar-rate', type=float, default=0.005)
    o.add_argument('--weight-decay', type=float, default=0.02, help='of the matrices, times their rate')
    o.add_argument('--warmup', type=int, default=20, help='steps in which the rates rise')
    o.add_argument('--final-rate', type=float, default=0.05, help='share of the rates at the end of the finish')
    o.add_argument('--rounding-from', type=float, default=0.6, help='share of the finish without rounding')
    o.add_argument('--seed', type=int, default=1)
    o.add_argument('--report', type=float, default=20, help='seconds between two lines')
    o.add_argument('--held-out-tokens', type=int, default=400 << 10)
    return o.parse_args()


def main():
    a = parse()
    training = Training(a)
    if a.measure:
        tensors, _ = weights_file.read(a.measure)
        training.take(training.parameters, tensors)
        for rounding in (False, True):
            value = training.bits_per_byte(training.parameters, training.held_out, rounding)
            print('held out, %s: %.4f bits per byte' % ('rounded' if rounding else 'not rounded', value))
        return
    trial, flat, finish, checkpoint = a.trial, a.flat, a.finish, a.prefix + '.checkpoint.safetensors'
    if not (flat or finish or trial):
        sys.exit('--flat T, --finish T, or both')
    if finish and not a.out:
        sys.exit('--finish needs --out')
    packs = a.prefix + '.train'
    tokens, _, parts = read_parts(packs, 1 if trial else None)
    training.sequences = Sequences(tokens, training.shape.sequence, a.seed, a.device,
                                   Arrivals(packs, parts) if a.arriving else lambda: None)
    if training.sequences.per_pass < a.batch:
        sys.exit('the text has %d sequences, fewer than --batch' % training.sequences.per_pass)
    print('%d parameters, %d tokens in %d documents, %d sequences a step, %s' % (
        sum(t.numel() for t in training.parameters.values()), len(tokens), len(training.sequences.sizes), a.batch,
        a.device), flush=True)
    if trial:
        training.trial(trial)
        return
    if os.path.exists(weights_file.parts_of(checkpoint)[0]):
        training.load(checkpoint)
    if a.device == 'cuda':
        for rounding in (False, True) if finish else (False,):
            training.compile(rounding)
    if flat:
        training.flat(flat)
        print('checkpoint:', ' '.join(training.save(checkpoint)), flush=True)
    if finish:
        weights = training.finish(finish)
        if a.half:
            weights = weights_on_grids(weights)  # 16 bits hold these whole
        parts = weights_file.write(a.out + '.safetensors', training.kept(weights), training.metadata())
        print('weights:', ' '.join(parts))


if __name__ == '__main__':
    main()
