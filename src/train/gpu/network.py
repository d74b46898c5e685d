# SPDX-License-Identifier: Apache-2.0
"""The training network of src/train/network.h in PyTorch: the same tensors by the same names, the same
loss and gradients."""
import math

import torch
import torch.nn.functional as F

try:
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
except ImportError:  # before PyTorch 2.5
    flex_attention = None

MATRICES = ('query', 'key', 'value', 'output', 'up', 'down')
ROTARY_BASE = 10000
ATTENTION_SCALE = (0.01, 0.2, 1.3)  # least, first, most
MAX_SCALAR = 7.9


class Shape:
    def __init__(self, settings):
        names = ('vocabulary', 'dim', 'layers', 'heads', 'head-dim', 'hidden', 'window', 'sequence')
        for name in names:
            setattr(self, name.replace('-', '_'), settings.integer(name))
        self.pair_rows = settings.integer('pair-rows', 0)
        self.value_every = settings.integer('value-every', 0)
        self.rotary_dims = settings.integer('rotary-dims', 0) or self.head_dim

    def has_values(self, layer):
        return self.value_every > 0 and layer % self.value_every == self.value_every - 1


def initialize(c, seed):
    """The parameters by name, in the order of src/train/network.h."""
    random = torch.Generator().manual_seed(seed)
    unit, p = 1 / math.sqrt(c.dim), {}

    def add(name, rows, columns, deviation):
        p[name] = torch.randn(rows, columns, generator=random) * deviation

    add('embedding', c.vocabulary, c.dim, 0.4)
    add('previous', c.vocabulary, c.dim, 0.2)
    add('head', c.vocabulary, c.dim, 0.02)
    for l in range(c.layers):
        name = 'layer%d.' % l
        add(name + 'query', c.heads * c.head_dim, c.dim, unit)
        add(name + 'key', c.head_dim, c.dim, unit)
        add(name + 'value', c.head_dim, c.dim, unit)
        add(name + 'output', c.dim, c.heads * c.head_dim, 0.2 * unit / math.sqrt(c.layers))
        add(name + 'up', c.hidden, c.dim, unit)
        add(name + 'down', c.dim, c.hidden, 0.2 * unit / math.sqrt(c.layers))
    p['scalars'] = torch.tensor([[1, 0, 0.1]] * c.layers)
    p['scalars'][0, 2] = 1
    p['attention-scale'] = torch.full((c.layers, c.heads), ATTENTION_SCALE[1])
    if c.pair_rows:
        p['pairs'] = torch.zeros(c.pair_rows, c.dim)
    for l in filter(c.has_values, range(c.layers)):
        p['layer%d.value-embedding' % l] = torch.zeros(c.vocabulary, c.head_dim)
    return p


def pair_row(previous, current, rows):
    """The row of `pairs` for two tokens (int64)."""
    mixed = (previous * 2654435761 + current * 2246822519) & 0xffffffff
    return mixed >> (32 - (rows.bit_length() - 1))


def on_grid(x, levels, low, high, rounding):
    """An activation as inference rounds it; the gradient passes where nothing was cut off."""
    if not rounding:
        return x
    x = x.clamp(low / levels, high / levels)
    return x + ((x * levels).round() / levels - x).detach()


def unit_rms(x):
    x = x.float()
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


def norm(x, rounding):
    return on_grid(unit_rms(x), 16, -127, 127, rounding)


def weight_on_grid(w, rounding):
    """A weight as the model file holds it: 127 levels in each row."""
    if not rounding:
        return w
    step = w.detach().abs().amax(-1, keepdim=True).clamp_min(1e-12) / 63
    return w + ((w / step).round() * step - w).detach()


def weights_on_grids(p):
    whole = ('head', 'scalars', 'attention-scale')
    return {name: t if name in whole else weight_on_grid(t, True) for name, t in p.items()}


