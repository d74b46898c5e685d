# SPDX-License-Identifier: Apache-2.0
"""XXH3, 64 bits, with a seed.

After the specification of xxHash, doc/xxhash_spec.md of github.com/Cyan4973/xxHash; the names of its steps stand in
the comments.
"""
import numpy as np

MASK = 2**64 - 1
PRIME32_1, PRIME32_2, PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
PRIME64_1, PRIME64_2, PRIME64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
PRIME64_4, PRIME64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
PRIME_MX1, PRIME_MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25

# Seed and Secret
SECRET = bytes.fromhex(
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f'
    'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c'
    '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8'
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364'
    'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e'
    '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e')


def u32(data, at):
    return int.from_bytes(data[at:at + 4], 'little')


def u64(data, at):
    return int.from_bytes(data[at:at + 8], 'little')


def swapped(value, size):
    return int.from_bytes(value.to_bytes(size, 'little'), 'big')


def rotated(value, bits):
    return (value << bits | value >> (64 - bits)) & MASK


def folded(a, b):
    product = a * b
    return (product ^ product >> 64) & MASK


def avalanche(x):
    x ^= x >> 37
    x = x * PRIME_MX1 & MASK
    return x ^ x >> 32


def avalanche_xxh64(x):
    x ^= x >> 33
    x = x * PRIME64_2 & MASK
    x ^= x >> 29
    x = x * PRIME64_3 & MASK
    return x ^ x >> 32


def hash_small(data, seed):
    """XXH3_64_empty, _1to3, _4to8 and _9to16"""
    size = len(data)
    if size == 0:
        return avalanche_xxh64(seed ^ u64(SECRET, 56) ^ u64(SECRET, 64))
    if size <= 3:
        combined = data[-1] | size << 8 | data[0] << 16 | data[size >> 1] << 24
        return avalanche_xxh64(((u32(SECRET, 0) ^ u32(SECRET, 4)) + seed & MASK) ^ combined)
    if size <= 8:
        seed ^= swapped(seed & 0xffffffff, 4) << 32
        combined = u32(data, size - 4) | u32(data, 0) << 32
        value = ((u64(SECRET, 8) ^ u64(SECRET, 16)) - seed & MASK) ^ combined
        value ^= rotated(value, 49) ^ rotated(value, 24)
        value = value * PRIME_MX2 & MASK
        value ^= (value >> 35) + size
        value = value * PRIME_MX2 & MASK
        return value ^ value >> 28
    low = ((u64(SECRET, 24) ^ u64(SECRET, 32)) + seed & MASK) ^ u64(data, 0)
    high = ((u64(SECRET, 40) ^ u64(SECRET, 48)) - seed & MASK) ^ u64(data, size - 8)
    return avalanche(size + swapped(low, 8) + high + folded(low, high) & MASK)


def mix_step(data, at, secret_at, seed):
    return folded(u64(data, at) ^ (u64(SECRET, secret_at) + seed & MASK),
                  u64(data, at + 8) ^ (u64(SECRET, secret_at + 8) - seed & MASK))


def hash_medium(data, seed):
    """processInput_XXH3_64_17to128 and _129to240"""
    size = len(data)
    acc = size * PRIME64_1
    if size <= 128:
        for i in range(((size - 1) >> 5) + 1):
            acc += mix_step(data, i * 16, i * 32, seed) + mix_step(data, size - i * 16 - 16, i * 32 + 16, seed)
        return avalanche(acc & MASK)
    for i in range(8):
        acc += mix_step(data, i * 16, i * 16, seed)
    acc = avalanche(acc & MASK)
    for i in range(8, size >> 4):
        acc += mix_step(data, i * 16, (i - 8) * 16 + 3, seed)
    return avalanche(acc + mix_step(data, size - 16, 119, seed) & MASK)


def accumulate(acc, stripes, secrets):
    """round_accumulate: adding is commutative, so all stripes of a block are added at once. numpy wraps at 2^64."""
    value = stripes ^ secrets
    product = (value & np.uint64(0xffffffff)) * (value >> np.uint64(32))
    swapped_lanes = stripes[:, [1, 0, 3, 2, 5, 4, 7, 6]]
    return acc + (product + swapped_lanes).sum(axis=0, dtype=np.uint64)


def hash_large(data, seed):
    """XXH3_64_large"""
    derived = b''.join((u64(SECRET, at) + (seed if at % 16 == 0 else -seed) & MASK).to_bytes(8, 'little')
                       for at in range(0, 192, 8))

    def words(at, count=8):
        return np.frombuffer(derived, '<u8', count, at).astype(np.uint64)

    secrets = np.stack([words(n * 8) for n in range(16)])
    acc = np.array([PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1], np.uint64)
    blocks = (len(data) - 1) // 1024
    for n in range(blocks):
        acc = accumulate(acc, np.frombuffer(data, '<u8', 128, n * 1024).reshape(16, 8), secrets)
        acc = ((acc ^ acc >> np.uint64(47)) ^ words(128)) * np.uint64(PRIME32_1)
    stripes = (len(data) - blocks * 1024 - 1) // 64
    if stripes:
        rest = np.frombuffer(data, '<u8', stripes * 8, blocks * 1024).reshape(stripes, 8)
        acc = accumulate(acc, rest, secrets[:stripes])
    acc = accumulate(acc, np.frombuffer(data, '<u8', 8, len(data) - 64).reshape(1, 8), words(192 - 71).reshape(1, 8))
    result = len(data) * PRIME64_1
    merged = [int(a) ^ int(s) for a, s in zip(acc, words(11))]
    for i in range(0, 8, 2):
        result += folded(merged[i], merged[i + 1])
    return avalanche(result & MASK)


def xxh3(seed, data):
    """XXH3(s, x) of docs/format.md, section 1."""
    data = bytes(data)
    seed &= MASK
    if len(data) <= 16:
        return hash_small(data, seed)
    if len(data) <= 240:
        return hash_medium(data, seed)
    return hash_large(data, seed)


def low32(value):
    return value & 0xffffffff
