// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The register writes that start and stop each mode, as the chip saw them, against the
 * recipes of the register sheet (2.11, with the waits of 2.4 and 2.5): each write, in its
 * place, and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PIN_CTRL	0x0c
#define EXT_CLK_CFG	0x08
#define CTRL1		0x10
#define  SW_RESET	0x20
#define CTRL2		0x11
#define CTRL3		0x12
#define CTRL4		0x13
#define CTRL5		0x14
#define FIFO_CTRL	0x15
#define FIFO_WTM	0x16
#define INTERRUPT_CFG	0x17
#define MD1_CFG		0x1f
#define AH_BIO_CFG1	0x30
#define AH_BIO_CFG2	0x31
#define AH_BIO_CFG3	0x32
#define I3C_IF_CTRL	0x33
#define FUNC_CFG_ACCESS	0x3f
#define FIFO_BATCH_DEC	0x47
#define TIMESTAMP2	0x7c

#define LOG_MAX		256
#define US		1000LL
#define MS		1000000LL
#define PATIENCE_MS	60000

/* 32 samples for certain: with the time-stamp word that may be among them */
#define WATERMARK	32
#define WTM_WORDS	33

#define CODES		4
#define ACCEL_FILTER	"in_accel_filter_low_pass_3db_frequency"
#define FILM_FILTER	"in_voltage0-voltage1_filter_low_pass_3db_frequency"

/**
 * struct step - one write of a recipe
 * @wait_ns:	at least that long after the write before it
 */
struct step {
	uint8_t reg;
	uint8_t value;
	long long wait_ns;
};

struct recipe {
	struct step step[40];
	int n;
};

static void put(struct recipe *r, uint8_t reg, uint8_t value, long long wait_ns)
{
	r->step[r->n++] = (struct step){ .reg = reg, .value = value, .wait_ns = wait_ns };
}

/* 2.4: the CTRL5 code of a rate, and how long the chip takes to rest from it. */
static const struct rate {
	double hz;
	uint8_t odr;
	int rest_ms;
} rates[] = {
	{ 1.6, 0x1, 625 }, { 3, 0x2, 335 },  { 6, 0x4, 170 },  { 12.5, 0x5, 80 }, { 25, 0x6, 40 },
	{ 50, 0x7, 25 },   { 100, 0x8, 25 }, { 200, 0x9, 25 }, { 400, 0xa, 25 },  { 800, 0xb, 25 },
	{ 3200, 0xb, 25 },
};

static const struct rate *rate(double hz)
{
	const struct rate *r = rates;

	while (r->hz != hz)
		r++;
	return r;
}

/* 1.6 and 3 Hz are ultra-low-power modes, which have no filter (2.4). */
static bool is_ultra_low(double hz)
{
	return hz < 6;
}

/* 2.3: bank, reset, base configuration. */
static void put_reset(struct recipe *r)
{
	put(r, FUNC_CFG_ACCESS, 0x00, 0);
	put(r, CTRL1, SW_RESET, 0);
	put(r, EXT_CLK_CFG, 0x00, 50 * US);
	put(r, PIN_CTRL, 0x00, 0);
	put(r, CTRL1, 0x50, 0);
	put(r, CTRL2, 0x00, 0);
	put(r, CTRL4, 0x20, 0);
	put(r, CTRL5, 0x00, 0);
	put(r, FIFO_CTRL, 0x00, 0);
	put(r, MD1_CFG, 0x00, 0);
	put(r, AH_BIO_CFG3, 0x00, 0);
	put(r, I3C_IF_CTRL, 0x20, 0);
}

