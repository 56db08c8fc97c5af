#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What all commands of backpopctl have in common: their --help, what they say of a wrong
# command line, and that completion and man page know every option.
#
#	BACKPOPCTL= tests/cli/options.sh
# shellcheck disable=SC2016,SC2034 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOPD

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
man=$here/../../daemon/man/backpopctl.1
# shellcheck source=daemon/data/backpopctl.bash
. "$here/../../daemon/data/backpopctl.bash"
# No daemon is to be asked for anything here.
export DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/none DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/none

ctl()
{
	"$BACKPOPCTL" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}
# completed WORD...: what completion offers for the last of them, sorted
completed()
{
	COMP_WORDS=("$BACKPOPCTL" "$@")
	COMP_CWORD=$#
	_backpopctl
	[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort
}
# options COMMAND [PATTERN]: those that its --help shows
options() { "$BACKPOPCTL" "$1" --help | grep -oE "^  --[a-z]+${2:-}" | tr -d ' ' | sort; }
# synopsis COMMAND: the options that the man page's synopsis shows
synopsis()
{
	awk -v c="$1" '/^\.Sh/ { inside = $2 == "SYNOPSIS" } /^\.Nm/ { on = 0; getline; on = $2 == c }
		inside && on' "$man" | grep -oE '(Fl|\|) -[a-z]+' | sed 's/.* /-/' | sort -u
}

mapfile -t commands < <("$BACKPOPCTL" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
plan $((6 * ${#commands[@]} + 22))

for command in "${commands[@]}"; do
	ctl "$command" --help
	report "$command --help: usage, nothing wider than 80 columns, --help last" \
		'[ $status = 0 ] && [ ! -s $tmp/err ] && head -n 1 $tmp/out | grep -q "^Usage: backpopctl $command " &&
		! grep -E "^.{81}" $tmp/out && tail -n 1 $tmp/out | grep -qE "^  --help +show this$"'
	ctl "$command" --nonsense
	report "$command: an unknown option" '[ $status = 2 ] && [ ! -s $tmp/out ] &&
		grep -q -- "--nonsense" $tmp/err && grep -q "Try .backpopctl $command --help" $tmp/err'
	wrong=
	for option in $(options "$command" ' [A-Z1]' | tr -d 'A-Z1'); do
		ctl "$command" "$option"
		if [ $status != 2 ] || [ -s "$tmp/out" ] || ! grep -q -- "'$option' requires" "$tmp/err"; then
			wrong+=" $option"
		fi
	done
	same "$command: a missing argument" "" "$wrong"
	ctl "$command" --help=3
	report "$command: an argument too many" '[ $status = 2 ] && grep -q -- --help $tmp/err'
	same "$command: completion knows its options" "$(options "$command")" "$(completed "$command" --)"
	same "$command: the man page's synopsis has its options" \
		"$(options "$command" | grep -v -- --help)" "$(synopsis "$command")"
done

ctl
report "no command" '[ $status = 2 ] && [ ! -s $tmp/out ] && grep -q "no command" $tmp/err'
ctl fly
report "a command that is none" '[ $status = 2 ] && [ ! -s $tmp/out ] && grep -q fly $tmp/err'
ctl --version
report "version" '[ $status = 0 ] && grep -qE "^backpopctl [0-9]+\.[0-9]+" $tmp/out'
same "completion: the commands" \
	"$(printf '%s\n' --help --version "${commands[@]}" | sort)" "$(completed '')"
same "completion: begins" "status stream" "$(completed st | xargs)"
same "completion: the argument of an option is free" "" "$(completed monitor --count '')"

# accepted WHAT COMMAND...: the command line is right for each word that completion offers
accepted()
{
	local what=$1 words word wrong=
	shift
	words=$(completed "$@" '')
	[ -n "$words" ] || wrong=" none offered"
	for word in $words; do
		ctl "$@" "$word" "${more[@]}"
		[ $status = 1 ] || wrong+=" $word"
	done
	same "completion: $what are right" "" "$wrong"
}
more=(--file "$tmp/none.db")
accepted "classes" events --class
accepted "times" events --since
more=(--timeout 0)
accepted "states" wait --state
more=()
accepted "actions of record" record
accepted "actions of session" session
accepted "kinds of annotations" annotate
more=("$tmp/none.edf")
accepted "speeds" replay --speed

# The daemon has a man page of another dialect, and no completion.
backpopd_help() { "$BACKPOPD" --help | grep -oE '^ +(-h, )?--[a-z-]+' | sed 's/.* //' | sort; }
page=$here/../../daemon/man/backpopd.8
# paged FROM TO: options between two headings of the page
paged()
{
	sed -n "/^\.SH $1/,/^\.SH $2/p" "$page" | tr -d '\\' | grep '^\.' | grep -oE -- '--[a-z-]+' |
		sort -u
}
same "backpopd: the man page's synopsis has its options" \
	"$(backpopd_help | grep -vE -- '--(help|version)')" "$(paged SYNOPSIS DESCRIPTION)"
same "backpopd: the man page tells of each option" "$(backpopd_help)" \
	"$(paged OPTIONS SIGNALS | grep -v -- --session)"
accepts() { DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/none "$BACKPOPD" "$1" --config /dev/null 2>&1; }
same "backpopd: --session is --user's old name" "$(accepts --user)" "$(accepts --session)"

unsaid=
for words in --help --version "--check-config --config /dev/null" "--bus-introspect /org/backpop1 --config /dev/null"; do
	# shellcheck disable=SC2086 # words
	"$BACKPOPD" $words 2>"$tmp/err" >/dev/full && unsaid+=" $words"
	grep -q "standard output: " "$tmp/err" || unsaid+=" $words: $(cat "$tmp/err")"
done
same "backpopd: a full output is told" "" "$unsaid"

ctl events --json --csv
report "events: two formats" '[ $status = 2 ] && grep -q -- --csv $tmp/err'
ctl events --since 2026-02-31
report "events: a day that does not exist" '[ $status = 2 ] && grep -q 2026-02-31 $tmp/err'
wrong=
for time in "2026-11-28T25:00" "2026-11-28 14:05.5" "2026-11-28T14:05:30+25:00" "2026-11-28T14:05:30+1" \
	"2026-11-28T14:05:30.Z" "14:05:30." -2y; do
	ctl events --since "$time" --file "$tmp/none.db"
	[ $status = 2 ] || wrong+=" $time"
done
same "events: times that are none" "" "$wrong"
ctl session show last
report "session: a number that is none" '[ $status = 2 ] && grep -q last $tmp/err'
ctl record status --sensor 'a b'
report "record: a name that is none" '[ $status = 2 ] && grep -qF "a b" $tmp/err'
finish
