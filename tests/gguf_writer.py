#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A LLaMA in a folder of Hugging Face's form as a GGUF file, for tests.

gguf_writer.py FOLDER TYPE FILE.gguf SAME_FOLDER

TYPE: F32 F16 BF16 Q8_0 Q4_0 Q4_K Q6_K, of the matrices; norms stay F32, as llama.cpp's converter
leaves them. SAME_FOLDER becomes a folder whose matrices are float32 with the values that the GGUF
file stands for, in Hugging Face's order. Written from the format's description (docs/gguf.md of
ggml) and the definition of its blocks, sharing nothing with the reader. How well a block stands for
its values does not matter here: any scales will do.
"""

import json
import os
import shutil
import struct
import sys


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def f16(x):
    return struct.unpack("<e", struct.pack("<e", x))[0]


def clamp(x, low, high):
    return max(low, min(high, x))


def plain(code):
    def write(values):
        data = struct.pack("<%d%s" % (len(values), code), *values)
        return data, list(struct.unpack("<%d%s" % (len(values), code), data))

    return write


def bf16(values):
    data, back = b"", []
    for v in values:
        bits = struct.unpack("<I", struct.pack("<f", v))[0]
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
        data += struct.pack("<H", bits)
        back.append(struct.unpack("<f", struct.pack("<I", bits << 16))[0])
    return data, back


def q8_0(values):
    d = f16(max(map(abs, values)) / 127)
    q = [clamp(round(v / d), -128, 127) if d else 0 for v in values]
    return struct.pack("<e32b", d, *q), [f32(n * d) for n in q]


def q4_0(values):
    d = f16(max(values, key=abs) / -8)
    q = [clamp(round(v / d) + 8, 0, 15) if d else 8 for v in values]
    packed = bytes(q[i] | q[i + 16] << 4 for i in range(16))
    return struct.pack("<e", d) + packed, [f32((n - 8) * d) for n in q]


def q4_k(values):
    groups = [values[i : i + 32] for i in range(0, 256, 32)]
    least = [max(0, -min(g)) for g in groups]
    steps = [(max(g) + m) / 15 for g, m in zip(groups, least)]
    d, d_least = f16(max(steps) / 63), f16(max(least) / 63)
    sc = [clamp(round(s / d), 0, 63) if d else 0 for s in steps]
    mn = [clamp(round(m / d_least), 0, 63) if d_least else 0 for m in least]
    head = bytearray(12)
    for j in range(4):
        head[j] = sc[j] | sc[j + 4] >> 4 << 6
        head[j + 4] = mn[j] | mn[j + 4] >> 4 << 6
        head[j + 8] = (sc[j + 4] & 15) | (mn[j + 4] & 15) << 4
    q, back = [], []
    for g, s, m in zip(groups, sc, mn):
        step, base = f32(d * s), f32(d_least * m)
        q.append([clamp(round((v + base) / step), 0, 15) if step else 0 for v in g])
        back += [f32(f32(step * n) - base) for n in q[-1]]
    packed = bytes(q[j][i] | q[j + 1][i] << 4 for j in range(0, 8, 2) for i in range(32))
    return struct.pack("<ee", d, d_least) + bytes(head) + packed, back


def q6_k(values):
    groups = [values[i : i + 16] for i in range(0, 256, 16)]
    steps = [max(g, key=abs) / -32 for g in groups]
    d = f16(max(map(abs, steps)) / 127)
    sc = [clamp(round(s / d), -128, 127) if d else 0 for s in steps]
    q, back = [], []
    for g, s in zip(groups, sc):
        step = f32(d * s)
        for v in g:
            q.append(clamp(round(v / step), -32, 31) + 32 if step else 32)
            back.append(f32(step * (q[-1] - 32)))
    low, high = b"", b""
    for half in (q[:128], q[128:]):
        low += bytes(half[i] & 15 | (half[i + 64] & 15) << 4 for i in range(64))
        high += bytes(
            half[i] >> 4 | half[i + 32] >> 4 << 2 | half[i + 64] >> 4 << 4 | half[i + 96] >> 4 << 6
            for i in range(32)
        )
    return low + high + struct.pack("<16be", *sc, d), back


# Number, values of a block, and what makes its bytes and values.
TYPES = {
    "F32": (0, 1, plain("f")),
    "F16": (1, 1, plain("e")),
    "BF16": (30, 1, bf16),
    "Q8_0": (8, 32, q8_0),
    "Q4_0": (2, 32, q4_0),
    "Q4_K": (12, 256, q4_k),
    "Q6_K": (14, 256, q6_k),
}

NAMES = {
    "embed_tokens": "token_embd",
    "norm": "output_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    name = name[: -len(".weight")]
    if name == "lm_head":
        return "output.weight"
    name = name[len("model.") :]
    if not name.startswith("layers."):
        return NAMES[name] + ".weight"
    _, layer, rest = name.split(".", 2)
    return "blk." + layer + "." + NAMES[rest] + ".weight"


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, t in header.items():
        if name == "__metadata__" or name.endswith("inv_freq"):
            continue
        begin, end = t["data_offsets"]
        values = list(struct.unpack("<%df" % ((end - begin) // 4), data[begin:end]))
        tensors[name] = (t["shape"], values)
    return tensors


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        bytes_ = struct.pack("<%df" % len(values), *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def paired(values, columns, heads):
    """Rows i and i + n/2 of each head of n rows side by side, as llama.cpp turns them."""
    rows = [values[i : i + columns] for i in range(0, len(values), columns)]
    n = len(rows) // heads
    out = []
    for head in range(0, len(rows), n):
        for i in range(n // 2):
            out += rows[head + i] + rows[head + n // 2 + i]
    return out


def unpaired(values, columns, heads):
    rows = [values[i : i + columns] for i in range(0, len(values), columns)]
    n = len(rows) // heads
    out = []
    for head in range(0, len(rows), n):
        for start in (0, 1):
            for i in range(n // 2):
                out += rows[head + 2 * i + start]
    return out


def fields(message):
    """Of a protocol buffer: (number, value)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            yield key >> 3, message[at : at + size]
            at += size


