#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bench VM end to end, for `make check`: one boot a part, one KTAP line per case.  The
# parts run side by side.
#
#	tests/vm/check.sh [build|boot] [PART...]	product faults (default: both)
#
#	product	the installed product from the outside (tests/vm/guest/check)
#	faults	bad days, a few of each (tests/vm/guest/faults; `make soak`: many)
#
# With "build" it stops when all is built, with "boot" it takes what was built so.
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
stages="build boot"
case ${1-} in
build | boot)
	stages=$1
	shift
	;;
esac
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

# generate PART OPTION...: its session, $work/PART/session.edf
generate() {
	mkdir "$work/$1"
	file=$work/$1/session.edf
	shift
	logged "$out/host.log" "generating the session" "$repo/build/tests/backpop-gen" \
		--mode motion+film --out "$file" "$@"
}

product() {
	generate product --script demo --duration 60 --seed 1
	"$repo/tests/vm/run" -t 1800 -o "$out/product" "$repo/tests/vm/guest/check" "$file"
}

faults() {
	generate faults --script dense --duration 60 --seed 1105
	"$repo/tests/vm/run" -t 1800 -o "$out/faults" "$repo/tests/vm/guest/faults" "$file"
}

# What all have in common is built once; then the parts run side by side, one emulated
# processor each.  A part's output comes in one piece.
BENCH_PRODUCT=$repo/build/trixie/product.tar
export BENCH_PRODUCT
if [ "$stages" != boot ]; then
	: >"$out/host.log"
	logged "$out/host.log" "building the session generator" \
		make --silent --no-print-directory -C "$repo" O=build tools
	BENCH_PRODUCT=$("$repo/tests/vm/build-product")
	say "the product is built"
fi
if [ "$stages" = build ]; then
	exit 0
elif [ ! -f "$BENCH_PRODUCT" ]; then
	die "not built: run '$me build'"
fi
for part in "$@"; do
	(
		begun=$(date +%s)
		rc=0
		"$part" >"$work/$part.log" 2>&1 || rc=$?
		echo $rc >"$work/$part.status"
		{
			echo "# vm $part: $(($(date +%s) - begun)) s; cases of 5 s of processor time and more (by the clock):"
			sort -k2,2nr "$out/$part/times" 2>/dev/null | awk '$2 >= 5 { printf "#   %-36s %4d (%d)\n", $3, $2, $1 }'
		} >>"$work/$part.log"
	) &
done
wait
failed=0
for part in "$@"; do
	cat "$work/$part.log"
	[ "$(cat "$work/$part.status" 2>/dev/null)" = 0 ] || failed=1
done
exit $failed
