#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is a model made of a training that then goes on, as if nothing had been made of it?
. "$(dirname "$0")/common.inc"
. "$here/training.inc"

bytes=(--vocabulary bytes --held-out 0.1)
expect 0 "${train[@]}" whole.llmzmodel --steps 60 "${bytes[@]}" text

# A short training, its model, and the same training longer. 40 steps are 18 flat and 22 of the finish; 60 are 27 and 33.
expect 0 "${train[@]}" short.llmzmodel --steps 40 "${bytes[@]}" text
cp short.llmzmodel.checkpoint before
expect 0 "${train[@]}" other.llmzmodel --checkpoint short.llmzmodel.checkpoint --steps 20 --finish 1 "${bytes[@]}" text
same short.llmzmodel.checkpoint before
expect 0 "${train[@]}" long.llmzmodel --checkpoint short.llmzmodel.checkpoint --steps 60 "${bytes[@]}" text
same whole.llmzmodel long.llmzmodel

# Without a finish there is a checkpoint and no model.
expect 0 "${train[@]}" flat.llmzmodel --steps 27 --finish 0 "${bytes[@]}" text
absent flat.llmzmodel
grep -q "makes a model of it" err || fail "no word about how to make a model"
expect 0 "${train[@]}" flat.llmzmodel --steps 33 --finish 1 "${bytes[@]}" text
same whole.llmzmodel flat.llmzmodel

# By the clock: the finish alone, of what is there.
cp flat.llmzmodel.checkpoint before
expect 0 "${train[@]}" clock.llmzmodel --checkpoint flat.llmzmodel.checkpoint --finish 1s "${bytes[@]}" text
there clock.llmzmodel
same flat.llmzmodel.checkpoint before

# New parts begin at zero: at first they change nothing.
expect 0 "$LLMZ" train --from ./whole.llmzmodel --pair-rows 256 --value-every 2 --sequence 256 --batch 4 --name test -o joined.llmzmodel \
  --steps 2 --muon-rate 0 --adam-rate 0 text
head -c 20000 text | tr '\0' ' ' >new
size() { "$LLMZ" -m "./$1" --frozen --no-mix -c new | wc -c; }
a=$(size whole.llmzmodel) b=$(size joined.llmzmodel)
awk -v a="$a" -v b="$b" 'BEGIN { exit !(a / b > 0.998 && a / b < 1.002) }' || fail "$a bytes became $b by parts that are zero"
expect 1 "$LLMZ" train --from ./joined.llmzmodel --pair-rows 512 --steps 2 -o m.llmzmodel text; tells "of another size"

finish
