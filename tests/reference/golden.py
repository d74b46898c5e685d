# SPDX-License-Identifier: Apache-2.0
"""golden.py LLMZ FOLDER: writes golden files, tiny ones of every kind, as commented hex, and prints the rows of their
table in tests/fixtures/README.md.

The format is frozen: the files of tests/fixtures/golden are never made anew. This is how they were made, and how files
of a kind that is new are made beside them. What the comments call the fields is what container.py calls them when it
reads the file.
"""
import os
import subprocess
import sys
import tempfile
from random import Random

import container
from errors import DecodeError
from random_model import varint
from xxh3 import low32, xxh3

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/golden/golden.llmzmodel')
TEXT = 'Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse.\n'
LOG = ''.join('12:0%d:17 door %d opened\n' % (i, 7 + i) for i in range(4))
TWICE = 'over and over again, ' * 9 + '\n'
NOISE = bytes((i * i * 197 + 89) % 251 for i in range(24))
PICTURE = b'P5 20 15 255\n' + bytes(90 + x * (20 - x) + 4 * y + x * x * y * y % 7 // 2 for y in range(15) for x in range(20))


class Recorder(container.Cursor):
    """Notes what each field is called."""
    fields = []

    def bytes(self, count, what):
        part = super().bytes(count, what)
        Recorder.fields.append([part, what])
        return part

    def varint(self, what):
        first = len(Recorder.fields)
        try:
            return super().varint(what)
        finally:  # one field, not one for each byte
            Recorder.fields[first:] = [[b''.join(part for part, _ in Recorder.fields[first:]), what]]


def lines_of(data):
    """The fields of a file with their names, as far as a reader comes."""
    container.Cursor, Recorder.fields = Recorder, []
    try:
        container.read_frames(data)
    except DecodeError:
        pass
    lines, at = [], 0
    for part, name in Recorder.fields:
        lines += hex_lines(part, name)
        at += len(part)
    if at < len(data):
        lines += hex_lines(data[at:], 'padding' if not any(data[at:]) else 'what no reader comes to')
    return lines


def hex_lines(part, name):
    rows = [part[i:i + 24] for i in range(0, len(part), 24)] or [b'']
    return ['%-72s%s' % (row.hex(' '), '# ' + name if i == 0 else '') for i, row in enumerate(rows)]


class Golden:
    def __init__(self, llmz, folder):
        self.llmz, self.folder, self.rows = llmz, folder, []

    def coded(self, content, *options, reference=None):
        content = content if isinstance(content, bytes) else content.encode()
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, 'content')
            open(path, 'wb').write(content)
            if reference:
                open(os.path.join(work, 'reference'), 'w').write(reference)
                options += ('-D', os.path.join(work, 'reference'))
            return subprocess.run([self.llmz, '-q', '-c', '-m', MODEL, *options, path], check=True,
                                  stdout=subprocess.PIPE).stdout

    def write(self, name, what, data, **expected):
        """expected: content (bytes or text) or says (a regular expression for the message), and the reference."""
        self.rows.append('| %s | %d | %s |' % (name, len(data), what))
        lines = ['# SPDX-License-Identifier: CC0-1.0', '# %s: %s' % (name, what)]
        for key, value in expected.items():
            value = value.encode() if isinstance(value, str) else value
            escaped = ''.join(chr(b) if 32 <= b < 127 and b != 92 else '\\x%02x' % b for b in value)
            lines.append('# %s: %s' % (key, escaped))
        with open(os.path.join(self.folder, name + '.hex'), 'w') as file:
            file.write('\n'.join(line.rstrip() for line in lines + lines_of(data)) + '\n')


def edited(data, at, value):
    """With other bytes from `at` on (from the end if it is negative)."""
    at %= len(data)
    return data[:at] + value + data[at + len(value):]


