# SPDX-License-Identifier: Apache-2.0
"""Contents and settings for decodes_generated_files: what is drawn for a case."""
import json

PROSE = ('the house of the morning had been open and nobody had seen who went in or came out of it since the old '
         'man left it to his daughter in the spring of that year when they were young and the river was high').split()


def prose(random, size):
    out = ''
    while len(out) < size:
        words = [random.choice(PROSE) for _ in range(random.randrange(4, 14))]
        out += ' '.join(words).capitalize() + random.choice(('. ', '. ', '.\n', ', caf\u00e9: "\u65e5"\r\n'))
    return out.encode()[:size]


def log(random, size):
    lines, number = [], random.randrange(100, 10**random.randrange(3, 21))
    while sum(map(len, lines)) < size:
        number += random.choice((1, 1, 1, 7))
        lines.append('2024-03-%02d 12:%02d:%02d INFO worker-%d: request %06d took %d ms from 10.0.%d.%d\n' % (
            len(lines) // 9 + 1, len(lines) % 60, random.randrange(60), random.randrange(4), number,
            random.randrange(900), random.randrange(3), random.randrange(200)))
    return ''.join(lines).encode()[:size]


def json_lines(random, size):
    lines = []
    while sum(map(len, lines)) < size:
        entry = {'id': len(lines) * 7, 'name': random.choice(('a\\"b', 'Bob', 'Eve')), 'big': 10**17 + len(lines) * 3,
                 'tags': [1, 2, {'x': random.randrange(99) / 8}]}
        lines.append(json.dumps(entry, indent=random.choice((None, 1))) + ',\n')
    return ''.join(lines).encode()[:size]


def markup(random, size):
    lines = []
    while sum(map(len, lines)) < size:
        lines.append('<row id="%04d">\n  <name>%s</name><v a=\'%d\'>%d</v><br/></row>\n' % (
            len(lines), random.choice(('Z\u00fcrich', 'Bern')), random.randrange(9), random.randrange(100)))
    return ''.join(lines).encode()[:size]


def table(random, size):
    lines = []
    while sum(map(len, lines)) < size:
        lines.append('%d,%s;\t%d,%05d,%s\n' % (len(lines), random.choice(('x y', '"q, r"', '')), 10**19 + len(lines),
                                              100 - 3 * len(lines), random.choice(('on', 'off'))))
    return ''.join(lines).encode()[:size]


def code(random, size):
    names = ('count', 'size_bytes', 'f2', 'reader')
    out = ''
    while len(out) < size:
        a, b = random.choice(names), random.choice(names)
        out += 'static int %s_%s(int n) {\n  for (int i = 0; i < n; ++i) {\n    %s[i] = %s + %d;\n  }\n}\n\n' % (
            a, b, a, b, random.randrange(100))
    return out.encode()[:size]


def noise(random, size):
    return random.randbytes(size)


def strings(random, size, choices):
    """Few long tokens, which cost a decoder little."""
    out = b''
    while len(out) < size:
        out += random.choice(choices)
    return out[:size]


def dashes(random, size):
    """Of tokens that the models of the repository have."""
    return strings(random, size, (b' ' * 16, b'-' * 14, b'-' * 13, b' the', b'\n'))


def runs(random, size):
    """Of tokens that random models have."""
    return strings(random, size, (b'=' * 16, b'a' * 64, b' the', b' worker', b'", "'))


