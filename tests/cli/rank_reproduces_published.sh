#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does one command give the published correlations? Are scores of one's own taken?
. "$(dirname "$0")/common.inc"

expect 0 "$LLMZ" rank --scores published --without math:Qwen
silent
# published AREA MODELS R RMSE
published() {
  grep -qE "^$1 +$2 +$3 +-0\.[0-9]+ +$4 " out || fail "$1: not $2 models, r $3, RMSE $4"
}
published knowledge 19 -0.9350 0.0190
published coding 28 -0.9374 0.0403
published math 19 -0.9531 0.0312
published overall 19 -0.9307 0.0311

expect 0 "$LLMZ" rank --json --scores published
grep -q '"pearson_r"' out || fail "no r in JSON"
expect 0 "$LLMZ" rank --csv --scores published
[ "$(awk -F, '{ print NF }' out | sort -u)" = 8 ] || fail "not 8 columns in each line of CSV"

printf 'model,ratio,quiz\na,2,10\nb,3,20\nc,4,30\n' >mine.csv
expect 0 "$LLMZ" rank --scores mine.csv
grep -qE '^average +3 +1\.0000 +1\.0000 +0\.0000 ' out || fail "a straight line has not r = 1"
"$LLMZ" rank --scores - <mine.csv >out 2>err || fail "standard input"
echo 'd,five,1' >>mine.csv
expect 1 "$LLMZ" rank --scores mine.csv
says "mine.csv: line 5: column ratio takes a number"
expect 1 "$LLMZ" rank
says "scores FILE"
expect 1 "$LLMZ" rank --scores missing.csv
says "missing.csv: cannot open"
expect 1 "$LLMZ" rank --scores published --without math:NoSuch
says "no model has"
expect 1 "$LLMZ" rank --scores published mine.csv
says "takes no files"
finish
