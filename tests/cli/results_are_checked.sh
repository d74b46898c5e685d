#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test, --against, --verify, --self, info, estimate and models: what do they say, with which status?
. "$(dirname "$0")/common.inc"

sample door >a
sample window >b
expect 0 "$LLMZ" --verify -v a
says "verified"
expect 0 "$LLMZ" -T1 --lanes 2 --block-size 1K --frozen --no-mix b

expect 0 "$LLMZ" test -v a.llmz b.llmz
says "a.llmz: good"
expect 0 "$LLMZ" test --against a a.llmz
expect 1 "$LLMZ" test --against b a.llmz
says "differs at byte 4"
head -c 20 a >shorter
expect 1 "$LLMZ" test --against shorter a.llmz
says "ends at byte 20"
(cat a; echo more) >longer
expect 1 "$LLMZ" test --against longer a.llmz
says "goes on at byte $(stat -c %s a)"
expect 0 "$LLMZ" test --self
grep -q "self-test passed" out || fail "test --self says nothing"

expect 0 "$LLMZ" -l a.llmz b.llmz
[ "$(wc -l <out)" -eq 4 ] || fail "-l: a heading, two lines and a total"
grep -q "$(stat -c %s a.llmz) *$(stat -c %s a) .* a.llmz" out || fail "-l: wrong sizes"
expect 0 "$LLMZ" info b.llmz
grep -q "frame 1 at 0" out || fail "info: no frame"
"$LLMZ" info - <a.llmz | grep -q default || fail "info: the model is not named"
expect 0 "$LLMZ" -1 -o b1.llmz b
"$LLMZ" info b1.llmz | grep -q "no model" || fail "info: a file without a model"
"$LLMZ" info b.llmz | grep -q "bytes as network" || fail "info: no method"

expect 0 "$LLMZ" estimate a
grep -q "bits per byte, [0-9.]* per character" out || fail "estimate: no bits per character"
expect 0 "$LLMZ" estimate --as-compressed a
grep -q "a file of $(stat -c %s a.llmz) bytes" out || fail "estimate: not the size of the file"
"$LLMZ" estimate --as-compressed -1 b | grep -q "a file of $(stat -c %s b1.llmz) bytes" || fail "estimate -1"
expect 0 "$LLMZ" estimate --adaptive a

expect 0 "$LLMZ" models
path=$(grep -o '/.*/default.llmzmodel' out | head -n 1)
there "$path"
expect 0 "$LLMZ" -c -m "$path" a
same out a.llmz

expect 0 "$LLMZ" --version
grep -q '^llmz [0-9]' out || fail "--version"
finish
