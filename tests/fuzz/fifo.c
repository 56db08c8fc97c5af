// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver's pure parts: FIFO words, and the time of samples from time-stamp words and
 * counter readings, right ones and nonsense.
 */
#include "../../driver/st1vafe3bx_time.h"
#include "../../driver/st1vafe3bx_word.h"
#include "fuzz.h"

#define TICK		((s64)1 << ST1VAFE3BX_TICK_SHIFT)
#define YEARS_NS	((s64)1000000000000000000)	/* 31 years of uptime */
/* Half of the counter's range: that is how far a value may be from the newest reading. */
#define HALF		((s64)1 << 31)

static void word(struct fuzz_input *in)
{
	struct st1vafe3bx_word w;
	u8 raw[ST1VAFE3BX_WORD_SIZE];
	bool accel, film;

	fuzz_take(in, raw, sizeof(raw));
	st1vafe3bx_word_decode(raw, &w);
	accel = w.kind == ST1VAFE3BX_WORD_ACCEL || w.kind == ST1VAFE3BX_WORD_ACCEL_FILM;
	film = w.kind == ST1VAFE3BX_WORD_FILM || w.kind == ST1VAFE3BX_WORD_ACCEL_FILM;
	FUZZ_CHECK(accel || (!w.accel[0] && !w.accel[1] && !w.accel[2]), "kind %d", w.kind);
	FUZZ_CHECK(film || !w.film, "kind %d has film %d", w.kind, w.film);
	FUZZ_CHECK(w.kind == ST1VAFE3BX_WORD_TIME || !w.ticks, "kind %d has ticks %u", w.kind,
		   w.ticks);
	if (w.kind == ST1VAFE3BX_WORD_ACCEL_FILM)
		FUZZ_CHECK(!((w.accel[0] | w.accel[1] | w.accel[2] | w.film) & 0xf),
			   "12 bits, left-justified");
	/* nothing that the payload says is lost: pack it again */
	switch (w.kind) {
	case ST1VAFE3BX_WORD_ACCEL:
		for (int i = 0; i < 3; i++)
			FUZZ_CHECK((u8)w.accel[i] == raw[1 + 2 * i] &&
				   (u8)(w.accel[i] >> 8) == raw[2 + 2 * i], "axis %d", i);
		break;
	case ST1VAFE3BX_WORD_FILM:
		FUZZ_CHECK((u8)w.film == raw[1] && (u8)(w.film >> 8) == raw[2], "film");
		break;
	case ST1VAFE3BX_WORD_ACCEL_FILM: {
		u16 x = (u16)w.accel[0] >> 4, y = (u16)w.accel[1] >> 4;
		u16 z = (u16)w.accel[2] >> 4, f = (u16)w.film >> 4;
		const u8 again[6] = { x, (y & 0xf) << 4 | x >> 8, y >> 4, z,
				      (f & 0xf) << 4 | z >> 8, f >> 4 };

		FUZZ_CHECK(!memcmp(again, raw + 1, sizeof(again)), "combined word");
		break;
	}
	default:
		break;
	}
}

/*
 * A chip that is @ppm fast and read with delays: what a reading says is true.  Then the
 * kernel time of any instant in reach of the readings is as right as the readings are.
 */
