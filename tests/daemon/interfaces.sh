#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The documented interfaces against the compiled ones: the XML files that are installed,
# the manual pages, and the example clients, which are built and run.
#
#	O=build tests/daemon/interfaces.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/daemon
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus gdbus

tmp=$(mktemp -d)
client=
cleanup()
{
	kill ${daemon:+"$daemon"} ${client:+"$client"} 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
: >"$tmp/log"
: >"$tmp/out"
: >"$tmp/err"

# members INTERFACE: one line a member or argument, from XML on standard input
members()
{
	sed -n '/<interface name="'"$1"'">/,/<\/interface>/p' | sed 's/<!--.*-->//' |
		awk '/<!--/ { comment = 1 } !comment { print } /-->/ { comment = 0 }' |
		grep -oE '<(method|signal|property|arg|annotation) [^>]*' | while read -r tag rest; do
			# Attributes in alphabetical order.
			echo "$tag $(grep -oE '[a-z]+="[^"]*"' <<<"$rest" | sort | tr '\n' ' ')"
		done
}

interfaces=(Manager Journal Session Sensor Recorder Stream)
plan $((${#interfaces[@]} + 8))
for name in "${interfaces[@]}"; do
	path=/org/backpop1
	case $name in Sensor | Recorder | Stream) path=$path/sensor/iio_device0 ;; esac
	"$BACKPOPD" --bus-introspect $path | members "org.backpop1.$name" >"$tmp/compiled"
	members "org.backpop1.$name" <"daemon/data/dbus/org.backpop1.$name.xml" >"$tmp/documented"
	diff "$tmp/documented" "$tmp/compiled" >"$tmp/out"
	status=$?
	report "org.backpop1.$name.xml is what is compiled" '[ $status = 0 ] && [ -s $tmp/compiled ]'
done
undocumented=
for file in daemon/data/dbus/*.xml; do
	for member in $(grep -oE '<(method|signal|property) name="[A-Za-z]+' "$file" | sed 's/.*"//'); do
		grep -qw -- "$member" daemon/man/org.backpop1*.5 || undocumented+=" ${file##*/}:$member"
	done
done
same "every member is in a manual page" "" "$undocumented"
foreign=$(cd daemon/data/dbus && printf '%s\n' ./*.xml | sed 's/.*backpop1\.//; s/\.xml//' | sort | tr '\n' ' ')
same "no other interface is documented" "$(printf '%s\n' "${interfaces[@]}" | sort | tr '\n' ' ')" "$foreign"

# errors FILE: one name a line of what it says may refuse; "org.backpop1.Error.A, .B"
errors()
{
	tr '\n' ' ' <"$1" | grep -oE 'org\.backpop1\.Error\.[A-Za-z]+(, +\.[A-Za-z]+)*' |
		grep -oE '\.[A-Za-z]+' | grep -vx '\.Error' | grep -v '^\.backpop' | sort -u
}
errors daemon/bus/bus_error.h >"$tmp/errors"
same "org.backpop1(5) has every error, and no other" "" \
	"$(errors daemon/man/org.backpop1.5 | diff "$tmp/errors" -)"
others=$(for file in daemon/data/dbus/*.xml daemon/man/org.backpop1.*.5; do errors "$file"; done |
	sort -u | comm -13 "$tmp/errors" -)
same "nothing refuses by another name" "" \
	"$others$(grep -h SD_BUS_ERROR_ daemon/bus/*.c | grep -v SD_BUS_ERROR_NULL)"

# ---- busctl lines -----------------------------------------------------------
# As the pages show them, each on one line; "busctl monitor" would not end.
for page in daemon/man/org.backpop1*.5 daemon/man/backpopd.8; do
	groff -mandoc -t -rLL=200n -Tascii -P-c -P-b -P-u "$page" 2>/dev/null
done | awk '/^ *busctl (call|tree|introspect|get-property|set-property) / { on = 1 }
	on { line = line $0; on = sub(/\\$/, "", line); if (!on) { gsub(/ +/, " ", line); print line; line = "" } }' |
	sed 's/^ //; s/ #.*//' >"$tmp/examples"
without=
for file in daemon/data/dbus/*.xml; do
	interface=$(basename "$file" .xml)
	for method in $(grep -oE '<method name="[A-Za-z]+' "$file" | sed 's/.*"//'); do
		grep -qE "^busctl call .* $interface $method\b" "$tmp/examples" || without+=" $interface.$method"
	done
done
if command -v groff >/dev/null; then
	same "each method has a busctl line in its page" "" "$without"
else
	skip "each method has a busctl line in its page" "no groff"
fi
# An event soon after its begin.
"$BACKPOP_GEN" --seed 12 --script dense --duration 30 --out "$tmp/session.edf" >/dev/null || exit 1
config=$tmp/conf
printf '[Recorder]\nDirectory=%s/recordings\nMinFree=0\n' "$tmp" >"$config"
start_daemon --replay "$tmp/session.edf" --speed 1
"$BACKPOPCTL" wait --user --timeout 20
failed=
while read -r _ arguments; do
	got=$(eval "busctl --user ${arguments//iio_device0/replay}" 2>&1 >/dev/null) ||
		# A replay has no device to lend.
		[[ $arguments == *"Stream Inhibit"* && $got == *"no device to lend"* ]] ||
		failed+="busctl $arguments: $got"$'\n'
done <"$tmp/examples"
same "the pages' busctl lines do what they say" "" "$failed"
stop_daemon TERM >/dev/null

# run_client COMMAND...: what it prints of a replay goes to $tmp/out
run_client()
{
	: >"$tmp/out"
	start_daemon --replay "$tmp/session.edf" --speed 1
	"$@" --user >"$tmp/out" 2>"$tmp/err" &
	client=$!
	wait_until 40 grep -qE '^event [0-9]+, revision 0: ' "$tmp/out"
	status=$?
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	client=
	stop_daemon TERM >/dev/null
}
name="example: listen.c"
# shellcheck disable=SC2046 # flags
if ${CC:-cc} -o "$tmp/listen" daemon/examples/listen.c $(pkg-config --cflags --libs libsystemd) 2>"$tmp/err"; then
	run_client "$tmp/listen"
fi
report "$name" '[ ${status:-1} = 0 ] && [ $(wc -l <daemon/examples/listen.c) -lt 20 ]'
name="example: listen.py"
if /usr/bin/python3 -c 'import gi' 2>/dev/null; then
	run_client /usr/bin/python3 daemon/examples/listen.py
	report "$name" '[ $status = 0 ] && grep -q "revisions in the journal" $tmp/out && [ $(wc -l <daemon/examples/listen.py) -lt 20 ]'
else
	skip "$name" "no python3-gi"
fi
finish
