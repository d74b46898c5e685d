#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is what cannot be trained refused early and clearly, and is a failed training never taken for a model?
. "$(dirname "$0")/common.inc"
. "$here/training.inc"

# Before anything is trained.
expect 1 "${train[@]}" m.llmzmodel --steps 2 --for 1m text; tells "one of --for, --steps and --tokens"
expect 1 "${train[@]}" m.llmzmodel --steps 2 --finish 10m text; tells "share from 0 to 1"
expect 1 "${train[@]}" m.llmzmodel --for 1m --finish half text; tells "takes a time"
expect 1 "${train[@]}" m.llmzmodel --steps 2; tells "no text to train on"
expect 1 "${train[@]}" m.llmzmodel --steps 2 missing; tells "missing: no such file"
echo short >little
expect 1 "${train[@]}" m.llmzmodel --steps 2 --held-out 0 --vocabulary bytes little; tells "too little text"
expect 1 "${train[@]}" m.llmzmodel --steps 2 --vocabulary 8192 text; tells "needs at least 819200 bytes"
expect 1 "${train[@]}" m.llmzmodel --steps 2 --vocabulary 1000 text; tells "multiple of 16"
expect 1 "$LLMZ" train -o m.llmzmodel --steps 2 --config huge text; tells "deletang-200k"
expect 1 "${train[@]}" m.llmzmodel --steps 2 --dim 63 text; tells "dim must be a multiple of 32"
expect 1 "${train[@]}" nowhere/m.llmzmodel --steps 2 --vocabulary bytes text; tells "no file can be made"
echo precious >there.llmzmodel
expect 1 "${train[@]}" there.llmzmodel --steps 2 text; tells "exists"
[ "$(cat there.llmzmodel)" = precious ] || fail "a model was replaced"
expect 1 "${train[@]}" m.llmzmodel --steps 2 --plot curve.pdf text; tells ".svg or .png"
printf '10k text\n3 lines text\n' >bad.mixture
expect 1 "${train[@]}" m.llmzmodel --steps 2 --mixture bad.mixture; tells "bad.mixture:2: expected SIZE PATH"
if ! command -v nvidia-smi >/dev/null; then
  expect 1 "${train[@]}" m.llmzmodel --steps 2 --device cuda --vocabulary bytes text; tells "no CUDA device"
fi
absent m.llmzmodel

# Another training's checkpoint, a damaged one, something else.
expect 0 "${train[@]}" first.llmzmodel --steps 2 --vocabulary bytes text
expect 1 "${train[@]}" m.llmzmodel --checkpoint first.llmzmodel.checkpoint --steps 2 --seed 2 --vocabulary bytes text; tells "other settings or data"
grep -q "there: seed 1, here: seed 2" err || fail "the difference is not named"
head -c 100000 text >part
expect 1 "${train[@]}" m.llmzmodel --checkpoint first.llmzmodel.checkpoint --steps 2 --vocabulary bytes part; tells "other settings or data"
head -c 30000 first.llmzmodel.checkpoint >damaged
expect 1 "${train[@]}" m.llmzmodel --checkpoint damaged --steps 2 --vocabulary bytes text; tells "damaged"
absent m.llmzmodel

# Disk full (a limit on the size of files stands in for it): the last checkpoint stays.
cp first.llmzmodel.checkpoint before
(
  trap '' XFSZ
  ulimit -f 100
  "${train[@]}" m.llmzmodel --checkpoint full.checkpoint --steps 2 --vocabulary bytes text >out 2>err
  echo $? >status
)
[ "$(cat status)" = 1 ] || fail "status $(cat status) on a full disk"
tells "disk full"
same first.llmzmodel.checkpoint before
absent m.llmzmodel full.checkpoint full.checkpoint.tmp m.llmzmodel.tmp

# Stopped: no model, and the checkpoint is not one.
expect 1 "$LLMZ" -m ./first.llmzmodel.checkpoint -c text
"${train[@]}" m.llmzmodel --steps 100000 --vocabulary bytes --log log text 2>err &
for _ in {1..200}; do # until it has trained, however busy the machine is
  [ -s log ] && break
  sleep 0.1
done
kill $!
wait $!
[ $? -eq 143 ] || fail "a training that was stopped by a signal does not end by it"
absent m.llmzmodel
there m.llmzmodel.checkpoint

# Quiet, and as JSON.
expect 0 "${train[@]}" quiet.llmzmodel --steps 2 --vocabulary bytes -q --json -T2 text
[ ! -s err ] || fail "not quiet: $(cat err)"
grep -q '"file": "quiet.llmzmodel"' out && grep -q '"steps": 2' out || fail "JSON: $(cat out)"
expect 0 "${train[@]}" loud.llmzmodel --steps 2 --vocabulary bytes -v text
grep -q "^layers .* threads" err || fail "no shape with -v"
nothing_temporary
finish
