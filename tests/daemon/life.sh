#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon's life without a sensor and through reloads: what it tells the service manager,
# that it sleeps when idle, that bad settings are not taken and good ones lose no sample;
# and the unit that runs it.
#
#	O=build tests/daemon/life.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus /usr/bin/python3

tmp=$(mktemp -d)
# shellcheck disable=SC2046 # a list of processes
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$tmp"' EXIT

told() { grep -qE "$1" "$tmp/notified"; }
logged() { grep -qE "$1" "$tmp/log"; }

# A service manager's ear.
/usr/bin/python3 - "$tmp/notify" >"$tmp/notified" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
PY
wait_until 20 test -S "$tmp/notify" || skip_all "no notification socket"

plan 14
config=$tmp/conf

# ---- idle -------------------------------------------------------------------
printf '[Sensor]\nRate=800\n' >"$config"
NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=30000000 start_daemon
wait_until 20 told READY=1 && wait_until 20 told "WATCHDOG_USEC=0"
result "idle: ready, and the watchdog told to rest" $? "$(cat "$tmp/notified" "$tmp/log")"

switches() {
	cat /proc/"$daemon"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}
# The silence is the thing waited for: ten seconds of it, soon.
silent() {
	local before
	before=$(switches)
	sleep 10
	woken=$(($(switches) - before))
	[ "$woken" = 0 ]
}
wait_until 20 silent
result "idle: not one wake-up in ten seconds" $? "woken $woken times"

# hears WORDS [OPTION...]: what monitor says when it begins
hears() {
	local words=$1
	shift
	: >"$tmp/heard"
	"$BACKPOPCTL" monitor --user "$@" >/dev/null 2>"$tmp/heard" &
	listener=$!
	wait_until 10 grep -q "listening to" "$tmp/heard"
	kill "$listener"
	wait "$listener"
	[ "$(cat "$tmp/heard")" = "backpopctl: listening to backpopd$words" ]
}
hears ", which has no sensor now"
result "idle: who listens is told that there is no sensor" $? "$(cat "$tmp/heard")"

timeout 20 "$BACKPOPD" --user --config "$config" 2>"$tmp/second"
status=$?
[ "$status" = 1 ] && grep -q "another backpopd has the D-Bus name" "$tmp/second" && is Journal State volatile
result "a second daemon says who has the name, and ends" $? "status $status" "$(cat "$tmp/second")"

# ---- reload -----------------------------------------------------------------
kill -HUP "$daemon"
wait_until 20 logged "settings reloaded" && wait_until 20 told "RELOADING=1 MONOTONIC_USEC=[0-9]+"
result "reload: said to the service manager" $? "$(cat "$tmp/notified" "$tmp/log")"
ready_again() { [ "$(grep -c READY=1 "$tmp/notified")" = 2 ]; }
wait_until 20 ready_again
result "reload: ready again" $? "$(cat "$tmp/notified")"

printf '[Sensor]\nRate=fast\n' >"$config"
kill -HUP "$daemon"
wait_until 20 logged "the settings stay as they were" && logged "$tmp/conf:2: .*Rate=fast" &&
	kill -0 "$daemon"
result "reload: bad settings are named with their line, and not taken" $? "$(cat "$tmp/log")"

# What is in force is shown with the state, until good settings are.
shown() { grep -oE 'STATUS=.*' "$tmp/notified" | tail -n 1; }
bad=$(shown)
printf '[Sensor]\nRate=800\n' >"$config"
kill -HUP "$daemon"
good() { [ "$(shown)" = "STATUS=waiting for a sensor" ]; }
wait_until 20 good && [ "$bad" = "STATUS=settings not reloaded: see the log; waiting for a sensor" ]
result "reload: bad settings are in the status, until good ones are" $? "$bad" "$(shown)"

stop_daemon TERM
wait_until 20 told STOPPING=1 && [ "$status" = 0 ]
result "the end is told" $? "status $status" "$(cat "$tmp/notified")"

# ---- reloads while samples come ---------------------------------------------
"$BACKPOP_GEN" --seed 3 --duration 120 --out "$tmp/session.edf" >/dev/null 2>&1 || exit 1
printf '[Sensor]\nRate=800\n' >"$config"
: >"$tmp/log"
start_daemon --replay "$tmp/session.edf"
"$BACKPOPCTL" wait --user --timeout 30
hears '' && hears '' --sensor replay && hears ", which has no sensor iio_device0 now" --sensor iio:device0
result "who listens to another sensor is told so" $? "$(cat "$tmp/heard")"
reloads=0
for width in 1 2 3 4 5; do
	printf '[Sensor]\nRate=800\n[Trigger]\nWidth=%sms\n' $width >"$config"
	kill -HUP "$daemon"
	reloaded() { [ "$(grep -c 'settings reloaded' "$tmp/log")" = "$width" ]; }
	wait_until 20 reloaded && reloads=$((reloads + 1))
done
lost=$(property Sensor SamplesLost "$replay")
[ "$reloads" = 5 ] && [ "$lost" = 0 ]
result "five reloads in a stream lose nothing" $? "$reloads reloads, lost $lost" "$(cat "$tmp/log")"
stop_daemon TERM

# ---- the unit ---------------------------------------------------------------
if command -v systemd-analyze >/dev/null; then
	sed 's,/usr/libexec/backpopd,/bin/true,' daemon/data/backpopd.service >"$tmp/backpopd.service"
	systemd-analyze verify --man=no "$tmp/backpopd.service" >"$tmp/verify" 2>&1 && [ ! -s "$tmp/verify" ]
	result "unit: systemd finds no fault" $? "$(cat "$tmp/verify")"
	systemd-analyze security --offline=true --threshold=13 "$tmp/backpopd.service" >"$tmp/security" 2>&1
	result "unit: exposure 1.3 or less" $? "$(tail -n 1 "$tmp/security")"
else
	skip "unit: systemd finds no fault" "no systemd-analyze"
	skip "unit: exposure 1.3 or less" "no systemd-analyze"
fi

# ---- idle lines -------------------------------------------------------------
printf '[Trigger]\nLine=NO_SUCH_LINE\n' >"$config"
"$BACKPOPD" --idle-lines --config "$config" >"$tmp/out" 2>"$tmp/log"
status=$?
[ "$status" = 1 ] && logged "no GPIO line NO_SUCH_LINE"
result "--idle-lines says what it cannot reach" $? "status $status" "$(cat "$tmp/log")"

finish
