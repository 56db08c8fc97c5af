#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same session by detect and by way of the daemon, D-Bus and monitor: the same
# lines.  For one rate and for two.
#
#	BACKPOPCTL= BACKPOPD= BACKPOP_GEN= tests/cli/replay.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOPD
need BACKPOP_GEN
need_bus

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT

ended() { "$BACKPOPCTL" status --user --json 2>/dev/null | grep -qF '"state":"ended"'; }
gone() { ! kill -0 "$1" 2>/dev/null; }
as_many_lines() { [ "$(wc -l <"$1")" -ge "$(wc -l <"$2")" ]; }

# replay FILE: through the daemon, lines in $tmp/out
replay()
{
	local daemon monitor

	"$BACKPOPCTL" monitor --user --json >"$tmp/out" 2>"$tmp/err" &
	monitor=$!
	wait_until 10 grep -q waiting "$tmp/err"
	"$BACKPOPD" --user --replay "$1" --speed max >"$tmp/daemon.out" 2>"$tmp/daemon.err" &
	daemon=$!
	wait_until 60 ended
	wait_until 10 as_many_lines "$tmp/out" "$tmp/detected"
	kill "$daemon"
	wait_until 10 gone "$daemon" || kill -KILL "$daemon"
	wait "$daemon"
	daemon_status=$?
	kill "$monitor"
	wait "$monitor"
	status=$?
}

plan 6
for mode in motion+film pair; do
	"$BACKPOP_GEN" --seed 3 --duration 60 --mode $mode --script demo --out "$tmp/$mode.edf" \
		>"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err" >&2; exit 1; }
	"$BACKPOPCTL" detect --json "$tmp/$mode.edf" >"$tmp/detected" 2>"$tmp/err"
	status=$?
	cp "$tmp/detected" "$tmp/out"
	report "$mode: detect finds events" '[ $status = 0 ] && [ $(wc -l <$tmp/detected) -ge 5 ]'
	replay "$tmp/$mode.edf"
	report "$mode: daemon and monitor end well" '[ $status = 0 ] && [ $daemon_status = 0 ]'
	sed 's/^{"sensor":"[^"]*",/{/; s/,"onset_ns":.*}$/}/' "$tmp/out" \
		>"$tmp/monitored"
	if diff "$tmp/detected" "$tmp/monitored" >"$tmp/diff"; then
		pass "$mode: monitor says what detect says"
	else
		fail "$mode: monitor says what detect says" "$(wc -l <"$tmp/detected") lines detected," \
			"$(wc -l <"$tmp/monitored") lines monitored; < detect, > monitor:" \
			"$(head -n 10 "$tmp/diff")" "daemon: $(tail -n 3 "$tmp/daemon.err")"
	fi
done
finish
