#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Killed at any moment (SIGKILL), does llmz leave the input whole, an output whole or none, and no litter?
. "$(dirname "$0")/common.inc"

for i in {1..400}; do sample $i; done >text
"$LLMZ" -q -1 -k -o text.was.llmz text
cp text text.was
times=0
# kill_at HUNDREDTHS COMMAND...
kill_at() {
  local after=$1
  shift
  "$@" >/dev/null 2>&1 &
  local pid=$!
  sleep "$(printf '0.%02d' "$after")"
  kill -KILL $pid 2>/dev/null && times=$((times + 1))
  wait $pid 2>/dev/null
}
# Of two files that stand for each other, one at least is there, and what is there is whole.
check() {
  [ -e text ] || [ -e text.llmz ] || fail "$1: both files are gone"
  if [ -e text ]; then cmp -s text text.was || fail "$1: the text is not whole"; fi
  if [ -e text.llmz ]; then "$LLMZ" -qdc text.llmz | cmp -s - text.was || fail "$1: the compressed file is not whole"; fi
  nothing_temporary
}
for i in {1..25}; do
  rm -f text.llmz
  cp text.was text
  kill_at "$i" "$LLMZ" -1 --rm text
  check "compress, after $i/100 s"
done
for i in {1..25}; do
  rm -f text
  cp text.was.llmz text.llmz
  kill_at "$((i / 2))" "$LLMZ" -d --rm text.llmz
  check "decompress, after $((i / 2))/100 s"
done
for i in {1..10}; do
  cp text.was text
  cp text.was.llmz text.llmz
  kill_at "$((i * 3))" "$LLMZ" -1 -f --verify text
  check "compress over a file, after $((i * 3))/100 s"
done
echo "$times of 60 were killed before they ended"
finish
