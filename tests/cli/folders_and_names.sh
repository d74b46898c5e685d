#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are folders walked, links kept, and names that look like something else taken for what they are?
. "$(dirname "$0")/common.inc"

# -r: every file of a folder, but no links; back again only what is compressed.
mkdir -p tree/deeper/empty
sample door >tree/a
sample window >tree/deeper/b
sample roof >tree/deeper/-c
ln -s a tree/link
cp -r tree original
expect 0 "$LLMZ" -1 -r --rm tree
there tree/a.llmz tree/deeper/b.llmz tree/deeper/-c.llmz
absent tree/a tree/deeper/b tree/link.llmz
cp tree/a.llmz tree/deeper/not-compressed
expect 0 "$LLMZ" -t -r tree
expect 0 "$LLMZ" -l -r tree
grep -q "total of 3" out || fail "-l -r: not three files"
expect 0 "$LLMZ" -d -r --rm tree
rm tree/deeper/not-compressed
diff -r tree original || fail "other content, or other files"
expect 0 "$LLMZ" -1 -rc tree
cp out all.llmz
expect 0 "$LLMZ" -dc all.llmz
cat original/a original/deeper/-c original/deeper/b | cmp -s - out || fail "-rc: other content"
expect 2 "$LLMZ" tree
says "-r compresses its files"
expect 1 "$LLMZ" -r -o one tree
says "choose one"
if [ "$(id -u)" -ne 0 ]; then
  mkdir tree/closed
  chmod 000 tree/closed
  expect 1 "$LLMZ" -1 -r tree
  says "closed.*cannot be read"
  there tree/deeper/b.llmz
  chmod 755 tree/closed
fi

# Behind -- everything is a file.
sample one >compare
sample two >e
expect 0 "$LLMZ" -1 -- compare e
there compare.llmz e.llmz
rm ./compare*
expect 1 "$LLMZ" compress -d e
says "contradict"
expect 1 "$LLMZ" -1 --no-mix e
says "choose one"

# An output that is a link stays one; an input that is one stays too.
sample new >fresh
sample old >target
ln -s target link
expect 0 "$LLMZ" -1 -o new.llmz fresh
expect 0 "$LLMZ" -d -f -o link new.llmz
[ -L link ] || fail "the link was replaced"
same target fresh
ln -s fresh pointer
expect 2 "$LLMZ" -1 --rm -o p.llmz pointer
there pointer fresh

# A model outside of all folders, under any name; -1 does not ask for one.
mkdir elsewhere
cp "$("$LLMZ" models --json | sed -n 's/.*"path": "\(.*fast.llmzmodel\)".*/\1/p')" elsewhere/mine.bin
# shellcheck disable=SC2317  # called by expect
without_models() { env -u LLMZ_MODELS HOME=/nowhere "$work/bin/llmz" "$@"; }
mkdir bin
cp "$LLMZ" bin/llmz
expect 1 without_models -o f.llmz e
says "model 'default' not found.*-1"
expect 0 without_models -m elsewhere/mine.bin -fo f.llmz e
expect 1 without_models -dc f.llmz
says "not installed"
expect 0 without_models -dc -m elsewhere/mine.bin f.llmz
same out e
for _ in $(seq 2500); do sample door; done >long
expect 0 without_models -1 -v long
expect 0 without_models -t -v long.llmz

# What libraries say on request stays out of the data.
expect 0 env ONEDNN_VERBOSE=1 "$LLMZ" -m fast -c e
cp out said.llmz
expect 0 "$LLMZ" -m fast -c e
same out said.llmz

finish
