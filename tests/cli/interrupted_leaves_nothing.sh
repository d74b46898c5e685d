#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do Ctrl-C, kill and hangup remove the partial output, and nothing else?
. "$(dirname "$0")/common.inc"

# Waits until a partial output is there.
await_partial() {
  for _ in {1..100}; do
    writes_output $! && return
    sleep 0.1
  done
  fail "no partial output after 10 s"
}

# end SIGNAL: the background process ends by that signal within 10 s.
end() {
  local pid=$!
  kill "-$1" $pid
  for _ in {1..100}; do
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL $pid 2>/dev/null && fail "$1: still running after 10 s"
  wait $pid
  local got=$?
  [ $got -eq $((128 + $(kill -l "$1"))) ] || fail "$1: exit status $got"
}

# While it waits for input that does not come.
mkfifo pipe
exec 3<>pipe
for signal in INT TERM HUP; do
  sample door >&3
  env --default-signal "$LLMZ" -o waiting.llmz - <pipe 2>err &
  await_partial
  sleep 0.3
  end $signal
  says interrupted
  absent waiting.llmz
  nothing_temporary
done

# While it computes. What was there before stays.
for _ in {1..60000}; do sample window; done >big
echo precious >big.llmz
touch rest
env --default-signal "$LLMZ" -f big rest 2>err &
await_partial
sleep 0.3
end INT
says interrupted
nothing_temporary
[ "$(cat big.llmz)" = precious ] || fail "an interrupted run replaced a file"
absent rest.llmz

# The same with JSON.
env --default-signal "$LLMZ" -f --json big >out 2>err &
await_partial
end TERM
grep -q '"interrupted"' out || fail "no error in JSON"

finish
