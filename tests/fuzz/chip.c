// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chip model: any bus traffic at any time.  It stays within its arrays and its rules, and
 * what it does between two calls does not depend on how often it is looked at.
 */
#include "fuzz.h"
#include "sim/chip_model_state.h"

#define NS_PER_MS	1000000ull
/* Up to here the model runs tick by tick, and not in bulk. */
#define FINE_NS		(50 * NS_PER_MS)

static void input(void *ctx, u64 t_ns, struct chip_input *in)
{
	(void)ctx;
	in->accel_ug[0] = (s32)(t_ns * 7);
	in->accel_ug[1] = (s32)(t_ns >> 9);
	in->accel_ug[2] = 1000000;
	in->film_nv = (s32)(t_ns * 13);
}

static void options(struct fuzz_input *in, struct chip_options *o)
{
	u8 bits = fuzz_u8(in), more = fuzz_u8(in);

	chip_options_default(o);
	o->who_am_i = bits & 0x80 ? fuzz_u8(in) : 0x48;
	o->wake = bits & 1 ? CHIP_WAKE_GARBAGE : CHIP_WAKE_NACK;
	o->combined_needs_en = bits & 2;
	o->film_full_16bit = bits & 4;
	o->full_reads_zero = bits & 8;
	o->ts_after_sample = bits & 16;
	o->odr_error_ppm = bits & 32 ? (s32)fuzz_u32(in) : 0;
	o->ts_start = bits & 64 ? fuzz_u32(in) : 0;
	o->ts_latched_early = more & 1;
	o->odd_reset = more & 2;
	o->film_reversed = more & 4;
	o->weak_self_test = more & 8;
	o->ovr_late = more & 16;
	o->unsettled = more >> 5;
	o->stuck_int = (s32)(fuzz_u8(in) % 8) - 1;
	if (o->stuck_int > 1)
		o->stuck_int = -1;
}

static void check(const struct chip *c, u64 now, const struct chip_stats *before)
{
	const struct chip_stats *s = chip_stats(c);
	int i;

	FUZZ_CHECK(c->fifo.count <= CHIP_FIFO_WORDS, "%u words in the FIFO", c->fifo.count);
	FUZZ_CHECK(c->fifo.tail < CHIP_FIFO_WORDS, "tail %u", c->fifo.tail);
	FUZZ_CHECK(c->pointer < CHIP_REGS, "register pointer 0x%x", c->pointer);
	FUZZ_CHECK(c->clk.true_ns == now, "the model's clock is at %llu, not %llu",
		   (unsigned long long)c->clk.true_ns, (unsigned long long)now);
	FUZZ_CHECK(s->words_lost <= s->words_stored, "more words lost than stored");
	FUZZ_CHECK(s->samples_lost <= s->words_lost, "more samples lost than words");
	FUZZ_CHECK(s->words_stored >= before->words_stored && s->words_lost >= before->words_lost,
		   "words taken back");
	for (i = 0; i < CHIP_V_COUNT; i++)
		FUZZ_CHECK(s->violations[i] >= before->violations[i], "violation %s taken back",
			   chip_violation_name(i));
	FUZZ_CHECK(!c->ticking || c->period, "it ticks without a period");
	FUZZ_CHECK(chip_next_event(c) > now || chip_next_event(c) == ~0ULL,
		   "next event at %llu is not after %llu", (unsigned long long)chip_next_event(c),
		   (unsigned long long)now);
}

/* Whoever calls again at chip_next_event() misses no change of the pin. */
static void check_next_event(const struct chip *c, u64 now)
{
	static struct chip copy;
	u64 next = chip_next_event(c), until = next;
	bool level = chip_int_level(c), driven = chip_int_driven(c);

	/* the pulse that an event ends is the caller's business from then on */
	if (until > now + FINE_NS)
		until = now + FINE_NS;
	copy = *c;
	chip_advance(&copy, until - 1);
	FUZZ_CHECK(chip_int_level(&copy) == level && chip_int_driven(&copy) == driven,
		   "INT changed before %llu, at %llu", (unsigned long long)next,
		   (unsigned long long)now);
}

/* In two steps or in one. */
static void check_split(const struct chip *c, u64 now, u64 dt, u32 cut)
{
	static struct chip once, twice;

	once = *c;
	twice = *c;
	chip_advance(&once, now + dt);
	chip_advance(&twice, now + dt * (cut % 1000) / 1000);
	chip_advance(&twice, now + dt);
	FUZZ_CHECK(!memcmp(&once, &twice, sizeof(once)), "%llu ns in two steps are not one step",
		   (unsigned long long)dt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct chip_log_entry log[CHIP_LOG_SIZE];
	static struct chip c;
	struct fuzz_input in = { data, size };
	struct chip_options o;
	struct chip_stats before;
	u64 now = 1000000000 + fuzz_u32(&in);
	int ops;

	memset(&c, 0, sizeof(c));
	options(&in, &o);
	chip_power_on(&c, &o, input, NULL, now);
	for (ops = 0; in.left && ops < 2000; ops++) {
		u8 op = fuzz_u8(&in), n;
		u64 dt;

		before = *chip_stats(&c);
		now += 22500;
		switch (op % 16) {
		case 0 ... 4:		/* a write: register, values */
			n = 1 + (op >> 4);
			chip_i2c_start(&c, false, now);
			while (n--)
				chip_i2c_write(&c, fuzz_u8(&in), now += 22500);
			chip_i2c_stop(&c, now);
			break;
		case 5 ... 8:		/* a read: register, then bytes */
			chip_i2c_start(&c, false, now);
			chip_i2c_write(&c, fuzz_u8(&in), now += 22500);
			chip_i2c_start(&c, true, now += 22500);
			for (n = op >> 4 & 7 ? op >> 4 : 7 * (1 + fuzz_u8(&in) % 36); n--;)
				chip_i2c_read(&c, now += 22500);
			chip_i2c_stop(&c, now);
			break;
		case 9:			/* bytes out of any order */
			if (op & 16)
				chip_i2c_read(&c, now);
			else if (op & 32)
				chip_i2c_write(&c, fuzz_u8(&in), now);
			else if (op & 64)
				chip_i2c_start(&c, op & 128, now);
			else
				chip_i2c_stop(&c, now);
			break;
		case 10:		/* a while */
		case 11:
			dt = (u64)fuzz_u16(&in) * 1000;
			if (dt < FINE_NS)
				check_split(&c, now, dt, fuzz_u16(&in));
			chip_advance(&c, now += dt);
			break;
		case 12:		/* a long while */
			chip_advance(&c, now += (u64)fuzz_u16(&in) * 10 * NS_PER_MS);
			break;
		case 13:
			chip_advance(&c, now);
			check_next_event(&c, now);
			break;
		case 14:
			options(&in, &o);
			chip_set_options(&c, &o, now);
			break;
		default:
			if (op & 0xf0) {
				FUZZ_CHECK(chip_log(&c, log, CHIP_LOG_SIZE) <= CHIP_LOG_SIZE, "log");
				chip_log_clear(&c);
			} else {
				chip_power_on(&c, &o, input, NULL, now);
				before = *chip_stats(&c);
			}
		}
		chip_advance(&c, now);
		check(&c, now, &before);
	}
	return 0;
}
