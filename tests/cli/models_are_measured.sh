#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do estimate's windows, rank's protocols and tasks, and generate work as a stranger would use them?
. "$(dirname "$0")/common.inc"
export XDG_CACHE_HOME=$work/cache

for i in $(seq 40); do sample "door $i"; done >text
tr -dc 'a-z \n' <text | tr '\n' ' ' >words

# estimate
expect 0 "$LLMZ" estimate text
grep -q 'exact integers, the whole text, frozen' out || fail "estimate does not say what it did"
grep -q 'perplexity' out || fail "no perplexity"
expect 0 "$LLMZ" estimate --chunk 512 --positions text
grep -q 'chunks of 512 bytes, windows' out || fail "chunks are not named"
[ "$(grep -cE '^ +[0-9]+ +[0-9]+ +[0-9.]+$' out)" = 10 ] || fail "not 10 rows of positions for chunks of 512 bytes"
expect 0 "$LLMZ" estimate --documents line --json text
grep -q '"bits_per_token"' out || fail "no bits per token in JSON"
whole=$("$LLMZ" estimate --json --window 4000 text | grep -oE '"bits": [0-9]+')
lines=$("$LLMZ" estimate --json --documents line text | grep -oE '"bits": [0-9]+')
[ "${whole#*: }" -lt "${lines#*: }" ] || fail "history does not help: $whole, $lines"
"$LLMZ" estimate --window 100 - <text >out 2>err || fail "standard input"
expect 0 "$LLMZ" estimate --window 100 /dev/null
grep -q '0 bytes, 0 characters, 0 tokens' out || fail "an empty file"
expect 1 "$LLMZ" estimate --window 1 text
says "2 tokens or more"
expect 1 "$LLMZ" estimate --window 10 --stride 10 text
says "less than --window"
expect 1 "$LLMZ" estimate --adaptive --chunk 100 text
says "measure as compress codes"
expect 1 "$LLMZ" estimate --chunk 100 --documents line text
says "choose one"
expect 1 "$LLMZ" compress --window 10 text
says "does not belong to compress"
expect 1 "$LLMZ" estimate --window 10 missing
says "missing: cannot open"

# rank: the better model first, from the cache the second time.
expect 0 "$LLMZ" rank --protocol text8 -m fast -m default words
silent
grep -qE '^ 1\. default .*[0-9]' out || fail "default is not the first of the ranking"
grep -qE '^ 2\. fast ' out || fail "fast is not the second"
cp out first
[ "$(find cache -name '*.json' | wc -l)" = 2 ] || fail "results are not kept"
expect 0 "$LLMZ" rank --protocol text8 -m fast -m default words
same out first
for f in $(find cache -name '*.json'); do echo 'no json' >"$f"; done
expect 0 "$LLMZ" rank --protocol text8 -m fast -m default words
same out first
expect 0 "$LLMZ" rank --protocol chunks --no-cache words
grep -q 'adjusted %' out || fail "no adjusted rate"
expect 0 "$LLMZ" rank --protocol bpc --documents line --csv text
[ "$(awk -F, '{ print NF }' out | sort -u)" = 8 ] || fail "not 8 columns in each line of CSV"
expect 0 "$LLMZ" rank --protocol bpc --json text
grep -q '"bits_per_character"' out || fail "no bits per character in JSON"
expect 1 "$LLMZ" rank --protocol text8 -m default -m ./missing.llmzmodel words
says "missing.llmzmodel"
grep -qE '^ 1\. default ' out || fail "a missing model stops the others"
expect 1 "$LLMZ" rank --protocol text8 text8 missing
says "missing: cannot open\|text8: cannot open"
expect 1 "$LLMZ" rank --protocol nonsense words
says "takes text8, chunks or bpc"
expect 1 "$LLMZ" rank --limit 3
says "rank takes a protocol"

# Tasks, and scores of one's own.
tasks=$here/../fixtures/tasks.jsonl
expect 0 "$LLMZ" rank --tasks "$tasks"
silent
grep -q 'right %' out || fail "no share of right answers"
right=$(awk '$2 == "default" { print $(NF - 1) > chance_per_byte; print $NF }' chance_per_byte=right out)
awk "BEGIN { exit !($(cat right) > $right) }" || fail "default is not above chance: $(cat right) against $right"
printf 'model,quiz\nfast,10\ndefault,20\n' >scores.csv
expect 1 "$LLMZ" rank --protocol text8 --scores scores.csv words
says "three models or more"
grep -qE '^ 1\. (best|default) ' out || fail "no ranking beside the error"
cp "$(dirname "$LLMZ")"/../models/fast.llmzmodel third.llmzmodel 2>/dev/null || cp "$("$LLMZ" models --json | grep -oE '"path": "[^"]*fast[^"]*' | sed 's/.*"//')" third.llmzmodel
echo 'third,11' >>scores.csv
expect 0 "$LLMZ" rank --protocol text8 --scores scores.csv -m fast -m default -m ./third.llmzmodel words
grep -qE '^quiz +3 ' out || fail "no correlation with scores of one's own"
expect 1 "$LLMZ" rank --tasks words
says "words: line 1: not a JSON object"

# generate
expect 0 "$LLMZ" generate --prompt "The door of the house" --length 60 --seed 3
[ "$(stat -c %s out)" = 60 ] || fail "not 60 bytes: $(stat -c %s out)"
silent
cp out first
expect 0 "$LLMZ" generate --prompt "The door of the house" --length 60 --seed 3
same out first
expect 0 "$LLMZ" generate --prompt "The door of the house" --length 60 --seed 4
cmp -s out first && fail "the seed does nothing"
expect 0 "$LLMZ" generate -m best --length 40 --temperature 0 text
grep -q 'house' out || fail "the most probable continuation of 40 equal lines has no house in it: $(cat out)"
expect 0 "$LLMZ" generate -m gzip --length 5 --prompt 'abcabcabcabc'
[ "$(stat -c %s out)" = 5 ] || fail "gzip did not generate 5 bytes"
expect 0 "$LLMZ" generate -m lzma2 --length 2 --json text
grep -q '"text"' out || fail "no text in JSON"
expect 0 "$LLMZ" generate --length 0
[ ! -s out ] || fail "0 bytes are some"
expect 1 "$LLMZ" generate --prompt a text
says "not both"
expect 1 "$LLMZ" generate --temperature cold
says "a number from 0"
"$LLMZ" generate --length 5 >/dev/full 2>err && fail "/dev/full takes it"
says "standard output"
finish
