#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a small file, cut at every byte, and with a flipped bit in every byte, end in an error or in
# the exact original?
. "$(dirname "$0")/common.inc"

sample door | head -c 30 >a
expect 0 "$LLMZ" a
size=$(stat -c %s a.llmz)

# damaged WHAT: bad.llmz decodes with status 1, a message and no output, or to the original.
damaged() {
  "$LLMZ" -d bad.llmz 2>err
  case $? in
    0) cmp -s a bad || fail "$1: wrong output with status 0" ;;
    1)
      grep -q '^llmz: bad.llmz: .' err || fail "$1: no message"
      absent bad
      ;;
    *) fail "$1: exit status" ;;
  esac
  rm -f bad
}

for ((cut = 0; cut < size; ++cut)); do
  head -c $cut a.llmz >bad.llmz
  "$LLMZ" -d bad.llmz 2>err && fail "cut to $cut bytes: status 0"
  damaged "cut to $cut bytes"
done

mapfile -t bytes < <(od -An -v -tu1 -w1 a.llmz)
for ((position = 0; position < size; ++position)); do
  flipped=$(printf '\\x%02x' $((bytes[position] ^ (1 << position % 8))))
  {
    head -c $position a.llmz
    printf "%b" "$flipped"
    tail -c +$((position + 2)) a.llmz
  } >bad.llmz
  damaged "bit $((position % 8)) of byte $position"
done

# Of a file of several blocks, the others are still there.
for line in door window roof floor; do sample "$line" | head -c 80; done >lines
expect 0 "$LLMZ" --block-size 80 lines
expect 0 "$LLMZ" -dc --salvage lines.llmz
same out lines
silent
second=$(expr 1 + "$("$LLMZ" --json info lines.llmz | sed -n 's/.*"offset": \([0-9]*\).*/\1/p' | sed -n 2p)")
printf '\377\377\377' | dd of=lines.llmz bs=1 seek=$((second + 25)) conv=notrunc 2>/dev/null
expect 1 "$LLMZ" -d -o back lines.llmz
absent back
expect 2 "$LLMZ" -d --salvage -o back lines.llmz
says "lines.llmz: bytes $((second - 1)) to .* are lost: round 0"
{ head -c 80 lines; tail -c 160 lines; } | cmp -s - back || fail "--salvage: other content"
expect 1 "$LLMZ" -d --salvage --rm -f -o back lines.llmz
there lines.llmz
expect 1 "$LLMZ" -d --salvage -o nothing lines
says "nothing in it"
absent nothing

finish
