#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do three processes under mpirun write and say what one does: compress, decompress, test, estimate, compare, rank?
. "$(dirname "$0")/common.inc"
. "$here/mpi.inc"

for i in {1..750}; do sample "$((i * i % 977)) window"; done >text
head -c 5000 text >small
cut="--block-size 10K"
# shellcheck disable=SC2086
{
  expect 0 "$LLMZ" -1 $cut -o one.llmz text
  for more in "" "-T2" "--verify" "-T1 --memlimit 1G"; do
    expect 0 ranks "$LLMZ" -1 $cut $more -f -o several.llmz text
    same several.llmz one.llmz
    absent several.llmz.journal
  done
  expect 0 ranks "$LLMZ" -1 $cut -f -c text # mpirun has a terminal for it
  same out one.llmz
  expect 0 "$LLMZ" -m fast --block-size 2K -o fast.llmz small
  expect 0 ranks "$LLMZ" -m fast --block-size 2K -o several-fast.llmz small
  same several-fast.llmz fast.llmz
  expect 0 ranks "$LLMZ" -d -o back fast.llmz
  same back small
  expect 0 "$LLMZ" -m fast --embed-model --block-size 2K -o carried.llmz small
  expect 0 ranks "$LLMZ" -m fast --embed-model --block-size 2K -o several-carried.llmz small
  same several-carried.llmz carried.llmz
  expect 0 ranks "$LLMZ" -d -f -o back carried.llmz
  same back small
  expect 0 "$LLMZ" -1 $cut -D small -o behind.llmz text
  expect 0 ranks "$LLMZ" -1 $cut -D small -o several-behind.llmz text
  same several-behind.llmz behind.llmz
}

expect 0 ranks "$LLMZ" -d -f -o back one.llmz
same back text
expect 0 ranks "$LLMZ" -dc one.llmz
same out text
expect 0 ranks "$LLMZ" -d --range 20000:10 one.llmz
[ "$(cat out)" = "$(tail -c +20001 text | head -c 10)" ] || fail "--range"
cat one.llmz fast.llmz >both.llmz
expect 0 ranks "$LLMZ" -d -o both both.llmz
cat text small | cmp - both || fail "of two files in one"
expect 0 ranks "$LLMZ" -v -t --against text one.llmz
says "one.llmz: good: $(stat -c %s text) bytes"
head -c 60000 text >shorter
expect 1 ranks "$LLMZ" -t --against shorter one.llmz
says "which ends at byte 60000"
(cat text && echo) >longer
expect 1 ranks "$LLMZ" -t --against longer one.llmz
says "which goes on at byte $(stat -c %s text)"

# Files, each for one of them; what is said comes once, and in order.
for i in {1..6}; do head -c $((i * 3000)) text >part$i; done
expect 1 ranks "$LLMZ" -1 -v part1 part2 missing part3 part4 part5 part6
grep '^llmz:' err | cut -d: -f2 | tr -d '\n ' >names
[ "$(cat names)" = part1part2missingpart3part4part5part6 ] || fail "said of files: $(cat names)"
for i in {1..6}; do "$LLMZ" -dc part$i.llmz | cmp - part$i || fail "part$i"; done
expect 0 ranks "$LLMZ" --json -t part?.llmz
[ "$(grep -c '"ok": true' out)" -eq 6 ] || fail "--json has not six results"

# What is measured is the same, to the last bit.
numbers() { sed -E 's/"[a-z_]*seconds": [^,}]*//; s/, in [0-9].*//' out; }
for what in "" --adaptive --as-compressed -1 --chunk=1000 "--chunk=900 --positions"; do
  # shellcheck disable=SC2086
  for several in "small" "part1 small part2"; do
    expect 0 "$LLMZ" estimate --json -m fast --block-size 2K $what $several
    numbers >alone
    expect 0 ranks "$LLMZ" estimate --json -m fast --block-size 2K $what $several
    numbers | cmp - alone || fail "estimate $what $several: other numbers"
  done
done
sizes() { awk '$1 == "llmz" || $1 == "gzip" || $1 == "xz" { print $1, $2, $3, $4 }' out; }
expect 0 "$LLMZ" compare small
sizes >alone
[ -s alone ] || fail "compare has no rows"
expect 0 ranks "$LLMZ" compare small
sizes | cmp - alone || fail "compare: other sizes"
expect 0 "$LLMZ" rank --no-cache -m fast -m default --protocol chunks small
cp out alone
expect 0 ranks "$LLMZ" rank --no-cache -m fast -m default --protocol chunks small
same out alone
expect 1 ranks "$LLMZ" rank --no-cache -m fast -m missing --protocol chunks small
says "missing: model 'missing' not found"
grep -q ' 1. fast' out || fail "rank: no row of the model that is there"

# What cannot be shared.
expect 1 ranks "$LLMZ" -1 -o refused.llmz -
says "is no file that every process can read"
absent refused.llmz
expect 0 ranks "$LLMZ" info one.llmz
[ "$(grep -c "^one.llmz" out)" -eq 1 ] || fail "info is said more than once"
expect 1 env LLMZ_CLUSTER=on "$LLMZ" -t one.llmz
says "LLMZ_CLUSTER can be off, found on"
expect 0 ranks env LLMZ_CLUSTER=off "$LLMZ" info one.llmz
[ "$(grep -c "^one.llmz" out)" -eq 3 ] || fail "with LLMZ_CLUSTER=off not each is by itself"

expect 1 ranks "$LLMZ" train -o none.llmzmodel text
says "train works in one process, and was started as one of 3"

# Another file, or another model, where one of them is.
mkdir elsewhere
tr a b <text >elsewhere/text
expect 1 mpirun -n 1 "$LLMZ" -1 --block-size 10K -o other.llmz text : -wdir elsewhere -n 1 "$LLMZ" -1 --block-size 10K -o other.llmz text
says "rank 1 on .*: text is another file here"
absent other.llmz elsewhere/other.llmz
expect 1 mpirun -n 1 "$LLMZ" -1 --block-size 10K -o other.llmz text : -n 1 "$LLMZ" -1 --lanes 2 --block-size 10K -o other.llmz text
says "its model or its options are others"
finish
