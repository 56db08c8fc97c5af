#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl detect --latest and --csv say what the lines of detect --json say.
#
#	BACKPOPCTL= BACKPOP_GEN= tests/cli/formats.sh
# shellcheck disable=SC2016,SC2034 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOP_GEN

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# JSON lines in the form of --csv, names first; the script knows nothing of backpopctl
as_csv()
{
	perl -e '
		my @names = qw(event revision onset_s end_s emitted_s class confidence reason site manoeuvre
			peak_mg peak_mv breath_phase breath_depth breath_rate_bpm movement silent_s since_s);
		print join(",", @names), "\n";
		while (<>) {
			my $line = $_;
			print join(",", map { $line =~ /"$_":"?([^",}]*)/ ? $1 : "" } @names), "\n";
		}' "$1"
}
# Digits that JSON leaves out: 0.100 is 0.1 there
short() { sed -E 's/(\.[0-9]*[1-9])0+(,|$)/\1\2/g; s/\.0+(,|$)/.0\1/g' "$1"; }

plan 7
"$BACKPOP_GEN" --seed 7 --script dense --duration 90 --out "$tmp/s.edf" || exit 1
"$BACKPOPCTL" detect --json "$tmp/s.edf" >"$tmp/all"
perl -ne '/"event":(\d+),"revision":(\d+),"onset_s":([0-9.]+)/ or die;
	next if exists $last{$1} and $last{$1} > $2;
	($last{$1}, $onset{$1}, $line{$1}) = ($2, $3, $_);
	END { print map { $line{$_} } sort { $onset{$a} <=> $onset{$b} or $a <=> $b } keys %line }' \
	"$tmp/all" >"$tmp/latest"

detect --latest --json "$tmp/s.edf"
report "--latest: the highest revision of each event, by onset" \
	'[ $status = 0 ] && [ -s $tmp/latest ] && diff $tmp/latest $tmp/out >&2'
detect --csv "$tmp/s.edf"
as_csv "$tmp/all" >"$tmp/expected"
short "$tmp/out" >"$tmp/got"
report "--csv: a line of names, and the same values as --json" \
	'[ $status = 0 ] && diff $tmp/expected $tmp/got >&2'
detect --csv --latest "$tmp/s.edf"
report "--csv --latest" '[ $status = 0 ] && [ $(wc -l <$tmp/out) = $(($(wc -l <$tmp/latest) + 1)) ]'
report "an event that was withdrawn speaks of no silence of its joint" \
	'grep -q "\"class\":\"artefact\"" $tmp/all && ! grep "\"class\":\"artefact\"" $tmp/all | grep -q silent_s'
# Crepitus is a train: its peak is that of its loudest crackle, which is seldom the first.
"$BACKPOP_GEN" --seed 1005 --script dense --duration 200 --out "$tmp/train.edf" || exit 1
"$BACKPOPCTL" detect --latest --json "$tmp/train.edf" | grep '"class":"crepitus"' >"$tmp/trains"
"$BACKPOPCTL" detect --json --explain "$tmp/train.edf" | grep '^{"look"' >"$tmp/looks"
wrong=$(perl -e '
	open(my $looks, "<", shift) or die;
	while (<$looks>) {
		/"onset_s":([0-9.]+).*"film_mv":\{"peak":([0-9.]+)/ or next;
		$peak{$1} = $2 if !exists $peak{$1} or $2 > $peak{$1};
	}
	while (<>) {
		/"onset_s":([0-9.]+),"end_s":([0-9.]+).*"peak_mv":([0-9.]+)/ or die;
		my ($from, $to, $got) = ($1, $2, $3);
		my ($first, $most) = ($peak{$from}, 0);
		for (keys %peak) { $most = $peak{$_} if $_ >= $from and $_ <= $to and $peak{$_} > $most }
		print "at $from s: $got mV, its first crackle $first, its loudest $most\n"
			if $got < $first * 0.99 or $got > $most * 1.01 or ($most > 1.5 * $first and $got < 1.2 * $first);
	}' "$tmp/looks" "$tmp/trains")
[ -s "$tmp/trains" ] && [ -z "$wrong" ]
result "a crepitus is as loud as its loudest crackle" $? "$(wc -l <"$tmp/trains") trains" "$wrong"
detect --csv --json "$tmp/s.edf"
report "two formats" '[ $status = 2 ] && grep -q -- --csv $tmp/err && [ ! -s $tmp/out ]'
detect --latest --explain "$tmp/s.edf"
report "--explain goes with neither" '[ $status = 2 ] && grep -q -- --explain $tmp/err && [ ! -s $tmp/out ]'
finish
