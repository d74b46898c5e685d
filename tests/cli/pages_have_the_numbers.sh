#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does the page of estimate --html hold the text byte for byte, and the numbers of estimate --json? Is it written with
# the manners of all other output?
. "$(dirname "$0")/common.inc"

for i in $(seq 60); do sample "door $i"; done >text
printf 'na\303\257ve \342\202\254\342\202\254 \360\237\231\202 \377\376\0\1\r\n\342\200\250</script>' >odd
cp odd '<b>&"name'
: >empty

# Of the files: the page, the JSON of the same call, the text.
numbers() { python3 "$here/page_numbers.py" "$@" || fail "the page of $3 has other numbers"; }
if python3 -c 'import json' 2>/dev/null; then
  for options in "" "--window 64 --stride 20" "--chunk 100" "-m fast" "-m default -m fast" "-T 1 -m fast -m fast"; do
    for file in text odd; do
      # shellcheck disable=SC2086  # words
      expect 0 "$LLMZ" estimate $options --json -f --html page.html $file
      silent
      numbers page.html out $file
      mv out with_page
      # shellcheck disable=SC2086  # without a page the last -m counts
      expect 0 "$LLMZ" estimate $options --json $file
      [ "$(grep '"bits":' with_page | tail -n 1)" = "$(grep '"bits":' out)" ] || fail "$options: other bits with a page"
    done
  done
  expect 0 "$LLMZ" estimate --json -f --html page.html '<b>&"name'
  numbers page.html out '<b>&"name'
  grep -q '<b>&' page.html && fail "the name of the file is markup"
  expect 0 "$LLMZ" estimate --json -f --html page.html empty
  numbers page.html out empty
  "$LLMZ" estimate --json -f --html page.html - <odd >out || fail "standard input"
  numbers page.html out odd
  # Floating point; LLaMA's tokenizer puts a space before each text.
  if [ -e "$(dirname "$LLMZ")/libllmz_torch.so" ]; then
    for family in gpt2 llama; do
      "${IMPORT_CHECKPOINT:?is the path of the program}" $family $family || fail "no checkpoint of $family"
    done
    for options in "-m ./gpt2" "-m ./llama" "--float" "-m ./llama -m default"; do
      # shellcheck disable=SC2086
      expect 0 "$LLMZ" estimate $options --json -f --html page.html odd
      silent
      numbers page.html out odd
    done
    expect 1 "$LLMZ" estimate -m ./llama --chunk 20 -f --html page.html odd
    says "not exactly the bytes"
  else
    skip "llmz was built without libtorch"
  fi
else
  skip "no python3"
fi

# Like other output.
rm -f page.html
expect 0 "$LLMZ" estimate --html page.html text
grep -q 'bits per byte' out || fail "no text beside the page"
cp page.html first
expect 1 "$LLMZ" estimate --html page.html text
says "already exists"
same page.html first
expect 0 "$LLMZ" estimate --html - text
same out first
expect 1 "$LLMZ" estimate --html nosuchfolder/page.html text
says "cannot create"
cp text itself
expect 1 "$LLMZ" estimate -f --html itself itself
says "is the text and the page"
same itself text
expect 1 "$LLMZ" estimate --html missing.html missing
absent missing.html
"$LLMZ" estimate --html - text >/dev/full 2>err && fail "/dev/full takes it"
says "standard output"

# What does not go together.
expect 1 "$LLMZ" estimate --html p.html text odd
says "shows one file"
expect 1 "$LLMZ" estimate --html p.html -m fast -m fast -m fast text
says "two side by side"
expect 1 "$LLMZ" estimate --html - --json text
says "choose one"
for option in -1 --adaptive --as-compressed "--documents line" "--plot p.svg" -r; do
  # shellcheck disable=SC2086
  expect 1 "$LLMZ" estimate --html p.html $option text
  says "html"
done
truncate -s 17M long
expect 1 "$LLMZ" estimate --html p.html long
says "at most 16 MB"
absent p.html
finish
