# SPDX-License-Identifier: Apache-2.0
"""A training: its parts, its checkpoint, and how good it is."""
import json
import math
import sys
import time

import torch

import weights_file
from network import Network, Shape, initialize
from optimizer import Optimizer
from packs import HeldOut, Settings, read_parts


class Limit:
    """A part of a training by steps or by time."""

    def __init__(self, text):
        seconds = {'s': 1, 'm': 60}.get(text[-1])
        self.steps = 0 if seconds else int(text)
        self.seconds = float(text[:-1]) * seconds if seconds else 0

    def __bool__(self):
        return self.steps > 0 or self.seconds > 0

    def done(self, step, seconds):
        return step / self.steps if self.steps else seconds / self.seconds


class Training:
    def __init__(self, a):
        self.a = a
        with open(a.prefix + '.settings') as file:
            self.settings = Settings(file.read())
        self.shape = Shape(self.settings)
        compiled = a.device == 'cuda' and not a.eager
        self.net = Network(self.shape, a.device, a.attention, compiled)
        self.judge = Network(self.shape, a.device)  # not compiled: its batches have another size
        self.parameters = {n: t.to(a.device).requires_grad_(True) for n, t in self.begin().items()}
        self.optimizer = Optimizer(self.parameters, a)
        length = self.shape.sequence
        self.tokens_per_step = a.batch * length
        text, bytes_of_token, _ = read_parts(a.prefix + '.held-out')
        self.vocabulary = weights_file.checksum(bytes_of_token.tobytes())
        self.held_out = HeldOut(text, bytes_of_token, length, a.held_out_tokens)
        self.few_held_out = HeldOut(text, bytes_of_token, length, min(a.held_out_tokens, 40 << 10))

    def begin(self):
        p = initialize(self.shape, self.a.seed)
        if not self.a.start:
            return p
        there, _ = weights_file.read(self.a.start)
        self.take(p, there)
        new = [n for n in p if n not in there]
        print('weights of %s; new: %s' % (self.a.start, ', '.join(new) or 'none'))
        return p

    @staticmethod
    @torch.no_grad()
    def take(to, tensors):
        for name, t in to.items():
            if name in tensors:
                if tensors[name].shape != t.shape:
                    sys.exit('%s: another shape than the settings say' % name)
                t.copy_(tensors[name])

    def load(self, path):
        tensors, metadata = weights_file.read(path)
        state = json.loads(metadata['state'])
        if state['vocabulary'] != self.vocabulary:
            sys.exit(path + ': of a training with another tokenizer')
        self.take(self.parameters, tensors)
        self.take(self.optimizer.moments(), tensors)
        self.optimizer.steps = state['steps']
        self.sequences.go_to(state['pass'], state['sequences'])
        print('going on from %s: %d steps' % (path, self.optimizer.steps))

    def metadata(self):
        place = self.sequences
        state = dict(steps=self.optimizer.steps, vocabulary=self.vocabulary, sequences=place.index,
                     **{'pass': place.pass_number})
        return {'settings': self.settings.text, 'state': json.dumps(state)}

    def save(self, path):
        tensors = self.kept(self.parameters)
        tensors.update({n: t.to(torch.bfloat16) for n, t in self.optimizer.moments().items()})
        return weights_file.write(path, tensors, self.metadata())

    def kept(self, tensors):
        return weights_file.in_sixteen_bits(tensors) if self.a.half else dict(tensors)

    def bits_per_byte(self, parameters, held_out, rounding):
        if not held_out.batches:
            return math.nan
        nats = 0.0
        with torch.no_grad():
            for batch in held_out.batches:
                nats += self.judge.loss(parameters, batch.to(self.a.device), rounding, 'sum').item()
        return nats / math.log(2) / held_out.bytes

    def gradients(self, batch, rounding):
        value = self.net.loss(self.parameters, batch, rounding)
        found = torch.autograd.grad(value, list(self.parameters.values()))
        return value.detach(), dict(zip(self.parameters, found))

    def compile(self, rounding):
        started = time.time()
        self.gradients(self.sequences.peek(self.a.batch), rounding)
        self.wait()
        print('compiled in %.0f s' % (time.time() - started), flush=True)

    def wait(self):
        if self.a.device == 'cuda':
            torch.cuda.synchronize()

    def run(self, name, limit, rate, rounding, each_step=lambda done: None):
        """Trains until the limit; rate and rounding are functions of the share that is done."""
        a, started, reported, step = self.a, time.time(), time.time(), 0
        total, counted = torch.zeros((), device=a.device), 0
        while True:
            done = limit.done(step, time.time() - started)
            if done >= 1:
                break
            warm = min(1, (self.optimizer.steps + 1) / a.warmup)
            value, gradients = self.gradients(self.sequences.next(a.batch), rounding(done))
            self.optimizer.step(self.parameters, gradients, warm * rate(done))
            step += 1
            each_step(done)
            total += value
            counted += 1
            if step % 25 == 0:
                self.wait()  # the clock must not run ahead of the device
            if time.time() - reported >= a.report or step == 10:
                held_out = self.bits_per_byte(self.parameters, self.few_held_out, rounding(done))
                print('%s %3.0f %%  step %d  pass %d  %.4f bits a token  held out %.4f bits per byte  %.0f tokens/s' % (
                    name, 100 * done, step, self.sequences.pass_number + 1, total.item() / counted / math.log(2),
                    held_out, step * self.tokens_per_step / (time.time() - started)), flush=True)
                reported, counted = time.time(), 0
                total.zero_()
                self.check(value)
        self.wait()
        self.check(value)
        tokens, seconds = step * self.tokens_per_step, time.time() - started
        print('%s: %d steps, %.1fM tokens, %.0f s, %.0f tokens/s' % (
            name, step, tokens / 1e6, seconds, tokens / seconds), flush=True)

    @staticmethod
    def check(loss):
        if not math.isfinite(loss.item()):
            sys.exit('the loss is no longer a number; lower the learning rates')

    def flat(self, limit):
        self.run('flat', limit, lambda done: 1, lambda done: False)

    def finish(self, limit):
        """Returns the weights: those at the end, or the mean over the last tenth, whichever is better held out."""
        a, mean, count = self.a, {}, 0

        def average(done):
            nonlocal count
            if done < 0.9:
                return
            count += 1
            with torch.no_grad():
                for name, t in self.parameters.items():
                    if count == 1:
                        mean[name] = t.detach().clone()
                    else:
                        mean[name].lerp_(t, 1 / count)

        self.run('finish', limit, lambda done: 1 - (1 - a.final_rate) * done,
                 lambda done: done >= a.rounding_from, average)
        last = {n: t.detach() for n, t in self.parameters.items()}
        results = [(self.bits_per_byte(p, self.held_out, True), name, p)
                   for name, p in (('last', last), ('mean', mean)) if p]
        for value, name, _ in results:
            print('held out, rounded, %s weights: %.4f bits per byte' % (name, value))
        return min(results, key=lambda r: r[0] if r[0] == r[0] else math.inf)[2]

    def agreement(self, rounding):
        """How far the loss of a batch, and the gradient that fits worst, are from what is computed without
        compiler and special attention."""
        batch = self.sequences.peek(self.a.batch)
        value, gradients = self.gradients(batch, rounding)
        expected = {n: torch.zeros_like(t) for n, t in gradients.items()}
        expected_value = 0
        for part in batch.split(16):
            part_value = self.judge.loss(self.parameters, part, rounding, 'sum') / self.tokens_per_step
            for e, g in zip(expected.values(), torch.autograd.grad(part_value, list(self.parameters.values()))):
                e += g
            expected_value += part_value.item()
        off = abs(value.item() / expected_value - 1)
        worst = min((torch.cosine_similarity(gradients[n].flatten(), e.flatten(), 0).item(), n)
                    for n, e in expected.items() if e.abs().max() > 0)
        print('%s: loss off by %.5f, worst gradient %s, cosine %.4f' % (
            'rounded' if rounding else 'not rounded', off, worst[1], worst[0]), flush=True)
        return off < 0.003 and worst[0] > (0.9 if rounding else 0.95)

    def trial(self, limit):
        for rounding in (False, True):
            if self.a.device == 'cuda':
                self.compile(rounding)
            if not self.agreement(rounding):
                sys.exit('this attention, so compiled, computes something else')
        self.run('trial', limit, lambda done: 1, lambda done: done > 0.5)
        if self.a.device == 'cuda':
            print('memory: %.1f GB' % (torch.cuda.max_memory_allocated() / 1e9))
