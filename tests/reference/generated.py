# SPDX-License-Identifier: Apache-2.0
"""Compresses generated contents with llmz (the environment's LLMZ), decodes them with decoder.py, compares; then
writes files with writer.py and lets llmz decode them.

  generated.py [--count N] [--seed S] [--only CASE] [--written N]
"""
import argparse
import collections
import os
import random
import subprocess
import sys
import tempfile
import time

from cases import KINDS, drawn_case, fixed_cases
from container import MAGIC, METHOD_NAMES, RICH_MIX, RICH_TOKEN_MIX, read_frames
from decoder import decode
from errors import CutOff, Damaged, DecodeError, ModelMissing, NewerFormat, NotLlmz, OlderFormat
from model_file import Model
from random_model import random_model
from writer import random_frame

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get('LLMZ', os.path.join(HERE, '../../build/llmz'))
MODELS = os.path.join(HERE, '../../models')


# docs/format.md: the examples of section 9, and what section 8 says of other files.
EMPTY = bytes.fromhex('ec1a24 00 c294d338 00')
ABC = bytes.fromhex('ec1a24 00 50392f89 03 616263')
EXAMPLES = (
    (EMPTY, b''), (ABC, b'abc'), (ABC + EMPTY + ABC + bytes(5), b'abcabc'),
    (b'', CutOff), (b'PK', NotLlmz), (bytes(9), NotLlmz), (ABC[:-1], CutOff), (ABC + b'x', Damaged),
    (ABC + bytes(2) + ABC, Damaged), (ABC[:-1] + b'd', Damaged), (b'\xec\x1a\x34' + ABC[3:], NewerFormat),
    (b'\xec\x1a\x14' + ABC[3:], OlderFormat), (b'\xec\x1a\x28', NewerFormat), (b'\xec\x1a\x27', CutOff),
    (b'\xec\x1a\x24\x09', NewerFormat), (b'\xec\x1a\x24\x0c', NewerFormat),
    (b'\xec\x1a\x24\x03', Damaged), (b'\xec\x1a\x24\x06', Damaged), (b'\xec\x1a\x24\x0b', Damaged),
    (b'\xec\x1a\x20' + bytes([1, 2, 3, 4]) * 2 + b'\1\0\0\0', ModelMissing))


def check_examples():
    for data, expected in EXAMPLES:
        try:
            found = b''.join(decode(data, []))
        except DecodeError as e:
            found = type(e)
        if found != expected:
            raise AssertionError('%s: %s, not %s' % (data.hex(' '), found, expected))
    return '%d' % len(EXAMPLES)


def check_golden():
    """The golden files: the content that they name, or an error."""
    folder = os.path.join(HERE, '../fixtures/golden')
    model = Model(open(os.path.join(folder, 'golden.llmzmodel'), 'rb').read())
    names = sorted(name for name in os.listdir(folder) if name.endswith('.hex'))
    for name in names:
        lines = open(os.path.join(folder, name)).read().split('\n')
        data = bytes.fromhex(''.join(line.split('#')[0] for line in lines))
        said = dict(line[2:].split(': ', 1) for line in lines if line.startswith('# ') and ': ' in line)
        said = {key: value.encode().decode('unicode_escape').encode('latin-1') for key, value in said.items()}
        try:
            found = b''.join(decode(data, [model], said.get('reference', b'')))
        except DecodeError:
            found = None
        expected = said.get('content', b'' if name == 'good-empty.hex' else None)
        if found != expected:
            raise AssertionError('%s: %s, not %s' % (name, found, expected))
    return '%d' % len(names)


class Models:
    """Model files by name: those of the repository, and a new random one for each case that wants one."""

    def __init__(self, folder):
        self.folder = folder
        self.read = {}

    def get(self, name, number):
        """Its path, and the model."""
        if name == 'random':
            path = os.path.join(self.folder, 'random-%d.llmzmodel' % number)
            data = random_model(random.Random(number), 'random-%d' % number)
            with open(path, 'wb') as file:
                file.write(data)
            return path, Model(data)
        path = os.path.join(MODELS, name + '.llmzmodel')
        if name not in self.read:
            with open(path, 'rb') as file:
                self.read[name] = Model(file.read())
        return path, self.read[name]


def llmz(arguments, stdin=b''):
    done = subprocess.run([PROGRAM, '-q', *arguments], input=stdin, stdout=subprocess.PIPE, check=True)
    return done.stdout


def with_reference(reference, folder):
    """Options that give it to llmz."""
    if not reference:
        return []
    path = os.path.join(folder, 'reference')
    with open(path, 'wb') as file:
        file.write(reference)
    return ['-D', path]


def compress(case, model_path, folder):
    out = b''
    for content, options in case.parts:
        arguments = ['-c', '-m', model_path, *options, *with_reference(case.reference, folder)]
        if case.from_pipe:
            out += llmz(arguments, content)
        else:
            path = os.path.join(folder, 'content')
            with open(path, 'wb') as file:
                file.write(content)
            out += llmz([*arguments, path])
    return out + bytes(case.padding)


