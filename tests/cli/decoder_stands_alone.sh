#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a program that holds the decoder alone, without sentencepiece, PCRE2 and any encoder, decode what llmz writes?
. "$(dirname "$0")/common.inc"

alone=$(dirname "$LLMZ")/decoder_alone
ldd "$alone" | grep -E 'sentencepiece|pcre2|torch' && fail "the decoder needs what only encoders need"
nm -C "$alone" | grep -E 'llmz::(Tokenizer|BlockEncoder|plan_segment|FileCompressor)' && fail "an encoder is in it"

mkdir models
cp "$here/../../models/fast.llmzmodel" models
export LLMZ_MODELS=$PWD/models
head -c 20000 "$here/../../docs/format.md" >text
tail -c 3000 "$here/../../docs/format.md" >reference
for i in $(seq 400); do echo "2024-05-07 12:$((i % 60)):17 door $i opened by $((i * i % 97))"; done >log
for options in -1 "-m fast" "-m fast --no-mix --lanes 3" "-m fast --frozen" "-m fast --block-size 2K"; do
  for file in text log; do
    # shellcheck disable=SC2086
    expect 0 "$LLMZ" -q -c $options $file
    cp out coded
    expect 0 "$alone" models coded
    same out $file
    # shellcheck disable=SC2086
    expect 0 "$LLMZ" -q -c $options -D reference $file
    cp out coded
    expect 0 "$alone" models coded reference
    same out $file
  done
done
finish
