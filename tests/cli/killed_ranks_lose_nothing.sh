#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is there after a rank was killed, stopped or cut off from the others, or the launcher was? Does --resume go on?
. "$(dirname "$0")/common.inc"
. "$here/mpi.inc"

for i in {1..750}; do sample "$((i * i % 977)) window"; done >part
for _ in {1..16}; do cat part; done >text
options="-1 -T1 --block-size 50K"
# shellcheck disable=SC2086
expect 0 "$LLMZ" $options -o whole.llmz text

# begins COMMAND...: until two blocks are in the journal; $! is mpirun.
begins() {
  rm -f "$journal"
  mpirun -n 3 "$@" >out 2>err </dev/null &
  mpi=$!
  for _ in {1..600}; do
    [ "$(stat -c %s "$journal" 2>/dev/null || echo 0)" -ge "$grown" ] && return
    sleep 0.01
  done
  fail "no journal: $*"
}
ends() {
  wait $mpi
  [ $? -ne 0 ] || fail "exit status 0: $*"
  # Where mpirun itself is gone, its processes see that a little later.
  for _ in {1..100}; do
    [ -z "$(pgrep -f "^$LLMZ .*$work")" ] && break
    sleep 0.1
  done
  absent "$output"
  nothing_temporary
}
goes_on() {
  expect 0 ranks "$@" --resume
  grep -q "goes on with [0-9]* finished blocks" err || fail "does not go on: $*"
  same "$output" "$expected"
  absent "$journal"
  rm -f "$output"
}

output=new.llmz journal=new.llmz.journal grown=700 expected=whole.llmz
for killed in 1 0 2; do
  # shellcheck disable=SC2086
  begins "$LLMZ" $options -o new.llmz "$work/text"
  kill -KILL "$(rank_of $mpi $killed)"
  ends "rank $killed killed"
  grep -q "exited on signal 9" err || fail "rank $killed killed: mpirun does not say so"
  if [ $killed -gt 0 ]; then
    says "signal (Terminated), which launchers send when a process has died; [0-9]* of 23 blocks are finished (new.llmz.journal): the same command with --resume goes on"
  fi
  # shellcheck disable=SC2086
  goes_on "$LLMZ" $options -o new.llmz "$work/text"
done

# One that hangs.
# shellcheck disable=SC2086
LLMZ_CLUSTER_PATIENCE=2 begins "$LLMZ" $options -o new.llmz "$work/text"
hangs=$(rank_of $mpi 1)
kill -STOP "$hangs"
ends "rank 1 hangs"
says "rank 1 on .*has not answered for 2 s"
kill -KILL "$hangs" 2>/dev/null
# shellcheck disable=SC2086
goes_on "$LLMZ" $options -o new.llmz "$work/text"

# The launcher: asked to end, and killed.
for signal in INT KILL; do
  # shellcheck disable=SC2086
  begins "$LLMZ" $options -o new.llmz "$work/text"
  kill -$signal $mpi
  ends "mpirun, $signal"
  # shellcheck disable=SC2086
  goes_on "$LLMZ" $options -o new.llmz "$work/text"
done

# A journal that is there is nobody's to throw away.
# shellcheck disable=SC2086
begins "$LLMZ" $options -o new.llmz "$work/text"
kill -KILL "$(rank_of $mpi 2)"
ends "rank 2 killed"
# shellcheck disable=SC2086
{
  expect 1 ranks "$LLMZ" $options -o new.llmz "$work/text"
  says "new.llmz.journal is there, with what another run has finished: --resume goes on with it, -f begins again"
  expect 0 ranks "$LLMZ" $options -f -o new.llmz "$work/text"
}
same new.llmz whole.llmz

# The other direction.
output=back journal=back.journal grown=110000 expected=text
begins "$LLMZ" -d -T1 -o back "$work/whole.llmz"
kill -KILL "$(rank_of $mpi 1)"
ends "decompressing, rank 1 killed"
goes_on "$LLMZ" -d -T1 -o back "$work/whole.llmz"

# Damage ends it as it ends one process.
offset=$("$LLMZ" --json info whole.llmz | sed -n 's/.*"offset": \([0-9]*\).*/\1/p' | sed -n 3p)
cp whole.llmz bad.llmz
printf '\377\377\377' | dd of=bad.llmz bs=1 seek=$((offset + 100)) conv=notrunc 2>/dev/null
expect 1 ranks "$LLMZ" -d -o back bad.llmz
says "bad.llmz: frame at offset $offset: round 0"
absent back back.journal
finish
