#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does Ctrl-C end a comparison at once, whichever compressor it meets, and leave no picture behind?
. "$(dirname "$0")/common.inc"

for _ in {1..60000}; do sample window; done >text
# Not repetitive: random letters are slow for all.
head -c 8000000 /dev/urandom | base64 >>text
plot=()
if command -v gnuplot >/dev/null; then plot=(--plot picture.svg); fi
for after in 0.2 1.5; do
  env --default-signal "$LLMZ" compare -1 "${plot[@]}" text >out 2>err &
  pid=$!
  sleep "$after"
  kill -INT $pid || fail "ended before the signal"
  for _ in {1..50}; do
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL $pid 2>/dev/null && fail "still running 5 s after the signal"
  wait $pid
  [ $? -eq 130 ] || fail "exit status"
  says interrupted
  absent picture.svg
  nothing_temporary
done
finish
