#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does every configuration that has a name train, and give a model that brings a chunk of 2,048 bytes back?
. "$(dirname "$0")/common.inc"
. "$here/training.inc"

head -c 2048 text | tr '\0' ' ' >chunk
for config in tiny fast default best deletang-200k deletang-800k deletang-3.2m; do
  vocabulary=512
  case $config in deletang-*) vocabulary=bytes ;; esac
  expect 0 bash -c '"$0" "$@" - <text' "$LLMZ" train --config $config --vocabulary $vocabulary --batch 2 --steps 2 \
    --log log -o $config.llmzmodel
  [ "$(grep -c '"end":true' log)" = 1 ] || fail "$config: no end record in the log"
  rm -f log
  there $config.llmzmodel
  expect 0 "$LLMZ" -m ./$config.llmzmodel --block-size 2048 -o chunk.llmz -f chunk
  LLMZ_MODELS=$work expect 0 "$LLMZ" -d -f -o back chunk.llmz
  same chunk back
done
finish
