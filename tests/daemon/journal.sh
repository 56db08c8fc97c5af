#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What was told on the bus is in the journal, whatever happens to the daemon, the disk
# and the file.  KILLS=200 for a long run.
#
#	O=build tests/daemon/journal.sh
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are for report(), which evaluates them
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/daemon
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
# shellcheck source=tests/daemon/lib.sh
. tests/daemon/lib.sh
need_bus sqlite3 prlimit /usr/bin/python3

# The daemon writes to the file at the same time: wait for it.
sql() {
	sqlite3 -cmd '.timeout 20000' "$tmp/state/journal.db" "$1"
}

tmp=$(mktemp -d)
listener=
cleanup()
{
	kill ${daemon:+"$daemon"} ${listener:+"$listener"} 2>/dev/null
	umount "$tmp/small" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
: >"$tmp/log"
: >"$tmp/out"
: >"$tmp/err"

compile listener || exit 1
"$BACKPOP_GEN" --seed 12 --script dense --duration 600 --out "$tmp/long.edf" >/dev/null || exit 1
"$BACKPOP_GEN" --seed 7 --duration 60 --out "$tmp/short.edf" >/dev/null || exit 1

# listen: what is heard from here on goes to $tmp/heard
listen()
{
	[ -z "$listener" ] || { kill "$listener"; wait "$listener" 2>/dev/null; }
	: >"$tmp/heard"
	"$tmp/listener" >>"$tmp/heard" 2>"$tmp/listener.err" &
	listener=$!
	wait_until 10 grep -q ready "$tmp/listener.err"
}

# missing: heard, but not in the journal
missing() { sort "$tmp/heard" | comm -23 - <(written "$tmp/state/journal.db"); }
heard() { wc -l <"$tmp/heard"; }
fresh() { rm -rf "$tmp/state"; mkdir "$tmp/state"; : >"$tmp/log"; }
# The bus delivers in order: what is in the journal has been sent.
heard_all() { [ "$(heard)" = "$(written "$tmp/state/journal.db" | wc -l)" ]; }

plan 30

# --- killed at any moment
fresh
listen
kills=${KILLS:-10}
for ((i = 0; i < kills; i++)); do
	before=$(heard)
	start_daemon --state "$tmp/state" --replay "$tmp/long.edf" --speed max || break
	# At the first event, or some milliseconds later.
	wait_until 20 eval '[ "$(heard)" -gt "$before" ]' || break
	sleep "0.$(printf '%03d' $((RANDOM % 150)))"
	stop_daemon KILL
done
# What the bus still has for the listener.
busctl --user list >/dev/null
lost=$(missing)
report "killed $kills times while it tells: nothing told is lost" \
	'[ $i = $kills ] && [ $(heard) -gt $kills ] && [ -z "$lost" ]'
[ -z "$lost" ] || printf '%s\n' "$lost" | head -n 5 | sed 's/^/# heard, but not kept: /'
double=$(cut -d' ' -f1-3 "$tmp/heard" | sort | uniq -d)
same "no event number is used twice" "" "$double"
backwards=$(awk '$4 <= last { print } { last = $4 }' "$tmp/heard")
same "sequence numbers only rise" "" "$backwards"
same "the file is whole" ok "$(sql 'PRAGMA integrity_check')"

# --- a page at a time, over restarts
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
wait_until 30 ended
total=$(sql 'SELECT count(*) FROM revision')
same "GetEvents tells all of them, page by page" "$total" \
	"$("$BACKPOPCTL" events --user --revisions --json | wc -l)"
# What is printed as an event's time is that time for --since, in each of the forms.  Replayed
# at full speed, each daemon's events reach far into the time of the next.
wrong=
"$BACKPOPCTL" events --user --csv >"$tmp/csv"
wall=$(head -n 1 "$tmp/csv" | tr , '\n' | grep -nx wall_ns | cut -d: -f1)
sed -i 1d "$tmp/csv"
while IFS=, read -r time _; do
	from=$(awk -F, -v t="$time" -v w="$wall" 'NR == FNR { if ($1 == t) at = $w; next } $w >= at' \
		"$tmp/csv" "$tmp/csv")
	for text in "$time" "$(date -u -d "$time" +'%F %T.%6NZ')" "$(date -d "$time" +'%F %T.%6N')"; do
		[ "$("$BACKPOPCTL" events --user --csv --since "$text" | tail -n +2)" = "$from" ] || wrong+=" $text"
	done
done < <(head -n 3 "$tmp/csv")
same "events: since an event's own time" "" "$wrong"
same "the file tells the same" "$("$BACKPOPCTL" events --user --json | md5sum)" \
	"$("$BACKPOPCTL" events --json --file "$tmp/state/journal.db" | md5sum)"
call Journal Annotate 'ssa{sv}' pain left 0 >/dev/null
call Journal Annotate 'ssa{sv}' note 'nothing that hurts' 0 >/dev/null
# As a spreadsheet reads them.
call Journal Annotate 'ssa{sv}' note $'a "sharp" one,\n left' 2 sensor s replay event t 1 >/dev/null
"$BACKPOPCTL" annotate --list --csv --user >"$tmp/csv"
same "annotations as comma-separated values" "3 rows of 10; note, a 'sharp' one,| left, bus, replay, 1" \
	"$(/usr/bin/python3 - "$tmp/csv" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline=""), strict=True))
r = rows[-1]
print(f"{len(rows)} rows of {len(r)}; " + ", ".join(r[k] for k in ("kind", "text", "source", "sensor", "event"))
      .replace("\n", "|").replace('"', "'"))
PY
)"
got=$("$BACKPOPCTL" events --user --summary --json)
same "the summary counts what stands and the pain, from the daemon and from the file" \
	"$("$BACKPOPCTL" events --user --json | grep -vc '"class":"artefact"') 1 $(md5sum <<<"$got")" \
	"$(sed -E 's/^."standing":([0-9]*),"withdrawn":[0-9]*,"pain":([0-9]*).*/\1 \2/' <<<"$got" |
		tr -d '{') $("$BACKPOPCTL" events --summary --json --file "$tmp/state/journal.db" | md5sum)"