def rounds_frame(fingerprint, flags, fields, rounds, content):
    """A frame of rounds with right checks, whatever its fields say."""
    out = b'\xec\x1a\x22' + low32(fingerprint).to_bytes(4, 'little') + bytes([flags]) + fields
    chain = xxh3(0, out)
    for size, method, payload in rounds:
        head = varint(size) + bytes([method]) + varint(len(payload))
        chain = xxh3(chain, head + payload)
        out += head + low32(chain).to_bytes(4, 'little') + payload
    return out + b'\0' + low32(xxh3(fingerprint, content)).to_bytes(4, 'little')


def index(entries):
    out = b'\xec\x1a\x23' + bytes([len(entries)]) + b''.join(bytes(entry) for entry in entries)
    out += low32(xxh3(0, out)).to_bytes(4, 'little')
    return out + (len(out) + 6).to_bytes(4, 'little') + b'\x1a\xec'


def write_good(g):
    g.write('good-empty', 'no content', g.coded(''), content='')
    g.write('good-stored', 'a plain frame, stored', g.coded(NOISE), content=NOISE)
    g.write('good-lzma2', 'a plain frame, LZMA2', lzma2_frame(),
            content=TWICE)
    g.write('good-mix', 'a plain frame, the mix of bytes', g.coded(TEXT, '-1'), content=TEXT)
    g.write('good-rich-mix', 'a plain frame, the rich mix', rich_frame(LOG.encode()), content=LOG)
    g.write('good-second-rich-mix', 'a plain frame, the second rich mix', rich_frame(LOG.encode(), 10), content=LOG)
    g.write('good-samples', 'a plain frame, samples', g.coded(PICTURE), content=PICTURE)
    single = g.coded(TEXT)
    g.write('good-single', 'network and mix, with the settings of the model', single, content=TEXT)
    sizes = [int.from_bytes(single[i:i + 2], 'little') for i in (11, 13)]
    check = low32(xxh3(int.from_bytes(single[3:11], 'little'), single[15:])).to_bytes(4, 'little')
    wide = b'\xec\x1a\x21' + single[3:11] + b''.join(s.to_bytes(3, 'little') for s in sizes) + check + single[15:]
    g.write('good-single-wide', 'the same with sizes of three bytes', wide, content=TEXT)
    g.write('good-network-and-rich-mix', 'network and rich mix', rich_tokens(), content=TEXT)
    g.write('good-network-and-second-rich-mix', 'network and second rich mix', rich_tokens(11), content=TEXT)
    g.write('good-network', 'network without the mix', g.coded(TEXT, '--no-mix'), content=TEXT)
    g.write('good-network-frozen', 'network that does not learn, without the mix',
            g.coded(TEXT, '--no-mix', '--frozen'), content=TEXT)
    g.write('good-small-memory', 'network and mix, 64 KB for the mix', g.coded(TEXT, '--memory', '64K'), content=TEXT)
    blocks = g.coded(TEXT + LOG, '--block-size', '110')
    g.write('good-blocks', 'two frames and their index', blocks, content=TEXT + LOG)
    g.write('good-concatenated', 'two files, one behind the other', g.coded('one\n') + g.coded('two\n'),
            content='one\ntwo\n')
    g.write('good-padding', 'zeros behind the last frame', g.coded(NOISE) + bytes(9), content=NOISE)
    g.write('good-several-rounds', 'a frame without a model: stored, then the mix twice',
            rounds_without_model(), content='abc' + 2 * 'abcabcabc\n')
    reference = TEXT.replace('money', 'bread')
    behind = g.coded(TEXT, reference=reference)
    g.write('good-behind-reference', 'network and mix behind a reference', behind, content=TEXT, reference=reference)
    g.write('good-plain-behind-reference', 'the mix of bytes behind a reference',
            g.coded(TEXT, '-1', reference=reference), content=TEXT, reference=reference)
    copies = copies_frame(TEXT.encode(), b'bread', b'money', reference.encode())
    g.write('good-copies-behind-reference', 'copies from a reference', copies, content=TEXT, reference=reference)
    g.write('good-rounds-behind-reference', 'a frame of rounds behind a reference',
            g.coded(TEXT, '--no-mix', reference=reference), content=TEXT, reference=reference)


