#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does everything that goes wrong end in a message, status 1 and no output file?
. "$(dirname "$0")/common.inc"

sample door >a
expect 0 "$LLMZ" a

# A full disk, whoever writes to it.
for arguments in "-c a" "-dc a.llmz" "-l a.llmz" "--help" "train --help" "help train" "models" "estimate a" "--json test a.llmz"; do
  # shellcheck disable=SC2086
  "$LLMZ" $arguments >/dev/full 2>err
  [ $? -eq 1 ] || fail "/dev/full: $arguments: exit status"
  says "No space left"
done
expect 1 "$LLMZ" -o /dev/full a
says "No space left"
there /dev/full

# The reader of a pipe goes away.
mkfifo pipe
(: <pipe) &
(
  exec >pipe
  sleep 0.3
  env --default-signal=PIPE "$LLMZ" -c a 2>err
  echo $? >status
)
[ "$(cat status)" -eq 141 ] || fail "closed pipe: status $(cat status)"
silent

# Standard output or input closed from the start.
"$LLMZ" -c a >&- 2>err
[ $? -eq 1 ] || fail "closed standard output: exit status"
"$LLMZ" -c - <&- >out 2>err
[ $? -eq 1 ] || fail "closed standard input: exit status"

# What cannot be read or written.
mkdir folder
expect 2 "$LLMZ" folder
says "is a directory"
expect 1 "$LLMZ" -d -o folder a.llmz
says "folder: Is a directory"
expect 1 "$LLMZ" -o nowhere/a.llmz a
says "No such file"
long=$(printf 'n%.0s' $(seq 252))
cp a "$long"
expect 1 "$LLMZ" "$long"
says "File name too long"
rm "$long"
expect 1 "$LLMZ" -o "" a
says "output is empty"

# A limit on the size of files is as a full disk.
head -c 5000 /dev/urandom >noise
(
  ulimit -f 1
  "$LLMZ" -1 noise 2>err
  echo $? >status
)
[ "$(cat status)" -eq 1 ] || fail "ulimit -f: status $(cat status)"
says "File too large"
absent noise.llmz
mkfifo fifo
expect 1 "$LLMZ" /dev/null
says "not a regular file"
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --clear-groups "$LLMZ" --version >out 2>&1; then
  # shellcheck disable=SC2317  # called by expect
  other() { setpriv --reuid 65534 --clear-groups "$LLMZ" "$@"; }
  chmod 755 .
  chmod 600 a
  expect 1 other -c a
  says "Permission denied"
  chmod 644 a
  expect 1 other -f a
  says "cannot create a.llmz"
else
  chmod 000 a
  if [ -r a ]; then
    skip "unreadable file: this user reads everything"
  else
    expect 1 "$LLMZ" -c a
    says "Permission denied"
  fi
  chmod 644 a
fi

# No such model; a model file that is none.
expect 1 "$LLMZ" -fm nosuchmodel a
says nosuchmodel
expect 1 "$LLMZ" -cm ./a a
[ -s err ] || fail "a text as a model: no message"

# Not an llmz file, and what a user would not believe.
expect 1 "$LLMZ" -dc a
says "llmz file"
expect 1 "$LLMZ" -t a
expect 1 "$LLMZ" -l a
: >empty
expect 1 "$LLMZ" -dc empty
says "empty"
expect 1 "$LLMZ" -l empty
says "empty"
"$LLMZ" -d </dev/null >out 2>err
[ $? -eq 1 ] || fail "decompressing nothing: exit status"
(
  cat a.llmz
  echo rest
) >longer.llmz
expect 1 "$LLMZ" -d longer.llmz
absent longer

# The command line.
for arguments in "--nosuch a" "-o" "-T many a" "--lanes 256 a" "--lanes -1 a" "--block-size 2Q a" \
  "--engine steam a" "-0 a" "--memory 3M a" "--memory 32K a" "--memory 512M a" "--adaptive a" "-d --verify a.llmz" "--verify -c a" "compress --self" "models a" \
  "--json -c a" "--against a a"; do
  # shellcheck disable=SC2086
  expect 1 "$LLMZ" $arguments
  says .
done
expect 1 "$LLMZ" -0 a
says "levels are -1 to -9"
expect 1 "$LLMZ" --memory 3M a
says "power of two"

same <("$LLMZ" -dc a.llmz) a
finish
