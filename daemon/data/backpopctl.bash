# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for backpopctl(1)

_backpopctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' words='' path

	COMPREPLY=()
	[ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
	case $command in
	'')
		words='monitor status record detect --help --version'
		;;
	monitor)
		case $prev in
		--sensor)
			# Sensors that a running daemon has; none if it cannot be asked.
			words=$(busctl --auto-start=no --list tree org.backpop1 2>/dev/null |
				sed -n 's|^/org/backpop1/sensor/||p')
			;;
		--count)
			return
			;;
		*)
			words='--json --sensor --count --session --help'
			;;
		esac
		;;
	status)
		words='--json --session --help'
		;;
	record)
		case $prev in
		--sensor)
			words=$(busctl --auto-start=no --list tree org.backpop1 2>/dev/null |
				sed -n 's|^/org/backpop1/sensor/||p')
			;;
		--patient | --birthdate | --name | --investigation | --technician)
			return
			;;
		--sex)
			words='M F X'
			;;
		*)
			words='start stop status --sensor --patient --sex --birthdate --name --investigation
				--technician --json --session --help'
			;;
		esac
		;;
	detect)
		if [[ $cur != -* ]]; then
			while IFS= read -r path; do
				if [ -d "$path" ] || [[ ${path,,} == *.edf ]]; then
					COMPREPLY+=("$path")
				fi
			done < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			return
		fi
		words='--json --explain --help'
		;;
	esac
	while IFS= read -r path; do
		COMPREPLY+=("$path")
	done < <(compgen -W "$words" -- "$cur")
}

complete -F _backpopctl backpopctl
