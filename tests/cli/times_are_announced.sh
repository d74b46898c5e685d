#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is a long job announced, and a short one not, whatever the file holds?
. "$(dirname "$0")/common.inc"

# Noise is stored: a second for what would take minutes as a text.
head -c 3000000 /dev/urandom >noise
expect 0 "$LLMZ" -v noise
grep -q "left" err && fail "a short job is announced: $(cat err)"
expect 0 "$LLMZ" -vt noise.llmz
grep -q "left" err && fail "a short test is announced"

# A text through the network in one lane, which takes minutes on any machine.
for i in $(seq 240000); do echo "$((i * 7919 % 10007)) of the houses had doors, $RANDOM had none"; done >text
env --default-signal "$LLMZ" -9 --no-mix -v -c text >out 2>err &
for _ in {1..1500}; do
  grep -q left err && break
  kill -0 $! 2>kill_err || fail "ended before it was announced"
  sleep 0.1
done
kill $!
wait $!
says "text: .* of .* in .* s, about .* left"
[ "$(grep -c left err)" = 1 ] || fail "announced more than once"
env --default-signal "$LLMZ" -9 --no-mix -c text >out 2>err &
sleep 10
kill $! 2>kill_err
wait $!
grep -q left err && fail "announced without -v"
finish
