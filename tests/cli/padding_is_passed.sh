#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are zeros behind the last frame, which tapes, pipes and block devices add, no damage, and is anything else?
. "$(dirname "$0")/common.inc"

sample door >a
sample window >b
expect 0 "$LLMZ" a b
cat a b >both
cat a.llmz b.llmz >both.llmz
for _ in {1..40}; do cat both; done >many
expect 0 "$LLMZ" -1 --block-size 1K many

for name in a both many; do
  for zeros in 1 2 512 4096 100000; do
    { cat $name.llmz; head -c $zeros /dev/zero; } >padded.llmz
    rm -f padded
    expect 0 "$LLMZ" -d padded.llmz
    silent
    same padded $name
    expect 0 "$LLMZ" -t padded.llmz
    expect 0 "$LLMZ" -l padded.llmz
    expect 0 "$LLMZ" info padded.llmz
    expect 0 "$LLMZ" -dc --salvage padded.llmz
    same out $name
    silent
    "$LLMZ" -dc <padded.llmz | cmp -s - $name || fail "$name with $zeros zeros from a file as standard input"
    # shellcheck disable=SC2002
    cat padded.llmz | "$LLMZ" -dc | cmp -s - $name || fail "$name with $zeros zeros from a pipe"
  done
done

# Anything else stays an error, and nothing is written.
for rest in 'x' '\0x' '\0\0\0\0x' '\354'; do
  # shellcheck disable=SC2059
  { cat a.llmz; printf "$rest"; } >bad.llmz
  expect 1 "$LLMZ" -d bad.llmz
  absent bad
  expect 1 "$LLMZ" -t bad.llmz
  expect 1 "$LLMZ" -l bad.llmz
done
{ cat a.llmz; head -c 100000 /dev/zero; echo; } >bad.llmz
expect 1 "$LLMZ" -d bad.llmz
says "unexpected data after the last frame.*--salvage"
expect 2 "$LLMZ" -d --salvage bad.llmz
same bad a
{ cat a.llmz; head -c 512 /dev/zero; cat b.llmz; } >bad2.llmz
expect 1 "$LLMZ" -t bad2.llmz
head -c 512 /dev/zero >zeros.llmz
expect 1 "$LLMZ" -t zeros.llmz
says "not an llmz file"
# An index that is announced must still come.
size=$(stat -c %s many.llmz)
{ head -c $((size - 60)) many.llmz; head -c 512 /dev/zero; } >cut.llmz
expect 1 "$LLMZ" -t cut.llmz

# As tar programs call a compressor.
if command -v bsdtar >/dev/null; then
  bsdtar --use-compress-program "$LLMZ -1" -cf t.tar.llmz a b || fail "bsdtar cannot compress"
  bsdtar --use-compress-program "$LLMZ -d" -tf t.tar.llmz >list 2>err || fail "bsdtar cannot list: $(cat err)"
  [ "$(wc -l <list)" = 2 ] || fail "bsdtar lists $(cat list)"
else
  skip "no bsdtar"
fi
dd if=a.llmz of=blocks.llmz bs=512 conv=sync 2>/dev/null
expect 0 "$LLMZ" -t blocks.llmz
finish
