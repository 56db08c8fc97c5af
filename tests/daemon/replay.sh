#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopd without hardware: a generated session is replayed on a private session
# bus, and another program (gdbus, busctl) must see its events and properties.
# Bad input must be refused in plain words.
#
#	O=build tests/daemon/replay.sh
set -u
cd "$(dirname "$0")/../.." || exit 1

O=${O:-build}
backpopd=$O/backpopd
gen=$O/tests/backpop-gen
tests=8
n=0 failures=0

skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 4
}

# Run again inside a bus of our own.
if [ -z "${BACKPOP_TEST_BUS:-}" ]; then
	command -v dbus-run-session >/dev/null || skip_all "dbus-run-session is not installed"
	command -v gdbus >/dev/null || skip_all "gdbus is not installed"
	command -v busctl >/dev/null || skip_all "busctl is not installed"
	for program in "$backpopd" "$gen"; do
		[ -x "$program" ] || skip_all "$program is not built"
	done
	BACKPOP_TEST_BUS=1 exec dbus-run-session -- "$0"
fi

work=$(mktemp -d)
daemon='' monitor=''
cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	[ -z "$monitor" ] || kill "$monitor" 2>/dev/null
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# result NAME STATUS [DIAGNOSTIC...]
result() {
	local name=$1 status=$2 line
	shift 2
	n=$((n + 1))
	if [ "$status" = 0 ]; then
		echo "ok $n $name"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $n $name"
	for line in "$@"; do
		printf '%s\n' "$line" | sed 's/^/# /'
	done
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

property() {
	busctl --user get-property org.backpop1 "$1" "$2" "$3" 2>/dev/null | cut -d' ' -f2-
}
sensor() {
	property /org/backpop1/sensor/replay org.backpop1.Sensor "$1"
}
has_ended() {
	[ "$(sensor State)" = '"ended"' ]
}
has_name() {
	busctl --user status org.backpop1 >/dev/null 2>&1
}
monitor_is_on() {
	grep -q 'org.backpop1' "$work/monitor"
}
# The bus delivers in order: once the last property is seen, all events are.
monitor_saw_the_end() {
	grep -q "'State': <'ended'>" "$work/monitor"
}

echo "TAP version 13"
echo "1..$tests"

"$gen" --seed 7 --duration 120 --out "$work/session.edf" || exit 1

# gdbus subscribes when it sees the name: of what is said in the first instant it may
# miss some, of what comes later nothing.
stdbuf -oL gdbus monitor --session --dest org.backpop1 >"$work/monitor" 2>&1 &
monitor=$!
wait_for 20 monitor_is_on
"$backpopd" --session --config /dev/null --replay "$work/session.edf" --speed max \
	>"$work/stdout" 2>"$work/stderr" &
daemon=$!

wait_for 60 has_ended
result "a replay runs to its end" $? "State: $(sensor State)" "$(cat "$work/stderr")"

wait_for 20 monitor_saw_the_end
events=$(grep -c 'org.backpop1.Sensor.Event (' "$work/monitor")
[ "$events" -gt 0 ]
result "another program receives Event signals" $? "none in:" "$(tail -n 5 "$work/monitor")"

malformed=$(grep 'org.backpop1.Sensor.Event (' "$work/monitor" | grep -vE \
	"\(uint64 [0-9]+, uint32 [0-9]+, uint64 [0-9]+, '(cavitation|snap|crepitus|lung_crackle|unclassified|artefact)', [0-9.e-]+, \{'onset_s': <[0-9.]+>, .*'end_ns': <uint64 [0-9]+>")
[ -z "$malformed" ]
result "every Event has its arguments and details" $? "$malformed"

read=$(sensor SamplesRead) lost=$(sensor SamplesLost) rate=$(sensor SampleRate)
[ "$read" = $((120 * 800)) ] && [ "$lost" = 0 ] && [ "$rate" = 800 ]
result "the sensor's counters are right" $? "SamplesRead $read, expected $((120 * 800))" \
	"SamplesLost $lost, expected 0" "SampleRate $rate, expected 800"

numbered=$(sensor Events)
last=$(grep -oE 'Sensor.Event \(uint64 [0-9]+' "$work/monitor" | grep -oE '[0-9]+$' | sort -n | tail -n 1)
[ "$numbered" = "$last" ] && [ "$(property /org/backpop1 org.backpop1.Manager ApiVersion)" = 1 ] &&
	[ "$(property /org/backpop1 org.backpop1.Manager Clock)" = '"monotonic"' ]
result "Events is the last event's number; the manager answers" $? "Events $numbered, last number $last"

kill -TERM "$daemon"
wait "$daemon"
status=$?
daemon=''
[ "$status" = 0 ] && [ ! -s "$work/stdout" ] && ! has_name
result "SIGTERM ends it cleanly" $? "status $status, expected 0" "$(cat "$work/stderr")"

# refused WORDS STATUS ARGUMENT...: exits with it, says WORDS on stderr, nothing on stdout
complaints=
refused() {
	local words=$1 want=$2 status
	shift 2
	timeout 20 "$backpopd" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ "$status" != "$want" ] || [ -s "$work/out" ] || ! grep -qF -- "$words" "$work/err"; then
		complaints+="backpopd $*: status $status, expected $want; stdout $(wc -c <"$work/out") bytes;"
		complaints+=" expected '$words' on stderr, got: $(head -c 300 "$work/err")"$'\n'
	fi
}
printf 'just text\n' >"$work/text.edf"
: >"$work/empty.edf"
head -c 300 "$work/session.edf" >"$work/cut.edf"
for file in none.edf text.edf empty.edf cut.edf .; do
	refused "$work/$file" 1 --session --config /dev/null --replay "$work/$file"
done
[ -z "$complaints" ]
result "bad session files are refused" $? "$complaints"

complaints=
printf '[Sensor]\nRate=0\n' >"$work/bad.conf"
refused "$work/bad.conf:2: " 1 --config "$work/bad.conf" --check-config
refused "$work/bad.conf:2: " 1 --config "$work/bad.conf" --session
refused "$work/none.conf" 1 --config "$work/none.conf" --check-config
refused "--speed" 2 --replay "$work/session.edf" --speed 3
refused "unexpected argument" 2 "$work/session.edf"
refused "no object" 1 --bus-introspect /nowhere
DBUS_SESSION_BUS_ADDRESS=unix:path=$work/nobus \
	refused "cannot connect to the session bus" 1 --config /dev/null --session
[ -z "$complaints" ]
result "bad configuration and options are refused" $? "$complaints"

[ "$failures" = 0 ]
