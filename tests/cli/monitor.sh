#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl monitor and status against a service that plays backpopd.
#
#	BACKPOPCTL=build/backpopctl tests/cli/monitor.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL

tmp=$(mktemp -d)
bus_pids=()
monitor_pid=
cleanup()
{
	# shellcheck disable=SC2046 # a list of processes
	kill "${bus_pids[@]}" ${monitor_pid:+"$monitor_pid"} $(jobs -p) 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT

command -v dbus-daemon >/dev/null || skip_all "no dbus-daemon"
# shellcheck disable=SC2046 # flags
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -o "$tmp/fake" "$here/fake_backpopd.c" \
	$(pkg-config --cflags --libs libsystemd) 2>"$tmp/cc.log" || {
	cat "$tmp/cc.log" >&2
	exit 1
}

# start_bus [RULE]: a session bus of our own; sets DBUS_SESSION_BUS_ADDRESS, bus_pid
start_bus()
{
	cat >"$tmp/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		<type>session</type>
		<listen>unix:dir=$tmp</listen>
		<policy context="default">
		<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
		${1:-}
		</policy>
		</busconfig>
	END
	rm -f "$tmp/address"
	dbus-daemon --config-file="$tmp/bus.conf" --nofork --print-address=3 3>"$tmp/address" \
		2>"$tmp/bus.log" &
	bus_pid=$!
	bus_pids+=("$bus_pid")
	wait_until 10 test -s "$tmp/address" || { cat "$tmp/bus.log" >&2; exit 1; }
	DBUS_SESSION_BUS_ADDRESS=$(cat "$tmp/address")
	export DBUS_SESSION_BUS_ADDRESS
}

start_fake()
{
	coproc FAKE { exec "$tmp/fake"; }
}

tell()
{
	local answer=
	echo "$*" >&"${FAKE[1]}"
	read -r -t 10 answer <&"${FAKE[0]}"
	[ "$answer" = "done $*" ] || { echo "# fake_backpopd answered \"$answer\" to \"$*\"" >&2; exit 1; }
}

# start_monitor OPTION...: output in $tmp/out, $tmp/err; returns when it listens or waits
start_monitor()
{
	: >"$tmp/out"
	: >"$tmp/err"
	# A job in the background would have SIGINT ignored.
	env --default-signal=INT "$BACKPOPCTL" monitor --user "$@" >"$tmp/out" 2>"$tmp/err" &
	monitor_pid=$!
	wait_until 10 grep -qE 'listening|waiting' "$tmp/err" || {
		cat "$tmp/err" >&2
		exit 1
	}
}

# Sets status; kills what does not end by itself.
end_monitor()
{
	wait_until 10 ended "$monitor_pid" || kill -KILL "$monitor_pid"
	wait "$monitor_pid"
	status=$?
	monitor_pid=
}

run()
{
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

ended() { ! kill -0 "$1" 2>/dev/null; }
no_fake() { [ -z "${FAKE_PID:-}" ]; }
joined() { tr -d '\n'; }
out_has() { grep -qF -- "$1" "$tmp/out"; }
err_has() { grep -qF -- "$1" "$tmp/err"; }
lines() { wc -l <"$tmp/out"; }

plan 26
start_bus
start_fake

run "$BACKPOPCTL" status --session
report "status: no daemon" '[ $status = 1 ] && [ ! -s $tmp/out ] && err_has "not running"'

# --- life: waiting, coming, going
start_monitor --count 2
report "monitor: waits for the daemon" 'err_has "waiting for it" && kill -0 $monitor_pid'
tell own
wait_until 10 err_has "has come"
report "monitor: says that it came" 'err_has "has come"'
tell event 7 1 cavitation
wait_until 10 out_has '#7.1'
report "monitor: a line is out at once" 'out_has "#7.1"'
tell release
wait_until 10 err_has "has gone"
report "monitor: says that it went and stays" 'err_has "has gone" && kill -0 $monitor_pid'
tell own
tell event 8 0 snap
end_monitor
report "monitor: --count ends it" '[ $status = 0 ] && [ $(lines) = 2 ] && out_has "#8.0"'

# --- the lines
same "text line" \
	"   12.346 s #7.1   cavitation: cough 0.91  site 3  inhale 1.8x twist   58.0 mg   9.12 mV" \
	"$(head -n 1 "$tmp/out")"

start_monitor --json --count 4
tell marker 4 press
tell event 7 1 artefact
tell marker 5 release
tell bare 9 0 wobble
end_monitor
line=$(sed -n 2p "$tmp/out")
arrival=$(sed -n 's/.*"arrival_ns":\([0-9]*\)}$/\1/p' <<<"$line")
same "JSON line" "$(joined <<-'END'
		{"sensor":"iio_device0","event":7,"revision":1,"onset_s":12.345679,"end_s":12.351,
		"emitted_s":12.36,"class":"artefact","confidence":0.91,"reason":"cough","site":3,
		"manoeuvre":4,"peak_mg":58.0,"peak_mv":9.125,"breath_phase":"inhale",
		"breath_depth":1.75,"breath_rate_bpm":14.5,"movement":"twist",
		"onset_ns":17345678900}
	END
	)" \
	"${line/,\"arrival_ns\":$arrival/}"
uptime_ns=$(awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime)
if [ -n "$arrival" ] && [ $((uptime_ns - arrival)) -lt 60000000000 ] &&
	[ $((uptime_ns - arrival)) -gt -1000000000 ]; then
	pass "JSON line: arrival on the monotonic clock"
else
	fail "JSON line: arrival on the monotonic clock" "arrival_ns $arrival, uptime $uptime_ns"
fi
same "JSON line: unknown class, nothing but an onset" \
	"$(joined <<-'END'
		{"sensor":"iio_device1","event":9,"revision":0,"onset_s":1.5,"end_s":1.5,
		"emitted_s":1.5,"class":"unclassified","confidence":0.5,"breath_phase":"unknown",
		"movement":"unknown","onset_ns":6500000000}
	END
	)" \
	"$(sed -n 4p "$tmp/out" | sed 's/,"arrival_ns":[0-9]*//')"
same "JSON marker before any event" '{"marker":4,"kind":"press","time_ns":7500000000}' \
	"$(sed -n 1p "$tmp/out")"
same "JSON marker on the stream's time" \
	'{"marker":5,"time_s":2.5,"kind":"release","time_ns":7500000000}' "$(sed -n 3p "$tmp/out")"

start_monitor --count 2 --sensor iio:device1
tell event 1 0 snap
tell bare 2 0 snap
tell marker 6 press
end_monitor
report "monitor: --sensor" \
	'[ $status = 0 ] && [ $(lines) = 2 ] && out_has "#2.0" &&
	! out_has "#1.0"'
same "text marker" "    2.500 s marker 6: press" "$(sed -n 2p "$tmp/out")"

start_monitor --count 1
tell odd
tell bare 3 0 snap
end_monitor
report "monitor: odd signals are told and passed over" \
	'[ $status = 0 ] && [ $(lines) = 1 ] && out_has "#3.0" && [ $(grep -c ignored $tmp/err) = 3 ]'

# --- ends
start_monitor
kill -INT "$monitor_pid"
end_monitor
report "monitor: SIGINT" '[ $status = 0 ] && [ ! -s $tmp/out ]'

mkfifo "$tmp/fifo"
: >"$tmp/err"
"$BACKPOPCTL" monitor --user >"$tmp/fifo" 2>"$tmp/err" &
monitor_pid=$!
exec 5<"$tmp/fifo"
wait_until 10 err_has listening
exec 5<&-
end_monitor
report "monitor: nobody reads any more" '[ $status = 0 ]'

: >"$tmp/err"
"$BACKPOPCTL" monitor --user >/dev/full 2>"$tmp/err" &
monitor_pid=$!
wait_until 10 err_has listening
tell bare 4 0 snap
end_monitor
report "monitor: full disk" '[ $status = 1 ] && err_has "No space left"'

# --- colours
command="'$BACKPOPCTL' monitor --user --count 1"
# colours NAME EXPECTED VARIABLE...: how many lines are coloured, with these variables
colours()
{
	: >"$tmp/tty"
	env -u NO_COLOR TERM=xterm "${@:3}" script -qefc "$command" "$tmp/tty" </dev/null >/dev/null 2>&1 &
	monitor_pid=$!
	wait_until 10 grep -q listening "$tmp/tty"
	tell bare 5 0 snap
	end_monitor
	same "$1" "$2" "$(grep -c $'\033\\[1;36m.*snap' "$tmp/tty")"
}
colours "colours on a terminal" 1
colours "no colours with NO_COLOR" 0 NO_COLOR=1
colours "no colours on a terminal that has none" 0 TERM=dumb

# --- status
run "$BACKPOPCTL" status --user --json
same "status --json" "$(joined <<-'END'
		{"version":"0.1.0","api_version":1,"clock":"monotonic",
		"marker_line":"BACKPOP_MARKER","markers":3,"trigger_line":"","triggers":0,
		"sensors":[{"sensor":"iio_device0","name":"st1vafe3bx","device":"iio:device0",
		"mode":"motion+film","state":"streaming","state_reason":"","sample_rate":800.0,
		"measured_rate":801.234,"samples_read":123456,"samples_lost":0,"restarts":1,
		"events":7,"events_suppressed":0,"breath_rate":14.5,"breath_phase":"inhale",
		"movement":"none","stream_start":5000000000},{"sensor":"iio_device1",
		"name":"st1vafe3bx","device":"iio:device1","mode":"film","state":"failed",
		"state_reason":"no sample for 2 s","sample_rate":3200.0,"samples_read":10,
		"samples_lost":3,"restarts":2,"events":0,"events_suppressed":4,
		"breath_phase":"unknown","movement":"unknown","stream_start":5000000000}]}
	END
	)" \
	"$(cat "$tmp/out")"
run "$BACKPOPCTL" status --user
report "status" '[ $status = 0 ] && out_has "2 sensors" &&
	out_has "iio_device1: failed: no sample for 2 s" &&
	out_has "123456 read, 0 lost, 1 restart" && out_has "800 Hz, measured 801.23 Hz"'

# --- the scope, before there is a sample
scope "scope: no sample yet"

# --- the bus goes away; a bus that lets nobody in
start_monitor
kill "$bus_pid"
end_monitor
report "monitor: the bus goes away" '[ $status = 1 ] && err_has "the bus has closed"'
# The fake ends with its bus; only then may another be started.
wait_until 10 no_fake

start_bus '<deny send_destination="org.backpop1"/>'
start_fake
tell own
run "$BACKPOPCTL" status --user
denied=$status
run "$BACKPOPCTL" monitor --user
report "access denied" '[ $denied = 1 ] && [ $status = 1 ] && [ ! -s $tmp/out ] &&
	err_has "group \"backpop\""'
finish