def picture(random, size):
    """A PGM of smooth hills with a little noise, 24 pixels wide"""
    height = max(size // 24, 4)
    pixels = [100 + 40 * (x * (24 - x) + y * (height - y)) // 400 + random.randrange(4)
              for y in range(height) for x in range(24)]
    return b'P5 24 %d 255\n' % height + bytes(min(pixel, 255) for pixel in pixels)


def sound(random, size):
    """A swinging string in 16 bits, two channels"""
    a, b, out = 9000, 8000, b''
    while len(out) < size:
        a, b = 2 * a - b - a // 50 + random.randrange(-40, 41), a
        out += b''.join((value % 65536).to_bytes(2, 'little') for value in (a, a // 2 + random.randrange(30)))
    return out[:size]


KINDS = (prose, log, json_lines, markup, table, code, noise, picture, sound, dashes, runs)


class Case:
    """Files to compress, each with options; their .llmz files are joined. No reference is an empty one."""

    def __init__(self, parts, model='random', from_pipe=False, padding=0, reference=b''):
        self.parts = parts
        self.model = model
        self.from_pipe = from_pipe
        self.padding = padding
        self.reference = reference

    def content(self):
        return b''.join(content for content, _ in self.parts)


def fixed_cases(random):
    """One of everything that drawing might leave out."""
    some = random.choice((1, 2, 40))
    two_rounds = runs(random, 65536 + 800)
    blob = noise(random, 3000)
    old = log(random, 3000)
    return [
        Case([(b'', [])]),
        Case([(prose(random, some), [])]),
        Case([(prose(random, 350), [])], 'default'),
        Case([(prose(random, 450), [])], 'fast'),
        Case([(dashes(random, 6700), ['--lanes', '3'])], 'fast'),
        Case([(runs(random, 17000), ['--no-mix'])]),
        Case([(prose(random, 400), ['--no-mix', '--lanes', '1']), (log(random, 350), [])], padding=3),
        Case([(two_rounds, ['--no-mix', '--lanes', '1'])]),
        Case([(prose(random, 900), ['--block-size', '300', '--memory', '64K'])], 'fast', padding=700),
        Case([(table(random, 700), ['--memory', '128K'])], from_pipe=True),
        Case([(noise(random, 2500) * 2, [])]),
        Case([(code(random, 600), ['-1'])]),
        Case([(code(random, 4300), ['-9'])], 'fast'),  # the network and the second rich mix
        Case([(prose(random, 400), ['-9'])], 'fast', from_pipe=True),
        Case([(picture(random, 1100), [])]),
        Case([(sound(random, 1600), ['-1'])], from_pipe=True),
        Case([(prose(random, 150), [])], 'fast', reference=prose(random, 250)),
        Case([(log(random, 200), ['-1'])], reference=log(random, 200), from_pipe=True),
        Case([(blob[1000:] + blob * 2, [])], reference=blob),
        Case([(old[:2000] + b'news' + old[2000:], [])], reference=old),
        Case([(runs(random, 700), ['--no-mix', '--embed-model', '--block-size', '500'])]),
        Case([(runs(random, 7000), ['--no-mix', '--block-size', '5000'])], reference=runs(random, 5000)),
    ]


def drawn_case(random):
    model = random.choice(('random', 'random', 'random', 'fast'))
    parts = []
    for _ in range(random.choice((1, 1, 1, 2))):
        content = b''
        for _ in range(random.choice((1, 1, 2, 3))):
            content += random.choice(KINDS)(random, int(2 ** random.uniform(0, 9.5)))
        options = list(random.choice(([], [], ['-1'], ['-9'], ['--no-mix'], ['--no-mix', '--frozen'], ['--frozen'])))
        if random.random() < 0.4:
            options += ['--lanes', str(random.choice((1, 2, 3, 8, 16, 255)))]
        if random.random() < 0.5:
            options += ['--memory', random.choice(('64K', '64K', '128K', '1M', '16M', '256M'))]
        if random.random() < 0.2:
            options += ['--block-size', str(random.choice((100, 333, 1000)))]
        if '--no-mix' in options and random.random() < 0.4:
            content += runs(random, random.randrange(6000, 20000))
        parts.append((content, options))
    reference = b''
    if random.random() < 0.15:
        reference = random.choice(KINDS)(random, random.randrange(1, 300))
    return Case(parts, model, random.random() < 0.3, random.choice((0, 0, 0, 1, 512)), reference)
