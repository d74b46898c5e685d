#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No binary to a terminal, questions and progress only there.
. "$(dirname "$0")/common.inc"

if ! command -v script >/dev/null; then
  skip "no script(1) to make a terminal"
  finish
fi

# on_terminal COMMAND: stdin, stdout and stderr are a terminal; what it shows goes to the file shown.
on_terminal() { script -qec "$1" /dev/null >shown; }

sample door >a
on_terminal "'$LLMZ' -c a" </dev/null && fail "compressed data went to a terminal"
grep -q "not written to a terminal" shown || fail "no word about the terminal"
on_terminal "'$LLMZ'" </dev/null && fail "waits for text from a terminal"
grep -q "no file is given" shown || fail "no word about the missing file"

# A summary there, silence elsewhere and with -q.
on_terminal "'$LLMZ' a" </dev/null || fail "compress on a terminal"
grep -q "bits per byte" shown || fail "no summary on a terminal"
on_terminal "'$LLMZ' -qf a" </dev/null || fail "compress -q on a terminal"
[ ! -s shown ] || fail "-q is not quiet"

# Questions.
cp a.llmz before
(
  sleep 1
  echo n
) | on_terminal "'$LLMZ' --lanes 3 a" && fail "no is taken for yes"
grep -q "replace it" shown || fail "no question before replacing"
same a.llmz before
(
  sleep 1
  echo y
) | on_terminal "'$LLMZ' -d a.llmz" || fail "yes is taken for no"

finish
