#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With --json, is standard output one JSON object, whatever happens?
. "$(dirname "$0")/common.inc"

if python3 -c 'import json' 2>/dev/null; then
  valid() { python3 -m json.tool "$1" >/dev/null; }
elif command -v jq >/dev/null; then
  valid() { jq . "$1" >/dev/null; }
else
  skip "neither python3 nor jq is here"
  finish
fi

# json STATUS TEXT ARGUMENTS...: TEXT is somewhere in the object.
json() {
  local status=$1 text=$2
  shift 2
  expect "$status" "$LLMZ" "$@"
  valid out || fail "no JSON: $*"
  grep -q "$text" out || fail "no $text in the JSON of $*"
  grep -q "\"exit_status\": $status" out || fail "no exit status $status in the JSON of $*"
}

sample door >a
printf 'x' >"$(printf 'quote" \377 newline\n.txt')"
json 0 '"compressed_bytes"' --json a
json 0 '"output"' --json -- *.txt
json 2 '"warning"' --json a.llmz
json 0 '"content_bytes"' --json -d -f a.llmz
json 0 '"ok": true' --json test a.llmz
json 0 '"ok": true' --json test --self
json 0 '"frames"' --json info a.llmz
json 0 '"frames"' --json -l a.llmz a.llmz
json 0 '"bits_per_byte"' --json estimate a
json 0 '"file_bytes"' --json estimate --as-compressed a
json 0 '"bits"' --json estimate --adaptive a
json 0 '"methods"' --json -f -1 a
json 0 '"methods"' --json info a.llmz
json 0 '"network"' --json -f --no-mix a
json 0 '"fingerprint"' --json models
json 0 '"adjusted_ratio"' --json compare a
json 1 '"rows"' --json compare -1 a missing
json 0 '"spearman"' --json rank --scores published
json 1 '"not_llmz"' --json info a
json 1 '"io"' --json missing a.llmz
json 1 '"usage"' --json --nosuch
json 1 '"usage"' --json -c a
json 1 '"model_missing"' --json -f -m nosuchmodel a
head -c 9 a.llmz >cut.llmz
json 1 '"truncated"' --json -d cut.llmz
finish
