// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl doctor: why nothing comes, from the module to the sample. */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_doctor.h"

static const char *const result_names[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_FAILED] = "failed",
	[DOCTOR_UNKNOWN] = "unknown",
};

void doctor_report(struct doctor *d, const char *check, enum doctor_result result,
		   const char *remedy, const char *seen, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, seen);
	vsnprintf(text, sizeof(text), seen, ap);
	va_end(ap);
	d->failures += result == DOCTOR_FAILED;
	d->warnings += result == DOCTOR_WARNING;
	d->report(d, check, result, text, result == DOCTOR_OK ? "" : remedy);
}

/* One line a finding, what to do in the same line. */
static void print_line(struct doctor *d, const char *check, enum doctor_result result,
		       const char *seen, const char *remedy)
{
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[1;31m", "\033[2m" };
	bool colour = *(const bool *)d->userdata;

	printf("%s%-7s%s %-12s %s%s%s\n", colour ? colours[result] : "", result_names[result],
	       colour ? "\033[0m" : "", check, seen, *remedy ? " -> " : "", remedy);
}

static void collect(struct doctor *d, const char *check, enum doctor_result result,
		    const char *seen, const char *remedy)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "check", json_object_new_string(check));
	json_object_object_add(o, "result", json_object_new_string(result_names[result]));
	json_object_object_add(o, "seen", json_object_new_string(seen));
	if (*remedy)
		json_object_object_add(o, "remedy", json_object_new_string(remedy));
	json_object_array_add(d->userdata, o);
}

static void examine(struct doctor *d)
{
	doctor_check_files(d);
	if (*d->root)
		return;
	doctor_check_services(d);
	doctor_check_holders(d);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	bool colour = ctl_has_colours(), json = false;
	struct doctor d = { .root = "" };
	struct json_object *findings = NULL;
	const struct ctl_option options[] = {
		{ .name = "json", .value = &json, .help = "one array of objects" },
		{ .name = "root", .argument = "DIR", .value = &d.root,
		  .help = "look at the files of the system mounted there, and at\n"
			  "nothing that runs" },
		CTL_OPTION_USER(&d.session),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	if (json)
		findings = json_object_new_array();
	d.report = findings ? collect : print_line;
	d.userdata = findings ? (void *)findings : &colour;
	examine(&d);
	if (findings) {
		ctl_print_json(findings);
		json_object_put(findings);
	} else if (d.failures) {
		printf("\n%u of the checks failed; the first is likely the cause of the others\n",
		       d.failures);
	} else {
		puts(d.streaming ? "\nsamples come" : "\nnothing found that is wrong");
	}
	ret = ctl_finish_output();
	return ret ? ret : d.failures ? CTL_FAILURE : CTL_OK;
}

const struct ctl_command ctl_doctor = {
	.name = "doctor",
	.arguments = "[OPTION]...",
	.summary = "find out why nothing comes",
	.help =
	"Look at all that must be right for samples to come, in the order of their way:\n"
	"driver, I2C bus, chip, IIO device, permissions, interrupts, other programs,\n"
	"settings, service, daemon.  One line each, with what to do.  Root sees more.\n"
	"Exit status 0: nothing failed; 1: something did.\n",
	.run = run,
};
