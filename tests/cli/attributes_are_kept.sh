#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2002,SC2015
# Do permissions, times and owner survive? Are partial files private?
. "$(dirname "$0")/common.inc"

state() { stat -c "%a %u %g %Y" "$1"; }

sample door >a
chmod 640 a
touch -d '2001-02-03 04:05:06' a
[ "$(id -u)" -ne 0 ] || chown 12:34 a
before=$(state a)
expect 0 "$LLMZ" a
[ "$(state a.llmz)" = "$before" ] || fail "a.llmz: $(state a.llmz), not $before"
rm a
expect 0 "$LLMZ" -d a.llmz
[ "$(state a)" = "$before" ] || fail "a: $(state a), not $before"

# What comes from a pipe is a new file like any other.
umask 027
"$LLMZ" -o new.llmz <(sample window) || fail "from a pipe"
[ "$(stat -c %a new.llmz)" = 640 ] || fail "new.llmz: $(stat -c %a new.llmz), not 640"

# A link is followed, and stays.
ln -s a link
expect 0 "$LLMZ" link
[ -L link ] && [ -f link.llmz ] && [ ! -L link.llmz ] || fail "links"

finish
