# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the script uses them; $tmp is its
#
# A daemon on a private session bus: source it after tests/cli/lib.sh, then need_bus.

BACKPOPD=${BACKPOPD:-${O:-build}/backpopd}
BACKPOPCTL=${BACKPOPCTL:-${O:-build}/backpopctl}
BACKPOP_GEN=${BACKPOP_GEN:-${O:-build}/tests/backpop-gen}
root=/org/backpop1
replay=$root/sensor/replay
daemon=

need BACKPOPD
need BACKPOPCTL
need BACKPOP_GEN

# compile NAME: tests/daemon/NAME.c -> $tmp/NAME
compile()
{
	# shellcheck disable=SC2046 # flags
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -o "$tmp/$1" "$here/$1.c" \
		$(pkg-config --cflags --libs libsystemd) || exit 1
}

# start_daemon [OPTION...]: log in $tmp/log; returns when it has its name
start_daemon()
{
	"$BACKPOPD" --user --config "${config:-/dev/null}" "$@" 2>>"$tmp/log" &
	daemon=$!
	wait_until 30 has_name || { tail -n 5 "$tmp/log" | sed 's/^/# /'; return 1; }
}

# stop_daemon SIGNAL: sets status
stop_daemon()
{
	kill "-$1" "$daemon" 2>/dev/null
	# The shell would tell of the kill.
	wait "$daemon" 2>/dev/null
	status=$?
	daemon=
	wait_until 10 has_no_name
}

has_name() { bus_has_daemon user; }
has_no_name() { ! has_name; }
# property INTERFACE NAME [PATH]
property()
{
	busctl --user get-property org.backpop1 "${3:-$root}" "org.backpop1.$1" "$2" 2>/dev/null |
		cut -d' ' -f2- | tr -d '"'
}
# is INTERFACE NAME VALUE [PATH]
is() { [ "$(property "$1" "$2" "${4:-$root}")" = "$3" ]; }
ended() { is Sensor State ended "$replay"; }
# call INTERFACE METHOD [SIGNATURE ARGUMENT...]
call() { busctl --user call org.backpop1 "$root" "org.backpop1.$1" "${@:2}"; }
log_has() { grep -qF -- "$1" "$tmp/log"; }

# written FILE: what the journal holds, in the listener's form, sorted
written()
{
	sqlite3 -separator ' ' "file:$1?mode=ro" \
		'SELECT sensor, number, revision, sequence FROM revision' | sort
}
