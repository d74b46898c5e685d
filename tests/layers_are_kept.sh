#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can a file of the core include a header of the laboratory, or one of these a header of the command?
# Can the command include anything but the public headers of both, and base? Its cluster those of the laboratory?
# Does every file compile with no more include paths than its folder has?
#   layers_are_kept.sh COMPILER SOURCE-FOLDER BUILD-FOLDER FOLDER=PATH:PATH...
set -euo pipefail
compiler=$1 source=$2 build=$3
shift 3
core="llmz base entropy frequency container vocabulary exact model mix decode tokenizer encode api"
laboratory="llmz_lab hf float train import measure rank compare"
command="cluster cli"
failed=0
fail() { echo "$*"; failed=1; }

declare -A paths sees
for given; do paths[${given%%=*}]=${given#*=}; done
for folder in "$source"/src/*/ "$source"/include/*/; do
  folder=$(basename "$folder")
  [[ " $core $laboratory $command " == *" $folder "* ]] || fail "$folder has no layer"
  [ -n "${paths[$folder]:-}" ] || fail "$folder has no include path"
done

# What the compiler itself finds with the paths of a folder.
questions=$(for folder in $core $laboratory $command; do
  header=$(cd "$source" && ls {src,include}/"$folder"/*.* 2>/dev/null | head -1 | cut -d/ -f2-)
  printf '#if __has_include("%s")\nsees %s\n#endif\n' "$header" "$folder"
done)
for folder in $core $laboratory $command; do
  IFS=: read -ra given <<<"${paths[$folder]}"
  sees[$folder]=" $("$compiler" -E -P "${given[@]/#/-I}" -x c++ - <<<"$questions" | sed 's/sees //' | tr '\n' ' ')"
  [[ ${sees[$folder]} == *" $folder "* ]] || fail "$folder does not see itself"
done
for above in tokenizer encode; do
  [[ ${sees[decode]} != *" $above "* ]] || fail "the decoder sees $above"
done
for folder in $core; do
  for above in $laboratory $command; do
    [[ ${sees[$folder]} != *" $above "* ]] || fail "core: $folder sees $above"
  done
done
for folder in $laboratory; do
  for above in $command; do
    [[ ${sees[$folder]} != *" $above "* ]] || fail "laboratory: $folder sees $above"
  done
done
may_see() { # FOLDER WHAT: and nothing else of core and laboratory
  for folder in $core $laboratory; do
    [[ " $2 " == *" $folder "* || ${sees[$1]} != *" $folder "* ]] || fail "$1 sees $folder"
  done
}
may_see cli "llmz llmz_lab base"
may_see cluster "llmz base"
may_see llmz "llmz"
may_see llmz_lab "llmz llmz_lab"
for a in $core $laboratory $command; do
  for b in $core $laboratory $command; do
    [[ $a == "$b" || ${sees[$a]} != *" $b "* || ${sees[$b]} != *" $a "* ]] || fail "ring: $a and $b"
  done
done

# What files are compiled with.
{
  for folder in "${!paths[@]}"; do
    IFS=: read -ra given <<<"${paths[$folder]}"
    printf "sees $folder %s\n" "${given[@]}"
  done
  grep '"command"' "$build/compile_commands.json"
} | awk -v source="$source/" -v build="$build/" '
  $1 == "sees" { allowed[$2 " " $3] = 1; next }
  function check(file,    parts, i, path, ours, public) {
    if (index(file, source "src/") != 1) return
    split(substr(file, length(source "src/") + 1), parts, "/")
    ++compiled
    for (i = 1; i <= NF; ++i) {
      if ($i !~ /^-I/) continue
      path = substr($i, 3)
      ours = index(path, build "see/") == 1 || index(path, source) == 1 && index(path, build) != 1
      public = path == source "include" && parts[1] == "cli"  # of the libraries that it links
      if (!ours || public || (parts[1] " " path) in allowed) continue
      print file " is compiled with " path
      failed = 1
    }
  }
  {
    file = ""
    for (i = 1; i < NF; ++i) if ($i == "-c") file = $(i + 1)
    gsub(/[",]/, "", file)
    if (file !~ /\/Unity\/unity_[0-9]+_cxx\.cxx$/) {
      check(file)
      next
    }
    while ((getline line < file) > 0) {
      if (line !~ /^#include "/) continue
      split(line, quoted, "\"")
      check(quoted[2])
    }
    close(file)
  }
  END {
    if (compiled < 100) print "only " compiled + 0 " files found in compile_commands.json"
    exit failed || compiled < 100
  }' || failed=1
exit $failed
