// SPDX-License-Identifier: GPL-2.0-or-later
/* Truth beside a session: one JSON object a line. */
#include <errno.h>
#include <json-c/json.h>

#include "gen.h"
#include "sensor.h"

static const char *const mode_names[MODE_COUNT] = {
	"motion+film", "film", "film800", "motion", "pair"
};
static const char *const script_names[SCRIPT_COUNT] = {
	"demo", "rest", "day", "dense", "walk", "negatives"
};
static const char *const class_names[] = { "cavitation", "snap", "crepitus", "lung_crackle" };
static const char *const artefact_names[KIND_COUNT] = {
	[KIND_TAP] = "tap", [KIND_STEP] = "step", [KIND_COUGH] = "cough",
	[KIND_SPEECH] = "speech", [KIND_RUB] = "rub", [KIND_KNOCK] = "knock",
	[KIND_MAINS] = "mains", [KIND_TUG] = "tug", [KIND_TYPING] = "typing",
};
static const char *const movement_names[] = { "none", "twist", "bend", "walk", "other" };
static const char *const phase_names[] = { "inhale", "exhale", "hold" };

const char *gen_mode_name(enum gen_mode m)
{
	return mode_names[m];
}

const char *gen_script_name(enum gen_script s)
{
	return script_names[s];
}

const char *gen_movement_name(enum gen_movement m)
{
	return movement_names[m];
}

const char *gen_phase_name(enum gen_phase p)
{
	return phase_names[p];
}

bool gen_is_event(enum gen_kind k)
{
	return k <= KIND_LUNG_CRACKLE;
}

const char *gen_class_name(enum gen_kind k)
{
	return gen_is_event(k) ? class_names[k] : "none";
}

const char *gen_artefact_name(enum gen_kind k)
{
	return artefact_names[k];
}

/* Decimals a reader needs, not 17 digits of noise; json-c prints '.' in every locale. */
static void add_number(struct json_object *o, const char *key, double v, int decimals)
{
	char text[64];
	double scale = pow(10.0, decimals), magnitude = round(fabs(v) * scale);

	if (isnan(v))
		return;
	snprintf(text, sizeof(text), "%s%.0f.%0*.0f", v < 0.0 && magnitude > 0.0 ? "-" : "",
		 floor(magnitude / scale), decimals, fmod(magnitude, scale));
	json_object_object_add(o, key, json_object_new_double_s(v, text));
}

static void add_text(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

static int put_line(FILE *f, struct json_object *o)
{
	int ret = fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));

	json_object_put(o);
	return ret < 0 ? -EIO : 0;
}

static int write_head(FILE *f, const struct gen_options *opt, const struct gen_subject *s)
{
	const struct sensor_mode *m = sensor_mode(opt->mode);
	struct json_object *line = json_object_new_object(), *o = json_object_new_object();

	json_object_object_add(line, "session", o);
	json_object_object_add(o, "seed", json_object_new_uint64(opt->seed));
	add_text(o, "mode", gen_mode_name(opt->mode));
	add_text(o, "script", gen_script_name(opt->script));
	add_number(o, "duration_s", opt->duration_s, 1);
	if (m->accel_rate) {
		json_object_object_add(o, "accel_rate_hz", json_object_new_int(m->accel_rate));
		add_number(o, "accel_noise_mg", 1e3 * sensor_accel_noise_g(s, m->accel_rate), 3);
	}
	if (m->film_rate) {
		json_object_object_add(o, "film_rate_hz", json_object_new_int(m->film_rate));
		add_number(o, "film_noise_mv", sensor_film_noise_mv(s, m->film_rate), 4);
		add_number(o, "film_mv_per_g", 1e3 * s->film_v_per_g * s->film_shunt, 2);
	}
	add_number(o, "snr_db", opt->snr_db, 1);
	return put_line(f, line);
}

static int write_item(FILE *f, const struct gen_plan *plan, const struct gen_item *it)
{
	struct json_object *o = json_object_new_object();
	bool event = gen_is_event(it->kind);
	enum gen_phase phase;
	double depth;

	add_number(o, "t_onset", it->onset_s, 6);
	add_number(o, "t_end", it->end_s, 6);
	add_text(o, "class", gen_class_name(it->kind));
	if (!event)
		add_text(o, "artefact", gen_artefact_name(it->kind));
	if (it->kind == KIND_POP)
		json_object_object_add(o, "joint_id", json_object_new_int(it->who + 1));
	if (it->kind == KIND_SNAP || it->kind == KIND_CREPITUS)
		json_object_object_add(o, "site_id", json_object_new_int(it->who + 1));
	if (it->burst)
		json_object_object_add(o, "burst_id", json_object_new_int(it->burst));
	add_number(o, "peak_mg", 1e3 * it->peak_g, 3);
	add_number(o, "peak_mv", it->peak_mv, 4);
	add_number(o, "snr_db", it->snr_db, 1);
	if (event && it->f_peak_hz > 0.0)
		add_number(o, "f_peak", it->f_peak_hz, 1);
	phase = gen_phase_at(plan, it->onset_s, &depth);
	add_text(o, "breath_phase", gen_phase_name(phase));
	add_number(o, "breath_depth", depth, 2);
	add_text(o, "movement", gen_movement_name(gen_movement_at(plan, it->onset_s)));
	return put_line(f, o);
}

int gen_truth_write(FILE *f, const struct gen_options *opt, const struct gen_plan *plan,
		    const struct gen_subject *s)
{
	int ret = write_head(f, opt, s);

	for (size_t i = 0; !ret && i < plan->n_items; i++)
		if (plan->items[i].kind != KIND_RAMP)
			ret = write_item(f, plan, &plan->items[i]);
	if (!ret && fflush(f))
		ret = -errno;
	return ret;
}
