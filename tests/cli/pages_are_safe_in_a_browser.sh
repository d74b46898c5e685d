#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does Chromium show what is hostile in a text or a name as text, and every byte of it? Do pointer, keys and curve work?
. "$(dirname "$0")/common.inc"

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip_all "no chromium"
python3 -c 'import json' 2>/dev/null || skip_all "no python3"

name=$'<img src=x onerror=alert(1)>"\'&amp; \377\n\342\200\256</h1><script>document.title="owned"</script>'
mkdir -p -- "${name%/*}"
{
  printf '</script><script>document.title="owned"</script>\n<img src="x" onerror="alert(2)"><!-- <!--<script> -->\n'
  printf '\342\200\250\342\200\251\342\200\256 \377\376\300\200\355\240\200 \0\1\33[31m\r\n\t&lt;&#60;]]>\n\n'
  printf 'na\303\257ve \342\202\254\342\202\254 \360\237\231\202\360\237\244\226\360\237\221\251\342\200\215\360\237\222\273 \344\270\200\344\270\201 \360\237\231'
  for i in $(seq 300); do sample "door $i"; done
} >"$name"
expect 0 "$LLMZ" estimate --html one.html -- "$name"
expect 0 "$LLMZ" estimate -m default -m fast --html two.html -- "$name"
: >empty
expect 0 "$LLMZ" estimate --html empty.html empty
printf x >short
expect 0 "$LLMZ" estimate --html short.html short
python3 "$here/browse_page.py" "$chromium" "$PWD" "$name" || fail "in the browser"
finish
