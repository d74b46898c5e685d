#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do the man page and the completion of llmz train know every option of its --help, and the page no other?
. "$(dirname "$0")/common.inc"

docs=$here/../../docs
expect 0 "$LLMZ" train --help
grep -oE '^  (-. \[ )?--[a-z-]+' out | grep -oE -- '--[a-z-]+' | sort -u >in_help
[ "$(wc -l <in_help)" -gt 30 ] || fail "only $(wc -l <in_help) options found in --help"
sed 's/\\-/-/g' "$docs/llmz-train.1" | grep -E '^\.BR -' | grep -oE -- '--[a-z-]+' | sort -u >in_man
sed -n '/^_llmz_train/,/^}/p' "$docs/completions/llmz.bash" | grep -oE -- '--[a-z-]+' | sort -u >in_completion
[ -z "$(comm -3 in_help in_man)" ] || fail "in one of --help and man page only: $(comm -3 in_help in_man | tr '\n' ' ')"
sed -n '/^_llmz_train/,/^}/p' "$docs/completions/_llmz" | grep -oE -- '--[a-z-]+' | sort -u >in_zsh
grep 'llmz train' "$docs/completions/llmz.fish" | grep -oE -- ' -l [a-z-]+' | sed 's/ -l /--/' | sort -u >in_fish
for where in in_completion in_zsh in_fish; do
  missing=$(comm -23 in_help $where | tr '\n' ' ')
  [ -z "$missing" ] || fail "not $where: $missing"
done

# As with the other commands: an error is JSON too, and messages have one form.
expect 1 "$LLMZ" train --json --steps 1 -o m.llmzmodel
says "no text to train on"
grep -q "^llmz: no text" err || fail "another form of message: $(cat err)"
grep -q '"command": "train"' out && grep -q '"exit_status": 1' out || fail "no JSON: $(cat out)"
expect 1 "$LLMZ" train -q -T1 --steps 1 -o m.llmzmodel
says "no text to train on"
finish
