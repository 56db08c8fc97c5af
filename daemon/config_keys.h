/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the configuration and their values; for config.c only. */
#ifndef BACKPOP_CONFIG_KEYS_H
#define BACKPOP_CONFIG_KEYS_H

#include "config.h"

extern const char *const config_bias_names[];	/* by enum config_bias */
extern const char *const config_when_names[];	/* by enum recorder_when */
extern const struct config_trigger config_default_trigger;

/*
 * Take one key of a section.  Return: NULL, config_unknown_key, or what its value should
 * have been.
 */
extern const char config_unknown_key[];
const char *config_set_sensor(struct config *cfg, const char *key, const char *value);
const char *config_set_journal(struct config *cfg, const char *key, const char *value);
const char *config_set_marker(struct config *cfg, const char *key, const char *value);
const char *config_set_trigger(struct config_trigger *t, const char *key, const char *value);
const char *config_set_recorder(struct recorder_settings *s, const char *key, const char *value);

/* The output of [Trigger NAME], new if need be; NULL = no room or no name. */
struct config_trigger *config_find_trigger(struct config *cfg, const char *name);

#endif
