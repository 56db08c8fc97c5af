#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl monitor shows everything once and in order, whatever becomes of signals, of the
# daemon and of the bus; what it did not hear is marked.
#
#	O=build tests/daemon/monitor.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/daemon
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
for program in sqlite3 dbus-daemon busctl; do
	command -v "$program" >/dev/null || skip_all "no $program"
done

tmp=$(mktemp -d)
bus=
monitor=
cleanup()
{
	kill -CONT ${monitor:+"$monitor"} 2>/dev/null
	kill ${daemon:+"$daemon"} ${monitor:+"$monitor"} ${bus:+"$bus"} 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
: >"$tmp/log"
: >"$tmp/out"
: >"$tmp/err"
mkdir "$tmp/state"

# A bus with little patience: of a client that does not read it keeps 200 kB, and drops the
# rest without a word.  It is the system's bus and the session's in one.
cat >"$tmp/bus.conf" <<EOF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$tmp/bus</listen>
  <policy context="default">
    <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
  </policy>
  <limit name="max_outgoing_bytes">200000</limit>
</busconfig>
EOF
export DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/bus DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/bus
start_bus()
{
	rm -f "$tmp/bus"
	dbus-daemon --config-file="$tmp/bus.conf" --nofork 2>/dev/null &
	bus=$!
	wait_until 10 test -S "$tmp/bus"
}

"$BACKPOP_GEN" --seed 12 --script dense --duration 600 --out "$tmp/long.edf" >/dev/null || exit 1
"$BACKPOP_GEN" --seed 7 --duration 60 --out "$tmp/short.edf" >/dev/null || exit 1

# Both in the form EVENT.REVISION, in the order of telling.
shown() { sed -n 's/.*"event":\([0-9]*\),"revision":\([0-9]*\),.*/\1.\2/p' "$tmp/shown"; }
# A reader may have to wait for the daemon.
kept() { sqlite3 -cmd ".timeout 10000" "file:$tmp/state/journal.db?mode=ro" \
	"SELECT number || '.' || revision FROM revision ORDER BY sequence"; }
n_kept() { kept | wc -l; }
all_shown() { [ "$(shown | wc -l)" = "$(n_kept)" ]; }
missed() { grep -c '"event":.*"missed":true' "$tmp/shown"; }
said() { grep -qF -- "$1" "$tmp/said"; }
play() { start_daemon --state "$tmp/state" --replay "$1" --speed max && wait_until 60 ended; }

plan 9

start_bus
"$BACKPOPCTL" monitor --json >"$tmp/shown" 2>"$tmp/said" &
monitor=$!
wait_until 10 said "waiting for it"
play "$tmp/short.edf"
wait_until 20 all_shown
same "heard: all of them, each once, in order" "$(kept)" "$(shown)"
same "heard: none is marked as missed" 0 "$(missed)"
stop_daemon TERM

# --- signals that the bus drops
before=$(n_kept)
kill -STOP "$monitor"
play "$tmp/long.edf"
kill -CONT "$monitor"
# The gap shows with the next signal.
call Journal Annotate 'ssa{sv}' pain 'now' 0 >/dev/null
stop_daemon TERM
play "$tmp/short.edf"
wait_until 60 all_shown
# That comes behind the last of them.
wait_until 20 said "events were missed"
dropped=$(missed)
since=$(($(n_kept) - before))
report "dropped signals: the journal is asked, and says so" \
	'[ $dropped -gt 0 ] && [ $dropped -le $since ] && said "events were missed"'
echo "# $dropped marked as missed, $since told since; monitor said:"
sed 's/^/# /' "$tmp/said"
same "dropped signals: all of them, each once, in order" "$(kept)" "$(shown)"
same "an annotation comes once" 1 "$(grep -c '"annotation":.*"text":"now"' "$tmp/shown")"

# --- the daemon is killed and goes on while nobody looks
kill -STOP "$monitor"
stop_daemon KILL
for _ in 1 2 3; do
	play "$tmp/short.edf"
	stop_daemon KILL
done
kill -CONT "$monitor"
play "$tmp/short.edf"
wait_until 30 all_shown
same "a daemon killed and started anew: all, each once, in order" "$(kept)" "$(shown)"

# --- the bus is started anew, and meanwhile somebody else is told
kill "$bus"
wait "$bus" 2>/dev/null
wait "$daemon" 2>/dev/null
daemon=
wait_until 10 said "the bus has closed the connection: waiting for it"
start_bus
play "$tmp/short.edf"
call Journal Annotate 'ssa{sv}' pain 'after the bus' 0 >/dev/null
wait_until 30 all_shown
wait_until 30 grep -qF 'after the bus' "$tmp/shown"
same "a bus started anew: all, each once, in order" "$(kept)" "$(shown)"
stop_daemon TERM

# --- another journal: nothing can be told of the former
rm -rf "$tmp/state"
mkdir "$tmp/state"
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
wait_until 30 said "begun anew"
wait_until 30 ended
report "another journal: it is said" 'said "the journal was begun anew"'

kill "$monitor"
wait "$monitor"
status=$?
monitor=
report "and it ends in order when told to" '[ $status = 0 ]'
finish
