/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.freedesktop.LogControl1: the log level at run time, for `systemctl log-level`. */
#ifndef BACKPOP_BUS_LOG_H
#define BACKPOP_BUS_LOG_H

#include <systemd/sd-bus.h>

/* Put the standard object on the bus; it needs nothing of ours.  0 or negative errno. */
int bus_log_add(sd_bus *bus, sd_bus_slot **slot);

#endif
