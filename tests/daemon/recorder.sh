#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopd records what it hears: a replayed session comes back from the file count by
# count, with its events as annotations, in our reader and in another one (BioSig's
# save2gdf).  Start and stop over D-Bus; wrong requests are refused in plain words.
#
#	O=build tests/daemon/recorder.sh
set -u
cd "$(dirname "$0")/../.." || exit 1

O=${O:-build}
backpopd=${BACKPOPD:-$O/backpopd}
ctl=${BACKPOPCTL:-$O/backpopctl}
gen=${BACKPOP_GEN:-$O/tests/backpop-gen}
tests=9
n=0 failures=0

skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 4
}

# Run again inside a bus of our own.
if [ -z "${BACKPOP_TEST_BUS:-}" ]; then
	command -v dbus-run-session >/dev/null || skip_all "dbus-run-session is not installed"
	for program in "$backpopd" "$ctl" "$gen"; do
		[ -x "$program" ] || skip_all "$program is not built"
	done
	BACKPOP_TEST_BUS=1 exec dbus-run-session -- "$0"
fi

work=$(mktemp -d)
daemon=''
cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
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

# start RECORD SPEED [LINE...]: a daemon that replays, with these settings
start() {
	local line record=$1 speed=$2
	shift 2
	rm -rf "$work/rec"
	: >"$work/stderr"
	{
		printf '[Recorder]\nRecord=%s\nDirectory=%s/rec\nMinFree=0\n' "$record" "$work"
		for line in "$@"; do
			echo "$line"
		done
	} >"$work/conf"
	"$backpopd" --session --config "$work/conf" --replay "$work/session.edf" --speed "$speed" \
		>"$work/stdout" 2>"$work/stderr" &
	daemon=$!
}

stop() {
	kill -TERM "$daemon"
	wait "$daemon"
	local status=$?
	daemon=''
	return $status
}

recorder() {
	busctl --user get-property org.backpop1 /org/backpop1/sensor/replay org.backpop1.Recorder \
		"$1" 2>/dev/null | cut -d' ' -f2- | tr -d '"'
}
has_ended() {
	grep -q ': ended, ' "$work/stderr"
}
is() {
	[ "$(recorder "$1")" = "$2" ]
}

# The last lines of two detector runs differ in nothing but the origin of time.
events_of() {
	"$ctl" detect --json "$1" 2>/dev/null
}

# EDF's own numbers: header bytes, and per record 3 + 1 signals of 800 counts of 2 bytes
# and annotations of $2 bytes; prints the counts only.
counts_of() {
	local bytes=$2 header=$((256 * 6))
	perl -e 'my ($f, $h, $r, $d) = @ARGV; open(F, "<", $f) or die; binmode F; seek(F, $h, 0);
		while (read(F, my $b, $r) == $r) { print substr($b, 0, $d) }' \
		"$1" $header $((6400 + bytes)) 6400 | sha256sum
}

echo "TAP version 13"
echo "1..$tests"

"$gen" --seed 7 --duration 120 --mode motion+film --out "$work/session.edf" || exit 1

# ---- always ---------------------------------------------------------------------
start always max MaxFileTime=50s
wait_for 60 has_ended
stop
result "a replay is recorded to its end" $? "$(cat "$work/stderr")"

