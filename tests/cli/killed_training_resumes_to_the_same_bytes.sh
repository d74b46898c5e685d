#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a training that is killed again and again give the same model file, byte for byte, with other threads too?
. "$(dirname "$0")/common.inc"
. "$here/training.inc"

bytes=(--vocabulary bytes --held-out 0.1)
expect 0 "${train[@]}" whole.llmzmodel --threads 2 --steps 60 "${bytes[@]}" text
expect 0 "${train[@]}" threads.llmzmodel --steps 60 "${bytes[@]}" --threads 3 text
same whole.llmzmodel threads.llmzmodel

# Killed as soon as a checkpoint has been renewed, in both parts; then stopped in a friendly way; then to the end.
for signal in KILL KILL TERM; do
  before=$(stat -c %i%y killed.llmzmodel.checkpoint* 2>/dev/null)
  "${train[@]}" killed.llmzmodel --steps 60 "${bytes[@]}" --checkpoint-every 0.01 text 2>err &
  for _ in {1..300}; do
    [ "$(stat -c %i%y killed.llmzmodel.checkpoint* 2>/dev/null)" != "$before" ] && break
    sleep 0.02
  done
  sleep 0.1
  kill "-$signal" $!
  wait $!
  absent killed.llmzmodel
done
grep -q stopped err || fail "SIGTERM: no word about the checkpoint"
expect 0 "${train[@]}" killed.llmzmodel --steps 60 "${bytes[@]}" --threads 1 text
grep -q resuming err || fail "not resumed"
same whole.llmzmodel killed.llmzmodel

# From packs, as a machine without the text would.
expect 0 "${train[@]}" - --steps 60 "${bytes[@]}" --write-packs packs text
expect 0 "${train[@]}" packs.llmzmodel --steps 60 --packs packs
same whole.llmzmodel packs.llmzmodel
expect 0 "$LLMZ" train --export --vocabulary bytes --name test -o exported.llmzmodel killed.llmzmodel.checkpoint.finish
same whole.llmzmodel exported.llmzmodel

finish
