#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is a named pipe that nobody writes to refused at once, and the next file done, unless the user means the pipe?
. "$(dirname "$0")/common.inc"

mkfifo p p.llmz out.llmz p.csv p.json
sample door >z
expect 0 "$LLMZ" -1 -o good.llmz z

# within ARGUMENTS...: ends by itself, with an error.
within() {
  timeout 20 "$LLMZ" "$@" >out 2>err </dev/null
  [ $? -eq 1 ] || fail "not refused: $*"
}
within -1 p z
says "p: is a named pipe"
there z.llmz
within -d p.llmz
within -t p.llmz good.llmz
within -l p.llmz good.llmz
within info p.llmz
within estimate -1 p
within compare -1 p
within generate p
within -t --against p good.llmz
says "against p"
within rank --protocol text8 p
within rank --tasks p
within rank --scores p.csv
within -m ./p -c z
within estimate -m ./p z
mkdir folder
mkfifo folder/config.json folder/model.safetensors
within estimate -m ./folder z
# An output name that happens to be a pipe is not written to.
sample out >out_source
cp out_source "out file"
mv "out file" outfile
mkfifo outfile.llmz
within -1 outfile
within -1 -f outfile
says "not a regular file"

# Meant: -c or -o says where the output goes; a shell's <(...) too; standard input always.
(timeout 20 cat z >p) &
expect 0 "$LLMZ" -1 -c p
cp out from_pipe.llmz
expect 0 "$LLMZ" -dc from_pipe.llmz
same out z
(timeout 20 cat z >p) &
expect 0 "$LLMZ" -1 -f -o named.llmz p
(timeout 20 cat good.llmz >p.llmz) &
expect 0 "$LLMZ" -dc p.llmz
same out z
"$LLMZ" -t <(cat good.llmz) || fail "-t <(...)"
"$LLMZ" -l <(cat good.llmz) >out || fail "-l <(...)"
"$LLMZ" -t --against <(cat z) good.llmz || fail "--against <(...)"
"$LLMZ" estimate -1 <(cat z) >out || fail "estimate <(...)"
"$LLMZ" -t /dev/stdin <good.llmz || fail "-t /dev/stdin"
wait
finish
