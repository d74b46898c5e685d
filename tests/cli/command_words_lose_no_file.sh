#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is a file or folder that is called like a command never passed over with success?
. "$(dirname "$0")/common.inc"

words="compress decompress test info estimate compare rank generate import models train help"
for word in $words; do
  for kind in file folder link; do
    case $kind in
      file) sample "$word" >"$word" ;;
      folder) mkdir "$word" ;;
      link) ln -s nowhere "$word" ;;
    esac
    for options in "" -q "-k -v -9" "-r"; do
      # shellcheck disable=SC2086
      expect 1 "$LLMZ" $options "$word"
      says "'$word' is a command and also a"
      grep -q -- "--$word for the command" err || fail "$word: the message does not say how to mean the command"
    done
    rm -rf "$word"
  done
done

# The loop of every backup script: what it removes exists compressed.
mkdir loop
cd loop || exit 1
for word in $words c d t notes.txt; do sample "$word" >"$word"; done
before=$(ls | wc -l)
for f in *; do "$LLMZ" -1 "$f" </dev/null >/dev/null 2>&1 && rm "$f"; done
[ "$(ls | wc -l)" -eq "$before" ] || fail "$before files became $(ls | wc -l)"
there c.llmz d.llmz t.llmz notes.txt.llmz models test
for f in $words; do "$LLMZ" -1 -- "$f" </dev/null && rm "$f"; done
for word in $words; do there "$word.llmz"; done
cd ..

# First of many.
sample c >compare
sample x >x
expect 1 "$LLMZ" compare x
absent x.llmz
expect 0 "$LLMZ" -1 ./compare x
there compare.llmz x.llmz

# The command is meant: as an option, or with what only it can have.
expect 0 "$LLMZ" --compare -1 x
grep -q "gzip" out || fail "--compare did not compare"
expect 0 "$LLMZ" compare -1 --csv x
mkdir models test info help train
expect 0 "$LLMZ" --models
grep -q "parameters" out || fail "--models lists none"
expect 0 "$LLMZ" test --against x x.llmz
expect 0 "$LLMZ" --info x.llmz
expect 0 "$LLMZ" -t x.llmz
expect 0 "$LLMZ" --help
expect 0 "$LLMZ" train --help
expect 0 "$LLMZ" help --help
# With an option for another command the word is a file.
sample d >decompress
expect 0 "$LLMZ" -f -1 -z decompress
there decompress.llmz
expect 2 "$LLMZ" -d test
says "directory"
rmdir test
expect 1 "$LLMZ" test -d x.llmz
says "contradict"

# A folder with a name of one letter is a folder.
mkdir -p d/inner
sample in >d/inner/file
expect 0 "$LLMZ" -1 -r d
there d/inner/file.llmz

finish
