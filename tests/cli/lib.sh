# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # tmp is the script's
#
# KTAP for the command-line tests: source it, then plan, check..., finish.

tap_n=0
tap_failed=0
tap_plan=0

plan()
{
	tap_plan=$1
	echo "TAP version 13"
	echo "1..$1"
}

# Leave the whole script untested.
skip_all()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

pass()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n $1"
}

# fail NAME DIAGNOSTIC...: each diagnostic, and each line of it, behind a "# "
fail()
{
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}

skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n $1 # SKIP $2"
}

# result NAME STATUS DIAGNOSTIC...: STATUS is a command's, 0 = passed
result()
{
	if [ "$2" = 0 ]; then
		pass "$1"
	else
		fail "$1" "${@:3}"
	fi
}

# same NAME EXPECTED GOT
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "expected: $2" "got:      $3"
	fi
}

# report NAME CONDITION: evaluates it; if it does not hold, shows $status and the
# files out and err in $tmp, where the scripts keep what a program printed
report()
{
	if eval "$2"; then
		pass "$1"
	else
		fail "$1" "expected: $2" "status ${status:-}; stdout:" "$(head -n 20 "$tmp/out")" \
			"stderr:" "$(head -n 20 "$tmp/err")"
	fi
}

finish()
{
	if [ "$tap_n" != "$tap_plan" ]; then
		echo "# planned $tap_plan tests, ran $tap_n"
		exit 1
	fi
	[ "$tap_failed" = 0 ]
	exit
}

# wait_until SECONDS COMMAND...: until it succeeds, or false at the deadline: four times as
# long, for SECONDS are those of a machine that has nothing else to do
wait_until()
{
	local end=$((SECONDS + 4 * $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# must_refuse WORDS STATUS COMMAND...: it ends with that, says WORDS on stderr, nothing on
# stdout; else $complaints tells
complaints=
must_refuse()
{
	local words=$1 want=$2 got
	shift 2
	timeout 20 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	if [ "$got" != "$want" ] || [ -s "$tmp/out" ] || ! grep -qF -- "$words" "$tmp/err"; then
		complaints+="$*: status $got, expected $want; stdout $(wc -c <"$tmp/out") bytes;"
		complaints+=" expected '$words' on stderr, got: $(head -c 300 "$tmp/err")"$'\n'
	fi
}

# need VARIABLE: a program that the caller names in the environment
need()
{
	[ -n "${!1:-}" ] || { echo "$0: set $1 to the program" >&2; exit 2; }
	[ -x "${!1}" ] || { echo "$0: $1=${!1} is not a program" >&2; exit 2; }
}

# detect ARGUMENT...: output in $tmp/out and $tmp/err, exit code in $status
detect()
{
	"$BACKPOPCTL" detect "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# scope NAME: monitor --scope draws both channels on a terminal, and q ends it; it leaves
# what was drawn in $tmp/screen
scope()
{
	local scope
	: >"$tmp/screen"
	[ -p "$tmp/keys" ] || mkfifo "$tmp/keys"
	TERM=xterm script -qfec "stty rows 24 cols 80; $BACKPOPCTL monitor --scope --user" "$tmp/screen" \
		<"$tmp/keys" >/dev/null 2>"$tmp/err" &
	scope=$!
	exec 9>"$tmp/keys"
	wait_until 20 scope_drawn_or_gone "$scope"
	(printf q) >&9 2>/dev/null
	exec 9>&-
	wait "$scope"
	status=$?
	if scope_drawn && [ "$status" = 0 ]; then
		pass "$1"
	else
		fail "$1" "status $status" "$(tr -d '\033' <"$tmp/screen")"
	fi
}

scope_drawn() { grep -q film "$tmp/screen" && grep -q ' mg ' "$tmp/screen" && grep -q 'q ends' "$tmp/screen"; }
scope_drawn_or_gone() { scope_drawn || ! kill -0 "$1" 2>/dev/null; }

# bus_has_daemon user|system; not by `busctl status`, which wants more of /sys than a chroot has
bus_has_daemon()
{
	[ "$(busctl "--$1" call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
		NameHasOwner s org.backpop1 2>/dev/null)" = "b true" ]
}

# need_bus PROGRAM...: start the script again inside a session bus of its own, which makes
# busctl --user and the like safe; or skip it for want of what that takes
need_bus()
{
	local program
	for program in dbus-run-session busctl "$@"; do
		command -v "$program" >/dev/null || skip_all "no $program"
	done
	[ -n "${BACKPOP_TEST_BUS:-}" ] || BACKPOP_TEST_BUS=1 exec dbus-run-session -- "$0"
}

# A sanitizer that found something must not look like an ordinary failure.
export ASAN_OPTIONS=exitcode=99:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1:${UBSAN_OPTIONS:-}