def other_content(data, models, content, reference):
    """Is something else decoded, without an error? The last bits of a payload may be others and mean the same."""
    try:
        return b''.join(decode(data, models, reference)) != content
    except DecodeError:
        return False


def check_damage(choice, data, models, content, reference):
    """Files cut off, and with a flipped bit. A frame without a check of its payload is decoded for it: short ones."""
    if len(data) < 130:
        damaged = bytearray(data)
        damaged[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
        if other_content(bytes(damaged), models, content, reference):
            raise AssertionError('a flipped bit was not found')
    start = choice.randrange(len(data))
    try:
        read_frames(data[:start])
    except DecodeError:
        return
    # Then it was cut between two frames, or in the padding.
    if any(data[start:]) and data[start:start + 2] != MAGIC:
        raise AssertionError('a file that was cut off at %d was read' % start)


def run_case(number, case, models, folder, seen):
    path, model = models.get(case.model, number)
    data = compress(case, path, folder)
    frames = read_frames(data)
    for frame in frames:
        seen['frame kind %d' % frame.kind] += 1
        seen['index'] += frame.announces_index
        seen['several rounds'] += len(frame.rounds) > 1
        for part in frame.rounds:
            seen[METHOD_NAMES[part.method]] += 1
    seen['padding'] += case.padding > 0
    seen['several frames'] += len(frames) > 1
    embedded = any('--embed-model' in options for _, options in case.parts)
    seen['carried model'] += embedded
    content = b''.join(decode(data, [] if embedded else [model], case.reference))
    if content != case.content():
        raise AssertionError('another content')
    choice = random.Random(number)
    check_damage(choice, data, [model], content, case.reference)
    return '%d bytes in %d, %s' % (len(content), len(data), ', '.join(
        '+'.join(METHOD_NAMES[part.method] for part in frame.rounds) or 'empty' for frame in frames[:4]))


def run_written(number, models, folder):
    """Files that writer.py wrote."""
    seeded = random.Random(number)
    path, model = models.get('random', number)
    data = content = reference = b''
    if seeded.random() < 0.3:
        reference = seeded.choice(KINDS)(seeded, seeded.randrange(1, 400))
    for _ in range(seeded.choice((1, 1, 2))):
        frame, part = random_frame(seeded, model if seeded.random() < 0.8 else None, KINDS, reference)
        data, content = data + frame, content + part
    with open(os.path.join(folder, 'written.llmz'), 'wb') as file:
        file.write(data)
    if llmz(['-dc', '-m', path, *with_reference(reference, folder), file.name]) != content:
        raise AssertionError('another content')
    if b''.join(decode(data, [model], reference)) != content:
        raise AssertionError('another content from decoder.py')
    return '%d bytes in %d, %s' % (len(content), len(data), ', '.join(
        '+'.join(METHOD_NAMES[part.method] for part in frame.rounds) for frame in read_frames(data)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--count', type=int, default=22)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--only', type=int, help='the number of a case')
    parser.add_argument('--written', type=int, default=4, help='files that this folder writes and llmz reads')
    options = parser.parse_args()
    seen, failed, done = collections.Counter(), 0, 0
    fixed = fixed_cases(random.Random(options.seed))

    def attempt(name, work):
        nonlocal failed
        start = time.process_time()
        try:
            result = work()
        except (AssertionError, DecodeError, subprocess.CalledProcessError) as e:
            result, failed = 'FAILED: %s: %s' % (type(e).__name__, e), failed + 1
        print('%s: %s, %.1f s' % (name, result, time.process_time() - start), flush=True)

    attempt('examples', check_examples)
    with tempfile.TemporaryDirectory() as folder:
        models = Models(folder)
        attempt('golden files', lambda: check_golden())
        for number in range(options.count):
            if options.only not in (None, number):
                continue
            case = fixed[number] if number < len(fixed) else drawn_case(random.Random(options.seed * 100003 + number))
            name = '%d: %s model, %s%s%s' % (number, case.model, [' '.join(o) for _, o in case.parts],
                                            ' from a pipe' if case.from_pipe else '',
                                            ', reference of %d bytes' % len(case.reference) if case.reference else '')
            attempt(name, lambda: run_case(number, case, models, folder, seen))
            done += 1
        for number in range(options.written):
            attempt('written %d' % number, lambda: run_written(options.seed * 100003 + number, models, folder))
            done += 1
    print('%d of %d files decoded' % (done - failed, done))
    print(', '.join('%s: %d' % item for item in sorted(seen.items())))
    # llmz reads methods 5 and 8 and no longer writes them; writer.py does.
    methods = [name for method, name in METHOD_NAMES.items() if method not in (RICH_MIX, RICH_TOKEN_MIX)]
    wanted = ['frame kind %d' % kind for kind in (0, 2, 4, 5, 6)] + methods + [
        'index', 'several rounds', 'several frames', 'padding', 'carried model']
    missing = [name for name in wanted if not seen[name]]
    if missing and options.only is None and options.count >= 22:
        print('FAILED: no case had: ' + ', '.join(missing))
        failed += 1
    sys.exit(1 if failed else 0)


main()
