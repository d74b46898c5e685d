#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does --export put the models that files need beside them, and are they found there by a machine that has none?
. "$(dirname "$0")/common.inc"

here_models=$here/../../models
mkdir archive out-folder
head -c 3000 "$here/../../docs/format.md" >text
expect 0 "$LLMZ" -q -m fast -o archive/a.llmz text
expect 0 "$LLMZ" -q -1 -o archive/b.llmz text
cp archive/a.llmz "archive/c d.llmz"

expect 0 "$LLMZ" models --export archive/a.llmz archive/b.llmz "archive/c d.llmz"
silent
grep -q "copied" out || fail "not said: $(cat out)"
grep -q "b.llmz: needs no model" out || fail "a file without a model: $(cat out)"
exported=$(echo archive/fast-????????.llmzmodel)
same "$exported" "$here_models/fast.llmzmodel"
expect 0 "$LLMZ" models --export --json archive/a.llmz
grep -q '"copied": false' out || fail "copied twice"
expect 0 "$LLMZ" models --export -o out-folder archive/a.llmz
there out-folder/"$(basename "$exported")"
expect 1 "$LLMZ" models --export -o text archive/a.llmz; says "takes a folder"
expect 1 "$LLMZ" models --export text; says "text: "
expect 1 "$LLMZ" models archive/a.llmz; says "takes no files"

# What lies at its place and is another file stays.
echo precious >"$exported"
expect 1 "$LLMZ" models --export archive/a.llmz; says "exists"
[ "$(cat "$exported")" = precious ] || fail "a file was replaced"
expect 0 "$LLMZ" models --export -f archive/a.llmz
same "$exported" "$here_models/fast.llmzmodel"

# A machine without models: the program alone, in a folder of its own.
mkdir -p empty/bin
cp "$LLMZ" empty/bin/llmz
alone() { env -u LLMZ_MODELS HOME="$work" "$work/empty/bin/llmz" "$@"; }
if alone models >/dev/null 2>&1; then
  skip "models are installed on this machine"
else
  for path in archive/a.llmz "$work/archive/c d.llmz" "./archive/../archive/a.llmz"; do
    expect 0 alone -dc "$path"
    same out text
  done
  (cd archive && alone -dc a.llmz) | cmp - text || fail "not found in the current folder"
  expect 0 alone -t archive/a.llmz
  expect 1 alone -dc - <archive/a.llmz
  mv "$exported" elsewhere
  expect 1 alone -dc archive/a.llmz; says "not installed"
fi

# A damaged model is not copied.
mkdir models damaged
cp "$here_models/fast.llmzmodel" models
printf 'x' | dd of=models/fast.llmzmodel bs=1 seek=100000 conv=notrunc status=none
expect 1 env LLMZ_MODELS="$work/models" HOME="$work" "$work/empty/bin/llmz" models --export -o damaged archive/a.llmz; says "damaged"
[ -z "$(ls damaged)" ] || fail "something was left: $(ls damaged)"
finish
