#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One file, the blocks of which many processes compress, for those who have a cluster of Python and not of MPI.

    many_processes.py [FILE]        writes FILE.llmz; without FILE tries itself on a text of its own

compress_part() is the unit of work. It gets what a message can hold, a name and two numbers, reads its own bytes from
a file system that all machines see, and returns frames. Frames one after the other are an llmz file, so whoever gets
the results in order has only to write them. The same function under others:

    Dask     for frames in client.gather(client.map(compress_part, parts(path))): out.write(frames)
    Ray      work = ray.remote(compress_part)
             for frames in ray.get([work.remote(part) for part in parts(path)]): out.write(frames)
    Spark    for frames in sc.parallelize(parts(path), len(parts(path))).map(compress_part).toLocalIterator():
                 out.write(frames)

The file has no index, which `mpirun llmz` would write (docs/cluster.md): to decode it with many processes, keep the
sizes of the frames, as this does.
"""

import multiprocessing
import os
import sys
import tempfile

import llmz

BLOCK_BYTES = 16 << 20  # larger ones compress a little better


def parts(path, block_bytes=BLOCK_BYTES):
    """(path, offset, bytes) for each block of a file."""
    size = os.path.getsize(path)
    return [(path, offset, min(block_bytes, size - offset)) for offset in range(0, max(size, 1), block_bytes)]


def read_part(part):
    path, offset, size = part
    with open(path, "rb") as file:
        file.seek(offset)
        content = file.read(size)
    if len(content) < size:
        raise EOFError(f"{path} has become shorter")
    return content


def compress_part(part):
    # One thread: the processes are as many as there are processors. verify: what is written can be read.
    return llmz.compress(read_part(part), threads=1, verify=True)


def decompress_part(part):
    return llmz.decompress(read_part(part), threads=1)


def run(work, items, target):
    """Writes what `work` makes of each item, in order, and returns the sizes. Half a file gets no name."""
    context = multiprocessing.get_context("spawn")  # threads of libraries do not survive a fork
    sizes = []
    unfinished = target + ".unfinished"
    try:
        with open(unfinished, "wb") as out, context.Pool() as pool:
            for result in pool.imap(work, items):
                out.write(result)
                sizes.append(len(result))
        os.replace(unfinished, target)
    except BaseException:
        os.unlink(unfinished)
        raise
    return sizes


def frame_parts(path, sizes):
    offset = 0
    for size in sizes:
        yield path, offset, size
        offset += size


def try_it(folder):
    source, target, back = (os.path.join(folder, name) for name in ("text", "text.llmz", "back"))
    lines = (f"The {i * i % 977} window of the house was open, and nobody had seen it.\n" for i in range(300))
    content = "".join(lines).encode()
    with open(source, "wb") as file:
        file.write(content)
    sizes = run(compress_part, parts(source, 5000), target)
    with open(target, "rb") as file:
        compressed = file.read()
    assert len(sizes) == len(parts(source, 5000)) > 3 and sum(sizes) == len(compressed)
    assert compressed == b"".join(map(compress_part, parts(source, 5000)))  # as one process makes it
    assert llmz.decompress(compressed) == content
    run(decompress_part, frame_parts(target, sizes), back)
    with open(back, "rb") as file:
        assert file.read() == content
    try:  # what goes wrong comes back from the other process
        run(decompress_part, frame_parts(source, [100]), os.path.join(folder, "nothing"))
        raise AssertionError("a text was decoded")
    except llmz.LLMZError as error:
        assert "not an llmz file" in str(error), error
    assert sorted(os.listdir(folder)) == ["back", "text", "text.llmz"], os.listdir(folder)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(compress_part, parts(sys.argv[1]), sys.argv[1] + ".llmz")
    else:
        with tempfile.TemporaryDirectory() as own:
            try_it(own)
