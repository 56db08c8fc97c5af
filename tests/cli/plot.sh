#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl detect --plot: pictures of a session and of one event; what is wrong is
# said and leaves no picture.
#
#	BACKPOPCTL= BACKPOP_GEN= tests/cli/plot.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOP_GEN

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# fontconfig keeps what it has read until the end; what we lose is still found.
echo leak:libfontconfig >"$tmp/leaks"
export LSAN_OPTIONS=suppressions=$tmp/leaks:print_suppressions=0

# PNG's width and height: eight bytes from offset 16
png_size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'; }
# Width in pixels of the longest inhalation, or of the longest rest, that the picture shows
longest_inhalation() { widest '55%, ?75%, ?95%' "$1"; }
longest_rest() { widest '93%, ?93%, ?93%' "$1"; }
widest()
{
	grep -E "fill(:|=\")rgb\\($1\\)" "$2" | sed -E 's/.* d="M ([0-9.]+) [0-9.]+ L ([0-9.]+) .*/\1 \2/' |
		awk '{ w = $2 - $1; if (w > most) most = w } END { print int(most) }'
}
# A session like motion+film.edf, but with another note of 13 characters in it
noted() { sed "s/session start/$1/" "$tmp/motion+film.edf" >"$tmp/noted.edf"; }
nothing_but() { [ "$(find "$tmp/pictures" -type f -printf "%f ")" = "$1" ]; }

plan 21
mkdir "$tmp/pictures"
for mode in motion+film film motion pair; do
	"$BACKPOP_GEN" --seed 3 --duration 60 --mode $mode --script demo --out "$tmp/$mode.edf" \
		>"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err" >&2; exit 1; }
	picture=$tmp/pictures/session.svg
	"$BACKPOPCTL" detect --json "$tmp/$mode.edf" >"$tmp/without"
	detect --json --plot "$picture" "$tmp/$mode.edf"
	report "$mode: the session as SVG, the lines as without" \
		'[ $status = 0 ] && cmp -s $tmp/out $tmp/without && grep -q "<svg" $picture &&
		 tail -n1 $picture | grep -q "</svg>" && nothing_but "session.svg "'
	[ "$mode" != motion+film ] || cp "$picture" "$tmp/whole.svg"
	rm "$picture"
	picture=$tmp/pictures/event.png
	detect --plot "$picture" --event 2 "$tmp/$mode.edf"
	report "$mode: an event as PNG" \
		'[ $status = 0 ] && [ "$(png_size $picture)" = 1600x1000 ] && nothing_but "event.png "'
	rm "$picture"
done

# A minute is 1420 pixels wide; the back bends for 15 s, and then nobody knows the breath.
report "a breath phase that is not known is not drawn as the one before" \
	'[ "$(longest_inhalation $tmp/whole.svg)" -gt 10 ] && [ "$(longest_inhalation $tmp/whole.svg)" -lt 120 ]'
# 40 s, and between 30 and 90 s nothing
"$BACKPOP_GEN" --seed 3 --duration 40 --script rest --out "$tmp/rest.edf" >"$tmp/out" 2>"$tmp/err"
sed 's/EDF+C/EDF+D/; s/+3\([0-9]\x14\x14\)/+9\1/g' "$tmp/rest.edf" >"$tmp/gap.edf"
detect --plot "$tmp/gap.svg" "$tmp/gap.edf"
report "a gap is left blank" '[ $status = 0 ] && [ $(longest_rest $tmp/gap.svg) -gt 200 ] &&
	[ $(longest_rest $tmp/gap.svg) -lt 500 ]'
noted "pain: low, ok"
detect --plot "$tmp/pain.svg" "$tmp/noted.edf"
noted "cavitation #1"
detect --plot "$tmp/one.svg" "$tmp/noted.edf"
noted "cavitation #2"
detect --plot "$tmp/two.svg" "$tmp/noted.edf"
report "notes of the file are drawn, the events that a recorder found are not" \
	'[ $status = 0 ] && ! cmp -s $tmp/pain.svg $tmp/one.svg && cmp $tmp/one.svg $tmp/two.svg'
cp "$tmp/film.edf" "$tmp/$(printf 'caf\351').edf"
detect --plot "$tmp/cafe.svg" "$tmp/$(printf 'caf\351').edf"
report "a file name that is no UTF-8" '[ $status = 0 ] && [ -s $tmp/cafe.svg ]'

detect --plot "$tmp/pictures/a.png" --event 9999 "$tmp/film.edf"
report "an event that is not there" \
	'[ $status = 1 ] && grep -q "no event 9999" $tmp/err && [ ! -s $tmp/out ] && nothing_but ""'
detect --plot "$tmp/pictures/a.jpg" "$tmp/film.edf"
report "neither .svg nor .png" '[ $status = 2 ] && grep -q "a.jpg" $tmp/err && nothing_but ""'
for n in 0 -1 x 99999999999; do
	detect --plot "$tmp/pictures/a.png" --event "$n" "$tmp/film.edf"
	if [ $status != 2 ] || ! grep -q -- "--event" "$tmp/err"; then break; fi
done
report "numbers that no event has" '[ $n = 99999999999 ] && [ $status = 2 ] && nothing_but ""'
detect --event 1 "$tmp/film.edf"
report "--event without --plot" '[ $status = 2 ] && grep -q -- "--plot" $tmp/err'
detect --plot "$tmp/pictures/none/a.png" "$tmp/film.edf"
report "a place that is not there" \
	'[ $status = 1 ] && grep -q "none/a.png: No such file" $tmp/err && [ ! -s $tmp/out ]'
head -c 1536 "$tmp/motion+film.edf" >"$tmp/header.edf"
detect --plot "$tmp/pictures/a.png" "$tmp/header.edf"
report "a file of no sample: nothing to draw" \
	'[ $status = 1 ] && grep -q "header.edf: no sample" $tmp/err && nothing_but ""'
echo "no session" >"$tmp/bad.edf"
detect --plot "$tmp/pictures/a.png" "$tmp/bad.edf"
report "a file that is no session" '[ $status = 1 ] && [ -s $tmp/err ] && nothing_but ""'
echo kept >"$tmp/pictures/a.png"
detect --plot "$tmp/pictures/a.png" --event 9999 "$tmp/film.edf"
report "an older picture stays when a new one fails" '[ "$(cat $tmp/pictures/a.png)" = kept ]'
"$BACKPOP_GEN" --seed 3 --duration 1 --mode film --script rest --out "$tmp/short.edf" >"$tmp/out" 2>"$tmp/err"
detect --plot "$tmp/pictures/a.png" "$tmp/short.edf"
report "a session of one second, over the older picture" \
	'[ $status = 0 ] && [ "$(png_size $tmp/pictures/a.png)" = 1600x1000 ]'
finish