# The wall clock is set back by two hours while the last run goes on: nothing happened later or sooner.
sql "VACUUM INTO '$tmp/stepped.db'"
sqlite3 "$tmp/stepped.db" "UPDATE revision SET wall_ns = wall_ns - 7200000000000 WHERE
	run = (SELECT max(run) FROM revision) AND number > (SELECT avg(number) FROM revision r
	WHERE r.run = revision.run); UPDATE annotation SET wall_ns = wall_ns - 7200000000000"
same "the summary's times go on where the wall clock is set" "$(md5sum <<<"$got")" \
	"$("$BACKPOPCTL" events --summary --json --file "$tmp/stepped.db" | md5sum)"
number=$(sql 'SELECT max(number) - 2 FROM revision')
got=$(busctl --user call org.backpop1 "$replay" org.backpop1.Sensor GetEvents 'ta{sv}' "$number" 0 |
	awk '{ print $2 }')
same "a sensor's GetEvents begins at a number" 3 "$got"

# --- sessions live on
call Session Start 'a{sv}' 1 subject s X1 >/dev/null
stop_daemon KILL
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
same "a session goes on after a crash" 1 "$(property Session Current)"
sql "UPDATE run SET boot_id = 'ffffffffffffffffffffffffffffffff'"
stop_daemon TERM
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
same "a session ends with the machine" "0 reboot" \
	"$(property Session Current) $(sql 'SELECT ended_by FROM session')"
same "a session's times have their zone" 2 \
	"$("$BACKPOPCTL" session show 1 --user | grep -cE '^st[a-z]+ +[0-9-]+T[0-9:.]+[+-][0-9]{2}:[0-9]{2}')"
wrong=
for from in --user "--file $tmp/state/journal.db"; do
	for form in '' --csv --summary; do
		# shellcheck disable=SC2086 # two words
		"$BACKPOPCTL" events $from $form --session 1 >/dev/null 2>&1 || wrong+=" $from $form 1"
		# shellcheck disable=SC2086
		! "$BACKPOPCTL" events $from $form --session 2 >"$tmp/out" 2>"$tmp/err" && [ ! -s "$tmp/out" ] &&
			grep -q "there is no session 2;" "$tmp/err" || wrong+=" $from $form 2"
	done
done
same "a session that never was is not one without events" "" "$wrong"
# What is over gives no samples.
timeout 5 "$BACKPOPCTL" stream --user >"$tmp/out" 2>"$tmp/err"
same "stream: who waits in vain is told" 1 "$(grep -c 'nothing has come for 3 s' "$tmp/err")"
stop_daemon TERM

# --- the disk is full
fresh
start_daemon --state "$tmp/state"
stop_daemon TERM
listen
# Files may not grow beyond a limit that the journal's log soon meets.
(ulimit -S -f 64; exec "$BACKPOPD" --user --config /dev/null --state "$tmp/state" \
	--replay "$tmp/long.edf" --speed max 2>>"$tmp/log") &
daemon=$!
wait_until 60 is Journal State full
report "full disk: State says so" 'is Journal State full && log_has "held back"'
call Journal Annotate 'ssa{sv}' pain '' 0 >"$tmp/out" 2>"$tmp/err"
status=$?
report "full disk: an annotation is refused" '[ $status != 0 ] && grep -q "disk is full" $tmp/err'
before=$(heard)
report "full disk: what is not kept is not told" '[ -z "$(missing)" ] && [ $(property Journal Pending) -gt 0 ]'
prlimit --pid "$daemon" --fsize=unlimited
wait_until 60 is Journal State ok
wait_until 60 ended
wait_until 20 heard_all
report "full disk: goes on by itself when there is room, nothing is lost" \
	'is Journal State ok && is Journal Dropped 0 && [ -z "$(missing)" ] && heard_all &&
	[ $(heard) -gt $before ] && log_has "can be written again"'
