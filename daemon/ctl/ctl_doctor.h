/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backpopctl doctor's inside: what is found, and the two kinds of looks, at files of the
 * system (ctl_doctor_files.c) and at what runs on it (ctl_doctor_services.c).
 */
#ifndef BACKPOP_CTL_DOCTOR_H
#define BACKPOP_CTL_DOCTOR_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#define DOCTOR_DEVICES	8

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_WARNING,		/* works, or may, but look at it */
	DOCTOR_FAILED,		/* this is why nothing comes */
	DOCTOR_UNKNOWN,		/* could not be looked at */
};

/**
 * struct doctor - one examination
 * @root:	where the system is mounted, "" = we run on it
 * @session:	ask the session bus for the daemon
 * @report:	takes a finding: a check's short name, what was seen, and for all but
 *		DOCTOR_OK what to do about it ("" = nothing)
 * @devices:	our IIO devices, "iio:device0"
 * @streaming:	the daemon says that samples come
 * @daemon_pid:	0 = it does not run
 */
struct doctor {
	const char *root;
	bool session;
	void (*report)(struct doctor *d, const char *check, enum doctor_result result,
		       const char *seen, const char *remedy);
	void *userdata;
	char devices[DOCTOR_DEVICES][32];
	unsigned int n_devices;
	bool streaming;
	int daemon_pid;
	unsigned int failures, warnings;
};

/* Report with what was seen made up by a format. */
__attribute__((format(printf, 5, 6)))
void doctor_report(struct doctor *d, const char *check, enum doctor_result result,
		   const char *remedy, const char *seen, ...);

/* Below @d->root: module, bus, chip, IIO device, its permissions, interrupts, udev's rules. */
void doctor_check_files(struct doctor *d);
/* Who has the device nodes open.  After the services: the daemon is known then. */
void doctor_check_holders(struct doctor *d);
/* Settings, service, daemon and its sensors. */
void doctor_check_services(struct doctor *d);

#endif
