#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Behind a terabyte of content, 2^40 bytes: are its size, its offsets and the text that stands there right?
. "$(dirname "$0")/common.inc"

# 16 MB of zeros are a frame of 2.5 KB, which is the same wherever it stands.
head -c 16M /dev/zero | "$LLMZ" -1 -q -c >frames
for _ in {1..16}; do
  cat frames frames >twice
  mv twice frames
done
echo "behind a terabyte" | "$LLMZ" -1 -q -c >last
{
  cat frames last
  head -c 16M /dev/zero | "$LLMZ" -1 -q -c
} >far.llmz
rm frames

end=$(((1 << 40) + 18 + (16 << 20)))
expect 0 "$LLMZ" -l far.llmz
grep -q " $end " out || fail "-l: $(cat out)"
expect 0 "$LLMZ" -l --json far.llmz
grep -q "\"content_bytes\": *$end" out || fail "-l --json: $(cat out)"

part() { # FROM:COUNT EXPECTED
  "$LLMZ" -qdc --range "$1" far.llmz >out 2>err || fail "--range $1: $(cat err)"
  [ "$(tr '\0' . <out)" = "$2" ] || fail "--range $1: $(head -c 100 out)"
}
part 1T:18 "behind a terabyte"
part $(((1 << 40) - 3)):9 "...behind"
part $(((1 << 40) + 9)):12 "terabyte
..."
part $((end - 2)): ".."
expect 1 "$LLMZ" -dc --range $((end + 1)):1 far.llmz

# Frames that are read anew for each part would take hours.
expect 0 "$LLMZ" info far.llmz
finish
