#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does libllmz show functions that no public header declares?
#   library_hides_its_inside.sh COMPILER LIBRARY INCLUDE-FOLDER
set -euo pipefail
compiler=$1 library=$2 headers=$(cat "$3"/llmz/*.h)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ $library == *.a ]]; then
  "$compiler" -shared -o "$work/lib.so" -Wl,--whole-archive "$library" -Wl,--no-whole-archive \
    -Wl,--unresolved-symbols=ignore-all
  library=$work/lib.so
fi
shown=0 failed=0
while read -r symbol; do
  shown=$((shown + 1))
  name=${symbol%%(*}
  if [[ $name == llmz::* ]]; then
    name=${name#llmz::}
    name=${name%%::*}
    name=${name%%\[*}
  fi
  grep -qE "LLMZ_API.*\b$name\b" <<<"$headers" || { echo "shown, and not declared in include/llmz: $symbol"; failed=1; }
done < <(nm -D --defined-only -C "$library" | awk '$2 == "T" { sub(/^[^ ]* T /, ""); print }' | grep -v '^_\(init\|fini\)$')
echo "$shown functions are shown"
((shown > 40)) || failed=1
exit $failed
