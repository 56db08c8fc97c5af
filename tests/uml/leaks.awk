# SPDX-License-Identifier: GPL-2.0-or-later
#
# Print the records of kmemleak that are not the kernel's own.  As of 6.12 the IIO core forgets
# a buffer's demux tables when the device goes whose last scan was a part of what it sampled;
# and devm_regmap_init_i2c(), on an adapter with a longest read, its copy of the bus when there
# is no memory for what would free it.
function end_of_record() {
	if (record ~ /unreferenced object/ &&
	    !(record ~ /__iio_update_buffers/ && record !~ /st1vafe3bx/) &&
	    record !~ /regmap_get_i2c_bus/)
		printf "%s", record
	record = ""
}
/^unreferenced object/ { end_of_record() }
{ record = record $0 "\n" }
END { end_of_record() }
