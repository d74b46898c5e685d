#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are many short files of one call done as if one by one: the same bytes, messages in their order, errors of their own?
. "$(dirname "$0")/common.inc"

mkdir many one_by_one
for i in {10..39}; do for _ in {1..9}; do sample "$i"; done >many/$i; done
cp many/* one_by_one
cp -r many was
for f in one_by_one/*; do expect 0 "$LLMZ" -q "$f"; done
expect 0 "$LLMZ" -vr many
[ "$(grep -o '^llmz: many/[0-9]*' err)" = "$(ls -d many/?? | sed 's/^/llmz: /')" ] || fail "messages are out of order"
for f in one_by_one/*.llmz; do same "$f" "many/${f##*/}"; done

# What cannot be done is told in its place, and the rest is done.
rm many/?? many/12.llmz many/30.llmz
echo no >many/12.llmz
head -c 20 one_by_one/30.llmz >many/30.llmz
echo already >many/25
expect 1 "$LLMZ" -d many/*.llmz
[ "$(grep -o 'many/[0-9]*' err | uniq)" = "$(printf 'many/%s\n' 12 25 30)" ] || fail "errors are not 12, 25, 30"
absent many/12 many/30
echo already | cmp -s - many/25 || fail "an existing file was replaced"
for i in 10 11 13 24 26 29 31 39; do same many/$i was/$i; done
expect 1 "$LLMZ" -t many/*.llmz
[ "$(grep -o 'many/[0-9]*' err | uniq)" = "$(printf 'many/%s\n' 12 30)" ] || fail "errors of -t are not 12, 30"

# As JSON, in their order.
expect 1 "$LLMZ" --json -t many/*.llmz
[ "$(grep -o '"file": "many/[0-9]*' out | sort -c && grep -c '"file": "many/' out)" = 30 ] || fail "30 results in order"

# --rm, large files between them, and a folder that is none of them.
head -c 4500000 /dev/zero >was/20
expect 2 "$LLMZ" --rm was/1? one_by_one was/2? was/3?
says "one_by_one: is a directory"
absent was/1? was/2? was/3?
expect 0 "$LLMZ" -d --rm -r was
head -c 4500000 /dev/zero | cmp -s - was/20 || fail "the large file"
for i in 10 19 21 39; do same was/$i one_by_one/$i; done

# A signal ends them all, and is told once.
for i in {10..39}; do yes "$(sample $i)" | head -c 400000 >was/$i; done
env --default-signal "$LLMZ" -qr was 2>err &
for _ in {1..100}; do writes_output $! && break; sleep 0.1; done
kill -INT $!
wait $!
[ $? -eq 130 ] || fail "not ended by the signal"
[ "$(grep -c interrupted err)" -eq 1 ] || fail "the signal is not told once"
if compgen -G 'was/.llmz-*' >/dev/null; then fail "partial output is left"; fi
finish
