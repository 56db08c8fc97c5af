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

plan 11
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

# --- a channel that clips
# header FILE OFFSET: a field of 8 characters
header() { dd if="$1" bs=1 skip="$2" count=8 2>/dev/null | tr -d ' '; }
# clip FILE LABEL FROM TO: a signal's samples of these data records at full scale
clip()
{
	local file=$1 label=$2 n k size=0 before=0 count='' full r
	n=$(($(dd if="$file" bs=1 skip=252 count=4 2>/dev/null)))
	for ((k = 0; k < n; k++)); do
		r=$(header "$file" $((256 + n * 216 + 8 * k)))
		if [ "$(dd if="$file" bs=1 skip=$((256 + 16 * k)) count=16 2>/dev/null | sed 's/ *$//')" = "$label" ]; then
			before=$size count=$r
			full=$(header "$file" $((256 + n * 128 + 8 * k)))
		fi
		size=$((size + 2 * r))
	done
	[ -n "$count" ] || return 1
	full=$(printf '\\x%02x\\x%02x' $((full & 255)) $((full >> 8 & 255)))
	# shellcheck disable=SC2059 # bytes
	for ((r = 0; r < count; r++)); do printf "$full"; done >"$tmp/full"
	for ((r = $3; r < $4; r++)); do
		dd if="$tmp/full" of="$file" bs=64k seek=$((256 * (n + 1) + r * size + before)) \
			oflag=seek_bytes conv=notrunc 2>/dev/null || return 1
	done
}
# gdbus subscribes when it sees the name, too late for this; busctl hears all there is.
changes_begun() { grep -q Monitoring "$tmp/busctl"; }
changes_saw_the_end() { grep -q '"data":"ended"' "$tmp/changes"; }
kill "$monitor"
busctl --user monitor --json=short --match="type='signal',member='PropertiesChanged'" \
	>"$tmp/changes" 2>"$tmp/busctl" &
monitor=$!
wait_until 20 changes_begun
# Film in the middle, motion to the end: the end's health stays to be seen.
cp "$tmp/session.edf" "$tmp/clipped.edf"
clip "$tmp/clipped.edf" Film 20 30 && clip "$tmp/clipped.edf" 'Accel Y' 110 120 || exit 1
: >"$tmp/log"
start_daemon --replay "$tmp/clipped.edf" --speed max
wait_until 60 ended
wait_until 20 changes_saw_the_end
"$BACKPOPCTL" status --user >"$tmp/status"
"$BACKPOPCTL" doctor --user >"$tmp/doctor"
stop_daemon TERM
complaints=
# tells FILE WORDS
tells() { grep -qF -- "$2" "$1" || complaints+="\"$2\" is not in ${1##*/}:"$'\n'"$(tail -n 8 "$1")"$'\n'; }
tells "$tmp/changes" '"FilmHealth":{"type":"s","data":"saturated"}'
tells "$tmp/changes" '"FilmHealth":{"type":"s","data":"ok"}'
tells "$tmp/changes" '"MotionHealth":{"type":"s","data":"saturated"}'
tells "$tmp/log" "the film is saturated: what it would hear is not heard"
tells "$tmp/log" "the film is ok again"
[ -z "$complaints" ]
result "a channel that clips is told by signal and log, and when it is well again" $? "$complaints"
complaints=
tells "$tmp/status" "accel     saturated"
tells "$tmp/doctor" "the accelerometer is saturated"
tells "$tmp/doctor" "AccelRange="
! grep -q "film.*saturated" "$tmp/status" "$tmp/doctor" || complaints+="the film is well by then"$'\n'
[ -z "$complaints" ]
result "status and doctor tell of it, and doctor what to do" $? "$complaints"

# A name that is Latin-1, which the bus takes no word of.
cp "$tmp/session.edf" "$tmp/"$'r\xfccken.edf'
start_daemon --replay "$tmp/"$'r\xfccken.edf' --speed max && wait_until 60 ended
got="$(sensor Name), $(sensor Device)"
stop_daemon TERM
[ "$status,$got" = "0,r?cken.edf, r?cken.edf" ]
result "a file whose name is no UTF-8" $? "status $status" "$got" "$(tail -n 3 "$tmp/log")"

complaints=
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
must_refuse "$tmp/bad.conf:2: " 78 "$BACKPOPD" --config "$tmp/bad.conf" --check-config
must_refuse "$tmp/bad.conf:2: " 78 "$BACKPOPD" --config "$tmp/bad.conf" --check-config --quiet
must_refuse "$tmp/bad.conf:2: " 78 "$BACKPOPD" --config "$tmp/bad.conf" --user
must_refuse "$tmp/none.conf" 78 "$BACKPOPD" --config "$tmp/none.conf" --check-config
printf '[Sensor]\nMode=motion+film\nPair=0x20 0x21\n' >"$tmp/pair.conf"
"$BACKPOPD" --config "$tmp/pair.conf" --check-config 2>&1 >/dev/null | grep -q "Mode= does not count" ||
	complaints+="Mode= beside Pair= is not warned about"$'\n'
printf '[Sensor]\nPair=0x20 0x21\n' >"$tmp/pair.conf"
[ -z "$("$BACKPOPD" --config "$tmp/pair.conf" --check-config --quiet 2>&1)" ] ||
	complaints+="Pair= alone is warned about, or --quiet is not"$'\n'
must_refuse "--quiet goes with" 2 "$BACKPOPD" --config "$tmp/pair.conf" --quiet
must_refuse "--speed" 2 "$BACKPOPD" --replay "$tmp/session.edf" --speed 3
must_refuse "unexpected argument" 2 "$BACKPOPD" "$tmp/session.edf"
must_refuse "no object" 1 "$BACKPOPD" --bus-introspect /nowhere
DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/nobus \
	must_refuse "cannot connect to the session bus" 1 "$BACKPOPD" --config /dev/null --user
[ -z "$complaints" ]
result "bad configuration and options are refused" $? "$complaints"

finish
