# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# KTAP from shell functions; sourced, never run.  A case is a function or another
# command: status 0 is a pass, 4 a skip, anything else a failure; what it prints
# becomes diagnostics ("# ..."), a skip's last line its reason.

ktap_number=0
ktap_failed=0

ktap_plan() {
	printf 'KTAP version 1\n1..%d\n' "$1"
}

# ktap_case NAME [COMMAND...]: without a command NAME is the function
ktap_case() {
	ktap_number=$((ktap_number + 1))
	ktap_log=/run/bench/case.log
	ktap_name=$1
	[ $# = 1 ] || shift
	"$@" >$ktap_log 2>&1
	ktap_rc=$?
	if [ $ktap_rc = 4 ]; then
		printf 'ok %d %s # SKIP %s\n' $ktap_number "$ktap_name" "$(tail -n 1 $ktap_log)"
		return 0
	fi
	sed 's/^/# /' $ktap_log
	if [ $ktap_rc = 0 ]; then
		printf 'ok %d %s\n' $ktap_number "$ktap_name"
		return 0
	fi
	printf 'not ok %d %s\n' $ktap_number "$ktap_name"
	ktap_failed=$((ktap_failed + 1))
	return 1
}

# expect WHAT EXPECTED GOT [LOOK-AT]: fails with a diagnostic when they differ
expect() {
	[ "$2" = "$3" ] && return 0
	echo "$1: expected $2, got ${3:-nothing}${4:+, look at $4}"
	return 1
}
