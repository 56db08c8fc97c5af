#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopd records what it hears: a replayed session comes back from the file count by
# count, with its events as annotations, in our reader and in another one (BioSig's
# save2gdf).  Start and stop over D-Bus; wrong requests are refused in plain words.
#
#	O=build tests/daemon/recorder.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus

tmp=$(mktemp -d)
cleanup()
{
	kill ${daemon:+"$daemon"} 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT

# start RECORD SPEED [LINE...]: a daemon that replays, with these settings
config=$tmp/conf
start()
{
	rm -rf "$tmp/rec"
	: >"$tmp/log"
	printf '[Recorder]\nRecord=%s\nDirectory=%s/rec\nMinFree=0\n' "$1" "$tmp" >"$config"
	[ $# = 2 ] || printf '%s\n' "${@:3}" >>"$config"
	start_daemon --replay "$tmp/session.edf" --speed "$2"
}
recorder_is() { is Recorder "$1" "$2" "$replay"; }

# The last lines of two detector runs differ in nothing but the origin of time.
events_of() { "$BACKPOPCTL" detect --json "$1" 2>/dev/null; }

# EDF's own numbers: header bytes, and per record 3 + 1 signals of 800 counts of 2 bytes
# and annotations of $2 bytes; prints the counts only.
counts_of()
{
	local bytes=$2 header=$((256 * 6))
	perl -e 'my ($f, $h, $r, $d) = @ARGV; open(F, "<", $f) or die; binmode F; seek(F, $h, 0);
		while (read(F, my $b, $r) == $r) { print substr($b, 0, $d) }' \
		"$1" $header $((6400 + bytes)) 6400 | sha256sum
}

plan 9
"$BACKPOP_GEN" --seed 7 --duration 120 --mode motion+film --out "$tmp/session.edf" || exit 1

# ---- always ---------------------------------------------------------------------
start always max MaxFileTime=50s
wait_until 60 ended
recorded=$?
stop_daemon TERM
[ $recorded = 0 ] && [ "$status" = 0 ]
result "a replay is recorded to its end" $? "$(cat "$tmp/log")"

files=("$tmp"/rec/*.edf)
mode=$(stat -c '%a' "${files[0]}")
[ ${#files[@]} = 3 ] && [ "$mode" = 640 ]
result "MaxFileTime makes three files of 120 s, for owner and group" $? \
	"files: ${files[*]}, mode $mode" "$(cat "$tmp/log")"

start always max
wait_until 60 ended
stop_daemon TERM
file=$(echo "$tmp"/rec/*.edf)
a=$(counts_of "$tmp/session.edf" 256)
b=$(counts_of "$file" 512)
[ -f "$file" ] && [ "$a" = "$b" ]
result "every raw count survives" $? "counts of the session: $a" "of the recording: $b"

events_of "$tmp/session.edf" >"$tmp/before"
events_of "$file" >"$tmp/after"
[ -s "$tmp/before" ] && cmp -s "$tmp/before" "$tmp/after"
result "the detector hears the same in the recording" $? "$(diff "$tmp/before" "$tmp/after" | head -n 5)"

# ---- another reader ---------------------------------------------------------------
if command -v save2gdf >/dev/null; then
	save2gdf -JSON "$file" >"$tmp/biosig.json" 2>/dev/null
	mkdir -p "$tmp/ascii"
	# It takes all from the first dot of the whole path for an extension.
	(cd "$tmp/ascii" && save2gdf -f=ASCII "$file" out >/dev/null 2>&1)
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
		printf "%.3f\n", $worst' "$file" "$tmp/ascii" 2>&1)
	awk -v off="$off" 'BEGIN { exit !(off ~ /^[0-9.]+$/ && off < 0.1) }'
	result "another reader: all values, to a tenth of a count" $? "worst: $off counts"
	# Its events against the annotations that our detector's settled events make.  BioSig
	# counts from the header's whole second and adds the fraction to the start as well
	# (EDFlib and MNE take it off the events): here it is taken off.
	perl -ne '$fraction = $1 if /"StartOfRecording".*(\.\d+)"/;
		$pos = $1 if /"POS"\s*:\s*([\d.]+)/;
		printf "%d %.3f\n", $2, $pos - $fraction
			if /"Description"\s*:\s*"(\w+) #(\d+) (?!.*revised)/' \
		"$tmp/biosig.json" | sort -n >"$tmp/theirs"
	perl -ne '/"event":(\d+),"revision":(\d+).*"onset_s":([\d.]+).*"emitted_s":([\d.]+).*"class":"(\w+)"/ or next;
		$onset{$1} = $3; $due{$1} = $4 + 0.5 if $2 == 0; $class{$1} = $5 if $4 < $due{$1};
		END { for (sort { $a <=> $b } keys %onset) {
			printf "%d %.3f\n", $_, $onset{$_} if $class{$_} ne "artefact" } }' \
		"$tmp/after" >"$tmp/ours"
	[ -s "$tmp/ours" ] && [ "$(wc -l <"$tmp/ours")" = "$(wc -l <"$tmp/theirs")" ] &&
		paste "$tmp/ours" "$tmp/theirs" |
		awk '$1 != $3 || ($2 - $4) ^ 2 > 0.002 ^ 2 { bad = 1 } END { exit bad }'
	result "another reader: all settled events, at their time" $? "event, onset: ours and theirs" \
		"$(paste "$tmp/ours" "$tmp/theirs")"
else
	skip "another reader: all values, to a tenth of a count" "no save2gdf (biosig-tools)"
	skip "another reader: all settled events, at their time" "no save2gdf (biosig-tools)"
fi

# ---- by request -----------------------------------------------------------------
start session 1
wait_until 20 recorder_is State off
"$BACKPOPCTL" record start --user --patient "P 17" --sex F --birthdate 1980-03-02 --name "A B" \
	>"$tmp/out" 2>&1 && wait_until 20 recorder_is State recording && wait_until 20 recorder_is Files 1
started=$?
"$BACKPOPCTL" record status --user >"$tmp/status" 2>&1
"$BACKPOPCTL" status --user >>"$tmp/status" 2>&1
"$BACKPOPCTL" record status --user --json --sensor replay >>"$tmp/status" 2>&1
"$BACKPOPCTL" record stop --user >>"$tmp/out" 2>&1
stopped=$?
wait_until 20 recorder_is File ""
file=$(echo "$tmp"/rec/*.edf)
head=$(head -c 168 "$file" 2>/dev/null | tail -c 160)
[ $started = 0 ] && [ $stopped = 0 ] && grep -q '^replay: recording' "$tmp/status" &&
	grep -q '^  recorder  recording, /' "$tmp/status" && grep -q '^\[{"sensor":"replay",' "$tmp/status" &&
	[[ $head == "P_17 F 02-MAR-1980 A_B "*"Startdate "* ]]
result "record start, status and stop; who it is stands in the header" $? "start $started, stop $stopped" \
	"$(cat "$tmp/out" "$tmp/status")" "header: $head"

must_refuse "it is not recording" 1 "$BACKPOPCTL" record --user stop
must_refuse "expected YYYY-MM-DD" 1 "$BACKPOPCTL" record --user start --birthdate 2.3.1980
must_refuse "expected M, F or X" 1 "$BACKPOPCTL" record --user start --sex W
must_refuse "a file's header holds 34" 1 "$BACKPOPCTL" record --user start --name "$(printf 'x%.0s' {1..100})"
must_refuse "no sensor \"y\"" 1 "$BACKPOPCTL" record --user start --sensor y
must_refuse "start, stop or status" 2 "$BACKPOPCTL" record --user
must_refuse "unexpected \"go\"" 2 "$BACKPOPCTL" record --user go
must_refuse "unexpected \"now\"" 2 "$BACKPOPCTL" record --user start now
must_refuse "said with start" 2 "$BACKPOPCTL" record --user stop --name A
must_refuse "goes with status" 2 "$BACKPOPCTL" record --user start --json
if busctl --user call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Recorder Start 'a{sv}' 1 \
	patient u 7 >"$tmp/out" 2>&1 || ! grep -q '"patient" has type u' "$tmp/out"; then
	complaints+="Start with a number: $(cat "$tmp/out")"$'\n'
fi
if busctl --user call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Recorder Start 'a{sv}' 1 \
	colour s red >"$tmp/out" 2>&1 || ! grep -q 'no option \\*"colour' "$tmp/out"; then
	complaints+="Start with an unknown option: $(cat "$tmp/out")"$'\n'
fi
stop_daemon TERM
[ "$status" = 0 ] || complaints+="the daemon ended with $status"$'\n'
[ -z "$complaints" ]
result "wrong requests are refused" $? "$complaints"

start off max
wait_until 60 ended
complaints=
must_refuse "Record=off" 1 "$BACKPOPCTL" record --user start
[ -z "$complaints" ] && [ ! -e "$tmp/rec" ]
result "Record=off: no recording, no directory" $? "$complaints" "$(ls "$tmp/rec" 2>&1)"
finish
