#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# backpopctl wait, replay, doctor and monitor --scope, and a client of the sample stream
# as its man page shows it, against the real daemon with a replayed session.
#
#	BACKPOPCTL= BACKPOPD= BACKPOP_GEN= tests/cli/tools.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
need BACKPOPCTL
need BACKPOPD
need BACKPOP_GEN
need_bus

tmp=$(mktemp -d)
# shellcheck disable=SC2046 # a list of processes
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$tmp"' EXIT

# ctl ARGUMENT...: its output in $tmp/out and $tmp/err, $status
ctl()
{
	"$BACKPOPCTL" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}
daemon_is_gone() { ! bus_has_daemon user; }

plan 34
"$BACKPOP_GEN" --seed 3 --duration 120 --script demo --out "$tmp/session.edf" >"$tmp/out" 2>"$tmp/err" || {
	cat "$tmp/err" >&2
	exit 1
}

# ---- wait ----
ctl wait --user --timeout 0.1
report "wait: no daemon, and it says so" '[ $status = 1 ] && grep -q "timed out: backpopd is not running" $tmp/err'
ctl wait --state flying
report "wait: a state that does not exist" '[ $status = 2 ] && grep -q flying $tmp/err'
ctl wait --timeout soon
report "wait: a time that is none" '[ $status = 2 ] && grep -q soon $tmp/err'
ctl wait --sensor 'a b'
report "wait: a name that is none" '[ $status = 2 ]'

"$BACKPOPCTL" wait --user --timeout 30 >"$tmp/out" 2>"$tmp/err" &
waiting=$!
"$BACKPOPD" --user --config /dev/null --replay "$tmp/session.edf" 2>"$tmp/daemon.err" &
daemon=$!
wait "$waiting"
status=$?
report "wait: ends when the daemon comes and streams" '[ $status = 0 ] && [ ! -s $tmp/out ] && [ ! -s $tmp/err ]'
ctl wait --user --sensor replay --timeout 5
report "wait: ends at once when it is so" '[ $status = 0 ]'
ctl wait --user --sensor iio:device9 --timeout 0.1
report "wait: another sensor does not count" '[ $status = 1 ] && grep -q "no sensor iio_device9" $tmp/err'

# ---- what the bus does not take ----
bad=$(printf 'M\374ller')
said=
for words in "annotate pain $bad" "session start --subject $bad" "record start --name $bad"; do
	# shellcheck disable=SC2086 # words
	ctl $words --user
	[ $status = 0 ] || said+=$(grep -o 'text is not UTF-8' "$tmp/err"),
done
same "Latin-1 is refused, in words" "text is not UTF-8,text is not UTF-8,text is not UTF-8," "$said"

# ---- a client as the man page shows it ----
mkdir "$tmp/include"
cp "$here/../../daemon/bus/backpop-stream.h" "$tmp/include/"
sed -n '/begin client.c/,/end client.c/p' "$here/../../daemon/man/org.backpop1.Stream.5" |
	sed '/client\.c$/d; s/\\e/\\/g; s/\\-/-/g' >"$tmp/client.c"
# shellcheck disable=SC2046 # flags
${CC:-cc} -Wall -Werror -I"$tmp/include" -o "$tmp/client" "$tmp/client.c" \
	$(pkg-config --cflags --libs libsystemd) >"$tmp/out" 2>"$tmp/err"
status=$?
report "stream: the man page's client compiles" '[ $status = 0 ]'
# As on the system bus, for which the page is.
DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS "$tmp/client" /org/backpop1/sensor/replay >"$tmp/samples" 2>"$tmp/err" &
client=$!
has_samples() { [ "$(wc -l <"$tmp/samples")" -ge 400 ]; }
wait_until 20 has_samples
report "stream: samples come" 'has_samples'
clients() { busctl --user get-property org.backpop1 /org/backpop1/sensor/replay org.backpop1.Stream Clients; }
same "stream: the client is counted" "u 1" "$(clients)"
busctl --user call org.backpop1 /org/backpop1/sensor/replay org.backpop1.Stream Inhibit s test \
	>"$tmp/out" 2>"$tmp/err"
status=$?
report "Inhibit: a replay has nothing to lend" '[ $status != 0 ] && grep -q "no device to lend" $tmp/err'
ctl stream --user --count 100
report "stream: prints samples as CSV" '[ $status = 0 ] && [ $(wc -l <$tmp/out) = 101 ] &&
	[ $(grep -cE "^[0-9]+(,-?[0-9.e-]+){4}$" $tmp/out) = 100 ]'
