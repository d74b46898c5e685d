#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does --range give that part of the content, from files of one block and of many, and say what is wrong where it cannot?
. "$(dirname "$0")/common.inc"

for i in {1..900}; do sample "$((i * i % 977)) window"; done >text
size=$(stat -c %s text)
expect 0 "$LLMZ" -1 --block-size 10K text
expect 0 "$LLMZ" -1 --block-size 0 -o whole.llmz text
head -c 30000 text >head
expect 0 "$LLMZ" -m fast --block-size 8K head

# range FILE CONTENT FROM COUNT
range() {
  expect 0 "$LLMZ" -d --range "$3:$4" "$1"
  tail -c "+$(($3 + 1))" "$2" | head -c "$4" | cmp -s - out || fail "--range $3:$4 of $1: another content"
}
RANDOM=1
for _ in {1..12}; do range text.llmz text $((RANDOM % size)) $((RANDOM % 20000)); done
for _ in {1..3}; do range head.llmz head $((RANDOM % 30000)) $((RANDOM % 9000)); done
range whole.llmz text 12345 678
range text.llmz text 0 1
range text.llmz text 10239 2
range text.llmz text 10240 10240
range text.llmz text 5 0
range text.llmz text $((size - 5)) 5
range text.llmz text $((size - 5)) 500
range text.llmz text "$size" 10
cat text.llmz whole.llmz head.llmz >all.llmz
cat text text head >all
range all.llmz all $((size - 100)) 200
range all.llmz all $((2 * size + 9000)) 5000
head -c 50000 /dev/zero >>all.llmz
range all.llmz all $((2 * size + 20000)) 20000
expect 0 "$LLMZ" -d --range 1K:2K text.llmz
tail -c +1025 text | head -c 2048 | cmp -s - out || fail "1K:2K"
expect 0 "$LLMZ" -d --range 70K: text.llmz
tail -c +$((70 * 1024 + 1)) text | cmp -s - out || fail "70K:"

# The name of the whole file is not given to a part of it.
cp text before
expect 0 "$LLMZ" -d --range 1:3 text.llmz
same text before
expect 0 "$LLMZ" -d --range 1:3 -o three text.llmz
[ "$(stat -c %s three)" -eq 3 ] || fail "-o: not three bytes"
"$LLMZ" -d --range 7:9 <text.llmz | cmp - <(tail -c +8 text | head -c 9) || fail "standard input that is a file"

# Damage in other blocks does not matter.
third=$("$LLMZ" --json info text.llmz | sed -n 's/.*"offset": \([0-9]*\).*/\1/p' | sed -n 3p)
cp text.llmz bad.llmz
printf '\377\377\377' | dd of=bad.llmz bs=1 seek=$((third + 100)) conv=notrunc 2>/dev/null
range bad.llmz text 0 20480
range bad.llmz text 30720 9999
expect 1 "$LLMZ" -d --range 20000:1000 bad.llmz
says "bad.llmz: frame at offset"
expect 0 "$LLMZ" -l bad.llmz
grep -q "$(stat -c %s bad.llmz) *$size .* bad.llmz" out || fail "-l: not the sizes of the index"

expect 1 "$LLMZ" -d --range $((size + 1)):1 text.llmz
says "text.llmz: holds $size bytes, and the range begins at $((size + 1))"
cat text.llmz | "$LLMZ" -d --range 1:1 2>err && fail "a range of a pipe"
says "is a pipe"
for wrong in 5 :5 5:x x: 1:2:3 ""; do expect 1 "$LLMZ" -d --range "$wrong" text.llmz; done
expect 1 "$LLMZ" -d --range 1:2 --salvage text.llmz
expect 1 "$LLMZ" -d --range 1:2 --rm -o three -f text.llmz
there text.llmz
expect 1 "$LLMZ" -z --range 1:2 text
: >empty.llmz
expect 1 "$LLMZ" -d --range 0:1 empty.llmz
says "empty"
finish
