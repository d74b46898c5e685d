#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are the golden files those of the day on which the format was frozen, and do they mean what their first lines say: this
# content, or this error and no output?
. "$(dirname "$0")/common.inc"
export LLMZ_MODELS=$here/../fixtures/golden

# Bytes from hexadecimal text with comments, and from text with \\x escapes.
assembled() { printf '%b' "$(sed 's/#.*//' "$1" | tr -d ' \n' | sed 's/../\\x&/g')"; }
field() { printf '%b' "$(sed -n "s/^# $1: //p" "$2")"; }

(cd "$here/../fixtures" && sha256sum --quiet --strict --check frozen.sha256) || fail "a file of the frozen format is another"
count=0
for golden in "$here"/../fixtures/golden/*.hex; do
  name=$(basename "$golden" .hex)
  rm -rf ./*
  assembled "$golden" >"$name.llmz"
  options=()
  if grep -q '^# reference: ' "$golden"; then
    field reference "$golden" >reference
    options=(-D reference)
  fi
  if grep -q '^# content: \|^# content:$' "$golden"; then
    field content "$golden" >expected
    expect 0 "$LLMZ" "${options[@]}" -d "$name.llmz"
    same "$name" expected
    "$LLMZ" "${options[@]}" -dc <"$name.llmz" | cmp -s - expected || fail "$name from a pipe"
    expect 0 "$LLMZ" "${options[@]}" -t "$name.llmz"
    expect 0 "$LLMZ" -l "$name.llmz"
  else
    expect 1 "$LLMZ" -d "$name.llmz"
    absent "$name"
    grep -Eq "$(sed -n 's/^# says: //p' "$golden")" err || { fail "$name: another message"; cat err; }
    "$LLMZ" -dc <"$name.llmz" >out 2>err && fail "$name from a pipe is no error"
  fi
  count=$((count + 1))
done
[ $count -ge 40 ] || fail "only $count files"
finish