ctl stream --user --count 2 --json
report "stream: prints samples as JSON" '[ $status = 0 ] && [ $(wc -l <$tmp/out) = 2 ] &&
	[ $(grep -cE "^.\"t_ns\":[0-9]+,\"x_g\":[^,]+,\"y_g\":[^,]+,\"z_g\":[^,]+,\"film_mv\":[^,]+}$" $tmp/out) = 2 ]'
ctl stream --user --sensor iio:device9
report "stream: another sensor" '[ $status = 1 ] && grep -q "no such sensor" $tmp/err'
ctl stream --count 0
report "stream: bad count" '[ $status = 2 ]'
ctl inhibit --user --sensor replay true
report "inhibit: a replay has nothing to lend" '[ $status = 1 ] && grep -q "no device to lend" $tmp/err'
ctl inhibit
report "inhibit: which program" '[ $status = 2 ]'
ctl doctor --user
report "doctor: sees the daemon's sensor, and that its journal is in memory only" \
	'grep -qE "^ok +sensor +replay streams" $tmp/out && grep -qE "^warning journal .*memory only -> ." $tmp/out'

# ---- scope ----
ctl monitor --scope --user
report "scope: only on a terminal" '[ $status = 1 ] && grep -q terminal $tmp/err'
ctl monitor --scope --json
report "scope: not with --json" '[ $status = 2 ]'
scope "scope: draws both channels, and q ends it"
report "scope: the terminal is put back" 'grep -qF "$(printf "\033[?1049l")" $tmp/screen'

kill "$daemon"
wait "$daemon"
wait "$client"
status=$?
report "stream: ends with the daemon" '[ $status = 0 ]'
lines=$(wc -l <"$tmp/samples")
steps=$(awk 'NR > 1 && $1 - last != 1250000 { n++ } { last = $1 } END { print n + 0 }' "$tmp/samples")
report "stream: every sample once and in order" '[ $lines -ge 400 ] && [ $steps = 0 ]'

# ---- replay ----
"$BACKPOPCTL" detect --json "$tmp/session.edf" >"$tmp/detected"
ctl replay --json --speed max --backpopd "$BACKPOPD" "$tmp/session.edf"
sed 's/^{"sensor":"[^"]*",/{/; s/,"onset_ns":.*}$/}/' "$tmp/out" >"$tmp/replayed"
report "replay: says what detect says" '[ $status = 0 ] && [ -s $tmp/detected ] && diff $tmp/detected $tmp/replayed >&2'
wait_until 10 daemon_is_gone
report "replay: takes its daemon along" 'daemon_is_gone'
ctl replay --backpopd "$BACKPOPD" "$tmp/none.edf"
report "replay: no such file" '[ $status = 1 ] && grep -q none.edf $tmp/err'
printf 'no recording\n' >"$tmp/bad.edf"
ctl replay --backpopd "$BACKPOPD" "$tmp/bad.edf"
report "replay: no recording" '[ $status = 1 ] && grep -q bad.edf $tmp/err'
ctl replay --speed 7 "$tmp/session.edf"
report "replay: bad speed" '[ $status = 2 ]'

# ---- doctor on the files of a system ----
root=$tmp/root
mkdir "$root"
ctl doctor --root "$root"
report "doctor: an empty system fails at driver, bus, device and rules" \
	'[ $status = 1 ] && [ $(grep -cE "^failed +(driver|bus|iio|udev) .* -> ." $tmp/out) = 4 ]'
mkdir -p "$root/sys/module/st1vafe3bx" "$root/sys/bus/i2c/devices/i2c-1" "$root/proc" "$root/etc/udev/rules.d" \
	"$root/sys/bus/i2c/devices/1-0020/driver" "$root/sys/bus/iio/devices/iio:device0/buffer"
echo st1vafe3bx >"$root/sys/bus/i2c/devices/1-0020/name"
echo st1vafe3bx >"$root/sys/bus/iio/devices/iio:device0/name"
: >"$root/etc/udev/rules.d/90-backpop.rules"
ctl doctor --root "$root"
report "doctor: a driver that does not stream need not have its line" \
	'[ $status = 0 ] && grep -qE "^unknown +interrupt +the driver takes its line while it streams" $tmp/out'
printf '           CPU0       CPU1\n 57:   100   23  bcm  17 Level  st1vafe3bx\n' >"$root/proc/interrupts"
ctl doctor --root "$root" --json
report "doctor: a whole system passes, as JSON" \
	'[ $status = 0 ] && ! grep -q "\"failed\"" $tmp/out && grep -qF "123 so far" $tmp/out'
rmdir "$root/sys/bus/i2c/devices/1-0020/driver"
ctl doctor --root "$root"
report "doctor: a chip without its driver is named" '[ $status = 1 ] && grep -qE "^failed +chip +1-0020" $tmp/out'
finish
