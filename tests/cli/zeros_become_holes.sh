#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a decompressed file have holes where there were zeros, with the same bytes, and are pipes left alone?
. "$(dirname "$0")/common.inc"

truncate -s 1M probe
[ "$(stat -c %b probe)" -lt 100 ] || { skip "this file system keeps no holes"; finish; }

blocks() { stat -c %b "$1"; }
truncate -s 200K middle
echo end >>middle
{ echo begin; cat middle; } >odd # zeros that do not begin at a block
truncate -s 100000 all
: >none
head -c 10000 /dev/urandom >noise
truncate -s 4096 one_block
for f in middle odd all none noise one_block; do
  expect 0 "$LLMZ" -1 -o $f.llmz $f
  expect 0 "$LLMZ" -d -o back $f.llmz
  same back $f
  [ $f = noise ] || [ "$(blocks back)" -lt 40 ] || fail "$f: $(blocks back) blocks"
  [ "$(stat -c %s back)" = "$(stat -c %s $f)" ] || fail "$f: another size"
  "$LLMZ" -dc $f.llmz | cmp -s - $f || fail "$f through a pipe"
  # Standard output may stand anywhere in a file, or append to it.
  echo first >appended
  "$LLMZ" -dc $f.llmz >>appended
  { echo first; cat $f; } | cmp -s - appended || fail "$f appended"
  rm -f back
done
cat middle.llmz all.llmz >two.llmz
expect 0 "$LLMZ" -d two.llmz
cat middle all | cmp -s - two || fail "two files in one"
expect 0 "$LLMZ" -1 --verify -f all
finish
