#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does llmz import make models that other processes decompress with, and does it have gzip's manners?
. "$(dirname "$0")/common.inc"

if [ ! -e "$(dirname "$LLMZ")/libllmz_torch.so" ]; then
  skip "llmz was built without libtorch"
  finish
fi
for family in gpt2 opt llama mistral; do
  "${IMPORT_CHECKPOINT:?is the path of the program}" $family $family || fail "no checkpoint of $family"
  expect 0 "$LLMZ" import $family
  silent
  grep -q "bits per token" out || fail "$family: no report"
  there $family.llmzmodel
done
for i in 1 2 3 4; do sample "$i" >>text; done
head -c 60 /dev/urandom >random

export LLMZ_MODELS=$work
for family in gpt2 opt llama mistral; do
  expect 0 "$LLMZ" -q -T1 --lanes 3 --no-mix -m $family -o text.llmz -f text
  expect 0 "$LLMZ" -q -T2 -dc text.llmz # the model is found by its fingerprint
  same out text
done
expect 0 "$LLMZ" -q -T2 -m ./llama.llmzmodel --memory 64K -o text.llmz -f text
for engine in cpu torch; do
  expect 0 "$LLMZ" -q -T1 --engine $engine -dc text.llmz
  same out text
done
expect 0 "$LLMZ" -q --no-mix -m gpt2 random
expect 0 "$LLMZ" -q -dc random.llmz
same out random
expect 0 "$LLMZ" test --self -m mistral
expect 0 "$LLMZ" models
grep -q "imported, 2 layers of width 32" out || fail "llmz models does not know imported models"

# Gzip's manners.
cp gpt2.llmzmodel before
expect 1 "$LLMZ" import gpt2
says "gpt2.llmzmodel already exists"
same gpt2.llmzmodel before
expect 0 "$LLMZ" import -f -q gpt2/
[ ! -s out ] || fail "-q prints"
same gpt2.llmzmodel before # the same bytes every time
expect 0 "$LLMZ" import --json --context 20 --name other -o folder.llmzmodel gpt2
grep -q '"context": 20' out || fail "no context in the JSON"
grep -q '"name": "other"' out || fail "no name in the JSON"

# What goes wrong leaves nothing.
expect 1 "$LLMZ" import -o bad.llmzmodel nowhere
says nowhere
expect 1 "$LLMZ" import -o bad.llmzmodel --context 1000 gpt2
says "4 to 40 tokens"
expect 1 "$LLMZ" import -o bad.llmzmodel --tokenizer llama/tokenizer.model gpt2
expect 1 "$LLMZ" import gpt2 opt
says "takes one folder"
cp -r opt damaged
truncate -s -1 damaged/model.safetensors
expect 1 "$LLMZ" import -o bad.llmzmodel damaged
rm damaged/vocab.json
expect 1 "$LLMZ" import -o bad.llmzmodel damaged
absent bad.llmzmodel
head -c 5000 gpt2.llmzmodel >cut.llmzmodel
expect 1 "$LLMZ" --no-mix -m ./cut.llmzmodel -c text
says "damaged"
finish
