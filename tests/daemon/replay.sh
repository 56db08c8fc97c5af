#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopd without hardware: a generated session is replayed on a private session
# bus, and another program (gdbus, busctl) must see its events and properties.
# Bad input must be refused in plain words.
#
#	O=build tests/daemon/replay.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus gdbus stdbuf

tmp=$(mktemp -d)
monitor=
cleanup()
{
	kill ${daemon:+"$daemon"} ${monitor:+"$monitor"} 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT

sensor() { property Sensor "$1" "$replay"; }
monitor_is_on() { grep -q 'org.backpop1' "$tmp/monitor"; }
# The bus delivers in order: once the last property is seen, all events are.
monitor_saw_the_end() { grep -q "'State': <'ended'>" "$tmp/monitor"; }

plan 8
"$BACKPOP_GEN" --seed 7 --duration 120 --out "$tmp/session.edf" || exit 1

# gdbus subscribes when it sees the name: of what is said in the first instant it may
# miss some, of what comes later nothing.
stdbuf -oL gdbus monitor --session --dest org.backpop1 >"$tmp/monitor" 2>&1 &
monitor=$!
wait_until 20 monitor_is_on
start_daemon --replay "$tmp/session.edf" --speed max >"$tmp/stdout"
wait_until 60 ended
result "a replay runs to its end" $? "State: $(sensor State)" "$(cat "$tmp/log")"

wait_until 20 monitor_saw_the_end
events=$(grep -c 'org.backpop1.Sensor.Event (' "$tmp/monitor")
[ "$events" -gt 0 ]
result "another program receives Event signals" $? "none in:" "$(tail -n 5 "$tmp/monitor")"

malformed=$(grep 'org.backpop1.Sensor.Event (' "$tmp/monitor" | grep -vE \
	"\(uint64 [0-9]+, uint32 [0-9]+, uint64 [0-9]+, '(cavitation|snap|crepitus|lung_crackle|unclassified|artefact)', [0-9.e-]+, \{'onset_s': <[0-9.]+>, .*'end_ns': <uint64 [0-9]+>")
[ -z "$malformed" ]
result "every Event has its arguments and details" $? "$malformed"

read=$(sensor SamplesRead) lost=$(sensor SamplesLost) rate=$(sensor SampleRate)
[ "$read" = $((120 * 800)) ] && [ "$lost" = 0 ] && [ "$rate" = 800 ]
result "the sensor's counters are right" $? "SamplesRead $read, expected $((120 * 800))" \
	"SamplesLost $lost, expected 0" "SampleRate $rate, expected 800"

numbered=$(sensor Events)
last=$(grep -oE 'Sensor.Event \(uint64 [0-9]+' "$tmp/monitor" | grep -oE '[0-9]+$' | sort -n | tail -n 1)
[ "$numbered" = "$last" ] && is Manager ApiVersion 1 && is Manager Clock monotonic
result "Events is the last event's number; the manager answers" $? "Events $numbered, last number $last"

stop_daemon TERM
[ "$status" = 0 ] && [ ! -s "$tmp/stdout" ] && has_no_name
result "SIGTERM ends it cleanly" $? "status $status, expected 0" "$(cat "$tmp/log")"

printf 'just text\n' >"$tmp/text.edf"
: >"$tmp/empty.edf"
head -c 300 "$tmp/session.edf" >"$tmp/cut.edf"
for file in none.edf text.edf empty.edf cut.edf .; do
	must_refuse "$tmp/$file" 1 "$BACKPOPD" --user --config /dev/null --replay "$tmp/$file"
done
[ -z "$complaints" ]
result "bad session files are refused" $? "$complaints"

complaints=
printf '[Sensor]\nRate=0\n' >"$tmp/bad.conf"
must_refuse "$tmp/bad.conf:2: " 1 "$BACKPOPD" --config "$tmp/bad.conf" --check-config
must_refuse "$tmp/bad.conf:2: " 1 "$BACKPOPD" --config "$tmp/bad.conf" --user
must_refuse "$tmp/none.conf" 1 "$BACKPOPD" --config "$tmp/none.conf" --check-config
printf '[Sensor]\nMode=motion+film\nPair=0x20 0x21\n' >"$tmp/pair.conf"
"$BACKPOPD" --config "$tmp/pair.conf" --check-config 2>&1 >/dev/null | grep -q "Mode= does not count" ||
	complaints+="Mode= beside Pair= is not warned about"$'\n'
printf '[Sensor]\nPair=0x20 0x21\n' >"$tmp/pair.conf"
[ -z "$("$BACKPOPD" --config "$tmp/pair.conf" --check-config 2>&1 >/dev/null)" ] ||
	complaints+="Pair= alone is warned about"$'\n'
must_refuse "--speed" 2 "$BACKPOPD" --replay "$tmp/session.edf" --speed 3
must_refuse "unexpected argument" 2 "$BACKPOPD" "$tmp/session.edf"
must_refuse "no object" 1 "$BACKPOPD" --bus-introspect /nowhere
DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/nobus \
	must_refuse "cannot connect to the session bus" 1 "$BACKPOPD" --config /dev/null --user
[ -z "$complaints" ]
result "bad configuration and options are refused" $? "$complaints"

finish
