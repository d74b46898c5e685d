# SPDX-License-Identifier: Apache-2.0
"""The tables of numbers that docs/mixing.md holds, read out of the document itself: so there is no copy of them here
that could be right where the document is wrong. A table is a block of indented numbers after a line that ends with a
colon and begins with its name."""
import os
import re

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/mixing.md')


def read_tables():
    tables, name = {}, None
    with open(DOCUMENT, encoding='utf-8') as document:
        for line in document:
            if re.fullmatch(r'    [-0-9 ]+\n', line):
                if name is not None:
                    tables.setdefault(name, []).extend(map(int, line.split()))
            elif line.strip():
                title = re.match(r'([^(]+?)(?: \(\d+\))?:$', line.strip())
                name = title.group(1) if title else None
    return tables


TABLES = read_tables()
