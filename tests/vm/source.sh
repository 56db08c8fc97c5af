#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bad days and odd ways of samples in the bench VM: one boot, one KTAP line per case
# (tests/vm/guest/source).  A pair of chips plays a session of a minute.
set -eu
me=tests/vm/source.sh
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || {
	echo "KTAP version 1"
	echo "1..0 # SKIP not root: the bench is made with chroot and mounts"
	exit 4
}
mkdir -p "$out"
work=$(mktemp -d "$out/source.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

: >"$out/host.log"
logged "$out/host.log" "building the session generator" \
	make --silent --no-print-directory -C "$repo" O=build tools
logged "$out/host.log" "generating the session" "$repo/build/tests/backpop-gen" --script demo \
	--duration 60 --seed 1001 --mode pair --out "$work/pair.edf"
"$repo/tests/vm/run" -t 900 -o "$out/source" "$repo/tests/vm/guest/source" "$work"/pair.*
