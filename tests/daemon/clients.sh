#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients of every kind: hostile ones, a thousand that come and go, one that never reads,
# and a bus that goes away.  FUZZ=N: calls of the hostile one.
#
#	O=build tests/daemon/clients.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/daemon
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus dbus-daemon

tmp=$(mktemp -d)
others=()
cleanup()
{
	kill ${daemon:+"$daemon"} "${others[@]}" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
: >"$tmp/log"
: >"$tmp/out"
: >"$tmp/err"
mkdir "$tmp/state"

compile fuzz || exit 1
compile crowd || exit 1
"$BACKPOP_GEN" --seed 12 --script dense --duration 300 --out "$tmp/long.edf" >/dev/null || exit 1

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
fds() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }
alive() { kill -0 "$daemon" 2>/dev/null; }
fds_are() { [ "$(fds)" = "$1" ]; }

plan 15

start_daemon --state "$tmp/state" --replay "$tmp/long.edf" --speed max
wait_until 300 ended
calls=${FUZZ:-1500}
"$tmp/fuzz" 1 "$calls" 0 >"$tmp/out"
status=$?
report "garbage on every method and property: each call is answered, the daemon lives" \
	'[ $status = 0 ] && alive'
report "and the journal is whole" 'is Journal State ok && call Journal GetEvents "ta{sv}" 0 0 >/dev/null'
stop_daemon TERM
report "and it ends cleanly" '[ $status = 0 ]'

# --- what must be refused, with which error
rm -rf "$tmp/state"; mkdir "$tmp/state"
start_daemon --state "$tmp/state" --replay "$tmp/long.edf" --speed max
wait_until 300 ended
complaints=
# refused ERROR WORDS ARGUMENT...: of busctl call
refused()
{
	local error=$1 words=$2 got
	shift 2
	# busctl tells words, gdbus tells names.
	got=$(gdbus call --session --dest org.backpop1 --object-path "$1" --method "$2" "${@:3}" 2>&1) &&
		complaints+="$2 ${*:3}: expected $error, got $got"$'\n'
	grep -qF -- "$error" <<<"$got" && grep -qF -- "$words" <<<"$got" ||
		complaints+="$2 ${*:3}: expected $error \"$words\", got $got"$'\n'
}
invalid=org.backpop1.Error.InvalidArgument
j=org.backpop1.Journal s=org.backpop1.Session
long=$(printf 'x%.0s' {1..1025})
refused $invalid 'kind is "pein"' $root $j.Annotate pein '' '{}'
# Quoted up to the middle of a letter.
refused $invalid 'kind is "x' $root $j.Annotate "x$(printf 'ä%.0s' {1..60})" '' '{}'
refused $invalid 'more than 1024' $root $j.Annotate pain "$long" '{}'
refused $invalid 'control characters' $root $j.Annotate pain $'a\001' '{}'
refused $invalid 'note without text' $root $j.Annotate note '' '{}'
refused $invalid 'no option "color"' $root $j.Annotate pain '' "{'color': <'red'>}"
refused $invalid 'not a sensor' $root $j.Annotate pain '' "{'sensor': <'../x'>}"
refused $invalid 'needs "sensor"' $root $j.Annotate pain '' "{'event': <uint64 3>}"
refused $invalid 'not of the future' $root $j.Annotate pain '' "{'time_ns': <uint64 18446744073709551615>}"
refused $invalid 'expected t' $root $j.Annotate pain '' "{'time_ns': <'now'>}"
never=$(($(property Sensor LastEvent $replay) + 1))
refused org.backpop1.Error.NoSuchEvent "has no event $never: the last one is $((never - 1))" $root $j.Annotate pain '' \
	"{'sensor': <'replay'>, 'event': <uint64 $never>}"
refused org.backpop1.Error.NoSuchEvent 'no event 18446744073709551615' $root $j.Annotate pain '' \
	"{'sensor': <'replay'>, 'event': <uint64 18446744073709551615>}"
