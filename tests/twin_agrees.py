# SPDX-License-Identifier: Apache-2.0
"""Does the network in PyTorch (src/train/gpu) have the loss and the gradients of the one in C++?

  twin_agrees.py FILE    what `train_speed --check CONFIG FILE` wrote
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../src/train/gpu'))
import weights_file
from network import Network, Shape, initialize
from packs import Settings


def main():
    tensors, metadata = weights_file.read(sys.argv[1])
    shape = Shape(Settings(metadata['settings']))
    names = list(initialize(shape, 1))
    p = {name: tensors[name].requires_grad_(True) for name in names}
    tokens = tensors['tokens'].long()
    failed = False
    for rounding, suffix in ((False, '.exact'), (True, '.rounded')):
        value = Network(shape, 'cpu').loss(p, tokens, rounding)
        gradients = torch.autograd.grad(value, list(p.values()))
        there = tensors['loss' + suffix].item()
        off = abs(value.item() / there - 1)
        print('%s: loss %.6f and %.6f' % (suffix[1:], value.item(), there))
        failed |= not off < 1e-3
        # A sum in another order now and then falls on the other side of the border between two levels.
        limit = 0.05 if rounding else 1e-3
        for name, gradient in zip(names, gradients):
            expected = tensors[name + suffix]
            distance = ((gradient - expected).norm() / expected.norm()).item()
            good = distance < limit
            failed |= not good
            print('  %-24s distance %.6f%s' % (name, distance, '' if good else '  DIFFERENT'))
    sys.exit(failed)


main()
