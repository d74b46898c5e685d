#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does -D make files that need their reference, small ones, that others read too, and is a wrong one told?
. "$(dirname "$0")/common.inc"

for i in {1..40}; do sample "door $i"; done >like
for name in a b c; do sample "window $name" >$name; done
cp a a.was

expect 0 "$LLMZ" -D like a b c
silent
expect 0 "$LLMZ" -k -o alone.llmz a
[ "$(stat -c %s a.llmz)" -lt "$(stat -c %s alone.llmz)" ] || fail "the reference does not help"
expect 0 "$LLMZ" -f -D like a
expect 0 "$LLMZ" -t -D like a.llmz b.llmz c.llmz
expect 0 "$LLMZ" -tD like c.llmz a.llmz
expect 0 "$LLMZ" -df --patch-from like a.llmz
same a a.was
"$LLMZ" -dc -D like <b.llmz | cmp -s - b || fail "from a pipe"
expect 0 "$LLMZ" -dc -D <(cat like) c.llmz
same out c
expect 0 "$LLMZ" info a.llmz
grep -q "behind reference [0-9a-f]\{8\}" out || fail "info does not tell the reference"
expect 0 "$LLMZ" info --json a.llmz
grep -q '"reference_check": *"[0-9a-f]\{8\}"' out || fail "info --json does not tell the reference"

# As part of a file, and at every level.
cat like a like >parts
for level in -1 -6 -9 --no-mix --frozen; do
  expect 0 "$LLMZ" $level -f --verify --reference=like parts
  expect 0 "$LLMZ" -t --against parts -D like parts.llmz
done

# Errors leave nothing behind.
rm a b
expect 1 "$LLMZ" -d a.llmz
says "compressed with a reference"
says "-D FILE"
absent a
expect 1 "$LLMZ" -d -D a.was a.llmz
says "another reference"
absent a
expect 1 "$LLMZ" -D missing c
says "-D missing: "
: >empty
expect 1 "$LLMZ" -D empty c
says "-D empty: is empty"
truncate -s 17M large
expect 1 "$LLMZ" -D large c
says "-D large: is larger than 16 MB"
expect 0 "$LLMZ" -D like b.llmz -d
there b
finish
