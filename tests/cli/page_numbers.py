#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# page_numbers.py PAGE JSON TEXT: whether the page of llmz estimate --html has the text and the numbers of the JSON that
# the same call wrote.
import array
import base64
import json
import re
import sys

page_path, json_path, text_path = sys.argv[1:]
page = open(page_path, encoding="ascii").read()
text = open(text_path, "rb").read()
results = json.load(open(json_path))["results"]

found = re.findall(r'<script type="application/json">([^<]*)</script>', page)
scripts = 1 + len(found)
assert page.lower().count("<script") == scripts and page.lower().count("</script") == scripts, "other scripts"
data, *models = [json.loads(text) for text in found]
assert data["content_bytes"] == len(text)
assert len(models) == len(results)


def integers(member, size):
    numbers = array.array({1: "B", 2: "H", 4: "I"}[size], base64.b64decode(member, validate=True))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


for model, result in zip(models, results):
    lengths, joined = integers(model["lengths"], 4), base64.b64decode(model["bytes"])
    dictionary, begin = [], 0
    for length in lengths:
        dictionary.append(joined[begin:begin + length])
        begin += length
    assert begin == len(joined)
    tokens = integers(model["text"], model["number_bytes"])
    assert b"".join(dictionary[t] for t in tokens)[model["added_bytes"]:] == text, "another text"
    assert len(tokens) == model["tokens"] == result["tokens"]
    costs = integers(model["costs"], 2)
    assert len(costs) == len(tokens)
    assert model["bits"] == result["bits"]
    assert abs(sum(costs) / data["units_of_bit"] - result["bits"]) <= 0.01, "another sum of bits"

    guesses = integers(model["guesses"], model["number_bytes"])
    probabilities = [p / data["units_of_probability"] for p in integers(model["probabilities"], 2)]
    assert len(guesses) == len(probabilities) == 3 * len(tokens)
    for i, token in enumerate(tokens):
        best = probabilities[3 * i:3 * i + 3]
        assert best == sorted(best, reverse=True) and sum(best) <= 1.0001
        assert len(set(guesses[3 * i:3 * i + 3])) == 3
        p = 2 ** -(costs[i] / data["units_of_bit"])
        if token in guesses[3 * i:3 * i + 3]:
            assert abs(p - best[guesses[3 * i:3 * i + 3].index(token)]) < 0.001, "two probabilities of one token"
        else:
            assert p <= best[2] + 0.001, "a better guess is missing"
