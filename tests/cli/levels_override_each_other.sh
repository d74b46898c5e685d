#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does the last of several options of one choice count, as in gzip, and does the more specific one win over a level?
. "$(dirname "$0")/common.inc"

head -c 8000 "$here/../../docs/format.md" >text
# made ARGUMENTS...: what these options make of the text.
declare -A known=()
made() {
  [ -n "${known[x$*]:-}" ] || known[x$*]=$("$LLMZ" -m fast -c "$@" text </dev/null | sha256sum)
  result=${known[x$*]}
}
equal() {
  # shellcheck disable=SC2086
  made $1; local first=$result; made $2
  [ "$first" = "$result" ] || fail "'$1' and '$2' make different files"
}
differ() {
  # shellcheck disable=SC2086
  made $1; local first=$result; made $2
  [ "$first" != "$result" ] || fail "'$1' and '$2' make the same file"
}

differ "" -1
differ "" -9
differ -1 -9
equal "" -6
equal -2 -8
equal "-1 -9" -9
equal "-9 -1" -1
equal "-1 -6" ""
equal "-9 -5" ""
equal "--fast --best" -9
equal "-1 --best" -9
equal "--best -1" -1
equal "-9e" -9
equal "--fast" -1
# Specific options win, wherever they stand.
equal "-9 --lanes 4" "--lanes 4 -9"
differ "-9 --lanes 4" -9
equal "--memory 1M -9" "-9 --memory 1M"
differ "-9 --memory 1M" -9
equal "-9 --lanes 16 --memory 64M" ""
equal "--lanes 3 --lanes 4" "--lanes 4"
equal "-1 --frozen" -1

# Digits are not read one by one.
for level in -19 -91 -10 -99 -k12; do
  expect 1 "$LLMZ" $level -c text
  says "levels are -1 to -9, found $level"
done
expect 1 "$LLMZ" -0 -c text
says "levels are -1 to -9"

# What to do, and what to say: the last one too.
expect 0 "$LLMZ" -1 -fo text.llmz text
expect 0 "$LLMZ" -t -d -c text.llmz
same out text
expect 0 "$LLMZ" -d -t text.llmz
[ ! -s out ] || fail "-d -t writes"
expect 0 "$LLMZ" -q -v -t text.llmz
says good
expect 0 "$LLMZ" -v -q -t text.llmz
silent
expect 0 "$LLMZ" -1 --rm -k -f text
there text

finish
