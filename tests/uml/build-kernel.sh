#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build the User-Mode Linux kernel of the driver tests from Debian's
# linux-source-6.12, once per version of source, configuration, compiler and
# this script, into ${XDG_CACHE_HOME:-$HOME/.cache}/backpop/uml-HASH/.
#
# Prints the directory on stdout: in it `linux` (the kernel), what out-of-tree
# modules build against (make -C DIR M=... ARCH=um) and tools/testing/selftests.
# Progress goes to stderr.  UML_SOURCE names another tarball.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
self=${0##*/}
tarball=${UML_SOURCE:-/usr/src/linux-source-6.12.tar.xz}

usage() {
	echo "usage: $self [--help]"
	echo "Build (or find in the cache) the User-Mode Linux kernel of the driver tests"
	echo "and print its directory."
}

die() {
	echo "$self: $*" >&2
	exit 1
}

say() {
	echo "# uml kernel: $*" >&2
}

case ${1-} in
'') ;;
-h | --help)
	usage
	exit 0
	;;
*)
	usage >&2
	exit 2
	;;
esac

[ -f "$tarball" ] || die "no $tarball: install the Debian package linux-source-6.12 (make deps)"
for tool in bc bison flex flock gcc make xz; do
	command -v "$tool" >/dev/null || die "no $tool: run 'make deps' as root"
done
if [ -z "${XDG_CACHE_HOME-}" ] && [ -z "${HOME-}" ]; then
	die "neither XDG_CACHE_HOME nor HOME is set: where shall the kernel be kept?"
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/backpop
hash=$({
	stat -L -c '%s %Y' "$tarball"
	gcc -dumpfullversion
	cat "$here/kernel.config" "$here/$self"
} | sha256sum | cut -c1-16)
tree=$cache/uml-$hash

if [ -x "$tree/linux" ]; then
	echo "$tree"
	exit 0
fi

case $cache in
*[[:space:]:]*) die "kbuild cannot work in a directory with a space or colon in its name: $cache" ;;
esac
mkdir -p "$cache"
exec 9>"$cache/lock"
if ! flock -n 9; then
	say "waiting for another build in $cache"
	flock 9
fi
if [ -x "$tree/linux" ]; then
	echo "$tree"
	exit 0
fi

start=$SECONDS
tmp=$(mktemp -d "$cache/tmp.XXXXXX")
log=$cache/uml-$hash.log
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

run() {
	"$@" >>"$log" 2>&1 </dev/null && return
	tail -n 30 "$log" >&2
	die "failed: $* (see $log)"
}

: >"$log"
say "unpacking $tarball"
run tar -xf "$tarball" -C "$tmp" --strip-components=1
cd "$tmp"

# The environment of a surrounding make is not for the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS O
kmake() {
	run nice make -j"$(nproc)" ARCH=um "$@"
}

say "configuring"
kmake tinyconfig
cat "$here/kernel.config" >>.config
kmake olddefconfig
missing=
while read -r line; do
	case $line in
	*=n) ! grep -q "^${line%=n}=" .config || missing="$missing $line" ;;
	CONFIG_*) grep -qxF "$line" .config || missing="$missing $line" ;;
	esac
done <"$here/kernel.config"
[ -z "$missing" ] || die "this source does not take:$missing"

say "compiling (some minutes; log: $log)"
kmake linux modules
strip --strip-debug linux

# Modules and selftests need a small part of the tree.
say "pruning"
prune() {
	find "$1" -mindepth 1 -maxdepth 1 ! -name '.config' \
		! -regex "$1/\(${2// /\\|}\)" -exec rm -rf {} +
}
prune . "linux Makefile Kbuild Module.symvers arch include scripts tools"
prune ./arch "um x86"
prune ./tools "include testing"
prune ./tools/testing "selftests"
prune ./tools/testing/selftests "lib.mk kselftest_harness.h kselftest.h kselftest"
find arch include -type f \( -name '*.[acoS]' -o -name '*.cmd' \) -delete

chmod 755 "$tmp"
mv "$tmp" "$tree"
trap - EXIT
say "ready in $((SECONDS - start)) s: $tree"
echo "$tree"
