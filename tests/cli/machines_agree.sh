#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the compressed file the same on every instruction set, engine and number of threads, and is it read by all others?
. "$(dirname "$0")/common.inc"

head -c 12000 "$here/../../docs/format.md" >text
head -c 4000 text >part
head -c 600 text >short  # the torch engine is the law, not fast

# What oneDNN may use, which integer loops, how many threads.
machines=(
  "LLMZ_CPU= -T1"
  "LLMZ_CPU= -T2"
  "DNNL_MAX_CPU_ISA=SSE41 LLMZ_CPU=baseline -T2"
  "DNNL_MAX_CPU_ISA=AVX2 LLMZ_CPU=avx2 -T1"
  "DNNL_MAX_CPU_ISA=AVX512_CORE LLMZ_CPU=avx512 -T2"
  "DNNL_MAX_CPU_ISA=AVX512_CORE_VNNI LLMZ_CPU=avx2 -T3"
)
torch_machines=(
  "ATEN_CPU_CAPABILITY=default --engine=torch -T1"
  "ATEN_CPU_CAPABILITY=avx2 --engine=torch -T2"
)

# run_as "MACHINE" ARGS... : llmz with the machine's environment and options.
run_as() {
  local environment=() options=() word
  for word in $1; do
    case $word in
      -*) options+=("$word") ;;
      *) environment+=("$word") ;;
    esac
  done
  shift
  env "${environment[@]}" "$LLMZ" "${options[@]}" "$@"
}

check_all() {
  local input=$1 level=$2 i n
  shift 2
  local list=("$@")
  n=${#list[@]}
  for ((i = 0; i < n; i++)); do
    run_as "${list[i]}" -q -c "$level" "$input" >"$input.$i.llmz" || fail "compressing $input, $level, as '${list[i]}'"
    cmp -s "$input.0.llmz" "$input.$i.llmz" || fail "$input, $level: '${list[i]}' writes another file than '${list[0]}'"
  done
  for ((i = 0; i < n; i++)); do
    run_as "${list[(i + 1) % n]}" -q -dc "$input.$i.llmz" >back || fail "'${list[(i + 1) % n]}' cannot read what '${list[i]}' wrote"
    cmp -s "$input" back || fail "$input, $level: '${list[(i + 1) % n]}' reads something else than '${list[i]}' compressed"
  done
}

check_all text -5 "${machines[@]}" # the default
check_all part --no-mix "${machines[@]}"
check_all part -1 "${machines[@]}"
check_all part -9 "${machines[@]}"
if [ -e "$(dirname "$LLMZ")/libllmz_torch.so" ]; then
  for level in -5 --no-mix; do
    check_all short "$level" "${machines[@]}" "${torch_machines[@]}"
  done
else
  echo "skipped the torch engine: llmz was built without it"
fi
finish
