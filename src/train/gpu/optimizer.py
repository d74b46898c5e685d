# SPDX-License-Identifier: Apache-2.0
"""The optimizer of src/train/optimizer.h: Muon for the matrices, all of one shape at once, Adam for the others."""
import math

import torch

from network import ATTENTION_SCALE, MATRICES, MAX_SCALAR


def is_matrix(name):
    return name.rsplit('.', 1)[-1] in MATRICES


def orthogonalize(g):
    """The nearest semi-orthogonal matrices to g [n][rows][columns], by five Newton-Schulz steps."""
    tall = g.shape[1] > g.shape[2]
    x = g.transpose(1, 2) if tall else g
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    x = x.bfloat16() if x.is_cuda else x
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.transpose(1, 2) if tall else x).float()


class Optimizer:
    def __init__(self, p, rates):
        """rates: muon_rate, adam_rate, table_factor, scalar_rate, weight_decay as attributes."""
        self.rates, self.steps, self.groups = rates, 0, {}
        for name, t in p.items():
            if is_matrix(name):
                self.groups.setdefault(tuple(t.shape), []).append(name)
        self.momentum = {shape: torch.stack([torch.zeros_like(p[n]) for n in names])
                         for shape, names in self.groups.items()}
        others = [name for name in p if not is_matrix(name)]
        self.first = {name: torch.zeros_like(p[name]) for name in others}
        self.second = {name: torch.zeros_like(p[name]) for name in others}

    def moments(self):
        """Views of all moments by name, for a checkpoint; copying into them restores it."""
        result = {}
        for shape, names in self.groups.items():
            result.update({n + '.first': m for n, m in zip(names, self.momentum[shape])})
        result.update({n + '.first': m for n, m in self.first.items()})
        result.update({n + '.second': m for n, m in self.second.items()})
        return result

    def adam_rate(self, name):
        if name in ('scalars', 'attention-scale'):
            return self.rates.scalar_rate
        return self.rates.adam_rate * (1 if name == 'head' else self.rates.table_factor)

    @torch.no_grad()
    def step(self, p, gradients, factor):
        """One step with all rates multiplied by `factor`."""
        self.steps += 1
        share = min(0.95, 0.85 + 0.1 * self.steps / 300)
        for shape, names in self.groups.items():
            gradient, momentum = torch.stack([gradients[n] for n in names]), self.momentum[shape]
            momentum.lerp_(gradient, 1 - share)
            update = orthogonalize(torch.lerp(gradient, momentum, share))
            rate = self.rates.muon_rate * factor
            weights = [p[n] for n in names]
            torch._foreach_mul_(weights, 1 - rate * self.rates.weight_decay)
            torch._foreach_add_(weights, list(update), alpha=-rate * math.sqrt(max(1, shape[0] / shape[1])))
        for name, first in self.first.items():
            gradient, second = gradients[name], self.second[name]
            first.lerp_(gradient, 0.1)
            second.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
            root = second.sqrt().mul_(1 / math.sqrt(1 - 0.99 ** self.steps)).add_(1e-10)
            p[name].addcdiv_(first, root, value=-self.adam_rate(name) * factor / (1 - 0.9 ** self.steps))
        p['scalars'].clamp_(-MAX_SCALAR, MAX_SCALAR)
        p['attention-scale'].clamp_(ATTENTION_SCALE[0], ATTENTION_SCALE[2])
