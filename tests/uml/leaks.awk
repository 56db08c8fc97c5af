# SPDX-License-Identifier: GPL-2.0-or-later
#
# Print the records of kmemleak that are not the IIO core's own: as of 6.12 it forgets a
# buffer's demux tables when the device goes whose last scan was a part of what it sampled.
function end_of_record() {
	if (record ~ /unreferenced object/ &&
	    !(record ~ /__iio_update_buffers/ && record !~ /st1vafe3bx/))
		printf "%s", record
	record = ""
}
/^unreferenced object/ { end_of_record() }
{ record = record $0 "\n" }
END { end_of_record() }