static void honest(struct fuzz_input *in)
{
	struct st1vafe3bx_clock clk = { 0 };
	s64 ppm = (s64)(fuzz_u16(in) % 40001) - 20000, now = 1000000000, base = now;
	s64 worst = 0, bytes_ns = 9 * (s64)ST1VAFE3BX_COUNTER_BYTES * 1000000000 / 400000;
	u32 offset = fuzz_u32(in);
	int i;

	for (i = 0; i < 200 && in->left; i++) {
		s64 start, caught, end, before = fuzz_u16(in) % 100 * 1000, back, ticks;
		s64 after = fuzz_u16(in) % 100 * 1000;

		now += 100000 + (s64)fuzz_u16(in) * 1000;
		if (!st1vafe3bx_clock_due(&clk, now))
			continue;
		start = now;
		caught = start + before + bytes_ns * ST1VAFE3BX_COUNTER_CAUGHT /
			 ST1VAFE3BX_COUNTER_BYTES;
		end = start + before + bytes_ns + after;
		ticks = (caught - base + (caught - base) * ppm / 1000000) / ST1VAFE3BX_TICK_NS;
		if (before + after > worst)
			worst = before + after;
		FUZZ_CHECK(st1vafe3bx_clock_read(&clk, offset + (u32)ticks, start, end) == 1,
			   "reading %d of an honest clock is refused", i);
		back = st1vafe3bx_clock_to_ns(&clk,
					      st1vafe3bx_clock_extend(&clk, offset + (u32)ticks) *
					      TICK);
		/* 2 % of the first 5 ms, in which the rate is not yet looked for */
		FUZZ_CHECK(llabs(back - caught) <= worst + 4 * ST1VAFE3BX_TICK_NS + 100000,
			   "reading %d: %lld ns off, delays up to %lld", i,
			   (long long)(back - caught), (long long)worst);
		now = end;
	}
}

/* Any readings, marks and steps: nothing overflows, and time goes forward. */
static void anything(struct fuzz_input *in)
{
	static const u32 rates[] = { 25, 50, 100, 200, 400, 800, 3200 };
	struct st1vafe3bx_clock clk = { 0 };
	struct st1vafe3bx_sampler smp;
	u32 rate = rates[fuzz_u8(in) % 7];
	s64 now = (s64)fuzz_u32(in) << 28, at, last = 0, nominal;
	bool steady = false;

	st1vafe3bx_sampler_start(&smp, rate);
	nominal = smp.nominal;
	while (in->left) {
		u8 op = fuzz_u8(in);
		u32 v = fuzz_u32(in);
		s64 ticks, a, b, end;
		int ret;

		now += (s64)v << (op >> 5);
		if (now > YEARS_NS)
			return;
		switch (op % 8) {
		case 0:
		case 1:
			end = now + fuzz_u32(in) % 100000000;
			ret = st1vafe3bx_clock_read(&clk, v ^ fuzz_u32(in), now, end);
			FUZZ_CHECK(ret >= -1 && ret <= 1, "got %d", ret);
			FUZZ_CHECK(clk.count <= ST1VAFE3BX_CLOCK_READINGS, "%u readings", clk.count);
			now = end;
			break;
		case 2:
			st1vafe3bx_clock_restart(&clk);
			break;
		case 3:
		case 4:
			if (!clk.count)
				break;
			ticks = st1vafe3bx_clock_extend(&clk, v);
			FUZZ_CHECK((u32)ticks == v, "extending %u gives %lld", v, (long long)ticks);
			a = st1vafe3bx_clock_to_ns(&clk, ticks * TICK);
			b = st1vafe3bx_clock_to_ns(&clk, (ticks + 1) * TICK);
			FUZZ_CHECK(b >= a, "a later tick is earlier: %lld, %lld", (long long)a,
				   (long long)b);
			(void)st1vafe3bx_clock_due(&clk, now);
			(void)st1vafe3bx_clock_is_tight(&clk);
			ret = st1vafe3bx_sampler_mark(&smp, ticks, (int)(op >> 5) - 1);
			FUZZ_CHECK(ret >= -1, "got %d", ret);
			steady = false;
			break;
		case 5:
			st1vafe3bx_sampler_start(&smp, rate);
			steady = false;
			break;
		default:
			at = st1vafe3bx_sampler_step(&smp);
			FUZZ_CHECK(!steady || at > last, "sample at %lld after %lld",
				   (long long)at, (long long)last);
			FUZZ_CHECK(smp.period > nominal / 2 && smp.period < 2 * nominal,
				   "period %lld of nominally %lld", (long long)smp.period,
				   (long long)nominal);
			last = at;
			steady = true;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	switch (fuzz_u8(&in) % 3) {
	case 0:
		while (in.left)
			word(&in);
		break;
	case 1:
		honest(&in);
		break;
	default:
		anything(&in);
	}
	return 0;
}
