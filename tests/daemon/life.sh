#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon's life without a sensor and through reloads: what it tells the service manager,
# that it sleeps when idle, that bad settings are not taken and good ones lose no sample;
# and the unit that runs it.
#
#	O=build tests/daemon/life.sh
set -u
cd "$(dirname "$0")/../.." || exit 1

O=${O:-build}
backpopd=${BACKPOPD:-$O/backpopd} backpopctl=${BACKPOPCTL:-$O/backpopctl}
gen=${BACKPOP_GEN:-$O/tests/backpop-gen}
tests=10
n=0 failures=0

skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 4
}
if [ -z "${BACKPOP_TEST_BUS:-}" ]; then
	command -v dbus-run-session >/dev/null || skip_all "dbus-run-session is not installed"
	command -v busctl >/dev/null || skip_all "busctl is not installed"
	[ -x /usr/bin/python3 ] || skip_all "python3 is not installed"
	BACKPOP_TEST_BUS=1 exec dbus-run-session -- "$0"
fi

work=$(mktemp -d)
# shellcheck disable=SC2046 # a list of processes
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

# result NAME STATUS [DIAGNOSTIC...]
result() {
	local name=$1 status=$2
	shift 2
	n=$((n + 1))
	if [ "$status" = 0 ]; then
		echo "ok $n $name"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $n $name"
	printf '%s\n' "$@" | sed 's/^/# /'
}
wait_for() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}
told() {
	grep -qE "$1" "$work/notified"
}
logged() {
	grep -qE "$1" "$work/stderr"
}

# A service manager's ear.
/usr/bin/python3 - "$work/notify" >"$work/notified" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
PY
wait_for 20 test -S "$work/notify" || skip_all "no notification socket"

echo "TAP version 13"
echo "1..$tests"

# ---- idle -------------------------------------------------------------------
printf '[Sensor]\nRate=800\n' >"$work/conf"
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=30000000 "$backpopd" --session --config "$work/conf" \
	2>"$work/stderr" &
daemon=$!
wait_for 20 told READY=1 && wait_for 20 told "WATCHDOG_USEC=0"
result "idle: ready, and the watchdog told to rest" $? "$(cat "$work/notified" "$work/stderr")"

switches() {
	cat /proc/"$daemon"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}
# It is at rest when two looks, a second apart, see the same.
at_rest() {
	local before
	before=$(switches)
	sleep 1
	[ "$before" = "$(switches)" ]
}
wait_for 20 at_rest
before=$(switches)
sleep 10
woken=$(($(switches) - before))
[ "$woken" = 0 ]
result "idle: not one wake-up in ten seconds" $? "woken $woken times"

# ---- reload -----------------------------------------------------------------
kill -HUP "$daemon"
wait_for 20 logged "settings reloaded" && told "RELOADING=1 MONOTONIC_USEC=[0-9]+"
result "reload: said to the service manager" $? "$(cat "$work/notified" "$work/stderr")"
[ "$(grep -c READY=1 "$work/notified")" = 2 ]
result "reload: ready again" $? "$(cat "$work/notified")"

printf '[Sensor]\nRate=fast\n' >"$work/conf"
kill -HUP "$daemon"
wait_for 20 logged "the settings stay as they were" && logged "$work/conf:2: .*Rate=fast" &&
	kill -0 "$daemon"
result "reload: bad settings are named with their line, and not taken" $? "$(cat "$work/stderr")"

kill -TERM "$daemon"
wait "$daemon"
status=$?
told STOPPING=1 && [ "$status" = 0 ]
result "the end is told" $? "status $status" "$(cat "$work/notified")"

# ---- reloads while samples come ---------------------------------------------
"$gen" --seed 3 --duration 120 --out "$work/session.edf" >/dev/null 2>&1 || exit 1
printf '[Sensor]\nRate=800\n' >"$work/conf"
"$backpopd" --session --config "$work/conf" --replay "$work/session.edf" 2>"$work/stderr" &
daemon=$!
"$backpopctl" wait --session --timeout 30
reloads=0
for width in 1 2 3 4 5; do
	printf '[Sensor]\nRate=800\n[Trigger]\nWidth=%sms\n' $width >"$work/conf"
	kill -HUP "$daemon"
	reloaded() { [ "$(grep -c 'settings reloaded' "$work/stderr")" = "$width" ]; }
	wait_for 20 reloaded && reloads=$((reloads + 1))
done
lost=$(busctl --user get-property org.backpop1 /org/backpop1/sensor/replay org.backpop1.Sensor SamplesLost)
[ "$reloads" = 5 ] && [ "$lost" = "t 0" ]
result "five reloads in a stream lose nothing" $? "$reloads reloads, lost $lost" "$(cat "$work/stderr")"
kill "$daemon"
wait "$daemon"

# ---- the unit ---------------------------------------------------------------
if command -v systemd-analyze >/dev/null; then
	sed 's,/usr/libexec/backpopd,/bin/true,' daemon/data/backpopd.service >"$work/backpopd.service"
	systemd-analyze verify --man=no "$work/backpopd.service" >"$work/verify" 2>&1 && [ ! -s "$work/verify" ]
	result "unit: systemd finds no fault" $? "$(cat "$work/verify")"
	systemd-analyze security --offline=true --threshold=13 "$work/backpopd.service" >"$work/security" 2>&1
	result "unit: exposure 1.3 or less" $? "$(tail -n 1 "$work/security")"
else
	for what in "systemd finds no fault" "exposure 1.3 or less"; do
		n=$((n + 1))
		echo "ok $n unit: $what # SKIP no systemd-analyze"
	done
fi

# ---- idle lines -------------------------------------------------------------
printf '[Trigger]\nLine=NO_SUCH_LINE\n' >"$work/conf"
"$backpopd" --idle-lines --config "$work/conf" >"$work/out" 2>"$work/stderr"
status=$?
[ "$status" = 1 ] && logged "no GPIO line NO_SUCH_LINE"
result "--idle-lines says what it cannot reach" $? "status $status" "$(cat "$work/stderr")"

[ "$failures" = 0 ]
