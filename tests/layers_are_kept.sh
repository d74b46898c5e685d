#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can a file of the core include a header of the laboratory, or one of these a header of the command?
# Does every file compile with no more include paths than its folder has?
#   layers_are_kept.sh COMPILER SOURCE-FOLDER BUILD-FOLDER FOLDER=PATH:PATH...
set -euo pipefail
compiler=$1 source=$2 build=$3
shift 3
core="base entropy frequency container tokenizer exact model mix codec api"
laboratory="hf float train import measure rank compare"
command="cli"
failed=0
fail() { echo "$*"; failed=1; }

declare -A paths sees
for given; do paths[${given%%=*}]=${given#*=}; done
for folder in "$source"/src/*/; do
  folder=$(basename "$folder")
  [[ " $core $laboratory $command " == *" $folder "* ]] || fail "src/$folder has no layer"
  [ -n "${paths[$folder]:-}" ] || fail "src/$folder has no include path"
done

# What the compiler itself finds with the paths of a folder.
questions=$(for folder in $core $laboratory $command; do
  header=$(cd "$source/src" && ls "$folder"/* | head -1)
  printf '#if __has_include("%s")\nsees %s\n#endif\n' "$header" "$folder"
done)
for folder in $core $laboratory $command; do
  IFS=: read -ra given <<<"${paths[$folder]}"
  sees[$folder]=" $("$compiler" -E -P "${given[@]/#/-I}" -x c++ - <<<"$questions" | sed 's/sees //' | tr '\n' ' ')"
  [[ ${sees[$folder]} == *" $folder "* ]] || fail "src/$folder does not see itself"
done
for folder in $core; do
  for above in $laboratory $command; do
    [[ ${sees[$folder]} != *" $above "* ]] || fail "core: src/$folder sees src/$above"
  done
done
for folder in $laboratory; do
  [[ ${sees[$folder]} != *" cli "* ]] || fail "laboratory: src/$folder sees src/cli"
done
for a in $core $laboratory $command; do
  for b in $core $laboratory $command; do
    [[ $a == "$b" || ${sees[$a]} != *" $b "* || ${sees[$b]} != *" $a "* ]] || fail "ring: src/$a and src/$b"
  done
done

# What files are compiled with.
compiled=0
while read -r line; do
  file=$(sed -n 's/.* -c \([^ "]*\).*/\1/p' <<<"$line")
  [[ $file == "$source"/src/* ]] || continue
  folder=${file#"$source"/src/}
  folder=${folder%%/*}
  compiled=$((compiled + 1))
  for path in $(grep -o -- '-I[^ ]*' <<<"$line"); do
    path=${path#-I}
    case $path in
      "$build"/see/*) [[ ":${paths[$folder]}:" == *":$path:"* ]] || fail "$file is compiled with $path" ;;
      "$source"/include) ;;
      "$source"*) fail "$file is compiled with $path" ;;
    esac
  done
done < <(grep '"command"' "$build/compile_commands.json")
((compiled > 100)) || fail "only $compiled files found in compile_commands.json"
exit $failed