refused org.backpop1.Error.NoSuchSensor 'no sensor iio_device9' $root $j.Annotate pain '' "{'sensor': <'iio_device9'>}"
refused $invalid 'packet_frames is 0' $replay org.backpop1.Stream.Acquire "{'packet_frames': <uint32 0>}"
refused $invalid 'packet_frames is 257' $replay org.backpop1.Stream.Acquire "{'packet_frames': <uint32 257>}"
refused $invalid 'expected u' $replay org.backpop1.Stream.Acquire "{'packet_frames': <'many'>}"
refused $invalid 'no option "pace"' $replay org.backpop1.Stream.Acquire "{'pace': <uint32 1>}"
refused $invalid 'wanted for' $replay org.backpop1.Stream.Inhibit ''
refused org.backpop1.Error.NoDevice 'no device' $replay org.backpop1.Stream.Inhibit 'a test'
refused $invalid 'sex is "W"' $replay org.backpop1.Recorder.Start "{'sex': <'W'>}"
refused $invalid 'expected YYYY-MM-DD' $replay org.backpop1.Recorder.Start "{'birthdate': <'1.2.1970'>}"
refused $invalid 'name has 64 characters' $replay org.backpop1.Recorder.Start "{'name': <'${long:0:64}'>}"
refused $invalid 'no option "shoe_size"' $replay org.backpop1.Recorder.Start "{'shoe_size': <'43'>}"
refused org.backpop1.Error.NotRecording 'not recording' $replay org.backpop1.Recorder.Stop
refused $invalid 'limit is 0' $root $j.GetEvents 0 "{'limit': <uint32 0>}"
refused $invalid 'limit is 257' $root $j.GetEvents 0 "{'limit': <uint32 257>}"
refused $invalid 'not a class' $root $j.GetEvents 0 "{'class': <'boom'>}"
refused $invalid 'beyond 2^63' $root $j.GetEvents 18446744073709551615 '{}'
refused $invalid 'no option "sensor"' $replay org.backpop1.Sensor.GetEvents 0 "{'sensor': <'x'>}"
refused $invalid 'a key must be' $root $s.Start "{'No Key': <'x'>}"
refused $invalid 'no finite number' $root $s.Start "{'x': <$(printf 'nan')>}"
refused $invalid 'sex is "female"' $root $s.Start "{'sex': <'female'>}"
refused $invalid 'expected YYYY-MM-DD' $root $s.Start "{'birthdate': <'1980-02-31'>}"
refused $invalid 'expected a string' $root $s.Start "{'x': <['a']>}"
refused $invalid 'no option' $root org.backpop1.Manager.Claim "{'x': <1>}"
refused $invalid 'not a sensor' $root org.backpop1.Manager.Claim "{'sensor': <'../x'>}"
refused org.backpop1.Error.NoSession 'no session' $root $s.Stop
call Session Start 'a{sv}' 0 >/dev/null
refused org.backpop1.Error.SessionRunning 'stop it first' $root $s.Start '{}'
refused org.freedesktop.DBus.Error.UnknownObject '' $root/sensor/nobody org.backpop1.Sensor.GetEvents 0 '{}'
refused org.freedesktop.DBus.Error.PropertyReadOnly '' $root org.freedesktop.DBus.Properties.Set $j State "<'ok'>"
refused $invalid 'log level' /org/freedesktop/LogControl1 org.freedesktop.DBus.Properties.Set \
	org.freedesktop.LogControl1 LogLevel "<'loud'>"
same "bad arguments have errors of their own, in plain words" "" "$complaints"
gdbus call --session --dest org.backpop1 --object-path $root --method $j.Annotate pain '' \
	"{'sensor': <'replay'>, 'event': <uint64 $((never - 1))>}" >"$tmp/out" 2>"$tmp/err"
status=$?
report "an event that was heard can be annotated" '[ $status = 0 ] && [ $never -gt 1 ]'

