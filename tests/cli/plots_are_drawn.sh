#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are plots pictures? Is it said clearly when gnuplot is missing?
. "$(dirname "$0")/common.inc"

sample door >'a "quoted" $(name) \t'
cp a* b

# Without gnuplot: an error before any work, and no file.
mkdir empty_folder
PATH=$PWD/empty_folder "$LLMZ" compare -1 --plot p.svg b >out 2>err
[ $? -eq 1 ] || fail "without gnuplot: exit status"
says "gnuplot.*not installed"
[ ! -s out ] || fail "without gnuplot: it worked all the same"
absent p.svg

if ! command -v gnuplot >/dev/null; then
  skip "no gnuplot"
  finish
fi
expect 0 "$LLMZ" compare -1 --plot p.svg -- a* b
silent
grep -q '</svg>' p.svg || fail "p.svg is no SVG"
grep -q 'llmz -1' p.svg || fail "p.svg does not name llmz"
expect 1 "$LLMZ" compare -1 --plot p.svg b
says "already exists"
expect 0 "$LLMZ" compare -1 -f --plot p.svg b
expect 0 "$LLMZ" rank --scores published --plot r.png
silent
[ "$(head -c 4 r.png | tail -c 3)" = PNG ] || fail "r.png is no PNG"
expect 1 "$LLMZ" compare -1 --plot nosuchfolder/p.svg b
says "cannot create"
finish
