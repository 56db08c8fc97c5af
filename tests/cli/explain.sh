#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl detect --explain: the events stay what they are, and every event and
# every withdrawal has a look that says why.
#
# Needs BACKPOPCTL and BACKPOP_GEN.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/cli/lib.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
plan 6

"$BACKPOP_GEN" --seed 7 --script dense --duration 90 --out "$tmp/s.edf"
"$BACKPOPCTL" detect --json "$tmp/s.edf" >"$tmp/plain" 2>"$tmp/err"
"$BACKPOPCTL" detect --json --explain "$tmp/s.edf" >"$tmp/explained" 2>>"$tmp/err"
"$BACKPOPCTL" detect --explain "$tmp/s.edf" >"$tmp/text" 2>>"$tmp/err"

if [ -s "$tmp/plain" ] && grep -v '^{"look"' "$tmp/explained" | cmp -s - "$tmp/plain"; then
	pass "the events are the same"
else
	fail "the events are the same" "differences:" \
		"$(grep -v '^{"look"' "$tmp/explained" | diff - "$tmp/plain" | head -n 4)" "$(cat "$tmp/err")"
fi
refused=$(grep -c '"outcome":"refused","rule":"[a-z_]*","value":' "$tmp/explained")
if [ "$refused" -gt 5 ]; then
	pass "what is refused says by which rule and number"
else
	fail "what is refused says by which rule and number" "expected more than 5 such looks, got $refused"
fi
first=$(grep -c '"revision":0,.*"class":"[cs][a-z]*"' "$tmp/plain")
kept=$(grep -cE '^\{"look":"(first|doubt)".*"outcome":"kept"' "$tmp/explained")
if [ "$first" -gt 0 ] && [ "$kept" -ge "$first" ]; then
	pass "every sharp event has the look that said it"
else
	fail "every sharp event has the look that said it" "expected $first or more, got $kept"
fi
# Of each event that was compared with sites: the one that was kept is what it says; one at most.
sites=$(perl -ne '
	if (/^\{"look":"site".*"event":(\d+),"site":(\d+),"outcome":"(kept|refused)".*"weighed":\{"unlike":.*"ear":"\w+","odds":/) {
		$3 eq "kept" ? push(@{$kept{$1}}, $2) : $refused++;
	} elsif (/^\{"event":(\d+),.*"site":(\d+)/) {
		$site{$1} = $2;
	}
	END {
		@wrong = grep { @{$kept{$_}} > 1 or $kept{$_}[0] != $site{$_} } keys %kept;
		print "wrong: @wrong" if @wrong or keys %kept < 3 or $refused < 3;
	}' "$tmp/explained")
if [ -z "$sites" ]; then
	pass "what is known again says by what, and beside which other sites"
else
	fail "what is known again says by what, and beside which other sites" \
		"expected some of each and the kept site in the event, got $sites"
fi
if grep -qE '^ +[0-9.]+ s #[0-9]+ .* ms site +kept +site [0-9]+, weighed [0-9.]+' "$tmp/text"; then
	pass "as text, too: sites"
else
	fail "as text, too: sites" "expected a site that was kept"
fi
if grep -qE '^ +[0-9.]+ s .*ms (first|middle|last) +refused .*\(limit ' "$tmp/text"; then
	pass "as text, too"
else
	fail "as text, too" "expected a refused look with its limit, got:" "$(head -n 5 "$tmp/text")"
fi
finish
