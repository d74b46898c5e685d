#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are the sizes of small files those of bench/sizes.csv? Whoever changes them on purpose changes the rows too (bench/sizes).
. "$(dirname "$0")/common.inc"

for name in lzma2 mix rich-mix samples stored; do
  "$LLMZ" -q -dc "$here/../fixtures/$name.llmz" >$name
done
"$here/../../bench/sizes" lzma2 mix rich-mix samples stored >found
grep -E '^(lzma2|mix|rich-mix|samples|stored),' "$here/../../bench/sizes.csv" >written
diff written found || fail "other sizes than bench/sizes.csv has"
finish