/* 2.11: zin = 1 G (3), differential; 16 bit words for acceleration alone. */
static void put_start(struct recipe *r, enum capture_mode mode, double rate_hz, uint8_t fs,
		      uint8_t gain, uint8_t bw)
{
	bool film = mode == CAPTURE_FILM, fast = film && rate_hz == 3200;
	/* high performance, but for slow acceleration alone (2.4), and the film's fast rate */
	bool low = fast || is_ultra_low(rate_hz) || (mode == CAPTURE_MOTION && rate_hz == 50);
	uint8_t ctrl3 = low ? 0x00 : 0x04;

	put(r, CTRL5, 0x00, 0);
	put(r, FIFO_CTRL, 0x00, 0);
	put(r, AH_BIO_CFG1, 0x00, 0);
	put(r, AH_BIO_CFG2, 0x18 | gain << 1 | film, 0);
	if (film) {
		put(r, AH_BIO_CFG3, 0x01, 0);
		put(r, CTRL3, ctrl3, 10 * MS);
		put(r, AH_BIO_CFG3, 0x00, 0);
		put(r, FIFO_BATCH_DEC, 0x18, 10 * MS);
	} else {
		put(r, CTRL3, ctrl3, 0);
		put(r, FIFO_BATCH_DEC, 0x18, 0);
	}
	put(r, FIFO_WTM, WTM_WORDS | (mode == CAPTURE_MOTION ? 0x80 : 0x00), 0);
	put(r, INTERRUPT_CFG, 0x80, 0);
	put(r, TIMESTAMP2, 0xaa, 0);
	put(r, CTRL4, 0x28, 0);
	put(r, CTRL2, 0x30, 0);
	put(r, CTRL1, 0x50, 0);
	put(r, FIFO_CTRL, fast ? 0x16 : 0x06, 0);
	put(r, CTRL5, rate(rate_hz)->odr << 4 | (is_ultra_low(rate_hz) ? 0 : bw) << 2 |
		      (film ? 0 : fs), 0);
}

/* 2.11; first the interrupt's handler is let go, with CTRL2 = 0. */
static void put_stop(struct recipe *r, enum capture_mode mode, double rate_hz, uint8_t gain)
{
	put(r, CTRL2, 0x00, 0);
	put(r, CTRL2, 0x00, 0);
	put(r, FIFO_CTRL, 0x00, 0);
	if (mode != CAPTURE_FILM && rate_hz == 800) {
		put(r, CTRL5, 0xa0, 0);
		put(r, CTRL5, 0x00, 3 * MS);
	} else {
		put(r, CTRL5, 0x00, 0);
	}
	put(r, CTRL4, 0x20, rate(rate_hz)->rest_ms * MS);
	put(r, CTRL3, 0x00, 0);
	put(r, AH_BIO_CFG2, 0x18 | gain << 1, 0);
}

FIXTURE(recipe)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
	struct recipe want;
};

FIXTURE_VARIANT(recipe)
{
	enum capture_mode mode;
	double rate_hz;
};

#define RECIPE(mode_, name_, rate_)				\
	FIXTURE_VARIANT_ADD(recipe, name_##_##rate_) { .mode = (mode_), .rate_hz = (rate_) }

#define RECIPE_TENTHS(mode_, name_, rate_, tenths_)			\
	FIXTURE_VARIANT_ADD(recipe, name_##_##rate_##_##tenths_) {	\
		.mode = (mode_), .rate_hz = (rate_) + (tenths_) / 10.0	\
	}

RECIPE_TENTHS(CAPTURE_MOTION, motion, 1, 6);
RECIPE(CAPTURE_MOTION, motion, 3);
RECIPE(CAPTURE_MOTION, motion, 6);
RECIPE_TENTHS(CAPTURE_MOTION, motion, 12, 5);
RECIPE(CAPTURE_MOTION, motion, 25);
RECIPE(CAPTURE_MOTION, motion, 50);
RECIPE(CAPTURE_MOTION, motion, 100);
RECIPE(CAPTURE_MOTION, motion, 200);
RECIPE(CAPTURE_MOTION, motion, 400);
RECIPE(CAPTURE_MOTION, motion, 800);
RECIPE_TENTHS(CAPTURE_COMBINED, combined, 1, 6);
RECIPE(CAPTURE_COMBINED, combined, 3);
RECIPE(CAPTURE_COMBINED, combined, 6);
RECIPE_TENTHS(CAPTURE_COMBINED, combined, 12, 5);
RECIPE(CAPTURE_COMBINED, combined, 25);
RECIPE(CAPTURE_COMBINED, combined, 50);
RECIPE(CAPTURE_COMBINED, combined, 100);
RECIPE(CAPTURE_COMBINED, combined, 200);
RECIPE(CAPTURE_COMBINED, combined, 400);
RECIPE(CAPTURE_COMBINED, combined, 800);
RECIPE(CAPTURE_FILM, film, 800);
RECIPE(CAPTURE_FILM, film, 3200);

FIXTURE_SETUP(recipe)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	memset(&self->want, 0, sizeof(self->want));
}

