#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stopped and continued, with a disk that is full at any write, with input that cannot be read on and memory that ends
# anywhere: is the result whole or a message, and nothing in between?
. "$(dirname "$0")/common.inc"

for i in {1..400}; do sample $i; done >text
cp text text.was

# Failed as it should: a status of the program's own, a message, the input as it was, no output.
failed() { # STATUS WHAT
  [ "$1" -eq 1 ] || fail "$2: exit status $1"
  [ -s err ] || fail "$2: no message"
  same text text.was
  absent text.llmz back
  nothing_temporary
}

# Ctrl-Z, and fg.
for _ in {1..60000}; do sample window; done >big
for way in "-1 -k big -o big.llmz" "-d -k big.llmz -o big.back"; do
  # shellcheck disable=SC2086
  env --default-signal "$LLMZ" -q $way 2>err &
  sleep 0.3
  kill -TSTP $! 2>/dev/null
  sleep 0.2
  state=$(cut -d ' ' -f 3 "/proc/$!/stat" 2>/dev/null)
  [ "$state" = T ] || skip "it had ended before it could be stopped: $way"
  kill -CONT $! 2>/dev/null
  wait $! || fail "stopped and continued: $way"
done
same big big.back

# A limit on the size of files at every kilobyte that the output has, and more.
head -c 9000 /dev/urandom >noise
cp noise noise.was
for ((kilobytes = 1; kilobytes < 12; ++kilobytes)); do
  (ulimit -f $kilobytes && exec "$LLMZ" -1 --rm noise) >out 2>err
  status=$?
  if [ $status -eq 0 ]; then
    "$LLMZ" -qdc noise.llmz | cmp -s - noise.was || fail "a limit of $kilobytes KB: another content"
    rm noise.llmz
    cp noise.was noise
  else
    [ $status -eq 1 ] || fail "a limit of $kilobytes KB: exit status $status"
    [ -s err ] || fail "a limit of $kilobytes KB: no message"
    same noise noise.was
    absent noise.llmz
    nothing_temporary
    small=$kilobytes
  fi
done
[ "${small:-0}" -eq 8 ] || fail "the limit did not limit"

# A disk that is full: of 16 KB, with more and more of it taken.
if unshare -rm true 2>/dev/null; then
  cat >full <<'END'
mkdir disk && mount -t tmpfs -o size=16k,nr_inodes=20 tmpfs disk || exit 77
for taken in 0 4 8 12 16; do
  head -c $((taken * 1024)) /dev/zero >disk/rest
  "$LLMZ" -q -1 -k noise -o disk/noise.llmz 2>err
  status=$?
  if [ $status -eq 0 ]; then
    "$LLMZ" -qdc disk/noise.llmz | cmp -s - noise || echo "$taken KB taken: another content"
  elif [ $status -ne 1 ] || [ ! -s err ] || [ "$(ls -A disk)" != rest ]; then
    echo "$taken KB taken: exit status $status, $(ls -A disk), $(cat err)"
  fi
  echo $status >>statuses
  rm -f disk/noise.llmz
done
END
  LLMZ=$LLMZ unshare -rm bash ./full >said 2>&1
  if [ $? -eq 77 ]; then
    skip "a small disk cannot be mounted"
  else
    [ ! -s said ] || fail "a full disk: $(cat said)"
    [ "$(sort -u statuses | tr -d '\n')" = 01 ] || fail "the disk was full always or never"
  fi
else
  skip "no disk of its own without user namespaces"
fi

# Input that ends with an error: what a process has for its stack, and behind it nothing.
sleep 60 &
sleeper=$!
sleep 0.1
stack=$(sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) .*\[stack\]$/0x\1 0x\2/p' /proc/$sleeper/maps)
if exec 5</proc/$sleeper/mem && [ -n "$stack" ]; then
  read -r from to <<<"$stack"
  for way in -1 -d -t; do
    dd bs=1 count=0 skip=$((from)) <&5 2>/dev/null
    "$LLMZ" -c "$way" <&5 >out 2>err
    [ $? -eq 1 ] || fail "$way: input with an error is none"
    [ -s err ] || fail "$way: no message"
    [ "$way" != -1 ] || says "Input/output error"
  done
  [ $((to - from)) -gt 4096 ] || fail "nothing to read before the error"
else
  skip "the memory of a process cannot be read"
fi
kill $sleeper

# Less and less address space. What the loader of programs and sentencepiece do then is theirs.
"$LLMZ" -q -k text -o kept.llmz
for ((megabytes = 400; megabytes > 10; megabytes -= megabytes > 240 ? 40 : 6)); do
  for way in "-k text -o text.llmz" "-1 -k text -o text.llmz" "-d -k kept.llmz -o back" "estimate text"; do
    # shellcheck disable=SC2086
    (ulimit -v $((megabytes * 1024)) && exec "$LLMZ" -q $way) >out 2>err
    status=$?
    if [ $status -eq 0 ]; then
      [ ! -e back ] || same back text
      [ ! -e text.llmz ] || "$LLMZ" -qdc text.llmz | cmp -s - text || fail "$megabytes MB, $way: another content"
      rm -f back text.llmz
    elif ! grep -q "error while loading shared libraries\|failed to map segment" err; then
      failed $status "$megabytes MB, $way"
    fi
  done
done
finish
