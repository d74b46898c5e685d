#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does --resume go on with what a killed run has finished, to the same bytes? With a journal that is damaged, of other
# options or of another input?
. "$(dirname "$0")/common.inc"

for i in {1..700}; do sample "$((i * i % 977)) window"; done >part
cat part part part part part part part part >text
options="-1 -T2 --block-size 50K"
# shellcheck disable=SC2086
expect 0 "$LLMZ" $options -o whole.llmz text

# stops COMMAND...: starts it, and kills it when its journal $journal has grown to at least $grown bytes.
stops() {
  "$@" >out 2>err </dev/null &
  local pid=$!
  for _ in {1..600}; do
    [ "$(stat -c %s "$journal" 2>/dev/null || echo 0)" -ge "$grown" ] && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.01
  done
  kill -KILL $pid 2>/dev/null || fail "ended before it was killed: $*"
  wait $pid 2>/dev/null
}

journal=text.llmz.journal grown=600
# shellcheck disable=SC2086
stops "$LLMZ" $options --resume text
absent text.llmz
there text.llmz.journal
nothing_temporary
cp text.llmz.journal kept.journal
# shellcheck disable=SC2086
{
  # Another input, other options, another command, and what is no journal.
  expect 1 "$LLMZ" $options --lanes 1 --resume text
  says "text.llmz.journal is of another input, other options or another llmz"
  touch text
  expect 1 "$LLMZ" $options --resume text
  says "text.llmz.journal is of another input"
  there text.llmz.journal
  absent text.llmz
  # Nobody's work is thrown away unasked: a run with no journal does not look at it.
  expect 0 "$LLMZ" $options text
  same text.llmz whole.llmz
  there text.llmz.journal
  rm text.llmz text.llmz.journal

  stops "$LLMZ" $options --resume text
  cp text.llmz.journal kept.journal
  expect 0 "$LLMZ" $options -v --resume text
  says "text: goes on with [0-9]* finished blocks"
  same text.llmz whole.llmz
  absent text.llmz.journal
  nothing_temporary

  # Cut off anywhere, and with a byte that is another: what is not whole is done again.
  size=$(stat -c %s kept.journal)
  for cut in $((size - 1)) $((size / 2)) 330; do
    rm -f text.llmz
    head -c $cut kept.journal >text.llmz.journal
    expect 0 "$LLMZ" $options --resume text
    same text.llmz whole.llmz
  done
  rm -f text.llmz
  cp kept.journal text.llmz.journal
  printf '\377' | dd of=text.llmz.journal bs=1 seek=$((size - 60)) conv=notrunc 2>/dev/null
  expect 0 "$LLMZ" $options --resume text
  same text.llmz whole.llmz
  absent text.llmz.journal

  rm -f text.llmz
  echo "something else" >text.llmz.journal
  expect 1 "$LLMZ" $options --resume text
  says "text.llmz.journal is no journal of llmz"
  expect 0 "$LLMZ" $options text
  rm text.llmz.journal

  # Ctrl-C says how it goes on.
  env --default-signal "$LLMZ" $options --resume -o again.llmz text 2>err &
  pid=$!
  for _ in {1..600}; do
    [ "$(stat -c %s again.llmz.journal 2>/dev/null || echo 0)" -ge 600 ] && break
    sleep 0.01
  done
  kill -INT $pid
  wait $pid
  [ $? -eq 130 ] || fail "exit status after Ctrl-C"
  says "interrupted .*; [0-9]* of 11 blocks are finished (again.llmz.journal): the same command with --resume goes on"
  absent again.llmz
  expect 0 "$LLMZ" $options --resume -o again.llmz text
  same again.llmz whole.llmz
}

# A run at work has the journal to itself.
# shellcheck disable=SC2086
"$LLMZ" $options --resume -o busy.llmz text &
pid=$!
for _ in {1..600}; do
  [ -s busy.llmz.journal ] && break
  sleep 0.01
done
# shellcheck disable=SC2086
expect 1 "$LLMZ" $options --resume -o busy.llmz text
says "busy.llmz.journal is in use"
wait $pid || fail "the first of two runs"
same busy.llmz whole.llmz

# The other direction.
journal=back.journal grown=100000
stops "$LLMZ" -d -T2 --resume -o back whole.llmz
absent back
expect 0 "$LLMZ" -d -T2 -v --resume -o back whole.llmz
says "whole.llmz: goes on with"
same back text
absent back.journal
nothing_temporary

# What is one block, and what goes to a pipe, has no journal.
expect 0 "$LLMZ" -1 --resume -o short.llmz part
expect 0 "$LLMZ" -d --resume -o short short.llmz
same short part
# shellcheck disable=SC2086
expect 0 "$LLMZ" $options --resume -c text
same out whole.llmz
# shellcheck disable=SC2086
"$LLMZ" $options --resume <text | cmp - whole.llmz || fail "--resume in a pipe"
for f in *.journal; do [ "$f" = kept.journal ] || fail "$f was left behind"; done
finish