def read_pieces(path):
    tokens, scores, types = [], [], []
    with open(path, "rb") as file:
        for number, value in fields(file.read()):
            if number != 1:
                continue
            piece = {1: b"", 2: bytes(4), 3: 1}
            piece.update(fields(value))
            tokens.append(piece[1])
            scores.append(struct.unpack("<f", piece[2])[0])
            types.append(piece[3])
    return tokens, scores, types


def text(s):
    s = s if isinstance(s, bytes) else s.encode()
    return struct.pack("<Q", len(s)) + s


def u32(v):
    return struct.pack("<II", 4, v)


def real(v):
    return struct.pack("<If", 6, v)


def values_of(config, folder):
    heads = config["num_attention_heads"]
    tokens, scores, types = read_pieces(os.path.join(folder, "tokenizer.model"))
    array = lambda kind, code, list_: struct.pack("<IIQ%d%s" % (len(list_), code), 9, kind, len(list_), *list_)
    return {
        "general.architecture": struct.pack("<I", 8) + text("llama"),
        "general.name": struct.pack("<I", 8) + text("a test"),
        "general.alignment": u32(64),
        "llama.context_length": u32(config["max_position_embeddings"]),
        "llama.embedding_length": u32(config["hidden_size"]),
        "llama.block_count": u32(config["num_hidden_layers"]),
        "llama.feed_forward_length": u32(config["intermediate_size"]),
        "llama.attention.head_count": u32(heads),
        "llama.attention.head_count_kv": u32(config.get("num_key_value_heads", heads)),
        "llama.attention.layer_norm_rms_epsilon": real(config["rms_norm_eps"]),
        "llama.rope.freq_base": real(config["rope_theta"]),
        "llama.rope.dimension_count": u32(config["hidden_size"] // heads),
        "tokenizer.ggml.model": struct.pack("<I", 8) + text("llama"),
        "tokenizer.ggml.tokens": struct.pack("<IIQ", 9, 8, len(tokens)) + b"".join(map(text, tokens)),
        "tokenizer.ggml.scores": array(6, "f", scores),
        "tokenizer.ggml.token_type": array(5, "i", types),
        "tokenizer.ggml.bos_token_id": u32(config["bos_token_id"]),
        "tokenizer.ggml.eos_token_id": u32(config["eos_token_id"]),
    }


def main():
    folder, type_name, path, same = sys.argv[1:]
    number, block, make = TYPES[type_name]
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    heads = {"q": config["num_attention_heads"]}
    heads["k"] = config.get("num_key_value_heads", heads["q"])
    infos, data, back = [], b"", {}
    for name, (shape, values) in read_safetensors(os.path.join(folder, "model.safetensors")).items():
        turned = next((n for c, n in heads.items() if name.endswith("self_attn.%s_proj.weight" % c)), 0)
        stored = paired(values, shape[1], turned) if turned else values
        kind = (number, block, make) if len(shape) == 2 else TYPES["F32"]
        step = kind[1] if kind[1] > 1 else len(stored)
        blocks = [kind[2](stored[i : i + step]) for i in range(0, len(stored), step)]
        read = [v for b in blocks for v in b[1]]
        back[name] = (shape, unpaired(read, shape[1], turned) if turned else read)
        infos.append(
            text(gguf_name(name))
            + struct.pack("<I%dQIQ" % len(shape), len(shape), *reversed(shape), kind[0], len(data))
        )
        data += b"".join(b[0] for b in blocks)
        data += bytes(-len(data) % 64)
    values = values_of(config, folder)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(values))
    head += b"".join(text(name) + value for name, value in values.items()) + b"".join(infos)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 64) + data)
    os.makedirs(same, exist_ok=True)
    for name in ("config.json", "tokenizer.model"):
        shutil.copy(os.path.join(folder, name), same)
    write_safetensors(os.path.join(same, "model.safetensors"), back)


main()