FIXTURE_TEARDOWN(recipe)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

/* Set @attr to the one of its available values that has this code. */
static int choose(const struct capture *c, const char *attr, int code)
{
	char name[96], text[160], *value, *save = NULL;
	int ret;

	snprintf(name, sizeof(name), "%s_available", attr);
	ret = capture_get(c, name, text, sizeof(text));
	if (ret < 0)
		return ret;
	value = strtok_r(text, " ", &save);
	for (; code && value; code--)
		value = strtok_r(NULL, " ", &save);
	return value ? capture_set(c, attr, value) : -1;
}

#define EXPECT_RECIPE(self, what)						\
	do {									\
		int n_ = sim_log(0, (self)->log, LOG_MAX), i_;			\
										\
		EXPECT_EQ((self)->want.n, n_) TH_LOG("writes to %s", what);	\
		for (i_ = 0; i_ < n_ && i_ < (self)->want.n; i_++) {		\
			const struct step *s_ = &(self)->want.step[i_];		\
			const struct sim_write *w_ = &(self)->log[i_];		\
										\
			ASSERT_TRUE(s_->reg == w_->reg && s_->value == w_->value && !w_->bank) \
				TH_LOG("%s, write %d: got %02x = %02x, expected %02x = %02x", \
				       what, i_, w_->reg, w_->value, s_->reg, s_->value); \
			if (i_)							\
				EXPECT_GE(w_->t_ns - (w_ - 1)->t_ns, s_->wait_ns)	\
					TH_LOG("%s: wait before write %d", what, i_);	\
		}								\
	} while (0)

/* Each range with another gain and another filter, so that none is taken for another. */
TEST_F_TIMEOUT(recipe, is_followed, 600)
{
	bool film = variant->mode == CAPTURE_FILM;
	struct capture_sample s;
	char what[48];
	int code;

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", variant->rate_hz));
	for (code = 0; code < CODES; code++) {
		uint8_t fs = code, gain = (code + 1) % CODES, bw = (code + 2) % CODES;

		ASSERT_EQ(0, choose(&self->c, "in_accel_scale", fs));
		ASSERT_EQ(0, choose(&self->c, "in_voltage0-voltage1_scale", gain));
		if (!is_ultra_low(variant->rate_hz))
			ASSERT_EQ(0, choose(&self->c, film ? FILM_FILTER : ACCEL_FILTER, bw));
		ASSERT_EQ(0, sim_log_clear(0));
		ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, WATERMARK));
		self->want.n = 0;
		put_reset(&self->want);
		put_start(&self->want, variant->mode, variant->rate_hz, fs, gain, bw);
		snprintf(what, sizeof(what), "start with range %u, gain %u, filter %u", fs, gain,
			 bw);
		EXPECT_RECIPE(self, what);

		/* to serve it takes no writes; of a slow one it would take long */
		ASSERT_EQ(0, sim_log_clear(0));
		if (rig_simulated_time() || variant->rate_hz >= 100)
			ASSERT_EQ(1, capture_read(&self->c, &s, 1, PATIENCE_MS));
		capture_stop(&self->c);
		self->want.n = 0;
		put_stop(&self->want, variant->mode, variant->rate_hz, gain);
		snprintf(what, sizeof(what), "stop with gain %u", gain);
		EXPECT_RECIPE(self, what);
	}
}

TEST_HARNESS_MAIN