stops=$(grep -c "has stopped" "$tmp/log")
busctl --user set-property org.backpop1 /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s err
call Session Stop >/dev/null
same "the log level can be set at run time" "s \"err\" $stops" \
	"$(busctl --user get-property org.backpop1 /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel) $(grep -c 'has stopped' "$tmp/log")"

# --- claims
busctl --user call org.backpop1 $root org.backpop1.Manager Claim 'a{sv}' 0
wait_until 300 is Manager Claims 0
report "a claim goes with its client" 'is Manager Claims 0'

# Two clients, each with a sensor of its own; one of the two sensors is not there.
claims() { echo "$(property Manager Claims) $(property Sensor Claims "$replay")"; }
mkfifo "$tmp/keep1" "$tmp/keep2"
"$tmp/crowd" claim replay <"$tmp/keep1" >"$tmp/claim1" &
others+=($!)
"$tmp/crowd" claim iio_device7 <"$tmp/keep2" >"$tmp/claim2" &
others+=($!)
exec 8>"$tmp/keep1" 9>"$tmp/keep2"
wait_until 10 grep -qs ready "$tmp/claim1"
wait_until 10 grep -qs ready "$tmp/claim2"
same "a claim is of one sensor, also of one that is not there" "2 1" "$(claims)"
exec 9>&-
wait_until 300 is Manager Claims 1
before=$(claims)
exec 8>&-
wait_until 300 is Manager Claims 0
same "and each ends with its client alone" "1 1, 0 0" "$before, $(claims)"

# --- a thousand that come and go
"$tmp/crowd" 100 >"$tmp/out" || cat "$tmp/out"
wait_until 300 is Manager Claims 0
rss_before=$(rss) fds_before=$(fds)
"$tmp/crowd" 1000 >"$tmp/out"
status=$?
wait_until 300 is Manager Claims 0
wait_until 300 fds_are "$fds_before"
rss_after=$(rss)
echo "# RSS $rss_before kB before, $rss_after kB after 1000 clients"
report "a thousand clients: no claim and no descriptor stays" \
	'[ $status = 0 ] && is Manager Claims 0 && fds_are $fds_before'
if ! grep -q __asan "$BACKPOPD"; then
	report "a thousand clients: no memory stays" '[ $((rss_after - rss_before)) -lt 1024 ]'
	report "the memory is within its budget of 12 MB" '[ $(rss) -lt 12288 ]'
else
	skip "a thousand clients: no memory stays" "a sanitizer keeps what is freed"
	skip "the memory is within its budget of 12 MB" "a sanitizer takes its own"
fi
stop_daemon TERM

# --- one that never reads
rm -rf "$tmp/state"; mkdir "$tmp/state"
"$tmp/crowd" sleep >"$tmp/sleeper" &
others+=($!)
wait_until 10 grep -qs ready "$tmp/sleeper"
start_daemon --state "$tmp/state" --replay "$tmp/long.edf" --speed max
wait_until 300 ended
report "one that never reads holds nobody up" \
	'ended && [ $("$BACKPOPCTL" events --user | wc -l) -gt 50 ]'
stop_daemon TERM

# --- the bus goes away
dbus-daemon --session --nofork --print-address=3 3>"$tmp/address" 2>/dev/null &
bus=$!
others+=("$bus")
wait_until 10 test -s "$tmp/address"
DBUS_SESSION_BUS_ADDRESS=$(cat "$tmp/address")
export DBUS_SESSION_BUS_ADDRESS
start_daemon --state "$tmp/state" --replay "$tmp/long.edf"
kill "$bus"
wait_until 20 eval '! alive'
wait "$daemon"
status=$?
daemon=
report "the bus goes away: it ends with a failure, to be started anew" '[ $status != 0 ]'
report "and the journal was closed in order" \
	'"$BACKPOPCTL" events --file $tmp/state/journal.db >/dev/null && [ $(ls $tmp/state) = journal.db ]'
finish
