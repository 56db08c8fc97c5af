#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bench VM end to end, for `make check`: one boot, one KTAP line per case
# (tests/vm/guest/check).  The programs of tests/kselftest run there too, if the
# suite "uml" has built them.
set -eu
me=tests/vm/check.sh
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# skip REASON: what this machine cannot do is no failure
skip() {
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit 4
}
[ "$(id -u)" = 0 ] || skip "not root: the bench is made with chroot and mounts"

mkdir -p "$out"
work=$(mktemp -d "$out/check.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

: >"$out/host.log"
logged "$out/host.log" "building the session generator" \
	make --silent --no-print-directory -C "$repo" O=build tools
logged "$out/host.log" "generating the session" "$repo/build/tests/backpop-gen" --script demo \
	--duration 120 --seed 1 --mode motion+film --out "$work/session.edf"

set -- "$work/session.edf"
for test in "$repo"/build/uml/kselftest/*; do
	case ${test##*/} in
	# Left to the suite "uml": what needs simulated time, is minutes of busy waiting here, or
	# asks of this kernel what others have asked already.
	burst | hour | line | power | random | recipe | transfers | unconfirmed) continue ;;
	esac
	[ ! -f "$test" ] || [ ! -x "$test" ] || set -- "$@" "$test"
done
"$repo/tests/vm/run" -t 1500 -o "$out/check" "$repo/tests/vm/guest/check" "$@"
