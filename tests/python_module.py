# SPDX-License-Identifier: Apache-2.0
"""Does the Python module give back what it was given, say what is wrong, and release the lock?"""

import ast
import io
import os
import tempfile
import threading
import time
import unittest

import llmz

TEXT = ("A text that repeats itself repeats itself, and a text that does not, does not. " * 40).encode()


class Module(unittest.TestCase):
    def test_calls_round_trip(self):
        for data in (b"", b"x", TEXT, os.urandom(5000), bytearray(TEXT), memoryview(TEXT)):
            small = llmz.compress(data, level=1)
            self.assertEqual(llmz.decompress(small), bytes(data))
            self.assertEqual(llmz.estimate(data, level=1), len(small))
        self.assertEqual(llmz.decompress(llmz.compress(TEXT[:300], verify=True)), TEXT[:300])
        small = llmz.compress(TEXT, level=1)
        self.assertEqual(llmz.decompress_range(small, 7, 20), TEXT[7:27])
        self.assertEqual(llmz.decompress_range(small, len(TEXT) - 3, 20), TEXT[-3:])

    def test_a_file_can_carry_its_model(self):
        with_model = llmz.compress(TEXT[:300], model="fast", embed_model=True)
        self.assertGreater(len(with_model), 1_000_000)
        self.assertEqual(llmz.decompress(with_model), TEXT[:300])

    def test_a_reference_counts_as_coded_before(self):
        reference = llmz.Reference(TEXT)
        for level in (1, 6):
            small = llmz.compress(TEXT[500:700], level=level, reference=reference)
            self.assertLess(len(small), len(llmz.compress(TEXT[500:700], level=level)))
            self.assertEqual(llmz.decompress(small, reference=reference), TEXT[500:700])
            self.assertEqual(llmz.decompress(small, reference=llmz.Reference(TEXT)), TEXT[500:700])
            with self.assertRaises(llmz.LLMZError) as missing:
                llmz.decompress(small)
            self.assertEqual(missing.exception.kind, 13)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.llmz")
            with llmz.open(path, "wb", level=1, reference=reference) as f:
                f.write(TEXT[100:900])
            with llmz.open(path, reference=reference) as f:
                self.assertEqual(f.read(), TEXT[100:900])
        with self.assertRaises(llmz.LLMZError):
            llmz.Reference(b"")

    def test_bits_of_tokens_are_those_of_the_text(self):
        text = TEXT[:3000]
        sizes, bits = llmz.token_bits(text, model="fast")
        self.assertEqual((sizes.typecode, bits.typecode, len(sizes)), ("I", "f", len(bits)))
        self.assertEqual(sum(sizes), len(text))
        self.assertTrue(all(b >= 0 for b in bits))
        self.assertEqual(sum(bits[:20]) > sum(bits[-20:]), True)  # what repeats itself costs less
        self.assertEqual([len(a) for a in llmz.token_bits(b"", model="fast")], [0, 0])
        with self.assertRaises(llmz.LLMZError):
            llmz.token_bits(text, model="no such model")

    def test_streams_round_trip(self):
        compressor = llmz.LLMZCompressor(level=1)
        small = compressor.compress(TEXT[:100]) + compressor.flush()
        decompressor = llmz.LLMZDecompressor()
        self.assertEqual(decompressor.decompress(small), TEXT[:100])
        self.assertFalse(decompressor.finished)
        rest = compressor.compress(TEXT[100:]) + compressor.finish()
        content = b"".join(decompressor.decompress(rest[i:i + 7]) for i in range(0, len(rest), 7))
        self.assertEqual(content + decompressor.finish(), TEXT[100:])
        self.assertTrue(decompressor.finished)

    def test_files_are_like_files(self):
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "a.llmz")
            with llmz.open(name, "wt", level=1, encoding="utf-8") as f:
                f.write("eins\nzwei\n")
                print("drei", "vier ä", file=f)
            with llmz.open(name, "rt", encoding="utf-8") as f:
                self.assertEqual(list(f), ["eins\n", "zwei\n", "drei vier ä\n"])
            with self.assertRaises(FileExistsError):
                llmz.open(name, "xb")
            with llmz.open(name) as f:
                self.assertEqual(f.read(4), b"eins")
                self.assertEqual(f.read1(), b"\nzwei\ndrei vier \xc3\xa4\n")
                self.assertEqual(f.read(), b"")
                with self.assertRaises(io.UnsupportedOperation):
                    f.write(b"x")
        memory = io.BytesIO()
        with llmz.open(memory, "wb", level=1) as f:
            f.write(TEXT)
        memory.seek(0)
        self.assertEqual(llmz.open(memory).read(), TEXT)

    def test_a_file_whose_writing_failed_is_not_whole(self):
        memory = io.BytesIO()
        with self.assertRaises(KeyError):
            with llmz.open(memory, "wb", level=1) as f:
                f.write(TEXT)
                raise KeyError
        with self.assertRaises(llmz.LLMZError) as caught:
            llmz.decompress(memory.getvalue())
        self.assertEqual(caught.exception.kind, 5)

    def test_errors_have_kinds(self):
        small = llmz.compress(TEXT, level=1)
        for kind, call in (
                (1, lambda: llmz.compress(TEXT, level=10)),
                (3, lambda: llmz.decompress(TEXT)),
                (5, lambda: llmz.decompress(small[:-1])),
                (7, lambda: llmz.compress(TEXT, model="no such model")),
                (12, lambda: llmz.decompress(small, max_content=len(TEXT) - 1)),
                (12, lambda: llmz.decompress(small, max_memory=1000))):
            with self.assertRaises(llmz.LLMZError) as caught:
                call()
            self.assertEqual(caught.exception.kind, kind, caught.exception)
        for wrong in ("text", 5, None):
            with self.assertRaises(TypeError):
                llmz.compress(wrong)

    def test_the_lock_is_released(self):
        ticks, done = [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.001)

        other = threading.Thread(target=tick)
        other.start()
        begin = time.monotonic()
        llmz.compress(TEXT * 100, level=1)
        end = time.monotonic()
        done.set()
        other.join()
        self.assertTrue(any(begin < t < end for t in ticks))

    def test_the_types_are_those_of_the_module(self):
        with open(os.path.join(os.path.dirname(llmz.__file__), "__init__.pyi")) as f:
            declared = {}
            for node in ast.parse(f.read()).body:
                if isinstance(node, ast.ClassDef):
                    declared[node.name] = node
                    declared.update((f"{node.name}.{part.name}", part) for part in node.body
                                    if isinstance(part, ast.FunctionDef))
                elif isinstance(node, ast.FunctionDef):
                    declared[node.name] = node
        self.assertEqual(set(llmz.__all__) - set(declared), set())
        for name, node in declared.items():
            value = llmz
            for part in name.split("."):
                value = getattr(value, part)
            text = getattr(value, "__doc__", None) or ""
            if not isinstance(node, ast.FunctionDef) or not text.startswith(node.name + "("):
                continue  # of Python, or a property
            # pybind11 writes the signature into the first line: f(data: object, *, level: int = 6) -> bytes
            found = ast.parse(f"def {text.splitlines()[0]}: ...")
            given = found.body[0].args
            names = [a.arg for a in given.args + given.kwonlyargs if a.arg != "self"]
            self.assertEqual([a.arg for a in node.args.args + node.args.kwonlyargs if a.arg != "self"],
                             names, name)
            self.assertEqual([ast.unparse(d) for d in node.args.kw_defaults],
                             [ast.unparse(d) for d in given.kw_defaults], name)


if __name__ == "__main__":
    unittest.main()
