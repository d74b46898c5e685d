#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is a file that grows taken as it was, with a warning; and does --rm never remove what the output does not hold?
. "$(dirname "$0")/common.inc"

# slow COMMAND...: in the background, until it has read its input's beginning.
for i in $(seq 40000); do echo "$i a line of a log that is still being written to"; done >log
cp log before
changes() {
  local how=$1
  shift
  rm -f out
  "$LLMZ" "$@" >out 2>err </dev/null &
  local pid=$!
  for _ in {1..100}; do
    writes_output $! && break
    [ -s out ] && break
    sleep 0.05
  done
  eval "$how"
  wait $pid
}

changes "echo more >>log" -1 -f log
[ $? -eq 2 ] || fail "growing: exit status, $(cat err)"
says "changed while it was being read"
expect 0 "$LLMZ" -dc log.llmz
same out before
changes "echo more >>log" -1 -f --rm log
[ $? -eq 2 ] || fail "growing, --rm: exit status"
there log
says "is kept"
cp before log
changes "truncate -s 1000 log" -1 -f -o cut.llmz log
case $? in
  1) # noticed in the middle
    says "has only"
    absent cut.llmz
    ;;
  2) # all of it had been read before
    says "changed while it was being read"
    expect 0 "$LLMZ" -dc cut.llmz
    same out before
    ;;
  *) fail "shrinking: exit status" ;;
esac

# Hard links and special bits.
sample data >a
ln a b
expect 2 "$LLMZ" -1 --rm b
says "has 1 other hard link"
there a b
absent b.llmz
expect 0 "$LLMZ" -1 b
rm b.llmz
expect 0 "$LLMZ" -1 --rm -f b
absent b
there a b.llmz
ln b.llmz c.llmz
expect 2 "$LLMZ" -d --rm b.llmz
there b.llmz
sample tool >tool
for mode in 4755 2755 1755; do
  chmod $mode tool
  expect 2 "$LLMZ" -1 --rm tool
  says "setuid, setgid or sticky"
  there tool
  absent tool.llmz
done
finish