def rich_tokens(method=8, content=TEXT.encode()):
    """A frame of method 8 or 11, which llmz takes, or took, for longer texts. (That of method 8 of
    ../fixtures/network-and-rich-mix.llmz.)"""
    sys.path.insert(0, os.path.dirname(__file__))
    from known import PlannedCoder
    from model_file import Model
    from reference_tokens import reference_tokens
    from writer import Encoder, FrameEncoder, Settings
    model = Model(open(MODEL, 'rb').read())
    lanes, memory, rate = 1, container.implied_memory(len(content)), 30
    frame, coded = FrameEncoder(Settings(lanes, memory, 1024 * rate), model, b''), Encoder()
    coder = PlannedCoder(coded, model, reference_tokens(model, content), frame.token_mix(method))
    frame.the_walk(method).decode(coder, len(content))
    return rounds_frame(model.fingerprint, 2 | 1, bytes([lanes, memory, rate]) + varint(len(content)),
                        [(len(content), method, coded.finish())], content)


def lzma2_frame():
    import lzma
    filters = [{'id': lzma.FILTER_LZMA2, 'preset': 9 | lzma.PRESET_EXTREME, 'dict_size': 4096, 'pb': 2}]
    content = TWICE.encode()
    payload = lzma.compress(content, lzma.FORMAT_RAW, filters=filters)
    check = low32(xxh3(0, content))
    payload_check = low32(xxh3(1 + (check << 32), payload))
    size = bytes([len(content) & 127 | 128, len(content) >> 7])
    return (b'\xec\x1a\x24\x01' + check.to_bytes(4, 'little') + size + bytes([len(payload)])
            + payload_check.to_bytes(4, 'little') + payload)


def encoder(lanes, memory, reference=b''):
    sys.path.insert(0, os.path.dirname(__file__))
    from writer import FrameEncoder, Settings
    return FrameEncoder(Settings(lanes, memory, 0), None, reference)


def plain_frame(method, content, payload, reference=b''):
    check = low32(xxh3(0, content))
    start = b'\xec\x1a\x26' + low32(xxh3(0, reference)).to_bytes(4, 'little') if reference else b'\xec\x1a\x24'
    return (start + bytes([method]) + check.to_bytes(4, 'little') + bytes([len(content), len(payload)])
            + low32(xxh3(method + (check << 32), payload)).to_bytes(4, 'little') + payload)


def rich_frame(content, method=5):
    payload = encoder(1, container.implied_memory(len(content))).encode(Random(1), method, content)
    return plain_frame(method, content, payload)


def copies_frame(content, old, new, reference):
    """Two copies: up to a word, and from behind it on; as many bytes of the reference are passed over."""
    at, rest = content.index(new), len(content) - content.index(new) - len(new)
    literals = encoder(1, 26, reference).encode(Random(1), 2, new)
    payload = bytes([2, 0, 0, at, len(new), 2 * len(old), rest]) + literals
    return plain_frame(6, content, payload, reference)


def rounds_without_model():
    rounds_encoder = encoder(1, 16)
    random, parts = Random(1), [(0, b'abc'), (2, b'abcabcabc\n'), (2, b'abcabcabc\n')]
    rounds = [(len(part), method, rounds_encoder.encode(random, method, part)) for method, part in parts]
    content = b''.join(part for _, part in parts)
    return rounds_frame(0, 8 | 1, bytes([1, 16, len(content)]), rounds, content)


