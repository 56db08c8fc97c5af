# SPDX-License-Identifier: GPL-2.0-or-later
#
# Print the records of kmemleak that are not the kernel's own, as of 6.12:
#
# - the IIO core forgets a buffer's demux tables when the device goes whose last scan was a part
#   of what it sampled;
# - with -v memory_fails=1, for a test that lets allocations fail: devm_regmap_init_i2c(), on an
#   adapter with a longest read, forgets its copy of the bus where there is no memory for what
#   would free it.
#
# Told apart by who asked for the memory, frame by frame: the driver, whose names are gone when it
# is unloaded, must have no part in it.
function is_known() {
	if (record ~ /alloc[^\n]*\n([^\n]*iio_buffer_add_demux[^\n]*\n)?[^\n]*__iio_update_buffers/)
		return 1
	return memory_fails && record ~ \
		/kmemdup[^\n]*\n[^\n]*regmap_get_i2c_bus[^\n]*\n[^\n]*__devm_regmap_init_i2c[^\n]*\n[^\n]*\n[^\n]*i2c_device_probe/
}
function end_of_record() {
	if (record ~ /unreferenced object/ && !is_known())
		printf "%s", record
	record = ""
}
/^unreferenced object/ { end_of_record() }
{ record = record $0 "\n" }
END { end_of_record() }
