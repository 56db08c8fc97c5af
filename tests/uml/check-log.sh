#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Read a kernel log on stdin; print each line that a healthy kernel does not
# write, with the line before it and those that follow.  Exit 1 if there was any.
if grep -E -B1 -A30 \
	-e 'WARNING:|BUG:|Oops|Call Trace:|Kernel panic|general protection fault' \
	-e 'INFO: (possible|task|trying|rcu|suspicious)|suspicious RCU usage|possible (recursive|circular)' \
	-e 'sleeping function called|scheduling while atomic|unbalanced|nobody cared' \
	-e '(lockdep|kmemleak) is turned off|kmemleak: .*disabled' \
	-e 'KASAN:|UBSAN:|ODEBUG:|kmemleak: [1-9][0-9]* new suspected|unreferenced object' \
	-e 'list_(add|del) corruption|refcount_t:|Unable to handle kernel' \
	-e 'kobject_add_internal failed .*(EEXIST|error: -(1[^2]|[2-9]))' \
	-e 'protocol violation|segfault at|Segmentation fault'; then
	exit 1
fi
exit 0
