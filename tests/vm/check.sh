#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bench VM end to end, for `make check`: one boot a part, one KTAP line per case.
#
#	tests/vm/check.sh [PART...]	product faults (default: all)
#
#	product	the installed product from the outside (tests/vm/guest/check); the programs
#		of tests/kselftest run there too, if the suite "uml" has built them
#	faults	bad days, a few of each (tests/vm/guest/faults; `make soak`: many)
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
[ $# -gt 0 ] || set -- product faults
for part in "$@"; do
	case $part in
	product | faults) ;;
	*)
		echo "$me: no part '$part' (product faults)" >&2
		exit 2
		;;
	esac
done
[ "$(id -u)" = 0 ] || skip "not root: the bench is made with chroot and mounts"

mkdir -p "$out"
work=$(mktemp -d "$out/check.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

: >"$out/host.log"
logged "$out/host.log" "building the session generator" \
	make --silent --no-print-directory -C "$repo" O=build tools

# generate OPTION...: a session, $work/session.edf
generate() {
	logged "$out/host.log" "generating the session" "$repo/build/tests/backpop-gen" \
		--mode motion+film --out "$work/session.edf" "$@"
}

product() {
	generate --script demo --duration 120 --seed 1
	set -- "$work/session.edf"
	for test in "$repo"/build/uml/kselftest/*; do
		case ${test##*/} in
		# Left to the suite "uml": what needs simulated time, is minutes of busy waiting
		# here, or asks of this kernel what others have asked already.
		burst | hour | line | power | random | recipe | transfers | unconfirmed) continue ;;
		esac
		[ ! -f "$test" ] || [ ! -x "$test" ] || set -- "$@" "$test"
	done
	"$repo/tests/vm/run" -t 1500 -o "$out/check" "$repo/tests/vm/guest/check" "$@"
}

faults() {
	generate --duration 60 --seed 5
	"$repo/tests/vm/run" -t 900 -o "$out/faults" "$repo/tests/vm/guest/faults" "$work/session.edf"
}

failed=0
for part in "$@"; do
	begun=$(date +%s)
	case $part in
	product) product ;;
	faults) faults ;;
	esac || failed=1
	echo "# vm $part: $(($(date +%s) - begun)) s"
done
exit $failed