files=("$work"/rec/*.edf)
mode=$(stat -c '%a' "${files[0]}")
[ ${#files[@]} = 3 ] && [ "$mode" = 640 ]
result "MaxFileTime makes three files of 120 s, for owner and group" $? \
	"files: ${files[*]}, mode $mode" "$(cat "$work/stderr")"

start always max
wait_for 60 has_ended
stop
file=$(echo "$work"/rec/*.edf)
a=$(counts_of "$work/session.edf" 256)
b=$(counts_of "$file" 512)
[ -f "$file" ] && [ "$a" = "$b" ]
result "every raw count survives" $? "counts of the session: $a" "of the recording: $b"

events_of "$work/session.edf" >"$work/before"
events_of "$file" >"$work/after"
[ -s "$work/before" ] && cmp -s "$work/before" "$work/after"
result "the detector hears the same in the recording" $? "$(diff "$work/before" "$work/after" | head -n 5)"

# ---- another reader ---------------------------------------------------------------
if command -v save2gdf >/dev/null; then
	save2gdf -JSON "$file" >"$work/biosig.json" 2>/dev/null
	mkdir -p "$work/ascii"
	# It takes all from the first dot of the whole path for an extension.
	(cd "$work/ascii" && save2gdf -f=ASCII "$file" out >/dev/null 2>&1)
	# Counts by the header's scale, beside the text that the other reader makes of them.
	off=$(perl -e 'my ($f, $ascii) = @ARGV; open(F, "<", $f) or die; binmode F;
		read(F, my $h, 1536); my $worst = 0;
		my $num = sub { substr($h, 256 + $_[0] * 5 + $_[1] * 8, 8) + 0 };
		my @in = map { open(my $x, "<", "$ascii/out.a0$_") or die; $x } 1 .. 4;
		while (read(F, my $b, 6912) == 6912) {
			for my $s (0 .. 3) {
				my ($lo, $hi, $dlo, $dhi) = map { $num->($_, $s) } 104, 112, 120, 128;
				for my $c (unpack("s<800", substr($b, 1600 * $s, 1600))) {
					my $t = readline($in[$s]); defined $t or die "short";
					my $off = abs($t - (($c - $dlo) * ($hi - $lo) / ($dhi - $dlo) + $lo));
					my $lsb = ($hi - $lo) / ($dhi - $dlo);
					$worst = $off / $lsb if $off / $lsb > $worst;
				}
			}
		}
		printf "%.3f\n", $worst' "$file" "$work/ascii" 2>&1)
	awk -v off="$off" 'BEGIN { exit !(off ~ /^[0-9.]+$/ && off < 0.1) }'
	result "another reader: all values, to a tenth of a count" $? "worst: $off counts"
	# Its events against the annotations that our detector's settled events make.  BioSig
	# counts from the header's whole second and adds the fraction to the start as well
	# (EDFlib and MNE take it off the events): here it is taken off.
	perl -ne '$fraction = $1 if /"StartOfRecording".*(\.\d+)"/;
		$pos = $1 if /"POS"\s*:\s*([\d.]+)/;
		printf "%d %.3f\n", $2, $pos - $fraction
			if /"Description"\s*:\s*"(\w+) #(\d+) (?!.*revised)/' \
		"$work/biosig.json" | sort -n >"$work/theirs"
	perl -ne '/"event":(\d+),"revision":(\d+).*"onset_s":([\d.]+).*"emitted_s":([\d.]+).*"class":"(\w+)"/ or next;
		$onset{$1} = $3; $due{$1} = $4 + 0.5 if $2 == 0; $class{$1} = $5 if $4 < $due{$1};
		END { for (sort { $a <=> $b } keys %onset) {
			printf "%d %.3f\n", $_, $onset{$_} if $class{$_} ne "artefact" } }' \
		"$work/after" >"$work/ours"
	[ -s "$work/ours" ] && [ "$(wc -l <"$work/ours")" = "$(wc -l <"$work/theirs")" ] &&
		paste "$work/ours" "$work/theirs" |
		awk '$1 != $3 || ($2 - $4) ^ 2 > 0.002 ^ 2 { bad = 1 } END { exit bad }'
	result "another reader: all settled events, at their time" $? "event, onset: ours and theirs" \
		"$(paste "$work/ours" "$work/theirs")"
else
	for what in "all values, to a tenth of a count" "all settled events, at their time"; do
		n=$((n + 1))
		echo "ok $n another reader: $what # SKIP save2gdf (biosig-tools) is not installed"
	done
fi

# ---- by request -----------------------------------------------------------------
start session 1
wait_for 20 is State off
"$ctl" record start --user --patient "P 17" --sex F --birthdate 1980-03-02 --name "A B" \
	>"$work/out" 2>&1 && wait_for 20 is State recording && wait_for 20 test "$(recorder Files)" = 1
started=$?
"$ctl" record status --user >"$work/status" 2>&1
"$ctl" record stop --user >>"$work/out" 2>&1
stopped=$?
wait_for 20 is File ""
file=$(echo "$work"/rec/*.edf)
head=$(head -c 168 "$file" 2>/dev/null | tail -c 160)
[ $started = 0 ] && [ $stopped = 0 ] && grep -q '^replay: recording' "$work/status" &&
	[[ $head == "P_17 F 02-MAR-1980 A_B "*"Startdate "* ]]
result "record start, status and stop; who it is stands in the header" $? "start $started, stop $stopped" \
	"$(cat "$work/out" "$work/status")" "header: $head"

complaints=
# refused WORDS STATUS ARGUMENT...
refused() {
	local words=$1 want=$2 status
	shift 2
	timeout 20 "$ctl" record --user "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ "$status" != "$want" ] || [ -s "$work/out" ] || ! grep -qF -- "$words" "$work/err"; then
		complaints+="record $*: status $status, expected $want; expected '$words' on stderr, got:"
		complaints+=" $(head -c 300 "$work/err")"$'\n'
	fi
}
refused "it is not recording" 1 stop
refused "birthdate: YYYY-MM-DD" 1 start --birthdate 2.3.1980
refused "sex: M, F or X" 1 start --sex W
refused "at most" 1 start --name "$(printf 'x%.0s' {1..100})"
refused "no sensor \"y\"" 1 start --sensor y
refused "start, stop or status" 2
refused "unexpected \"go\"" 2 go
refused "unexpected \"now\"" 2 start now
refused "said with start" 2 stop --name A
refused "goes with status" 2 start --json
if busctl --user call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Recorder Start 'a{sv}' 1 \
	patient u 7 >"$work/out" 2>&1 || ! grep -q "patient: a string, not 'u'" "$work/out"; then
	complaints+="Start with a number: $(cat "$work/out")"$'\n'
fi
if busctl --user call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Recorder Start 'a{sv}' 1 \
	colour s red >"$work/out" 2>&1 || ! grep -q 'no option \\*"colour' "$work/out"; then
	complaints+="Start with an unknown option: $(cat "$work/out")"$'\n'
fi
stop || complaints+="the daemon ended with $?"$'\n'
[ -z "$complaints" ]
result "wrong requests are refused" $? "$complaints"

start off max
wait_for 60 has_ended
complaints=
refused "Record=off" 1 start
[ -z "$complaints" ] && [ ! -e "$work/rec" ]
result "Record=off: no recording, no directory" $? "$complaints" "$(ls "$work/rec" 2>&1)"
stop

[ "$failures" = 0 ]
