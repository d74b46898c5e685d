#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do man page and completions know every option and command of --help and of all commands' help, and no other? Is it fast?
. "$(dirname "$0")/common.inc"

docs=$here/../../docs
start=$(date +%s%N)
expect 0 "$LLMZ" --help
took=$((($(date +%s%N) - start) / 1000000))
[ $took -lt 1000 ] || fail "--help took $took ms" # 100 on an idle machine
cp out general_help
expect 0 "$LLMZ" -h
same out general_help
expect 0 "$LLMZ" help
same out general_help
ldd "$LLMZ" | grep -q torch && fail "the program links libtorch"

options() { grep -oE -- '(^|[^-a-zA-Z0-9])--?[a-zA-Z][-a-z]*' "$1" | grep -oE -- '--?[a-zA-Z].*' | sort -u; }

# Every command has its help, in both ways, and no line is longer than a terminal is wide.
sed -n '/^Commands/,/^$/s/^  \([a-z][a-z]*\).*/\1/p' general_help >commands
[ "$(wc -l <commands)" -gt 6 ] || fail "only $(wc -l <commands) commands found in --help"
cp general_help all_help
while read -r command; do
  [ "$command" = help ] && continue
  expect 0 "$LLMZ" help "$command"
  grep -q "Usage: llmz $command" out || fail "help $command shows something else"
  cp out one_help
  expect 0 "$LLMZ" "$command" --help
  same out one_help
  [ "$command" = train ] || cat one_help >>all_help
done <commands
expect 1 "$LLMZ" help nosuch
awk 'length > 80 { print "too long: " $0; bad = 1 } END { exit bad }' all_help || fail "lines of --help are longer than 80 columns"

# Rows of options begin with two to six blanks.
sed -nE 's/^ {2,6}((-., )?--[a-z-]+).*/\1/p' all_help | tr -d ',' | tr ' ' '\n' | grep -v '^$' | sort -u >in_help
[ "$(wc -l <in_help)" -gt 60 ] || fail "only $(wc -l <in_help) options found in --help"

sed 's/\\-/-/g; s/\\f[BIR]//g' "$docs/llmz.1" >man_text
grep -E '^\.(BR|B|TP|IR|BI) ' man_text | sed -E 's/^\.[A-Z]+//' >man_options
options man_options >in_man
options "$docs/completions/llmz.bash" >in_bash
# zsh: '--name[text]', '(-o --output)'{-o,--output=}'[text]'; fish: -s o -l output
grep -oE -- '--?[a-zA-Z][-a-z]*' "$docs/completions/_llmz" | sort -u >in_zsh
sed -n '/llmz train/!p' "$docs/completions/llmz.fish" | grep -oE -- ' -[sl] [a-zA-Z0-9-]+' |
  sed -E 's/ -s /-/; s/ -l /--/' | sort -u >in_fish
for where in in_man in_bash in_zsh in_fish; do
  missing=$(comm -23 in_help $where | tr '\n' ' ')
  [ -z "$missing" ] || fail "not $where: $missing"
done
for where in in_man in_fish; do
  extra=$(comm -13 in_help $where | grep -vE -- '^-([19]|9e|dc|dcf)$' | tr '\n' ' ')
  [ -z "$extra" ] || fail "$where only: $extra"
done

for level in 1 9; do
  grep -q "^  -$level " general_help || fail "not in --help: -$level"
  grep -q "^\.B -$level$" man_text || fail "not in the man page: -$level"
  grep -q -- " -$level " "$docs/completions/llmz.bash" || fail "not in the completion: -$level"
done

while read -r command; do
  grep -qw "$command" man_text || fail "not in the man page: $command"
  for file in llmz.bash _llmz llmz.fish; do
    grep -qw "$command" "$docs/completions/$file" || fail "not in $file: $command"
  done
done <commands

# The pages and completions have no faults of form, where there is a program that knows.
if command -v mandoc >/dev/null; then
  for page in "$docs"/*.1; do
    mandoc -T lint -W warning "$page" >lint 2>&1 || fail "$page: $(head -n 3 lint)"
  done
fi
if command -v zsh >/dev/null; then zsh -n "$docs/completions/_llmz" || fail "zsh does not read its completion"; fi
if command -v fish >/dev/null; then
  fish -n "$docs/completions/llmz.fish" || fail "fish does not read its completion"
  found=$(fish -c "source $docs/completions/llmz.fish; complete -C 'llmz --veri'" </dev/null 2>&1)
  [[ $found == --verify* ]] || fail "fish completes --veri to $found"
  found=$(fish -c "source $docs/completions/llmz.fish; complete -C 'llmz train --conf'" </dev/null 2>&1)
  [[ $found == --config* ]] || fail "fish completes train --conf to $found"
fi

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
