#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# detect --summary counts what detect --latest lists.
#
#	BACKPOPCTL= BACKPOP_GEN= tests/cli/summary.sh
# shellcheck disable=SC2016,SC2034 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOP_GEN

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# From lines of detect --latest --json, "class site times least median" a source
count()
{
	perl -e '
		my (@keys, %times, %last, %gaps);
		while (<>) {
			/"onset_s":([0-9.]+).*"class":"(\w+)"/ or die;
			my ($t, $class) = ($1, $2);
			my $site = /"site":(\d+)/ ? $1 : "-";
			next if $class eq "artefact";
			my $key = "$class $site";
			push @keys, $key unless $times{$key}++;
			push @{$gaps{$key}}, $t - $last{$key} if exists $last{$key};
			$last{$key} = $t;
		}
		for (@keys) {
			my @g = sort { $a <=> $b } @{$gaps{$_} // []};
			printf "%s %d%s\n", $_, $times{$_},
				@g ? sprintf(" %.3f %.3f", $g[0], $g[@g / 2]) : "";
		}' "$1"
}

# The same from --summary --json
told()
{
	perl -0ne '
		while (/\{"class":"(\w+)",(?:"site":(\d+),)?"times":(\d+)(?:,"apart_least_s":([0-9.]+),"apart_median_s":([0-9.]+))?/g) {
			printf "%s %s %d%s\n", $1, $2 // "-", $3, defined $4 ? sprintf(" %.3f %.3f", $4, $5) : "";
		}' "$1"
}

plan 8
"$BACKPOP_GEN" --seed 11 --script dense --mode pair --duration 240 --out "$tmp/s.edf" || exit 1
"$BACKPOPCTL" detect --latest --json "$tmp/s.edf" >"$tmp/latest"
count "$tmp/latest" >"$tmp/counted"
detect --summary --json "$tmp/s.edf"
told "$tmp/out" >"$tmp/told"
report "as many of each source, as far apart, as --latest lists" \
	'[ $status = 0 ] && [ $(wc -l <$tmp/counted) -gt 3 ] && diff $tmp/counted $tmp/told >&2'
same "withdrawn" "$(grep -c '"class":"artefact"' "$tmp/latest")" \
	"$(grep -o '"withdrawn":[0-9]*' "$tmp/out" | cut -d: -f2)"
same "movements of a source add up" "" "$(perl -0ne '
	while (/"class":"(\w+)".*?"times":(\d+).*?"movement":\{([^}]*)\}/g) {
		my ($class, $times, $counts, $n) = ($1, $2, $3, 0);
		$n += $1 while $counts =~ /:(\d+)/g;
		print "$class $times: $n\n" if $n != $times;
	}' "$tmp/out")"
detect --summary "$tmp/s.edf"
report "for people: what was heard, how the classes are meant, and no diagnosis" \
	'[ $status = 0 ] && grep -q "^$(grep -vc artefact $tmp/latest) events stand" $tmp/out &&
	grep -q "^snap .*site" $tmp/out && grep -q "not a diagnosis" $tmp/out && ! grep -q doctor $tmp/out'

# Pain 4 s after the last event that stands, and once long before the first: one noted,
# one by a long press of the button, which is told twice
last=$(grep -v artefact "$tmp/latest" | tail -n 1 | grep -o '"onset_s":[0-9.]*' | cut -d: -f2)
at=$(awk -v t="$last" 'BEGIN { print int(t + 4) }')
perl -e '
	my ($in, $out, @at) = @ARGV;
	local $/;
	open my $f, "<:raw", $in or die;
	my $edf = <$f>;
	my $header = substr($edf, 184, 8);
	my $signals = substr($edf, 252, 4);
	my ($size, $place) = (0, 0);
	for my $i (0 .. $signals - 1) {
		my $label = substr($edf, 256 + 16 * $i, 16);
		my $n = 2 * substr($edf, 256 + 216 * $signals + 8 * $i, 8);
		$place = $size if $label =~ /^EDF Ann/;
		$size += $n;
	}
	for my $i (0 .. $#at) {
		my $t = $at[$i];
		my $text = $i ? "pain: left\x14" : "marker\x14marker (long press)\x14";
		my $from = $header + $t * $size + $place;
		my $tal = substr($edf, $from, index($edf, "\0", $from) - $from + 1) . "+$t\x14$text\0";
		substr($edf, $from, length $tal) = $tal;
	}
	open $f, ">:raw", $out or die;
	print $f $edf;' "$tmp/s.edf" "$tmp/pain.edf" 1 "$at"
detect --summary "$tmp/pain.edf"
report "pain is laid to the event before it" \
	'[ $status = 0 ] && grep -q "Pain was marked 2 times, 1 of them within 10 s" $tmp/out &&
	[ $(grep -c "1 x pain" $tmp/out) = 1 ]'
detect --summary --csv "$tmp/s.edf"
report "--csv does not go with it" '[ $status = 2 ] && grep -q -- --summary $tmp/err && [ ! -s $tmp/out ]'
"$BACKPOP_GEN" --seed 11 --script rest --duration 20 --out "$tmp/none.edf" || exit 1
detect --summary "$tmp/none.edf"
report "a session without events" '[ $status = 0 ] && grep -q "^0 events stand" $tmp/out'
head -c 300 "$tmp/s.edf" >"$tmp/cut.edf"
detect --summary "$tmp/cut.edf"
report "a broken file leaves nothing on stdout" '[ $status = 1 ] && [ -s $tmp/err ] && [ ! -s $tmp/out ]'
finish
