// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file: refused with file and line, or written out and read back the same. */
#include "config.h"
#include "fuzz.h"

static char *print(const struct config *cfg, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	FUZZ_CHECK(f, "out of memory");
	config_print(f, cfg);
	fclose(f);
	return text;
}

static void check_again(const struct config *cfg)
{
	static struct config again;
	char err[CONFIG_ERROR_SIZE] = "", *text, *text_again;
	size_t size = 0;
	int fd, ret;

	text = print(cfg, &size);
	config_default(&again);
	ret = config_load_file(&again, fuzz_file((uint8_t *)text, size, &fd), err);
	FUZZ_CHECK(!ret, "what was printed is refused: %s\n%s", err, text);
	FUZZ_CHECK(!config_sensor_differs(cfg, &again), "sensor:\n%s", text);
	FUZZ_CHECK(!config_marker_differs(cfg, &again), "marker:\n%s", text);
	FUZZ_CHECK(!config_triggers_differ(cfg, &again), "triggers:\n%s", text);
	text_again = print(&again, &size);
	FUZZ_CHECK(!strcmp(text, text_again), "printed:\n%s\nread, and printed:\n%s", text,
		   text_again);
	close(fd);
	free(text_again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config cfg;
	char err[CONFIG_ERROR_SIZE] = "";
	int fd, ret;

	config_default(&cfg);
	ret = config_load_file(&cfg, fuzz_file(data, size, &fd), err);
	close(fd);
	FUZZ_CHECK(memchr(err, 0, sizeof(err)), "message without an end");
	if (ret)
		FUZZ_CHECK(ret < 0 && strchr(err, ':'), "%d with message '%s'", ret, err);
	else
		check_again(&cfg);
	return 0;
}
