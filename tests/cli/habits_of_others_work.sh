#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do options and program names that users of gzip, xz and zstd have in their fingers do the obvious?
. "$(dirname "$0")/common.inc"

sample door >p
cp p original
expect 0 "$LLMZ" -1 -o p.llmz p

# Accepted, without meaning or with the obvious one.
for option in --best --fast -n --no-name -e -9e --extreme --no-progress --to-stdout --compress; do
  expect 0 "$LLMZ" $option -c p
  cp out made.llmz
  expect 0 "$LLMZ" -dc made.llmz
  same out p
done
expect 0 "$LLMZ" --uncompress --to-stdout p.llmz
same out p
# Long names may be shortened where that is clear.
expect 0 "$LLMZ" --decom --stdo p.llmz
same out p
expect 0 "$LLMZ" --block=1K --verb -c p
expect 1 "$LLMZ" --comp -c p
says "could be --compress, --compare"
expect 1 "$LLMZ" --nosuch p
says "unknown option --nosuch"
expect 1 "$LLMZ" -X p
says "unknown option -X"
expect 1 "$LLMZ" --keep=yes p
says "keep takes no value"
expect 1 "$LLMZ" p --lanes
says "lanes needs a value"
# Options may stand behind files; -- ends them.
expect 0 "$LLMZ" p -c -1
expect 0 "$LLMZ" -1 -T1 -c -- p

# Empty values.
for option in --output= --model= --suffix= --threads= --memory= --block-size=; do
  expect 1 "$LLMZ" $option p
  says "the value of ${option%=} is empty"
done
expect 1 "$LLMZ" -o "" p
says "is empty"
for prompt in --prompt= "--prompt "; do
  # shellcheck disable=SC2086
  [ "$prompt" = --prompt= ] && set -- --prompt= || set -- --prompt ""
  expect 0 "$LLMZ" generate -m gzip "$@" --length 3
  [ "$(stat -c %s out)" = 3 ] || fail "no text for an empty prompt"
done

# -S: another suffix, both ways, in folders too.
expect 0 "$LLMZ" -1 -S .lm p
there p.lm
expect 2 "$LLMZ" -1 -S .lm p.lm
says "already ends in .lm"
rm p
expect 0 "$LLMZ" -d -S .lm p.lm
same p original
expect 2 "$LLMZ" -d p.lm
says "does not end in .llmz"
mkdir tree
cp p tree/one
expect 0 "$LLMZ" -1 -r --suffix=-small --rm tree
there tree/one-small
absent tree/one
expect 0 "$LLMZ" -t -r --suffix -small tree
expect 0 "$LLMZ" -d -r -S -small --rm tree
same tree/one original
rm p
expect 0 "$LLMZ" -d -S .lm p.llmz
same p original
expect 1 "$LLMZ" -S a/b p
says "suffix takes"

# -dcf: what is not an llmz file passes through.
: >f0
printf x >f1
printf '\354' >f2
printf 'ab' >f3
head -c 100000 /dev/zero >f4
for f in f0 f1 f2 f3 f4 p; do
  expect 0 "$LLMZ" -dcf $f
  same out $f
  "$LLMZ" -dcf <$f | cmp -s - $f || fail "-dcf from standard input: $f"
  # shellcheck disable=SC2002
  cat $f | "$LLMZ" -dcf | cmp -s - $f || fail "-dcf from a pipe: $f"
  expect 1 "$LLMZ" -tf $f
  expect 1 "$LLMZ" -dc $f
  expect 1 "$LLMZ" -df -o back $f
done
absent back
cat p f1 p >expected
expect 0 "$LLMZ" -dcf p.llmz f1 p.llmz
same out expected
printf '\354\032' >magic
expect 1 "$LLMZ" -dcf magic

# The name of the program.
ln -s "$LLMZ" llmzcat
ln -s "$LLMZ" unllmz
expect 0 ./llmzcat p.llmz f1 p
cat p f1 p >expected
same out expected
./llmzcat <p.llmz | cmp -s - p || fail "llmzcat from standard input"
mv p before
expect 0 ./unllmz p.llmz
same p before
expect 1 ./unllmz p.llmz
says "already exists"
expect 0 ./unllmz -t p.llmz
sample t >test
"$LLMZ" -1 -S .x -- test
expect 0 ./llmzcat test
same out test

finish
