# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # names of and for the sourcing script
#
# What the host's scripts in tests/vm share; sourced, never run.  The sourcing
# script is set -eu and has set $me (its name in messages).

repo=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/backpop
out=$repo/build/vm

# Every script that calls another hands on when the whole began.
BENCH_T0=${BENCH_T0:-$(date +%s)}
export BENCH_T0

# say TEXT: one line of progress, with the seconds since the start.
say() {
	printf '[%3d s] %s\n' $(($(date +%s) - BENCH_T0)) "$*" >&2
}

die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# logged LOG WHAT COMMAND...: run it silently; if it fails, say what did, with
# the log's tail, and end.
logged() {
	log=$1 what=$2
	shift 2
	if ! "$@" >>"$log" 2>&1 </dev/null; then
		tail -n 25 "$log" >&2
		die "$what failed; all of its output: $log"
	fi
}

need_root() {
	[ "$(id -u)" = 0 ] || die "must run as root (it makes a Debian system with chroot and mounts)"
}

need_commands() {
	for c in "$@"; do
		command -v "$c" >/dev/null || die "'$c' is not installed; 'make deps' installs what is needed"
	done
}
