#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Can a shell, make or tar tell from the way a process ended that it was interrupted, or that nobody read on?
. "$(dirname "$0")/common.inc"

for _ in {1..30000}; do sample window; done >big

# killed SIGNAL STATUS COMMAND...: ends by the signal.
killed() {
  local signal=$1 status=$2
  shift 2
  env --default-signal "$@" >out 2>err </dev/null &
  local pid=$!
  sleep 1
  kill "-$signal" $pid
  wait $pid
  local got=$?
  [ $got -eq "$status" ] || fail "$signal: status $got, not $status: $*"
  nothing_temporary
}
killed INT 130 "$LLMZ" -9 -c big
says interrupted
killed TERM 143 "$LLMZ" -9 big
killed HUP 129 "$LLMZ" -9 big
killed XCPU $((128 + $(kill -l XCPU))) "$LLMZ" -9 big
killed TERM 143 "$LLMZ" estimate big
killed TERM 143 "$LLMZ" estimate --as-compressed big
killed INT 130 "$LLMZ" compare big
killed INT 130 "$LLMZ" -9 --json big
grep -q '"interrupted"' out || fail "no error in JSON"
expect 0 "$LLMZ" -1 big
killed TERM 143 "$LLMZ" generate --length 10M --prompt "The door"
# Two signals, of which the second ends at once.
env --default-signal "$LLMZ" -9 -c big >out 2>err </dev/null &
sleep 0.5
kill -TERM $! && kill -TERM $! 2>/dev/null
wait $!
[ $? -eq 143 ] || fail "two signals"
# A signal that was ignored from the start stays ignored.
(
  trap '' HUP
  "$LLMZ" -1 -c big >ignored.llmz 2>err &
  sleep 0.3
  kill -HUP $!
  wait $!
) || fail "an ignored signal ended the process"

# A reader that stops early.
head -c 3000000 /dev/urandom >noise
expect 0 "$LLMZ" -1 noise
quiet() {
  env --default-signal=PIPE "$LLMZ" "$@" 2>err </dev/null | head -c 1 >/dev/null
  local got=${PIPESTATUS[0]}
  [ "$got" -eq 141 ] || fail "closed pipe: status $got, not 141: $*"
  silent
}
quiet -dc noise.llmz
quiet -1 -c noise
mapfile -t names < <(for _ in {1..4000}; do echo noise.llmz; done)
quiet -l "${names[@]}"
quiet generate -m gzip --length 100K --prompt abc
# Where the signal is ignored, as some programs leave it, it is an error like any other.
(
  trap '' PIPE
  "$LLMZ" -dc noise.llmz 2>err | head -c 1 >/dev/null
  echo "${PIPESTATUS[0]}" >status
)
[ "$(cat status)" -eq 1 ] || fail "ignored SIGPIPE: status $(cat status)"
says "standard output"

# tar stops reading when it has what it wants.
if tar --version 2>/dev/null | grep -q GNU; then
  mkdir dir
  sample one >dir/first
  cp noise dir/second
  tar -I "$LLMZ -1" -cf t.tar.llmz dir/first dir/second || fail "tar -I"
  env --default-signal=PIPE tar -I "$LLMZ" --occurrence=1 -xOf t.tar.llmz dir/first >out 2>err || fail "tar --occurrence: $(cat err)"
  same out dir/first
fi
finish
