#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do man page and completion know every option and command of --help, and no other? Is --help fast?
. "$(dirname "$0")/common.inc"

docs=$here/../../docs
start=$(date +%s%N)
expect 0 "$LLMZ" --help
took=$((($(date +%s%N) - start) / 1000000))
[ $took -lt 1000 ] || fail "--help took $took ms" # 100 on an idle machine
cp out help
expect 0 "$LLMZ" -h
same out help
expect 0 "$LLMZ" help
same out help
ldd "$LLMZ" | grep -q torch && fail "the program links libtorch"

options() { grep -oE -- '(^|[^-a-zA-Z0-9])--?[a-zA-Z][-a-z]*' "$1" | grep -oE -- '--?[a-zA-Z].*' | sort -u; }

# Rows of options begin with two to six blanks.
sed -nE 's/^ {2,6}((-., )?--[a-z-]+).*/\1/p' help | tr -d ',' | tr ' ' '\n' | sort -u >in_help
[ "$(wc -l <in_help)" -gt 30 ] || fail "only $(wc -l <in_help) options found in --help"

sed 's/\\-/-/g; s/\\f[BIR]//g' "$docs/llmz.1" >man_text
grep -E '^\.(BR|B|TP|IR|BI) ' man_text | sed -E 's/^\.[A-Z]+//' >man_options
options man_options >in_man
options "$docs/completions/llmz.bash" >in_completion
for where in in_man in_completion; do
  missing=$(comm -23 in_help $where | tr '\n' ' ')
  [ -z "$missing" ] || fail "not $where: $missing"
done
extra=$(comm -13 in_help in_man | tr '\n' ' ')
[ -z "$extra" ] || fail "in the man page only: $extra"

for level in 1 9; do
  grep -q "^  -$level " help || fail "not in --help: -$level"
  grep -q "^\.B -$level$" man_text || fail "not in the man page: -$level"
  grep -q -- " -$level " "$docs/completions/llmz.bash" || fail "not in the completion: -$level"
done

sed -n '/^Commands/,/^$/s/^  \([a-z]*\).*/\1/p' help >commands
[ "$(wc -l <commands)" -gt 6 ] || fail "only $(wc -l <commands) commands found in --help"
while read -r command; do
  grep -qw "$command" man_text || fail "not in the man page: $command"
  grep -qw "$command" "$docs/completions/llmz.bash" || fail "not in the completion: $command"
done <commands

# The completion completes.
# shellcheck source=/dev/null
. "$docs/completions/llmz.bash"
# completes WORDS...: COMPREPLY after the last word and a tab.
completes() {
  COMP_WORDS=(llmz "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _llmz llmz "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$COMP_CWORD - 1]}"
}
completes --ver
[[ " ${COMPREPLY[*]} " == *" --verify "* ]] || fail "--ver completes to ${COMPREPLY[*]}"
completes --engine t
[ "${COMPREPLY[*]}" = torch ] || fail "--engine t completes to ${COMPREPLY[*]}"
completes est
[[ " ${COMPREPLY[*]} " == *" estimate "* ]] || fail "est completes to ${COMPREPLY[*]}"
touch one.llmz two.txt
completes -d ""
[ "${COMPREPLY[*]}" = one.llmz ] || fail "-d completes to ${COMPREPLY[*]}"

finish
