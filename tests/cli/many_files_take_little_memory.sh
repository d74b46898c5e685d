#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a folder of many files take as much memory as one of few?
. "$(dirname "$0")/common.inc"
[ -r /proc/self/status ] || skip "memory is read from /proc"

mkdir few many
for i in {1..1200}; do
  echo "file $i of a folder: $((i * i)) bytes of nothing in particular" >"many/$i"
  [ $i -gt 100 ] || cp "many/$i" few
done

# KB at the peak, as seen while it runs.
peak() { # OPTIONS
  "$LLMZ" -q -T1 --rm -r "$@" &
  local seen=0 now
  while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$!/status 2>/dev/null) && [ -n "$now" ]; do
    seen=$now
    sleep 0.02
  done
  wait $! || fail "$*"
  echo "$seen"
}
for way in -1 -d; do
  of_few=$(peak $way few)
  of_many=$(peak $way many)
  [ "$of_many" -lt $((of_few + 10000)) ] || fail "$way: $of_few KB for 100 files, $of_many for 1200"
done
[ "$(ls many | wc -l)" -eq 1200 ] || fail "files are missing"
same "few/7" "many/7"
finish
