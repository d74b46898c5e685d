#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Are the files that llmz has written still read? One of each method. If this fails, what a file means has changed, which
# nothing may: they are never made anew.
# shellcheck source=tests/cli/common.inc
. "$(dirname "$0")/common.inc"
export LLMZ_MODELS=$here/../fixtures/golden

alice=8591227d233a68a4831a7732a781bedb2a645098ff7eb9316782dc579618c105 # the first 24,000 bytes of alice29.txt
noise=5fe981cd311d7d94f9f8fc1bd2162402e9b8625158087e0be9a45d3d317203d0
twice=e8251e408d5a5d757d5610dd90ebb17e4e3b08437aa87b662d41f907839d0966
picture=006115c745cecfe209828ed83156fb15c6521c3dfa3f35cfe7e1082dd674f137
log=7e44ea69befa898c2b9088c7c65f0fb235b534246de5ef840c5f4783e65e9be0 # lines of an invented log, JSON and a table among them
while read -r name hash; do
  "$LLMZ" -q -dc "$here/../fixtures/$name.llmz" >content 2>err || fail "$name: $(cat err)"
  [ "$(sha256sum <content | cut -d ' ' -f 1)" = "$hash" ] || fail "$name: another content"
done <<END
stored $noise
lzma2 $twice
mix $alice
network-and-mix $alice
network-and-mix-3-lanes $alice
network $alice
network-frozen-blocks $alice
rich-mix $log
samples $picture
network-and-rich-mix $log
rich-mix-2 $log
network-and-rich-mix-2 $log
carried-model $alice
END

finish
