#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit tests of what has threads (remote source, journal), under ThreadSanitizer.
#
#	O=build tests/daemon/threads.sh
set -u
cd "$(dirname "$0")/../.." || exit 1

O=${O:-build}/tsan
programs=(daemon_remote daemon_sensor daemon_journal)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "TAP version 13"
if ! make --no-print-directory -s -j"$(nproc)" O="$O" SAN=thread \
	"${programs[@]/#/$O/tests/unit/}" >"$log" 2>&1 </dev/null; then
	echo "1..1"
	echo "not ok 1 build with -fsanitize=thread"
	tail -n 20 "$log" | sed 's/^/# /'
	exit 1
fi
echo "1..${#programs[@]}"
n=0 failures=0
for program in "${programs[@]}"; do
	n=$((n + 1))
	if TSAN_OPTIONS=exitcode=66:suppressions=tests/daemon/tsan.supp "$O/tests/unit/$program" \
		>"$log" 2>&1 </dev/null && ! grep -q '^not ok' "$log"; then
		echo "ok $n $program"
	else
		failures=$((failures + 1))
		echo "not ok $n $program"
		grep -E -A25 '^not ok|^# |WARNING: ThreadSanitizer' "$log" | head -n 60 | sed 's/^/# /'
	fi
done
[ "$failures" = 0 ]
