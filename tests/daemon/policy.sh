#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who may: root, a member of the group and a stranger on a private bus with the policy
# file as it is installed, but for the names of group and user: ones that every Debian
# has stand in for backpop's.
#
#	O=build tests/daemon/policy.sh		as root
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/daemon
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
[ "$(id -u)" = 0 ] || skip_all "needs root, to become others"
for program in dbus-daemon busctl setpriv; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
need BACKPOPD
need BACKPOP_GEN

group=games user=games stranger=nobody
tmp=$(mktemp -d)
chmod 755 "$tmp"
pids=()
cleanup()
{
	kill "${pids[@]}" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT

mkdir "$tmp/state"
chown "$user" "$tmp/state"
cp "$BACKPOPD" "$tmp/backpopd"
"$BACKPOP_GEN" --seed 7 --duration 120 --out "$tmp/session.edf" >/dev/null || exit 1
chmod 644 "$tmp/session.edf"
sed "s/group=\"backpop\"/group=\"$group\"/; s/user=\"backpop\"/user=\"$user\"/" \
	daemon/data/org.backpop1.conf >"$tmp/org.backpop1.conf"
# As the system's own bus: nothing may be sent to services but what their files allow.
cat >"$tmp/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
<type>system</type>
<listen>unix:path=$tmp/bus</listen>
<auth>EXTERNAL</auth>
<policy context="default">
<allow user="*"/>
<deny own="*"/>
<deny send_type="method_call"/>
<allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/>
<allow receive_type="method_return"/>
<allow receive_type="error"/>
<allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
<allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
<allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
</policy>
<policy user="root">
<allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
</policy>
<include>$tmp/org.backpop1.conf</include>
</busconfig>
END
dbus-daemon --config-file="$tmp/bus.conf" --nofork 2>"$tmp/bus.log" &
pids+=($!)
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/bus
wait_until 10 test -S "$tmp/bus" || { cat "$tmp/bus.log"; exit 1; }

# as WHO COMMAND...
as()
{
	local who=$1
	shift
	case $who in
	root) "$@" ;;
	member) setpriv --reuid=daemon --regid=daemon --groups="$group" "$@" ;;
	service) setpriv --reuid="$user" --regid="$group" --clear-groups "$@" ;;
	stranger) setpriv --reuid="$stranger" --regid=nogroup --clear-groups "$@" ;;
	esac
}
# ask WHO BUSCTL-ARGUMENT...: sets status, $tmp/out, $tmp/err
ask()
{
	local who=$1
	shift
	as "$who" busctl --system "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}
err_has() { grep -qiE -- "$1" "$tmp/err"; }
has_name() { bus_has_daemon system; }

plan 16
# Nobody else takes the name, before or while the daemon has it.
for who in member stranger; do
	ask "$who" call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su org.backpop1 0
	report "$who: may not own the name" '[ $status != 0 ] && err_has "denied|not allowed"'
done

# Who listens to what, while events are told: all who may subscribe to signals do.
for who in root member stranger; do
	as "$who" busctl --system --match="type='signal',sender='org.backpop1'" monitor \
		>"$tmp/monitor-$who" 2>"$tmp/monitor-$who.err" &
	pids+=($!)
	as "$who" stdbuf -oL gdbus monitor --system --dest org.backpop1 >"$tmp/heard-$who" 2>/dev/null &
	pids+=($!)
	wait_until 10 grep -q org.backpop1 "$tmp/heard-$who"
done
as service "$tmp/backpopd" --config /dev/null --state "$tmp/state" --replay "$tmp/session.edf" \
	--speed max 2>"$tmp/log" &
pids+=($!)
wait_until 20 has_name || sed 's/^/# /' "$tmp/log"
# gdbus subscribes when it sees the name: one may miss what is said in the first instant.
heard_the_end() { grep -q "'State': <'ended'>" "$tmp/heard-$1"; }
wait_until 30 heard_the_end member
wait_until 30 heard_the_end root
events() { grep -c 'Sensor.Event (' "$tmp/heard-$1"; }
report "member: hears the signals" '[ $(events member) -gt 5 ]'
report "root: hears the signals" '[ $(events root) -gt 5 ]'
same "stranger: hears none" 0 "$(events stranger)"
report "stranger: may not become the bus's monitor" \
	'grep -qiE "denied|not allowed|permitted" $tmp/monitor-stranger.err && ! grep -q Event $tmp/monitor-stranger'
ask stranger call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus AddMatch s \
	"eavesdrop=true,interface='org.backpop1.Sensor'"
report "stranger: eavesdropping shows nothing" '[ $(events stranger) = 0 ]'

for method in "org.backpop1.Journal GetEvents ta{sv} 0 0" "org.backpop1.Session Start a{sv} 0" \
	"org.freedesktop.DBus.Properties GetAll s org.backpop1.Journal" \
	"org.freedesktop.DBus.Introspectable Introspect"; do
	# shellcheck disable=SC2086 # words
	ask stranger call org.backpop1 /org/backpop1 $method
	report "stranger: ${method% *} is refused" '[ $status != 0 ] && err_has "denied" && [ ! -s $tmp/out ]'
done
ask member call org.backpop1 /org/backpop1 org.backpop1.Journal Annotate 'ssa{sv}' pain '' 0
report "member: annotates" '[ $status = 0 ]'
ask member call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Sensor GetEvents 'ta{sv}' 0 0
report "member: reads the journal" '[ $status = 0 ] && grep -q cavitation $tmp/out'
log=/org/freedesktop/LogControl1
ask member set-property org.backpop1 $log org.freedesktop.LogControl1 LogLevel s debug
report "member: may not set the log level" '[ $status != 0 ] && err_has "denied|permitted"'
ask root set-property org.backpop1 $log org.freedesktop.LogControl1 LogLevel s debug
report "root: sets the log level" '[ $status = 0 ]'
as stranger cat "$tmp/state/journal.db" >"$tmp/out" 2>"$tmp/err"
report "stranger: may not read the journal's file" '[ ! -s $tmp/out ] && err_has "denied"'
finish
