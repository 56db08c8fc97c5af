// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Truth beside a session: one JSON object a line, times in seconds of the file.
 *
 *	{"session":{...}}	first: seed, mode, script, duration_s, the sensor as drawn
 *	{"breath":{...}}	start_s, peak_s (lungs full), exhale_s, end_s, depth (1 = quiet)
 *	{"activity":{...}}	movement ("twist", "bend", "walk", "other"), from_s, to_s
 *	the rest: one event or artefact each
 *		t_onset, t_end; class ("none" with artefact); joint_id or site_id; burst_id of
 *		its manoeuvre; peak_g, peak_mv in the vibration band; snr_db of the better
 *		channel, peak over the rms of all else around it; f_peak in Hz; breath_phase in
 *		degrees (0 = start of inhalation, 180 = its end), breath, breath_depth; movement,
 *		angle in degrees; cracked_again_after_s, if the joint did
 *
 * On a real background what the body did is not known: those keys are absent.
 */
#include <errno.h>
#include <json-c/json.h>

#include "gen.h"
#include "sensor.h"

static const char *const mode_names[MODE_COUNT] = {
	"motion+film", "film", "film800", "motion", "pair"
};
static const char *const script_names[SCRIPT_COUNT] = {
	"demo", "rest", "day", "dense", "walk", "negatives", "crowded",
	"mixed", "crepitus", "pairs"
};
static const char *const class_names[] = { "cavitation", "snap", "crepitus", "lung_crackle" };
static const char *const artefact_names[KIND_COUNT] = {
	[KIND_TAP] = "tap", [KIND_STEP] = "step", [KIND_COUGH] = "cough",
	[KIND_SPEECH] = "speech", [KIND_RUB] = "rub", [KIND_KNOCK] = "knock",
	[KIND_MAINS] = "mains", [KIND_TUG] = "tug", [KIND_TYPING] = "typing",
	[KIND_LAUGHTER] = "laughter", [KIND_CREAK] = "creak", [KIND_TOUCH] = "touch",
};
static const char *const activity_names[ACTIVITY_ARTEFACT] = { "any", "rest", "move", "walking" };
static const char *const movement_names[] = { "none", "twist", "bend", "walk", "other" };
static const char *const phase_names[] = { "inhale", "exhale", "hold" };

const char *gen_activity_name(enum gen_activity a)
{
	return a < ACTIVITY_ARTEFACT ? activity_names[a] :
				       artefact_names[KIND_TAP + a - ACTIVITY_ARTEFACT];
}

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
	double scale = 1.0, magnitude;

	if (isnan(v))
		return;
	for (int i = 0; i < decimals; i++)
		scale *= 10.0;
	magnitude = round(fabs(v) * scale);
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
	const struct sensor_mode mode = sensor_mode(opt), *m = &mode;
	struct json_object *line = json_object_new_object(), *o = json_object_new_object();

	json_object_object_add(line, "session", o);
	json_object_object_add(o, "seed", json_object_new_uint64(opt->seed));
	add_text(o, "mode", gen_mode_name(opt->mode));
	add_text(o, "script", gen_script_name(opt->script));
	if (opt->script == SCRIPT_NEGATIVES)
		add_text(o, "activity", gen_activity_name(opt->activity));
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
	add_number(o, "odr_error", s->odr_error, 5);
	add_number(o, "drop_share", s->drop_share, 6);
	if (m->accel_rate && m->film_rate)
		add_number(o, "film_lag_ms", 1e3 * s->film_lag_s, 3);
	if (m->accel_rate && s->mount_hz > 0.0)
		add_number(o, "mount_hz", s->mount_hz, 1);
	add_number(o, "snr_db", opt->snr_db, 1);
	return put_line(f, line);
}

