# SPDX-License-Identifier: Apache-2.0
"""docs/format.md, section 5.4: rounds of copies."""
from container import Cursor
from errors import CutOff, Damaged
from random_model import varint


def decode_copies(payload, size, reference, decode_literals):
    """decode_literals(message, size) is a round of method 2."""
    cursor = Cursor(payload)
    copies, end, left = [], 0, size
    try:
        for _ in range(cursor.varint('number of copies')):
            literals = cursor.varint('literals before a copy')
            folded = cursor.varint('source of a copy')
            distance = -(folded + 1) // 2 if folded & 1 else folded // 2
            source = (end + distance) % 2**64
            length = cursor.varint('size of a copy')
            end = source + length
            left -= literals + length
            if length == 0 or end > len(reference) or left < 0:
                raise Damaged('a copy of %d bytes from %d' % (length, source))
            copies.append((literals, source, length))
    except CutOff as e:
        raise Damaged('a round of copies: %s' % e) from e
    rest = payload[cursor.at:]
    count = size - sum(length for _, _, length in copies)
    if count == 0 and rest:
        raise Damaged('bytes behind the list of copies')
    text = decode_literals(rest, count) if count else b''
    out, at = b'', 0
    for literals, source, length in copies:
        out += text[at:at + literals] + reference[source:source + length]
        at += literals
    return out + text[at:]


def random_copies(random, content, reference):
    """Some copies of a content, anywhere in the reference, as fields; and the literals."""
    fields, literals, count = b'', b'', 0
    at = end = pending = 0
    while at < len(content):
        length = 0
        if random.random() < 0.5:
            while at + length < len(content) and content[at:at + length + 1] in reference:
                length += 1
        if length == 0:
            literals += content[at:at + 1]
            pending, at = pending + 1, at + 1
            continue
        length = random.randrange(1, length + 1)
        source = reference.index(content[at:at + length])
        distance = source - end
        fields += varint(pending) + varint(2 * distance if distance >= 0 else -2 * distance - 1) + varint(length)
        at, end, pending, count = at + length, source + length, 0, count + 1
    return varint(count) + fields, literals
