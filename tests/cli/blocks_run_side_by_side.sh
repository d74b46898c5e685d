#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a file of several blocks have the same bytes with any number of threads, from files and pipes? What is there
# after Ctrl-C, after damage, and under a limit of memory?
. "$(dirname "$0")/common.inc"

for i in {1..750}; do sample "$((i * i % 977)) window"; done >text
expect 0 "$LLMZ" -T1 -1 --block-size 10K -o one.llmz text
expect 0 "$LLMZ" -l one.llmz
grep -q ' 8  one.llmz' out || { fail "-l: not 8 frames"; cat out; }
for threads in 0 2 5; do
  expect 0 "$LLMZ" -T$threads -1 --block-size 10K -f -o more.llmz text
  same one.llmz more.llmz
  "$LLMZ" -T$threads -1 --block-size 10K <text | cmp - one.llmz || fail "-T$threads from a pipe: other bytes"
  expect 0 "$LLMZ" -T$threads -dc one.llmz
  same out text
  cat one.llmz | "$LLMZ" -T$threads -d | cmp - text || fail "-T$threads decoded from a pipe: other bytes"
  expect 0 "$LLMZ" -T$threads -t one.llmz
done
head -c 5000 text >part
expect 0 "$LLMZ" -T1 -m fast --block-size 2K -o fast1.llmz part
expect 0 "$LLMZ" -T2 -m fast --block-size 2K -o fast2.llmz part
same fast1.llmz fast2.llmz
expect 0 "$LLMZ" -T2 -dc fast1.llmz
same out part
expect 0 "$LLMZ" -T2 -1 --verify --block-size 10K -f -o verified.llmz text
same one.llmz verified.llmz

# One block by default, and where it is asked for.
expect 0 "$LLMZ" -1 -o default.llmz text
expect 0 "$LLMZ" -1 --block-size 0 -o whole.llmz text
same default.llmz whole.llmz
expect 0 "$LLMZ" -1 --block-size 1M -o larger.llmz text
same default.llmz larger.llmz

# What comes out of a slow pipe block by block can be read meanwhile.
mkfifo slow
"$LLMZ" -T2 -d <slow >decoded 2>err &
exec 3>slow
third=$("$LLMZ" --json info one.llmz | sed -n 's/.*"offset": \([0-9]*\).*/\1/p' | sed -n 3p)
head -c "$third" one.llmz >&3
for _ in {1..100}; do
  [ "$(stat -c %s decoded)" -ge 20480 ] && break
  sleep 0.1
done
[ "$(stat -c %s decoded)" -eq 20480 ] || fail "$(stat -c %s decoded) bytes of two blocks came out"
tail -c +$((third + 1)) one.llmz >&3
exec 3>&-
wait $! || fail "decoding from a slow pipe"
same decoded text

# The third block is damaged, and the sixth.
sixth=$("$LLMZ" --json info one.llmz | sed -n 's/.*"offset": \([0-9]*\).*/\1/p' | sed -n 6p)
cp one.llmz bad.llmz
for offset in $third $sixth; do
  printf '\377\377\377' | dd of=bad.llmz bs=1 seek=$((offset + 100)) conv=notrunc 2>/dev/null
done
expect 1 "$LLMZ" -T2 -dc bad.llmz
says "bad.llmz: frame at offset $third: round 0"
head -c 20480 text | cmp - out || fail "not the two blocks before the damage"
expect 1 "$LLMZ" -T2 -d -o back bad.llmz
absent back
expect 1 "$LLMZ" -T2 -t bad.llmz
expect 2 "$LLMZ" -d --salvage -o back bad.llmz
[ "$(stat -c %s back)" -gt 40000 ] || fail "--salvage: $(stat -c %s back) bytes"

# A limit of memory is kept with fewer blocks at once, or refused.
for option in --memlimit=120M --memory-limit=1G -M2G; do
  expect 0 "$LLMZ" -T2 -1 $option --block-size 10K -f -o limited.llmz text
  same one.llmz limited.llmz
  expect 0 "$LLMZ" -T2 $option -dc one.llmz
  same out text
done
for option in -z "-z -1"; do
  # shellcheck disable=SC2086
  expect 1 "$LLMZ" $option --memlimit 20M --block-size 10K -f -o refused.llmz text
  says "text: takes up to .* MB of memory to compress; the limit is 20 MB"
  absent refused.llmz
done
expect 1 "$LLMZ" -d --memlimit 20M -o refused one.llmz
says "one.llmz: takes up to .* MB of memory to decode; the limit is 20 MB"
expect 1 "$LLMZ" -t --memlimit 20M one.llmz

# Ctrl-C while blocks are at work, in both directions, is heard at once.
for _ in {1..16}; do cat text; done >long
expect 0 "$LLMZ" -T2 -1 --block-size 200K -o long.llmz long
for direction in "-T2 --block-size 200K -o stopped long" "-T2 -d -o stopped long.llmz"; do
  # shellcheck disable=SC2086
  env --default-signal "$LLMZ" $direction 2>err &
  pid=$!
  for _ in {1..100}; do
    writes_output $! && break
    sleep 0.05
  done
  sleep 0.4
  began=$(date +%s%N)
  kill -INT $pid
  wait $pid
  got=$?
  took=$((($(date +%s%N) - began) / 1000000))
  [ $got -eq 130 ] || fail "exit status $got after Ctrl-C: $direction"
  [ $took -lt 5000 ] || fail "$took ms until the end after Ctrl-C: $direction"
  says interrupted
  absent stopped
  nothing_temporary
done
finish
