# SPDX-License-Identifier: Apache-2.0
"""Lossless compression with a language model.

    small = llmz.compress(b"...")
    assert llmz.decompress(small) == b"..."
    part = llmz.decompress_range(large, 100_000_000, 1000)   # decodes only what it needs
    sizes, bits = llmz.token_bits(text)   # of each token: its bytes, and what it costs the network
    with llmz.open("notes.txt.llmz", "rt") as f:
        print(f.read())

Arguments: level 1 (no model, fast) to 9 (smallest); model, a name or a path; threads, 0 for one per
processor; verify decodes while compressing; embed_model puts the model into the file; reference, a
Reference(b"..."), is content that counts as coded before, for short texts that are alike: with one
object for many calls it is read once. Of untrusted input max_content and max_memory, in
bytes, are limits. What goes wrong is an LLMZError, whose `kind` is a number of llmz/error.h. The
interpreter's lock is released while bytes are coded.
"""

import builtins
import io
import os

from ._llmz import (LLMZCompressor, LLMZDecompressor, LLMZError, Reference, compress,
                    decompress, decompress_range, estimate, token_bits, version)

__version__ = version()
__all__ = ["compress", "decompress", "decompress_range", "estimate", "open", "token_bits",
           "LLMZCompressor", "LLMZDecompressor", "LLMZError", "LLMZFile", "Reference"]

_PIECE_BYTES = 1 << 16


class LLMZFile(io.BufferedIOBase):
    """A compressed file, read ("rb") or written ("wb", "xb") like an uncompressed one.

    file is a name, or an object with read() or write(), which is left open. A file that is not
    closed is not complete; one whose writing ends in an exception in a `with` is not either.
    """

    def __init__(self, file, mode="rb", **settings):
        if mode not in ("rb", "wb", "xb"):
            raise ValueError(f"mode is 'rb', 'wb' or 'xb', found {mode!r}")
        self._reading = mode == "rb"
        self._coder = LLMZDecompressor(**settings) if self._reading else LLMZCompressor(**settings)
        self._owned = isinstance(file, (str, bytes, os.PathLike))
        self._file = builtins.open(file, mode) if self._owned else file
        self._waiting = b""
        self._at_end = False

    def readable(self):
        return self._reading

    def writable(self):
        return not self._reading

    def _more(self):
        piece = self._file.read(_PIECE_BYTES)
        if piece:
            return self._coder.decompress(piece)
        self._at_end = True
        return self._coder.finish()

    def _check(self, reading):
        if self.closed:
            raise ValueError("the file is closed")
        if reading != self._reading:
            raise io.UnsupportedOperation("read" if reading else "write")

    def read(self, size=-1):
        self._check(True)
        whole = size is None or size < 0
        parts, have = [self._waiting], len(self._waiting)
        while not self._at_end and (whole or have < size):
            parts.append(self._more())
            have += len(parts[-1])
        everything = b"".join(parts)
        if whole:
            size = have
        self._waiting = everything[size:]
        return everything[:size]

    def read1(self, size=-1):
        self._check(True)
        while not self._waiting and not self._at_end:
            self._waiting = self._more()
        if size is None or size < 0:
            size = len(self._waiting)
        part, self._waiting = self._waiting[:size], self._waiting[size:]
        return part

    def write(self, data):
        self._check(False)
        self._file.write(self._coder.compress(data))
        return memoryview(data).nbytes

    def flush(self):
        """Hands on what is compressed; bytes that wait for more stay where they are."""
        if not self.closed and not self._reading and hasattr(self._file, "flush"):
            self._file.flush()

    def close(self):
        if self.closed:
            return
        try:
            if not self._reading and self._coder is not None:
                self._file.write(self._coder.finish())
        finally:
            self._abandon()

    def _abandon(self):
        self._coder = None
        try:
            super().close()  # flushes
        finally:
            if self._owned:
                self._file.close()

    def __exit__(self, kind, value, traceback):
        if kind is None or self._reading:
            self.close()
        else:
            self._abandon()


def open(file, mode="rb", *, encoding=None, errors=None, newline=None, **settings):
    """Like the built-in open(), of a compressed file: modes r, w and x, each with b or t."""
    binary = mode.replace("t", "") + ("" if "b" in mode else "b")
    if "t" not in mode:
        if encoding is not None or errors is not None or newline is not None:
            raise ValueError("encoding, errors and newline are for text modes")
        return LLMZFile(file, binary, **settings)
    if "b" in mode:
        raise ValueError(f"a mode is text or binary, found {mode!r}")
    return io.TextIOWrapper(LLMZFile(file, binary, **settings), encoding, errors, newline)