def write_bad(g):
    stored, single, mix = g.coded(NOISE), g.coded(TEXT), g.coded(TEXT, '-1')
    blocks = g.coded(TEXT + LOG, '--block-size', '110')
    first = container.read_frames(blocks)[0].size
    g.write('corrupt-content', 'a bit of stored content', edited(stored, -1, b'\0'), says='damaged')
    g.write('corrupt-content-check', 'the check of the content', edited(stored, 4, b'\0\0'), says='damaged')
    g.write('corrupt-payload', 'a byte of a payload that has a check', edited(mix, -3, b'\0\0'), says='checksum')
    g.write('corrupt-token-payload', 'a byte of a payload that has none', edited(single, -3, b'\0\0'), says='damaged')
    g.write('corrupt-payload-size', 'a payload larger than the content allows',
            edited(single, 13, b'\xff\xff'), says='impossible sizes')
    g.write('corrupt-varint', 'a content size that does not end', stored[:8] + b'\xff' * 10 + stored[9:],
            says='longer than 64 bits')
    g.write('corrupt-round-check', 'the check of a round', edited(g.coded(TEXT, '--no-mix'), -8, b'\0\0'),
            says='damaged')
    g.write('corrupt-lanes', 'no lanes', rounds_frame(0, 8, bytes([0, 16]), [(3, 0, b'abc')], b'abc'), says='lanes')
    g.write('corrupt-memory', 'memory of 29 bits', rounds_frame(0, 8, bytes([1, 29]), [(3, 0, b'abc')], b'abc'),
            says='29 were found')
    g.write('corrupt-total', 'another content size than its rounds have',
            rounds_frame(0, 9, bytes([1, 16, 4]), [(3, 0, b'abc')], b'abc'), says='its header says 4')
    g.write('corrupt-model-round', 'a round of the network in a frame without a model',
            rounds_frame(0, 8, bytes([1, 16]), [(3, 4, b'abcd')], b'abc'), says='needs one')
    g.write('corrupt-copies', 'copies in a frame that is not behind a reference', edited(mix, 3, b'\6'),
            says='without a reference')
    g.write('corrupt-index-count', 'an index of one frame behind two that announce it',
            blocks[:len(blocks) - tail(blocks)] + index([(first, 110)]), says='some are missing')
    g.write('corrupt-index-sizes', 'an index of other sizes',
            blocks[:len(blocks) - tail(blocks)] + index([(first, 110), (9, 90)]), says='other sizes')
    g.write('corrupt-foreign-bytes', 'other data behind a frame', stored + b'more', says='after the last frame')
    g.write('corrupt-padding', 'padding that is not all zeros', stored + bytes(9) + b'\1', says='after the last frame')
    for at, where in ((1, 'the magic'), (6, 'a field'), (len(stored) - 1, 'the content')):
        g.write('truncated-%d' % at, 'cut off in %s' % where, stored[:at], says='ends|cut off')
    g.write('truncated-index', 'cut off before an announced index', blocks[:len(blocks) - tail(blocks)],
            says='cut off')
    g.write('truncated-frame', 'a frame and the index are missing', blocks[:first], says='cut off')
    g.write('unsupported-version-3', 'format version 3', edited(stored, 2, b'\x34'), says='a newer llmz')
    g.write('unsupported-version-1', 'format version 1', edited(stored, 2, b'\x14'), says='an older llmz')
    g.write('unsupported-kind', 'the reserved kind 8', edited(stored, 2, b'\x28'), says='a newer llmz')
    g.write('unsupported-method', 'the reserved method 9', edited(stored, 3, b'\x09'), says='a newer llmz')
    g.write('unsupported-flag', 'the reserved flag bit 5',
            rounds_frame(0, 8 | 32, bytes([1, 16]), [(3, 0, b'abc')], b'abc'), says='a newer llmz')
    g.write('other-data', 'no llmz file', b'\x89PNG\r\n\x1a\n', says='not an llmz file')
    g.write('missing-model', 'a model that nobody has', edited(single, 3, b'\1\2\3\4'), says='04030201')
    reference = TEXT.replace('money', 'bread')
    g.write('missing-reference', 'a reference that is not given', g.coded(TEXT, reference=reference),
            says='a reference')


def tail(blocks):
    """The size of the index at the end."""
    return int.from_bytes(blocks[-6:-2], 'little')


if __name__ == '__main__':
    golden = Golden(os.path.abspath(sys.argv[1]), sys.argv[2])
    write_good(golden)
    write_bad(golden)
    print('\n'.join(golden.rows))