class Network:
    """The loss as a function of the parameters.

    attention: 'flex' is PyTorch's flex_attention (from 2.5 on, compiled, CUDA), which skips what the
    window hides; 'pairs' works on pairs of blocks of the window's size with any PyTorch.
    """

    def __init__(self, c, device, attention='pairs', compiled=False):
        self.c, self.attention_kind = c, attention
        self.product_type = torch.bfloat16 if device == 'cuda' else torch.float32
        half = c.head_dim // 2
        frequency = torch.pow(ROTARY_BASE, -torch.arange(half, dtype=torch.float64) / half)
        frequency[c.rotary_dims // 2:] = 0
        angle = torch.outer(torch.arange(c.sequence, dtype=torch.float64), frequency)[:, None]
        self.cosine, self.sine = angle.cos().float().to(device), angle.sin().float().to(device)
        query, key = torch.arange(c.window)[:, None], torch.arange(2 * c.window)
        seen = (key > query) & (key <= query + c.window)  # of the block before and the own one
        mask = torch.zeros(seen.shape).masked_fill(~seen, -math.inf).to(device, self.product_type)
        self.mask, self.first_mask = mask, mask[:, c.window:].contiguous()
        if attention == 'flex':
            self.block_mask = block_mask(c.window, c.sequence, device)
        if compiled:  # one layer, called for all: seconds, where the whole network takes minutes
            self.layer = torch.compile(self.layer, dynamic=False)
            self.head = torch.compile(self.head, dynamic=False)

    def product(self, x, w):
        return F.linear(x.to(self.product_type), w.to(self.product_type))

    def rotate(self, x):  # [batch][length][heads][head_dim]
        a, b = x.chunk(2, 3)
        return torch.cat([a * self.cosine - b * self.sine, b * self.cosine + a * self.sine], 3)

    def weigh(self, q, k, v, mask):
        """softmax(q k + mask) v: q [n][heads][queries][d], k and v [n][1][keys][d], mask [queries][keys]."""
        if q.is_cuda:
            shape = (q.shape[0], q.shape[1], k.shape[2], k.shape[3])
            return F.scaled_dot_product_attention(q, k.expand(shape), v.expand(shape), attn_mask=mask, scale=1.0)
        return torch.softmax(q @ k.transpose(2, 3) + mask, -1) @ v

    def attention(self, q, k, v):
        """q [batch][length][heads][d], already scaled; k and v [batch][length][d]."""
        c, (batch, length) = self.c, q.shape[:2]
        q, k, v = [t.to(self.product_type) for t in (q, k, v)]
        if self.attention_kind == 'flex':
            o = flex_attention(q.transpose(1, 2), k[:, None], v[:, None], block_mask=self.block_mask, scale=1.0,
                               enable_gqa=True)
            return o.transpose(1, 2).reshape(batch, length, c.heads * c.head_dim)
        w, blocks = c.window, length // c.window
        q = q.view(batch, blocks, w, c.heads, c.head_dim).transpose(2, 3)
        k, v = k.view(batch, blocks, 1, w, c.head_dim), v.view(batch, blocks, 1, w, c.head_dim)
        first = self.weigh(q[:, 0], k[:, 0], v[:, 0], self.first_mask)  # has no block before it
        parts = [first[:, None]]
        if blocks > 1:
            two = [torch.cat([t[:, :-1], t[:, 1:]], 3).flatten(0, 1) for t in (k, v)]
            rest = self.weigh(q[:, 1:].flatten(0, 1), two[0], two[1], self.mask)
            parts.append(rest.unflatten(0, (batch, blocks - 1)))
        return torch.cat(parts, 1).transpose(2, 3).reshape(batch, length, c.heads * c.head_dim)

    def layer(self, x, x0, pair, scalars, scale, weights, values, rounding):
        c, (batch, length) = self.c, x.shape[:2]
        query, key, value, output, up, down = [weight_on_grid(w, rounding) for w in weights]
        x = scalars[0] * x + scalars[1] * x0
        if pair is not None:
            x = x + scalars[2] * pair
        a = norm(x, rounding)
        q = self.product(a, query).view(batch, length, c.heads, c.head_dim)
        k = self.product(a, key).view(batch, length, 1, c.head_dim)
        v = self.product(a, value)
        if values is not None:
            v = v + values
        q, k = [on_grid(self.rotate(unit_rms(t)), 16, -127, 127, rounding) for t in (q, k)]
        o = self.attention(q * scale[:, None], k.squeeze(2), norm(v, rounding))
        x = x + self.product(norm(o, rounding), output)
        r = torch.relu(self.product(norm(x, rounding), up)).float().square()
        return x + self.product(on_grid(unit_rms(r), 12, 0, 255, rounding), down)

    def head(self, x, head, target, reduction, rounding):
        logits = self.product(norm(x, rounding), head).flatten(0, 1)
        return F.cross_entropy(logits.float(), target.reshape(-1), reduction=reduction)

    def loss(self, p, tokens, rounding, reduction='mean'):
        """-ln p of tokens[:, 2:] from all before them; tokens: int64 [batch][length + 2]."""
        previous, current, target = tokens[:, :-2], tokens[:, 1:-1], tokens[:, 2:]

        def rows(name, index):
            return F.embedding(index, weight_on_grid(p[name], rounding))

        x0 = rows('embedding', current) + rows('previous', previous)
        x = x0.clone()  # or the first layer would be compiled apart, as one with twice the same input
        pair = None
        if 'pairs' in p:
            pair = rows('pairs', pair_row(previous, current, self.c.pair_rows))
        for l in range(self.c.layers):
            name = 'layer%d.' % l
            values = name + 'value-embedding'
            x = self.layer(x, x0, pair, p['scalars'][l], p['attention-scale'][l],
                           [p[name + matrix] for matrix in MATRICES],
                           rows(values, current) if values in p else None, rounding)
        return self.head(x, p['head'], target, reduction, rounding)


def block_mask(window, length, device):
    if flex_attention is None:
        raise SystemExit('flex_attention needs PyTorch 2.5')

    def visible(batch, head, query, key):
        return (key <= query) & (query - key < window)

    return create_block_mask(visible, None, None, length, length, device=device)
