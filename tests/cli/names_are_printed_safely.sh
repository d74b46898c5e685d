#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do control characters in names never reach the terminal, and can every name be had back from JSON?
. "$(dirname "$0")/common.inc"

clean() {
  for f in out err; do
    if LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' $f || LC_ALL=C grep -qa '^FORGED' $f; then
      fail "control characters or a line of its own in $f of: $*"
      cat -v $f
    fi
  done
}
# checked STATUS ARGUMENTS...
checked() {
  expect "$@"
  shift
  clean "$@"
}

for name in $'a\e[31mred' $'b\xc2\x9b31mred' $'c\nFORGED: line' $'d\r\b\x7f'; do
  sample door >"$name"
  checked 0 "$LLMZ" -1 -v "$name"
  checked 1 "$LLMZ" -1 -v "$name"
  checked 0 "$LLMZ" -1 -vf "$name"
  checked 0 "$LLMZ" -vdf "$name.llmz"
  checked 0 "$LLMZ" -vt "$name.llmz"
  checked 0 "$LLMZ" -l "$name.llmz"
  checked 0 "$LLMZ" info "$name.llmz"
  checked 1 "$LLMZ" -t --against "$name.none" "$name.llmz"
  checked 1 "$LLMZ" -t --against /dev/null "$name.llmz"
  checked 1 "$LLMZ" -1 -o "$name/x" "$name"
  checked 1 "$LLMZ" -m "$name.none" -c "$name"
  checked 1 "$LLMZ" -m "./$name" -c "$name"
  checked 1 "$LLMZ" "--$name"
  checked 1 "$LLMZ" --engine "$name" "$name"
  checked 1 "$LLMZ" models "$name"
  checked 1 "$LLMZ" help "$name"
  checked 0 "$LLMZ" compare -1 --memory 64K "$name"
  checked 0 "$LLMZ" estimate -1 "$name"
  checked 1 "$LLMZ" rank --tasks "$name"
  checked 1 "$LLMZ" rank --scores "$name"
  checked 1 "$LLMZ" import "$name"
  LLMZ_MODELS="$name" checked 1 "$LLMZ" -m none -c "$name"
  LLMZ_CPU="$name" checked 1 "$LLMZ" -c "$name"
  "$LLMZ" train -o "$name/m.llmzmodel" --steps 1 --vocabulary bytes "$name" >out 2>err
  clean train
done
# A model with such a name.
model=$'m\e[31m'
cp "$("$LLMZ" models --json | sed -n 's/.*"path": "\(.*fast.llmzmodel\)".*/\1/p')" "$model.llmzmodel"
LLMZ_MODELS=$PWD checked 0 "$LLMZ" models
checked 0 "$LLMZ" estimate -m "./$model.llmzmodel" $'a\e[31mred'
checked 0 "$LLMZ" compare --frozen -m "./$model.llmzmodel" $'a\e[31mred'
LLMZ_MODELS=$PWD checked 0 "$LLMZ" test --self -m "$model"
sample door | tr -dc 'a-z ' >words
checked 0 "$LLMZ" rank --no-cache --protocol chunks -m "./$model.llmzmodel" words
rm -f ./*

# Other bytes stay as they are.
sample door >'ä€'
expect 0 "$LLMZ" -1 -v 'ä€'
says 'ä€'
rm -f ./*

# JSON: two names that differ in a byte that is not UTF-8.
if ! command -v jq >/dev/null; then
  skip "no jq"
  finish
fi
touch "$(printf 'l\351.txt')" "$(printf 'l\352.txt')"
expect 0 "$LLMZ" -q ./l*.txt
expect 0 "$LLMZ" --json -t ./l*.llmz
[ "$(jq -r '.results[].file_hex' out | sort -u | wc -l)" = 2 ] || fail "two names have one form in JSON"
for hex in $(jq -r '.results[].file_hex' out); do
  name=$(printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")")
  there "$name"
done
expect 0 "$LLMZ" --json -f ./l*.txt
[ "$(jq -r '.results[].output_hex' out | sort -u | wc -l)" = 2 ] || fail "two outputs have one form in JSON"
for f in ./l*.txt; do sample door >"$f"; done
expect 1 "$LLMZ" --json -m ./none.llmzmodel -f ./l*.txt
[ "$(jq -r '.results[].file_hex' out | sort -u | wc -l)" = 2 ] || fail "two names with errors have one form in JSON"
# What is UTF-8 has no such member.
sample door >'ä€'
expect 0 "$LLMZ" --json -1 'ä€'
[ "$(jq -r '.results[0].file' out)" = 'ä€' ] || fail "another name in JSON"
grep -q _hex out && fail "bytes in hexadecimal for a name in UTF-8"
# A text that ends inside a character.
expect 0 "$LLMZ" generate -m gzip --json --length 1 --prompt $'\303\244\303\244\303\244\303\244\303\244'
jq . out >/dev/null || fail "no JSON"
finish
