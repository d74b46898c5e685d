#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does --from go on from a model: the same network with its tokenizer at first, better on the new text afterwards, and itself untouched?
. "$(dirname "$0")/common.inc"
. "$here/training.inc"

size() { "$LLMZ" -m "./$1" --frozen --no-mix -c new | wc -c; }

head -c 200000 text >old
tail -c +200001 text | head -c 150000 >tune
tail -c 20000 text | tr '\0' ' ' >new
expect 0 "${train[@]}" base.llmzmodel --steps 40 --vocabulary 512 old
cp base.llmzmodel before
from=("$LLMZ" train --from ./base.llmzmodel --sequence 256 --batch 4 --name test -o)

# With learning rates of 0 the network that comes out is the one that went in, up to the rounding of scales.
expect 0 "${from[@]}" still.llmzmodel --steps 2 --muon-rate 0 --adam-rate 0 tune
base=$(size base.llmzmodel) still=$(size still.llmzmodel)
awk -v a="$base" -v b="$still" 'BEGIN { exit !(a / b > 0.998 && a / b < 1.002) }' || fail "$base bytes became $still without learning"

# It knows the language already, so the same few steps get further than they do from random weights.
expect 0 "${from[@]}" tuned.llmzmodel --steps 20 tune
expect 0 "${train[@]}" fresh.llmzmodel --steps 20 --vocabulary 512 tune
tuned=$(size tuned.llmzmodel) fresh=$(size fresh.llmzmodel)
[ "$tuned" -lt "$base" ] || fail "tuned: $tuned bytes, before $base"
[ "$tuned" -lt "$fresh" ] || fail "tuned: $tuned bytes, from random weights $fresh"
LLMZ_MODELS=$work expect 0 bash -c '"$0" -m ./tuned.llmzmodel -c new | "$0" -dc | cmp - new' "$LLMZ"
same base.llmzmodel before

# Packs carry the tokenizer of the model, and no other will do.
expect 0 "${from[@]}" - --write-packs packs tune
expect 0 "${from[@]}" packed.llmzmodel --steps 20 --packs packs
same tuned.llmzmodel packed.llmzmodel
expect 0 "${train[@]}" - --vocabulary bytes --write-packs bytes tune
expect 1 "${from[@]}" m.llmzmodel --steps 2 --packs bytes; tells "another tokenizer"

# With them comes what another machine begins with: the floats of the model, of which the same network can be made, also in parts.
export=("$LLMZ" train --export --tokenizer packs.tokenizer --name test -o)
expect 0 "${export[@]}" back.llmzmodel packs.start.safetensors
back=$(size back.llmzmodel)
awk -v a="$base" -v b="$back" 'BEGIN { exit !(a / b > 0.998 && a / b < 1.002) }' || fail "$base bytes became $back by way of floats"
split -b 100000 -d -a 1 packs.start.safetensors part.safetensors.
expect 0 "${export[@]}" parts.llmzmodel part.safetensors.*
same back.llmzmodel parts.llmzmodel
expect 1 "${export[@]}" m.llmzmodel part.safetensors.[0-2]; tells "truncated or damaged"
printf x | dd of=part.safetensors.3 bs=1 seek=500 conv=notrunc 2>dd.err
expect 1 "${export[@]}" m.llmzmodel part.safetensors.*; tells "damaged, or parts of two files"
expect 0 "${train[@]}" - --vocabulary 512 --write-packs packs tune
absent packs.start.safetensors

# --tokens counts the sequences that the window of the model asks for.
expect 0 "$LLMZ" train --config tiny --vocabulary bytes --window 768 --sequence 768 --batch 2 --steps 2 --name test -o wide.llmzmodel old
expect 0 "$LLMZ" train --from ./wide.llmzmodel --batch 2 --tokens 9216 --log log -o wider.llmzmodel tune
grep -q '"end":true,"step":3,' log || fail "not 3 steps of 2 x 1536 tokens: $(cat log)"
expect 1 "$LLMZ" train --from ./wide.llmzmodel --sequence 1024 --steps 2 -o m.llmzmodel tune; tells "multiple of the window, 768"

# What the model decides cannot be asked for; a checkpoint that began elsewhere is not gone on from.
expect 1 "${from[@]}" m.llmzmodel --steps 2 --layers 3 tune; tells "leave out --layers"
expect 1 "${from[@]}" m.llmzmodel --steps 2 --config fast tune; tells "leave out --config"
expect 1 "$LLMZ" train --export --from ./base.llmzmodel -o m.llmzmodel tuned.llmzmodel.checkpoint; tells "leave out --from"
expect 1 "$LLMZ" train --from ./missing.llmzmodel --steps 2 -o m.llmzmodel tune; tells "missing.llmzmodel"
expect 1 "${train[@]}" m.llmzmodel --vocabulary 512 --steps 20 --checkpoint tuned.llmzmodel.checkpoint tune; tells "other settings or data"
absent m.llmzmodel

finish