/* Breaths and movements, of a made-up body only: a recording has no truth for them. */
static int write_body(FILE *f, const struct gen_plan *plan, double scale)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < plan->n_breaths; i++) {
		const struct gen_breath *b = &plan->breaths[i];
		struct json_object *line = json_object_new_object(), *o = json_object_new_object();

		json_object_object_add(line, "breath", o);
		add_number(o, "start_s", scale * b->start_s, 3);
		add_number(o, "peak_s", scale * (b->start_s + b->inhale_s), 3);
		add_number(o, "exhale_s", scale * (b->start_s + b->inhale_s + b->hold_s), 3);
		add_number(o, "end_s", scale * (b->start_s + b->inhale_s + b->hold_s + b->exhale_s), 3);
		add_number(o, "depth", b->depth, 2);
		ret = put_line(f, line);
	}
	for (size_t i = 0; !ret && i < plan->n_moves + plan->n_walks; i++) {
		bool walk = i >= plan->n_moves;
		const struct gen_move *m = walk ? NULL : &plan->moves[i];
		const struct gen_walk *w = walk ? &plan->walks[i - plan->n_moves] : NULL;
		struct json_object *line = json_object_new_object(), *o = json_object_new_object();

		json_object_object_add(line, "activity", o);
		add_text(o, "movement", gen_movement_name(walk ? MOVE_WALK : m->kind));
		add_number(o, "from_s", scale * (walk ? w->start_s : m->start_s), 3);
		add_number(o, "to_s", scale * (walk ? w->end_s : m->start_s + m->rise_s + m->hold_s +
								 m->fall_s), 3);
		ret = put_line(f, line);
	}
	return ret;
}

/* When the joint of pop @i pops again; NaN = not in this session. */
static double next_crack(const struct gen_plan *plan, size_t i)
{
	const struct gen_item *it = &plan->items[i];

	for (size_t k = i + 1; k < plan->n_items; k++)
		if (plan->items[k].kind == KIND_POP && plan->items[k].who == it->who)
			return plan->items[k].onset_s - it->onset_s;
	return NAN;
}

static int write_item(FILE *f, const struct gen_plan *plan, size_t i, double scale)
{
	const struct gen_item *it = &plan->items[i];
	struct json_object *o = json_object_new_object();
	bool event = gen_is_event(it->kind);
	enum gen_phase phase;
	double depth, degrees;

	add_number(o, "t_onset", scale * it->onset_s, 6);
	add_number(o, "t_end", scale * it->end_s, 6);
	add_text(o, "class", gen_class_name(it->kind));
	if (!event)
		add_text(o, "artefact", gen_artefact_name(it->kind));
	if (it->kind == KIND_POP)
		json_object_object_add(o, "joint_id", json_object_new_int(it->who + 1));
	if (it->kind == KIND_SNAP || it->kind == KIND_CREPITUS)
		json_object_object_add(o, "site_id", json_object_new_int(it->who + 1));
	if (it->burst)
		json_object_object_add(o, "burst_id", json_object_new_int(it->burst));
	add_number(o, "peak_g", it->peak_g, 6);
	add_number(o, "peak_mv", it->peak_mv, 4);
	add_number(o, "snr_db", it->snr_db, 1);
	if (event && it->f_peak_hz > 0.0)
		add_number(o, "f_peak", it->f_peak_hz, 1);
	if (!plan->background) {
		phase = gen_phase_at(plan, it->onset_s, &depth, &degrees);
		add_number(o, "breath_phase", degrees, 1);
		add_text(o, "breath", gen_phase_name(phase));
		add_number(o, "breath_depth", depth, 2);
		add_text(o, "movement", gen_movement_name(gen_movement_at(plan, it->onset_s)));
		add_number(o, "angle", gen_angle_at(plan, it->onset_s) * 180.0 / M_PI, 1);
	}
	if (it->kind == KIND_POP)
		add_number(o, "cracked_again_after_s", scale * next_crack(plan, i), 3);
	return put_line(f, o);
}

int gen_truth_write(FILE *f, const struct gen_options *opt, const struct gen_plan *plan,
		    const struct gen_subject *s, double scale)
{
	int ret = write_head(f, opt, s);

	if (!ret && !plan->background)
		ret = write_body(f, plan, scale);
	for (size_t i = 0; !ret && i < plan->n_items; i++)
		if (plan->items[i].kind != KIND_RAMP)
			ret = write_item(f, plan, i, scale);
	if (!ret && fflush(f))
		ret = -errno;
	return ret;
}
