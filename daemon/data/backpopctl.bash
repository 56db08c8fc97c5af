# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for backpopctl(1)

# Sensors that a running daemon has; none if it cannot be asked.
_backpopctl_sensors()
{
	busctl --auto-start=no --list tree org.backpop1 2>/dev/null |
		sed -n 's|^/org/backpop1/sensor/||p'
}

_backpopctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' words='' path

	COMPREPLY=()
	[ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
	case $command in
	'')
		words='monitor status events session annotate record detect replay wait doctor inhibit stream --help --version'
		;;
	monitor)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--count)
			return
			;;
		*)
			words='--json --scope --sensor --count --user --help'
			;;
		esac
		;;
	status)
		words='--json --user --help'
		;;
	events)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--class)
			words='cavitation snap crepitus lung_crackle unclassified artefact'
			;;
		--since | --until)
			words='today yesterday now'
			;;
		--session)
			return
			;;
		--file)
			compopt -o default 2>/dev/null
			return
			;;
		*)
			words='--since --until --class --session --sensor --revisions --json --csv --file --user
				--help'
			;;
		esac
		;;
	session)
		words='start stop list show --subject --position --comment --json --user --help'
		;;
	annotate)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		*)
			words='pain swelling numbness stretch note --sensor --event --list --json --user --help'
			;;
		esac
		;;
	record)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--patient | --birthdate | --name | --investigation | --technician)
			return
			;;
		--sex)
			words='M F X'
			;;
		*)
			words='start stop status --sensor --patient --sex --birthdate --name --investigation
				--technician --json --user --help'
			;;
		esac
		;;
	doctor)
		[ "$prev" = --root ] && { compopt -o dirnames 2>/dev/null; return; }
		words='--json --root --user --help'
		;;
	stream)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--count)
			return
			;;
		*)
			words='--sensor --count --user --help'
			;;
		esac
		;;
	inhibit)
		case $prev in
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--why)
			return
			;;
		*)
			words='--sensor --why --user --help'
			[[ $cur == -* ]] || words=$(compgen -c -- "$cur")
			;;
		esac
		;;
	wait)
		case $prev in
		--state)
			words='starting streaming degraded stalled failed inhibited idle ended'
			;;
		--sensor)
			words=$(_backpopctl_sensors)
			;;
		--timeout)
			return
			;;
		*)
			words='--state --sensor --timeout --user --help'
			;;
		esac
		;;
	detect | replay)
		if [ "$prev" = --speed ]; then
			words='1 max'
		elif [ "$prev" = --event ]; then
			return
		elif [ "$prev" = --plot ]; then
			while IFS= read -r path; do
				if [ -d "$path" ] || [[ ${path,,} == *.@(svg|png) ]]; then
					COMPREPLY+=("$path")
				fi
			done < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			return
		elif [[ $cur != -* ]]; then
			while IFS= read -r path; do
				if [ -d "$path" ] || [[ ${path,,} == *.edf ]]; then
					COMPREPLY+=("$path")
				fi
			done < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			return
		elif [ "$command" = replay ]; then
			words='--speed --json --backpopd --help'
		else
			words='--json --explain --plot --event --help'
		fi
		;;
	esac
	while IFS= read -r path; do
		COMPREPLY+=("$path")
	done < <(compgen -W "$words" -- "$cur")
}

complete -F _backpopctl backpopctl
