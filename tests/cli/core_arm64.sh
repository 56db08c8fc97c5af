#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The core gives the same events, to the last bit, on x86-64 and arm64, at -O2
# and unoptimised: built for arm64 and run under qemu-user.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/cli/lib.sh

cross=aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || qemu=
command -v $cross >/dev/null || skip_all "$cross is not installed"
[ -n "$qemu" ] || skip_all "qemu-aarch64 is not installed (Debian: qemu-user)"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# make_and_run NAME COMPILER OPTIMISATION [RUNNER]: events into $tmp/NAME
make_and_run()
{
	local name=$1 compiler=$2 optimise=$3
	shift 3
	"$compiler" -std=gnu11 "$optimise" -ffp-contract=off -ftree-vectorize -static -D_GNU_SOURCE -Idaemon -Itests \
		-o "$tmp/$name.bin" tests/unit/core_same.c daemon/core/*.c -lm 2>"$tmp/$name.err" &&
		"$@" "$tmp/$name.bin" print >"$tmp/$name" 2>>"$tmp/$name.err"
}

# same NAME OTHER
same()
{
	if [ "$(wc -l <"$tmp/$1")" -gt 40 ] && cmp -s "$tmp/$1" "$tmp/$2"; then
		pass "$2 gives the events of $1"
	else
		fail "$2 gives the events of $1" "expected over 40 equal lines; first differences:" \
			"$(diff "$tmp/$1" "$tmp/$2" | head -n 4)" "$(head -n 3 "$tmp/$2.err")"
	fi
}

plan 3
make_and_run native-O2 cc -O2
make_and_run native-O0 cc -O0
make_and_run arm64-O2 $cross -O2 "$qemu"
make_and_run arm64-O3 $cross -O3 "$qemu"
same native-O2 native-O0
same native-O2 arm64-O2
same native-O2 arm64-O3
finish
