#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does compare give the sizes that llmz and the usual programs make, in every form of output?
. "$(dirname "$0")/common.inc"

for _ in {1..40}; do sample door; sample window; done >text
head -c 3000 text >short
fast=(compare -1 --memory 64K)

# row FILE NAME: the compressed bytes of the first row with that name.
row() { sed -nE "s/^  $2 +([0-9]+) .*/\1/p" "$1" | head -n 1; }

expect 0 "$LLMZ" compare short
silent
cp out table
grep -q '^short: 3000 bytes$' table || fail "no title"
[ "$(row table 'xz -9e \(LZMA2\)')" -gt 0 ] || fail "no row of LZMA2"
[ "$(row table 'gzip -9 \(zlib\)')" -gt 0 ] || fail "no row of gzip"
expect 0 "$LLMZ" -c short
[ "$(row table 'llmz -m default')" = "$(stat -c %s out)" ] || fail "another size than compress makes"
expect 0 "$LLMZ" -1 -c short
[ "$(row table 'llmz -1')" = "$(stat -c %s out)" ] || fail "another size than compress -1 makes"
if command -v xz >/dev/null; then
  [ "$(row table 'xz -9e \(LZMA2\)')" = "$(xz -9e -c short | wc -c)" ] || fail "another size than xz makes"
fi
if command -v bzip2 >/dev/null && grep -q bzip2 table; then
  [ "$(row table 'bzip2 -9')" = "$(bzip2 -9 -c short | wc -c)" ] || fail "another size than bzip2 makes"
fi

# Several files: a total. A file that is missing is an error, and the others are shown.
expect 1 "$LLMZ" "${fast[@]}" text missing short
says "missing: cannot open"
total=$(sed -n '/^(total of 2)/,$p' out >total; row total 'gzip -9 \(zlib\)')
[ "$total" = $(($(row out 'gzip -9 \(zlib\)') + $(sed -n '/^short:/,$p' out >rest; row rest 'gzip -9 \(zlib\)'))) ] ||
  fail "the total is no sum"

# Standard input.
"$LLMZ" "${fast[@]}" - <short >out 2>err || fail "standard input"
grep -q '^(standard input): 3000 bytes' out || fail "no title for standard input"
: >empty
expect 0 "$LLMZ" "${fast[@]}" empty

# JSON and CSV.
expect 0 "$LLMZ" "${fast[@]}" --json text
for member in '"file": "text"' '"compressed_bytes"' '"decoded_equal": true' '"adjusted_ratio"'; do
  grep -q "$member" out || fail "no $member in JSON"
done
expect 0 "$LLMZ" compare --json -m default --frozen short
grep -q '"model_parameters"' out || fail "no parameters in JSON"
grep -q '"adjusted_ratio_2_bytes_per_parameter"' out || fail "no figure of the paper in JSON"
grep -q '"llmz -m default --frozen"' out || fail "the name does not tell the options"
expect 0 "$LLMZ" "${fast[@]}" --csv text short
[ "$(awk -F, '{ print NF }' out | sort -u)" = 11 ] || fail "not 11 columns in each line of CSV"
[ "$(grep -c '^file,' out)" = 1 ] || fail "not one header in CSV"
expect 1 "$LLMZ" "${fast[@]}" --csv --json text
says "choose one"

# Chunks, pixels, samples: worse for text, and still decoded.
expect 0 "$LLMZ" "${fast[@]}" --chunk 500 text
grep -q 'in chunks of 500' out || fail "no word about chunks"
[ "$(row out 'gzip -9 \(zlib\)')" -gt "$(row total 'gzip -9 \(zlib\)')" ] || fail "chunks cost nothing"
for option in "--images 50" --audio; do
  # shellcheck disable=SC2086
  "$LLMZ" "${fast[@]}" $option text >out 2>err
  case $? in
    0) grep -qE '^  (PNG, width 50|FLAC -8) ' out || fail "$option: no row" ;;
    1) says "was built without" ;;
  esac
done
for wrong in "--images 0" "--images x" "--chunk x" "--plot x.pdf" "-m nosuchmodel" "--output x"; do
  # shellcheck disable=SC2086
  expect 1 "$LLMZ" compare $wrong text
done
expect 1 "$LLMZ" --chunk 2048 text
says "does not belong to compress"

finish
