#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2002,SC2015
# Do names, options and pipes do what a user of gzip expects?
. "$(dirname "$0")/common.inc"

sample door >a
sample window >b
cp a original

# Suffixes, and the input is kept.
expect 0 "$LLMZ" a
silent
there a a.llmz
mv a.llmz moved.llmz
expect 0 "$LLMZ" -d moved.llmz
same moved original
there moved.llmz

# An existing output is left alone without -f.
echo precious >moved
expect 1 "$LLMZ" -d moved.llmz
says "moved already exists"
[ "$(cat moved)" = precious ] || fail "an existing file was replaced without -f"
expect 0 "$LLMZ" -df moved.llmz
same moved original

# Wrong suffixes.
expect 2 "$LLMZ" moved.llmz
says "already ends in .llmz"
absent moved.llmz.llmz
expect 2 "$LLMZ" -q moved.llmz
silent
expect 2 "$LLMZ" -d a
says "does not end in .llmz"

# -o and -c, any name.
expect 0 "$LLMZ" -o here a
expect 0 "$LLMZ" -d -o back here
same back original
expect 0 "$LLMZ" -dc here
same out original
expect 0 "$LLMZ" -c a
same out here
expect 0 "$LLMZ" decompress --stdout moved.llmz
same out original

# Commands by word; a letter is no command.
expect 0 "$LLMZ" decompress -fo back moved.llmz
same back original
expect 0 "$LLMZ" compress -k -f a
expect 0 "$LLMZ" test a.llmz
silent
cp a t
expect 0 "$LLMZ" t
there t.llmz

# Several files; one that is missing does not stop the others.
rm -f a.llmz
expect 1 "$LLMZ" a missing b
says "missing: .*No such file"
there a.llmz b.llmz
cp b second
rm a b
expect 0 "$LLMZ" -d a.llmz b.llmz
same a original
same b second
cat original second >both
expect 0 "$LLMZ" -dc a.llmz b.llmz
same out both
cat a.llmz b.llmz >both.llmz
expect 0 "$LLMZ" -df both.llmz
cat original second | cmp -s - both || fail "concatenated files do not decode to both"
expect 1 "$LLMZ" -o one a b
says "take one input"

# --rm, only when all went well.
cp a gone
expect 0 "$LLMZ" --rm gone
absent gone
there gone.llmz
expect 0 "$LLMZ" -d --rm gone.llmz
absent gone.llmz
same gone original
echo old >gone.llmz
expect 1 "$LLMZ" --rm gone
there gone
expect 1 "$LLMZ" --rm -c gone
there gone
expect 1 "$LLMZ" -f -o gone gone
says "is the input and the output"
same gone original

# Levels and other ways to compress.
for arguments in -1 -2 -5 -8 -9 --no-mix "--memory 1M" "-1 --memory 64K" "-9 --no-mix"; do
  # shellcheck disable=SC2086
  expect 0 "$LLMZ" $arguments -fo level.llmz original
  expect 0 "$LLMZ" -dc level.llmz
  same out original
done
"$LLMZ" -1 -c original | LLMZ_MODELS=/nowhere "$LLMZ" -dc | cmp -s - original || fail "-1 in a pipe"

# Pipes.
"$LLMZ" <a | "$LLMZ" -d >piped || fail "pipe: exit status"
same piped original
cat a | "$LLMZ" - | cat | "$LLMZ" -dc - >piped
same piped original
cat a | "$LLMZ" -o piped.llmz && "$LLMZ" -t piped.llmz || fail "pipe to -o"
"$LLMZ" -c - b <a | "$LLMZ" -d | cmp -s - both || fail "standard input between files"

# Nothing at all.
: >empty
expect 0 "$LLMZ" empty
rm empty
expect 0 "$LLMZ" -d empty.llmz
[ -e empty ] && [ ! -s empty ] || fail "an empty file does not come back"

# Names that look like something else.
cp a -- '-x y
z'
expect 0 "$LLMZ" -- '-x y
z'
expect 0 "$LLMZ" -dfc -- '-x y
z.llmz'
same out original

finish