numbers=$(cut -d' ' -f2 "$tmp/heard" | sort -nu | wc -l)
same "full disk: no event is left out" "$(cut -d' ' -f2 "$tmp/heard" | sort -n | tail -n 1)" "$numbers"
stop_daemon TERM

# With $tmp/small full from the start: nothing is told until there is room, then all; $name
held_back_while_full()
{
	listen
	start_daemon --state "$tmp/small" --replay "$tmp/short.edf" --speed max
	full=$(property Journal State)
	wait_until 30 eval '[ "$(property Journal Pending)" -gt 0 ]'
	before=$(heard)
	rm "$tmp/small/filler"
	wait_until 30 is Journal State ok
	wait_until 30 ended
	events=$(property Sensor LastEvent "$replay")
	wait_until 10 eval '[ "$(cut -d" " -f2 "$tmp/heard" | sort -nu | wc -l)" = "$events" ]'
	got=$(cut -d' ' -f2 "$tmp/heard" | sort -nu | wc -l)
	same "$name" "full 0 $events" "$full $before $got"
	stop_daemon TERM
}

# --- a disk of its own that is full from the start
name="full from the start: the same"
mkdir "$tmp/small"
if mount -t tmpfs -o size=1m tmpfs "$tmp/small" 2>/dev/null; then
	start_daemon --state "$tmp/small"
	stop_daemon KILL
	dd if=/dev/zero of="$tmp/small/filler" bs=4096 2>/dev/null
	held_back_while_full

	# Not even a file could be made there yet.
	name="first start on a full disk: the same"
	rm "$tmp/small"/*
	dd if=/dev/zero of="$tmp/small/filler" bs=4096 2>/dev/null
	held_back_while_full

	# Read-only, after an end in order and after none: what it held is known all the same.
	for how in TERM KILL; do
		name="a read-only disk after SIG$how: told, held back, numbered on"
		start_daemon --state "$tmp/small"
		stop_daemon $how
		last=$(cut -d' ' -f2 "$tmp/heard" | sort -n | tail -n 1)
		mount -o remount,ro "$tmp/small"
		listen
		start_daemon --state "$tmp/small" --replay "$tmp/short.edf" --speed max
		wait_until 30 eval '[ "$(property Journal Pending)" -gt 0 ]'
		failed="$(property Journal State), $(property Journal StateReason), $(heard)"
		mount -o remount,rw "$tmp/small"
		wait_until 30 is Journal State ok
		wait_until 30 ended
		wait_until 10 eval '[ "$(cut -d" " -f2 "$tmp/heard" | sort -nu | wc -l)" = "$events" ]'
		same "$name" "failed, the file system is read-only, 0; from $((last + 1)) to $((last + events))" \
			"$failed; from $(cut -d' ' -f2 "$tmp/heard" | sort -n | head -n 1) to $(cut -d' ' -f2 "$tmp/heard" | sort -n | tail -n 1)"
		stop_daemon TERM
	done
	umount "$tmp/small"
else
	skip "$name" "a tmpfs cannot be mounted here"
	skip "first start on a full disk" "a tmpfs cannot be mounted here"
	skip "a read-only disk" "a tmpfs cannot be mounted here"
fi

# --- told to end
start_daemon --state "$tmp/state" --replay "$tmp/long.edf" --speed max
kill "$daemon"
wait "$daemon"
same "ended while it tells: closed cleanly" 1 \
	"$(sql 'SELECT clean FROM run ORDER BY number DESC LIMIT 1')"
daemon=

# --- the file is broken
fresh
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
wait_until 30 ended
stop_daemon KILL
sql 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
dd if=/dev/urandom of="$tmp/state/journal.db" bs=4096 seek=2 count=6 conv=notrunc 2>/dev/null
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
wait_until 30 ended
report "corrupt file: kept under another name, said so, a new one begun" \
	'is Journal State ok && ls $tmp/state | grep -q corrupt- && log_has "is corrupt" &&
	[ -n "$(written $tmp/state/journal.db)" ]'
stop_daemon TERM

fresh
echo "just text, and a good deal longer than the header of a data base has to be" >"$tmp/state/journal.db"
for _ in 1 2 3 4; do cat "$tmp/state/journal.db" "$tmp/state/journal.db" >"$tmp/x"; mv "$tmp/x" "$tmp/state/journal.db"; done
start_daemon --state "$tmp/state" --replay "$tmp/short.edf" --speed max
report "no data base at all: the same" 'is Journal State ok && log_has "is corrupt"'
stop_daemon TERM

fresh
sql 'CREATE TABLE t(x); PRAGMA user_version = 99'
"$BACKPOPD" --user --config /dev/null --state "$tmp/state" >"$tmp/out" 2>"$tmp/err"
status=$?
report "made by a newer backpopd: left alone, the daemon ends" \
	'[ $status = 78 ] && grep -q newer $tmp/err && ! ls $tmp/state | grep -q corrupt'
"$BACKPOPD" --user --config /dev/null --state "$tmp/nowhere" >"$tmp/out" 2>"$tmp/err"
status=$?
report "no such directory" '[ $status = 1 ] && grep -q "$tmp/nowhere" $tmp/err'
finish
