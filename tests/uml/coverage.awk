# SPDX-License-Identifier: GPL-2.0-or-later
#
# Add up the outputs of `gcov -t`; print the share of lines that ran for each file of the
# driver, and the lines that did not.  `known` names the file of those that cannot:
# "file.c: function: text of the line # reason", without the line's indentation.
# Exit 1 if a line is neither reached nor listed, or listed and reached.
BEGIN {
	while ((getline line < known) > 0) {
		if (line ~ /^#/ || line == "")
			continue
		if (!match(line, / # /)) {
			print "# " known " has no reason for: " line
			broken = 1
			continue
		}
		key = substr(line, 1, RSTART - 1)
		reason[key] = substr(line, RSTART + 3)
	}
}

# "count:line:text"; the text may hold colons
{
	count = $0; sub(/:.*/, "", count); gsub(/[ *]/, "", count)
	rest = substr($0, index($0, ":") + 1)
	number = rest; sub(/:.*/, "", number); number += 0
	text = substr(rest, index(rest, ":") + 1)
}

number == 0 {
	if (text ~ /^Source:/) {
		file = text
		sub(/^Source:/, "", file)
		sub(/.*\//, "", file)
		ours = file ~ /^st1vafe3bx.*\.[ch]$/ && file !~ /kunit/
	}
	next
}

!ours {
	next
}

{
	source[file, number] = text
	if (number > last[file])
		last[file] = number
	if (count == "-")
		next
	if (!((file, number) in ran))
		ran[file, number] = 0
	if (count !~ /^[#=]/)
		ran[file, number] += count + 0 > 0
}

END {
	bad = broken + 0
	for (file in last)
		files[++n] = file
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && files[j] < files[j - 1]; j--) {
			swap = files[j]; files[j] = files[j - 1]; files[j - 1] = swap
		}
	for (i = 1; i <= n; i++) {
		file = files[i]
		lines = hit = excused = 0
		name = ""
		for (l = 1; l <= last[file]; l++) {
			text = source[file, l]
			if (text ~ /^[a-z].*\(/ && match(text, /[a-z0-9_]+\(/))
				name = substr(text, RSTART, RLENGTH - 1)
			if (!((file, l) in ran))
				continue
			lines++
			sub(/^[ \t]+/, "", text)
			key = file ": " name ": " text
			if (ran[file, l]) {
				hit++
				reached[key] = 1
			} else if (key in reason) {
				excused++
				used[key] = 1
			} else {
				missed[++m] = file ":" l ": " name ": " text
			}
		}
		if (!lines)
			continue
		printf "# %-28s %4d of %4d lines, %5.1f %%%s\n", file, hit, lines,
			100 * hit / lines, excused ? ", " excused " listed" : ""
		all += lines
		all_hit += hit
		all_excused += excused
	}
	printf "# %-28s %4d of %4d lines, %5.1f %%, %d listed\n", "together", all_hit, all,
		100 * all_hit / (all ? all : 1), all_excused
	for (key in used)
		print "# listed: " key " # " reason[key]
	for (key in reason)
		if (!(key in used)) {
			print "# listed in " known " but reached, or not there: " key
			bad = reason[key] !~ /longer random runs|the same/ ? 1 : bad
		}
	for (i = 1; i <= m; i++) {
		print "# not reached: " missed[i]
		bad = 1
	}
	exit bad
}
