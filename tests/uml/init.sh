#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# First process of the User-Mode Linux that tests/uml/run boots: run one test
# program, judge the kernel log, power off.  Its environment comes from the
# kernel's command line:
#	UML_TEST	program to run
#	UML_HERE	directory of this file
#	BACKPOP_MODULES	directories with the modules, joined by ':'
#	BACKPOP_MODULES_OTHER	the same, of the driver built for the test "unconfirmed"
#	BACKPOP_*	others, for the test
#	UML_GCOV	directory of the host to put the modules' gcov data into, if wanted
# The root file system is the host's, read-only; only /dev/shm and UML_GCOV can be written.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
TMPDIR=/dev/shm
LC_ALL=C
export PATH TMPDIR LC_ALL BACKPOP_MODULES BACKPOP_MODULES_OTHER BACKPOP_SECONDS

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs devtmpfs /dev
mkdir /dev/shm
mount -t tmpfs tmpfs /dev/shm
cd /dev/shm || exit

name=${UML_TEST##*/}
"$UML_TEST" </dev/null 2>&1
rc=$?

# Objects younger than 5 s are no leaks yet, and one that moves between two scans
# needs a second one to be seen.  Time is simulated: the sleep costs none.
leaks=/sys/kernel/debug/kmemleak
for _ in 1 2; do
	sleep 6
	echo scan >$leaks
done

# The only one that has adapters with a longest read while allocations fail
memory_fails=0
[ "$name" != random ] || memory_fails=1

echo "KTAP version 1"
echo "1..1"
{
	# what was found is below
	dmesg | grep -v 'kmemleak: .* new suspected memory leaks'
	awk -v memory_fails="$memory_fails" -f "$UML_HERE/leaks.awk" $leaks
	# a checker that is off sees nothing
	grep -q '^ debug_locks: *1' /proc/lockdep_stats || echo "lockdep is turned off"
	[ -e $leaks ] || echo "kmemleak is turned off"
} >log 2>&1
if "$UML_HERE/check-log.sh" <log >found; then
	echo "ok 1 $name: clean kernel log"
else
	sed 's/^/# /' found
	echo "not ok 1 $name: clean kernel log"
	rc=1
fi
# Last, because hostfs leaks memory when it is mounted.
if [ -n "$UML_GCOV" ]; then
	mkdir gcov
	if mount -t hostfs -o "$UML_GCOV" hostfs gcov; then
		find /sys/kernel/debug/gcov -name '*.gcda' -exec cp {} gcov \;
		umount gcov
	fi
fi

sed 's/^/uml: | /' log
echo "uml: $name ended with status $rc"
exec busybox poweroff -f
