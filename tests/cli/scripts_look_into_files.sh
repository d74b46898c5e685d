#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do llmzgrep and llmzdiff give the lines and the exit status that grep and diff give for the contents?
. "$(dirname "$0")/common.inc"

export LLMZ
grep_in=$here/../../scripts/llmzgrep
diff_of=$here/../../scripts/llmzdiff
for i in {1..50}; do sample "door $i"; done >a
for i in {40..90}; do sample "window $i"; done >b
cp a plain
expect 0 "$LLMZ" -1 a b

# as_grep ARGUMENTS... FILE: the same output and status, for the compressed file too.
as_grep() {
  local file=${*: -1} status
  grep --label="$file.llmz" "${@:1:$#-1}" <"$file" >expected
  status=$?
  expect $status "$grep_in" "${@:1:$#-1}" "$file.llmz"
  same out expected
}
as_grep "door 4" a
as_grep -n "door 4." a
as_grep -c seen a
as_grep nothing a
as_grep -e "door 3 " -e "door 5 " a
as_grep -iE "DOOR (1|2) " a
as_grep -m 2 door a
as_grep -vm2 door a
as_grep -l door a
as_grep -L door a
as_grep -H "door 7 " a
as_grep -A1 -B 1 "door 9 " a
as_grep -- "-x" a
echo "door 8 " >patterns
as_grep -f patterns a
expect 0 "$grep_in" -q seen a.llmz
expect 0 "$grep_in" "[45]5 of" a.llmz b.llmz plain
[ "$(cut -d: -f1 out | sort -u | tr '\n' ' ')" = "a.llmz b.llmz plain " ] || fail "not the names of all files: $(cat out)"
expect 0 "$grep_in" "door 1 " plain
"$grep_in" "door 1 " <a.llmz >out || fail "standard input"
expect 2 "$grep_in" door a.llmz missing
grep -q "door 1 " out || fail "a missing file stops the others"
expect 2 "$grep_in" -r door .
expect 2 "$grep_in"
head -c 100 a.llmz >cut.llmz
expect 2 "$grep_in" door cut.llmz
expect 0 "$grep_in" --help

expect 0 "$diff_of" a.llmz a
silent
expect 0 "$diff_of" a
expect 0 "$diff_of" b.llmz
expect 0 "$diff_of" a.llmz plain
expect 1 "$diff_of" -u a.llmz b.llmz
cp out made
diff -u --label a.llmz --label b.llmz a b >expected
same made expected
expect 1 "$diff_of" -q a.llmz b
expect 2 "$diff_of" a.llmz missing
expect 2 "$diff_of" cut.llmz a
expect 2 "$diff_of"
expect 2 "$diff_of" a b plain
finish
