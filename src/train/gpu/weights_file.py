# SPDX-License-Identifier: Apache-2.0
"""Tensors in .safetensors files, cut into parts that fit a small transfer.

A file NAME is one file NAME, or NAME.0, NAME.1, ... whose bytes one after the other are that file.
Its metadata hold a checksum of the tensors' bytes: parts of two files that were mixed up are found.
"""
import glob
import json
import os
import struct
import zlib

import torch

TYPES = {'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16}
NAMES = {value: key for key, value in TYPES.items()}


class Damaged(Exception):
    pass


def parts_of(name):
    parts = [p for p in glob.glob(glob.escape(name) + '.[0-9]*') if p.rsplit('.', 1)[1].isdigit()]
    return sorted(parts, key=lambda p: int(p.rsplit('.', 1)[1])) or [name]


def bytes_of(tensor):
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:  # which numpy does not know
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def checksum(body):
    return '%08x' % zlib.crc32(body)


def in_sixteen_bits(tensors):
    """Matrices and tables as float16; few numbers are factors of whole sums, and need every bit."""
    return {name: t.float() if t.numel() < 1024 else t.half() for name, t in tensors.items()}


def write(name, tensors, metadata, part_bytes=16_000_000):
    """Writes NAME.0, NAME.1, ...; they get their names when all are written. Returns the names."""
    header, data = {}, []
    offset = 0
    for key, tensor in tensors.items():
        data.append(bytes_of(tensor))
        header[key] = {'dtype': NAMES[tensor.dtype], 'shape': list(tensor.shape),
                       'data_offsets': [offset, offset + len(data[-1])]}
        offset += len(data[-1])
    body = b''.join(data)
    text = json.dumps({'__metadata__': dict(metadata, crc32=checksum(body)), **header}).encode()
    text += b' ' * (-len(text) % 8)
    whole = struct.pack('<Q', len(text)) + text + body
    old = [p for p in parts_of(name) if os.path.exists(p)]
    new = []
    for begin in range(0, len(whole), part_bytes):
        new.append('%s.%d' % (name, len(new)))
        with open(new[-1] + '.tmp', 'wb') as file:
            file.write(whole[begin:begin + part_bytes])
    for path in new:
        os.replace(path + '.tmp', path)
    for path in set(old) - set(new):
        os.remove(path)
    return new


def read(name):
    """Returns the tensors and the metadata."""
    whole = b''
    for path in parts_of(name):
        with open(path, 'rb') as file:
            whole += file.read()
    try:
        length = struct.unpack('<Q', whole[:8])[0]
        header = json.loads(whole[8:8 + length])
    except (struct.error, ValueError):
        raise Damaged(name + ': not a .safetensors file') from None
    metadata, body = header.pop('__metadata__', {}), whole[8 + length:]
    if max((entry['data_offsets'][1] for entry in header.values()), default=0) != len(body):
        raise Damaged(name + ': a part is missing or cut')
    if metadata.get('crc32', checksum(body)) != checksum(body):
        raise Damaged(name + ': damaged, or parts of two files')
    tensors = {}
    for key, entry in header.items():
        begin, end = entry['data_offsets']
        tensors[key] = torch.frombuffer(bytearray(body[begin:end]), dtype=TYPES[entry['dtype']]).view(entry['shape'])
    return tensors, metadata
