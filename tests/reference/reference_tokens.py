# SPDX-License-Identifier: Apache-2.0
"""The tokens of a reference, which are not stored: docs/format.md, section 4.5."""


def reference_tokens(model, reference):
    """The ids of those tokens whose costs have the least sum; the first as short as can be, then the second, ..."""
    costs, ids = dict(zip(model.tokens, model.costs)), {token: i for i, token in enumerate(model.tokens)}
    end = len(reference)
    least, length = [0] * (end + 1), [0] * end  # from each place on: the sum, and the first token of it
    for at in range(end - 1, -1, -1):
        lengths = [n for n in range(1, min(model.longest, end - at) + 1) if reference[at:at + n] in costs]
        length[at] = min(lengths, key=lambda n: costs[reference[at:at + n]] + least[at + n])  # the first of equals
        least[at] = costs[reference[at:at + length[at]]] + least[at + length[at]]
    out, at = [], 0
    while at < end:
        out.append(ids[reference[at:at + length[at]]])
        at += length[at]
    return out
