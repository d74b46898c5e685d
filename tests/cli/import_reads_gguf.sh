#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a GGUF file of every type give the model that a Hugging Face folder with the same weights
# gives, bit for bit, and the same tokens? The file and its values come from an independent writer.
. "$(dirname "$0")/common.inc"

if [ ! -e "$(dirname "$LLMZ")/libllmz_torch.so" ]; then
  skip "llmz was built without libtorch"
  finish
fi
if ! command -v python3 >/dev/null; then
  skip "python3 is not here"
  finish
fi
writer=$(dirname "$0")/../gguf_writer.py
"${IMPORT_CHECKPOINT:?is the path of the program}" blocks folder || fail "no checkpoint"
last=
for type in F32 F16 BF16 Q8_0 Q4_0 Q4_K Q6_K; do
  python3 "$writer" folder $type model.gguf same || fail "$type: no GGUF file"
  for from in model.gguf same; do
    expect 0 "$LLMZ" import -q -f --name model --tokenizer folder/tokenizer.model -o $from.llmzmodel $from
  done
  same model.gguf.llmzmodel same.llmzmodel
  [ -z "$last" ] || ! cmp -s "$last" model.gguf.llmzmodel || fail "$type: as the type before"
  mv model.gguf.llmzmodel "$type.llmzmodel"
  last=$type.llmzmodel
done

# Its own tokenizer cuts as the folder's.
for i in 1 2 3 4; do sample "$i" >>text; done
for from in model.gguf same; do
  expect 0 "$LLMZ" import -q -f --name ${from%.gguf} -o $from.llmzmodel $from
  expect 0 "$LLMZ" estimate --json --no-mix -m ./$from.llmzmodel text
  grep -o '"tokens": [0-9]*\|"compressed_bytes": [0-9]*\|"bits[a-z_]*": [0-9.]*' out >$from.numbers
done
[ -s same.numbers ] || fail "no numbers in the JSON"
same model.gguf.numbers same.numbers
expect 0 "$LLMZ" -k -q --no-mix -m ./model.gguf.llmzmodel text
LLMZ_MODELS=$work expect 0 "$LLMZ" -dc text.llmz
same out text
expect 0 "$LLMZ" estimate --json -m model.gguf text # in floating point
expect 0 "$LLMZ" estimate --json -m same text

# What goes wrong leaves nothing, and the name is that of the file.
head -c 50000 model.gguf >cut.gguf
expect 1 "$LLMZ" import cut.gguf
says "truncated"
absent cut.llmzmodel
expect 1 "$LLMZ" import text
says "not a GGUF file"
expect 0 "$LLMZ" import -q model.gguf
there model.llmzmodel
finish
