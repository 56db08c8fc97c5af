# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for backpopctl(1): commands and options are what its --help shows

# Sensors that a running daemon has; none if it cannot be asked.
_backpopctl_sensors()
{
	local bus=--system

	[[ " ${COMP_WORDS[*]} " == *' --user '* ]] && bus=--user
	busctl "$bus" --auto-start=no --list tree org.backpop1 2>/dev/null |
		sed -n 's|^/org/backpop1/sensor/||p'
}

# Folders, and files whose names end so.
_backpopctl_files()
{
	local path

	while IFS= read -r path; do
		if [ -d "$path" ] || [[ ${path,,} == *.@($1) ]]; then
			COMPREPLY+=("$path")
		fi
	done < <(compgen -f -- "$cur")
	compopt -o filenames 2>/dev/null
}

_backpopctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} options='' words='' word

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words=$("$program" --help 2>/dev/null | sed -nE 's/^  ([a-z-]+) .*/\1/p')
		command=''
	else
		# --count=N for one with an argument, --json for one without
		options=$("$program" "$command" --help 2>/dev/null |
			sed -nE 's/^  (--[a-z]+)( ([^ ]+))?  .*/\1=\3/p' | sed 's/=$//')
	fi
	case $command:$prev in
	*:--sensor)
		words=$(_backpopctl_sensors)
		;;
	events:--class)
		words='cavitation snap crepitus lung_crackle unclassified artefact'
		;;
	events:--since | events:--until)
		words='today yesterday now'
		;;
	events:--file | replay:--backpopd)
		compopt -o default 2>/dev/null
		return
		;;
	record:--sex)
		words='M F X'
		;;
	wait:--state)
		words='starting streaming degraded stalled failed inhibited idle ended'
		;;
	doctor:--root)
		compopt -o dirnames 2>/dev/null
		return
		;;
	replay:--speed)
		words='1 max'
		;;
	detect:--plot)
		_backpopctl_files 'svg|png'
		return
		;;
	*)
		# The argument of another option is free.
		[[ $'\n'$options == *$'\n'"$prev="* ]] && return
		if [[ $cur == -* ]]; then
			words+=$'\n'$(sed 's/=.*//' <<<"$options")
		else
			case $command in
			session) words='start stop list show' ;;
			annotate) words='pain swelling numbness stretch note' ;;
			record) words='start stop status' ;;
			inhibit) words=$(compgen -c -- "$cur") ;;
			detect | replay) _backpopctl_files edf; return ;;
			*) words+=$'\n'$(sed 's/=.*//' <<<"$options") ;;
			esac
		fi
		;;
	esac
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen -W "$words" -- "$cur")
}

complete -F _backpopctl backpopctl
