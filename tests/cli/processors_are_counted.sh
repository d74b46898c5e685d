#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are there never more threads than processors that the process may use, and is there always a way with fewer?
. "$(dirname "$0")/common.inc"

for _ in {1..1500}; do sample window; sample "$RANDOM"; done >text

# threads COMMAND...: the most threads that were seen.
threads() {
  local most=0 now pid
  "$@" >/dev/null 2>err </dev/null &
  pid=$!
  while kill -0 $pid 2>/dev/null; do
    now=$(sed -n 's/^Threads:\t//p' /proc/$pid/status 2>/dev/null)
    [ "${now:-0}" -gt $most ] && most=$now
    sleep 0.02
  done
  wait $pid || fail "failed: $*"
  echo "$most"
}
if command -v taskset >/dev/null && [ -r /proc/self/status ]; then
  one="taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')"
  for options in "" -T0 -T1 -T32; do
    # shellcheck disable=SC2086
    found=$(threads $one "$LLMZ" -m fast $options -c text)
    [ "$found" -eq 1 ] || fail "$found threads on one processor, options '$options'"
  done
else
  skip "no taskset"
fi

# The system gives no more threads (root is not held to that limit).
if [ "$(id -u)" -eq 0 ] && command -v prlimit >/dev/null && command -v setpriv >/dev/null; then
  chmod 755 .
  head -c 3000 text >part
  chmod 644 part
  expect 0 "$LLMZ" -m fast -c part
  cp out expected
  # shellcheck disable=SC2317
  limited() { setpriv --reuid 65533 --regid 65533 --clear-groups prlimit --nproc=1 "$LLMZ" "$@"; }
  if limited --version >out 2>&1; then
    expect 0 limited -m fast -c part
    same out expected
    expect 0 limited -1 -c text
  else
    skip "the program cannot be run as another user"
  fi
fi

# An instruction set that does not exist.
for value in sse9 AVX2 "avx2 " 1; do
  LLMZ_CPU=$value expect 1 "$LLMZ" -1 -c text
  says "LLMZ_CPU takes baseline, avx2 or avx512, not \"$value\""
  LLMZ_CPU=$value expect 1 "$LLMZ" models
  LLMZ_CPU=$value expect 0 "$LLMZ" --help
done
for value in "" baseline avx2 avx512; do LLMZ_CPU=$value expect 0 "$LLMZ" -1 -c part; done
finish
