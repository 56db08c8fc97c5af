# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034 # names for the sourcing script
#
# What the guest's scripts share; sourced, never run.

sim=/sys/kernel/debug/backpop_sim
tools=/usr/local/lib/backpop/bench

# $now: monotonic time in units of 10 ms, the clock of every time stamp here.
# No other process is started for it: they are dear on an emulated processor.
look_at_clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

# wait_until SECONDS COMMAND...: run it again and again until it succeeds; fails
# when it has not after SECONDS.  Asking is dear here, waiting is not: idle time passes at once.
wait_until() {
	look_at_clock
	deadline=$((now + $1 * 100))
	shift
	until "$@" >/dev/null 2>&1; do
		look_at_clock
		[ "$now" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}

# ---- the daemon, as any program sees it on the bus --------------------------
# Asking must not start it: whether udev does is what is tested.

# The first sensor's object path; fails while there is none.
sensor_path() {
	busctl --auto-start=no --no-pager tree --list org.backpop1 2>/dev/null | grep -m1 '^/org/backpop1/sensor/.'
}

# property OBJECT INTERFACE NAME: bare; fails when there is none
property() {
	value=$(busctl --auto-start=no get-property org.backpop1 "$1" "org.backpop1.$2" "$3" 2>/dev/null) || return
	value=${value#* }
	value=${value#\"}
	echo "${value%\"}"
}

# of_sensor INTERFACE NAME: a property of the first sensor.  As long as it has the usual
# name, nobody has to look for it.
of_sensor() {
	property /org/backpop1/sensor/iio_device0 "$@" || property "$(sensor_path)" "$@"
}
sensor() {
	of_sensor Sensor "$1"
}
recorder() {
	of_sensor Recorder "$1"
}

# manager NAME: a property of the daemon, bare.
manager() {
	property /org/backpop1 Manager "$1"
}

recorder_is() {
	[ "$(recorder State)" = "$1" ]
}

is_streaming() {
	[ "$(sensor State)" = streaming ]
}

# wait_for_stream SECONDS: the daemon starts meanwhile, for which the host's disk is read.  While
# the guest waits for that it has nothing to do, and its clock skips from timer to timer: the
# deadlines, of systemd and of the bus, too, pass in no time.  So there is something to do.
wait_for_stream() {
	chrt --idle 0 sh -c 'trap exit TERM; while :; do :; done' &
	spinner=$!
	wait_until "$1" is_streaming
	streams=$?
	kill "$spinner"
	wait "$spinner"
	return "$streams"
}

# at_least VALUE COMMAND...: the command prints a number that is VALUE or more
at_least() {
	least=$1
	shift
	value=$("$@")
	[ -n "$value" ] && [ "$value" -ge "$least" ]
}

daemon_pid() {
	systemctl show -P MainPID backpopd.service
}

# ---- the simulated hardware -------------------------------------------------

# What a user would write for the bench's two GPIO lines.
configure_bench() {
	mkdir -p /etc/backpop/backpopd.conf.d
	cat >/etc/backpop/backpopd.conf.d/50-bench.conf <<-EOF
		[Sensor]
		Mode=motion+film
		Rate=800

		[Marker]
		Line=BACKPOP_MARKER

		[Trigger]
		Line=BACKPOP_TRIGGER
	EOF
}

# stat_of NAME: one counter of simulated chip 0
stat_of() {
	awk -v name="$1" '$1 == name { print $2 }' $sim/chip0/stats
}

# Protocol violations and starved feeding of simulated chip 0: "name value" lines.
sim_complaints() {
	awk '($1 ~ /^violation_/ || $1 == "underruns") && $2 != 0' $sim/chip0/stats
}

press_marker() {
	echo 1 >$sim/marker
	sleep 0.05
	echo 0 >$sim/marker
}
