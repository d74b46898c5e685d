#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are models found where there is no /proc, and never in a folder that only happens to be near the working directory?
. "$(dirname "$0")/common.inc"

if ! unshare -m sh -c 'mount -t tmpfs none /proc' 2>/dev/null; then
  skip "no mount namespaces here"
  finish
fi
sample door >x
expect 0 "$LLMZ" -o x.llmz x
# hidden COMMAND...: without /proc.
# shellcheck disable=SC2317,SC2016
hidden() { unshare -m sh -c 'mount -t tmpfs none /proc; exec "$@"' sh "$@"; }
expect 0 hidden "$LLMZ" -dc x.llmz
same out x
# By a link, by a relative path, by PATH.
mkdir bin
ln -s "$LLMZ" bin/llmz
expect 0 hidden bin/llmz -dc x.llmz
same out x
PATH=$PWD/bin:$PATH expect 0 hidden llmz -dc x.llmz
same out x
expect 0 hidden "$LLMZ" rank --scores published

# A copy elsewhere has no models, and takes none from the working directory's neighbour.
mkdir -p share/llmz/models work copy
cp "$("$LLMZ" models --json | sed -n 's/.*"path": "\(.*fast.llmzmodel\)".*/\1/p')" share/llmz/models/default.llmzmodel
cp "$LLMZ" copy/llmz
cd work || exit 1
HOME=/nowhere expect 1 hidden ../copy/../copy/llmz -dc ../x.llmz
cd ..
finish
