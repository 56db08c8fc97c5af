#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every program that reads session files meets every kind of bad one: the message
# names the file, stdout stays empty, the exit status is 1.  Then the files that
# look bad and must still be read.
#
#	BACKPOPCTL=build/backpopctl [BACKPOPD= BACKPOP_FEED= BACKPOP_GEN=]
#		tests/cli/detect_bad_input.sh
# shellcheck disable=SC2016 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# --- files ------------------------------------------------------------------

# column WIDTH VALUE...: header fields, one per signal
column()
{
	local width=$1
	shift
	printf "%-${width}s" "$@"
}

# edf NAME [RESERVED|DURATION|RECORDS=...] -- LABEL DIMENSION PMIN PMAX DMIN DMAX SAMPLES ...
# writes $tmp/NAME: the header and RECORDS records of zeros
edf()
{
	local file=$tmp/$1 RESERVED=EDF DURATION=1 RECORDS=3 bytes=0 field
	local -a label=() dim=() pmin=() pmax=() dmin=() dmax=() samples=() blank=()
	shift
	while [ "$1" != -- ]; do
		declare "$1"
		shift
	done
	shift
	while [ $# -gt 0 ]; do
		label+=("$1") dim+=("$2") pmin+=("$3") pmax+=("$4") dmin+=("$5") dmax+=("$6")
		samples+=("$7") blank+=("")
		case $7 in
		'' | *[!0-9]* | ????????*) ;;
		*) bytes=$((bytes + 2 * $7)) ;;
		esac
		shift 7
	done
	{
		column 8 0
		column 80 "X X X X" "Startdate X X X X"
		column 16 "01.01.2600.00.00"
		column 8 $((256 * (${#label[@]} + 1)))
		column 44 "$RESERVED"
		column 8 "$RECORDS" "$DURATION"
		column 4 ${#label[@]}
		column 16 "${label[@]}"
		column 80 "${blank[@]}"
		for field in dim pmin pmax dmin dmax; do
			local -n values=$field
			column 8 "${values[@]}"
		done
		column 80 "${blank[@]}"
		column 8 "${samples[@]}"
		column 32 "${blank[@]}"
		head -c $((bytes * RECORDS)) /dev/zero
	} >"$file"
}

film=(Film mV -200 200 -32768 32767)
x=("Accel X" mg -4000 4000 -32768 32767)

# bad NAME WHAT: a row of the table; the file $tmp/NAME exists already, or not
bad_names=() bad_whats=()
bad()
{
	bad_names+=("$1")
	bad_whats+=("$2")
}

bad missing.edf "no such file"
mkdir "$tmp/dir.edf"
bad dir.edf "a directory"
mkfifo "$tmp/fifo.edf"
bad fifo.edf "a named pipe"
yes "This is not a session file, whatever its name says." | head -n 50 >"$tmp/text.edf"
bad text.edf "a text file renamed"
: >"$tmp/empty.edf"
bad empty.edf "an empty file"
head -c 4096 /dev/urandom >"$tmp/noise.edf"
bad noise.edf "random bytes"

edf whole.edf -- "${film[@]}" 800
for n in 7 100 255 256 300 511; do
	head -c $n "$tmp/whole.edf" >"$tmp/cut$n.edf"
	bad cut$n.edf "a header cut at $n bytes"
done

edf foreign.edf -- "EEG Fpz-Cz" uV -200 200 -2048 2047 256
bad foreign.edf "no signal of ours"
edf samples0.edf -- "${film[@]}" 0
bad samples0.edf "a rate of 0"
edf samples-.edf -- "${film[@]}" -800
bad samples-.edf "a negative rate"
edf samplesx.edf -- "${film[@]}" many
bad samplesx.edf "a rate that is no number"
edf slow.edf -- "${film[@]}" 100
bad slow.edf "a rate of 100 Hz"
edf fast.edf -- "${film[@]}" 20000
bad fast.edf "a rate of 20000 Hz"
edf absurd.edf -- "${film[@]}" 99999999
bad absurd.edf "a rate of 99999999 Hz"
edf duration0.edf DURATION=0 -- "${film[@]}" 800
bad duration0.edf "a record duration of 0"
edf duration-.edf DURATION=-1 -- "${film[@]}" 800
bad duration-.edf "a negative record duration"
edf durationtiny.edf DURATION=1e-300 -- "${film[@]}" 800
bad durationtiny.edf "a record duration of 1e-300 s"
edf durationnan.edf DURATION=nan -- "${film[@]}" 800
bad durationnan.edf "a record duration of nan"
edf axes.edf -- "${x[@]}" 800 "Accel Y" mg -4000 4000 -32768 32767 400
bad axes.edf "axes of different rates"
edf twice.edf -- "${film[@]}" 800 "${film[@]}" 800
bad twice.edf "two films"

edf physical.edf -- Film mV 5 5 -32768 32767 800
bad physical.edf "an empty physical range"
edf physicalx.edf -- Film mV low high -32768 32767 800
bad physicalx.edf "a physical range that is no number"
edf physicalnan.edf -- Film mV nan nan -32768 32767 800
bad physicalnan.edf "a physical range of nan"
edf physicalhuge.edf -- Film mV -1e308 1e308 -32768 32767 800
bad physicalhuge.edf "a physical range of 1e308 mV"
edf digital.edf -- Film mV -200 200 0 0 800
bad digital.edf "an empty digital range"
edf digital-.edf -- Film mV -200 200 32767 -32768 800
bad digital-.edf "a digital range upside down"
edf digital24.edf -- Film mV -200 200 -8388608 8388607 800
bad digital24.edf "a digital range of 24 bit"
edf dimension.edf -- Film mmHg -200 200 -32768 32767 800
bad dimension.edf "a film in mmHg"
edf dimension2.edf -- "Accel X" "" -4 4 -32768 32767 800
bad dimension2.edf "an acceleration in nothing"

# --- programs ---------------------------------------------------------------

programs=("detect" "detect --json")
run_program()
{
	case $1 in
	detect) set -- "$BACKPOPCTL" detect "$2" ;;
	"detect --json") set -- "$BACKPOPCTL" detect --json "$2" ;;
	backpopd) set -- "$BACKPOPD" --user --replay "$2" ;;
	# The file is looked at first: the device need not be one.
	feeder) set -- "$BACKPOP_FEED" --device /dev/null "$2" ;;
	esac
	timeout -k 5 30 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
[ -z "${BACKPOPD:-}" ] || { need BACKPOPD && programs+=(backpopd); }
[ -z "${BACKPOP_FEED:-}" ] || { need BACKPOP_FEED && programs+=(feeder); }

plan $((${#programs[@]} * ${#bad_names[@]} + 10))

for i in "${!bad_names[@]}"; do
	for program in "${programs[@]}"; do
		run_program "$program" "$tmp/${bad_names[i]}"
		report "$program: ${bad_whats[i]}" '[ $status = 1 ] && [ ! -s $tmp/out ] &&
			grep -qF "${bad_names[i]}" $tmp/err && ! grep -qE "Sanitizer|runtime error" $tmp/err'
	done
done

run_program detect "$tmp/foreign.edf"
report "no signal of ours: the message names what there is" 'grep -qF "(there is \"EEG Fpz-Cz\")" $tmp/err'

# --- files that must be read --------------------------------------------------

run_program "detect --json" "$tmp/whole.edf"
report "a silent file: no event, no error" '[ $status = 0 ] && [ ! -s $tmp/out ]'
"$BACKPOPCTL" detect --json "$tmp/whole.edf" >"$tmp/out" 2>"$tmp/err" <&-
status=$?
report "stdin is not needed" '[ $status = 0 ]'

if [ -z "${BACKPOP_GEN:-}" ]; then
	for what in "a session with events" "events: cut in its data" "warning: cut in its data" \
		"no whole record left" "foreign signals" "a full disk" "a full disk, JSON"; do
		skip "$what" "BACKPOP_GEN is not set"
	done
	finish
fi

need BACKPOP_GEN
"$BACKPOP_GEN" --seed 1 --duration 60 --mode motion+film --script demo --out "$tmp/session.edf" \
	>"$tmp/out" 2>"$tmp/err" || fail "generator" "$(cat "$tmp/err")"
run_program "detect --json" "$tmp/session.edf"
report "a session with events" '[ $status = 0 ] && [ -s $tmp/out ] && [ ! -s $tmp/err ]'
cp "$tmp/out" "$tmp/session.events"

# Field FIRST WIDTH of a header, less its blanks.
field()
{
	tail -c +$(($2 + 1)) "$1" | head -c "$3" | tr -d ' '
}
signals=$(field "$tmp/session.edf" 252 4)
header=$(field "$tmp/session.edf" 184 8)
record=0
for ((i = 0; i < signals; i++)); do
	record=$((record + 2 * $(field "$tmp/session.edf" $((256 + 216 * signals + 8 * i)) 8)))
done

# Half a record beyond 35.  All that the whole file's run said before second 35,
# nothing newer than that was known to it: the cut file's run must say the same.
head -c $((header + 35 * record + record / 2)) "$tmp/session.edf" >"$tmp/cut.edf"
run_program "detect --json" "$tmp/cut.edf"
emitted='s/.*"emitted_s":\([0-9.]*\).*/\1/'
n=$(sed "$emitted" "$tmp/session.events" | awk '$1 < 35' | wc -l)
head -n "$n" "$tmp/session.events" >"$tmp/expected"
report "events: cut in its data" '[ $status = 0 ] && [ $n -gt 0 ] &&
	head -n $n $tmp/out | cmp - $tmp/expected >&2 &&
	[ -z "$(sed "$emitted" $tmp/out | awk "\$1 > 35")" ]'
report "warning: cut in its data" '[ $(wc -l <$tmp/err) = 1 ] && grep -qF cut.edf $tmp/err'

head -c $((header + record - 1)) "$tmp/session.edf" >"$tmp/cut0.edf"
run_program "detect --json" "$tmp/cut0.edf"
report "no whole record left" '[ $status = 0 ] && [ ! -s $tmp/out ] && grep -qF cut0.edf $tmp/err'

# The same session with a foreign signal before ours and one behind.
add_foreign()
{
	local in=$1 n=$signals at=256 width value
	head -c 184 "$in"
	column 8 $((256 * (n + 3)))
	tail -c +193 "$in" | head -c 60
	column 4 $((n + 2))
	for width in 16 80 8 8 8 8 8 80 8 32; do
		case $at in
		256) value=ECG ;;
		$((256 + 96 * n))) value=uV ;;
		$((256 + 104 * n))) value=-1 ;;
		$((256 + 112 * n))) value=1 ;;
		$((256 + 120 * n))) value=-2048 ;;
		$((256 + 128 * n))) value=2047 ;;
		$((256 + 216 * n))) value=250 ;;
		*) value= ;;
		esac
		column $width "$value"
		tail -c +$((at + 1)) "$in" | head -c $((width * n))
		column $width "$value"
		at=$((at + width * n))
	done
	tail -c +$((header + 1)) "$in" | split -b "$record" -a 3 - "$tmp/record."
	for value in "$tmp"/record.*; do
		head -c 500 /dev/urandom
		cat "$value"
		head -c 500 /dev/urandom
	done
}
add_foreign "$tmp/session.edf" >"$tmp/mixed.edf"
run_program "detect --json" "$tmp/mixed.edf"
report "foreign signals" '[ $status = 0 ] && cmp $tmp/out $tmp/session.events >&2'

for json in "" --json; do
	# shellcheck disable=SC2086 # an option or nothing
	"$BACKPOPCTL" detect $json "$tmp/session.edf" >/dev/full 2>"$tmp/err"
	status=$?
	: >"$tmp/out"
	report "a full disk${json:+, JSON}" '[ $status = 1 ] && grep -qF "No space left" $tmp/err'
done
finish
