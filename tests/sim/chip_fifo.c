// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chip's FIFO: what goes in with each sample, what is lost, what comes out.
 */
#include "chip_model_inside.h"

enum {
	TAG_ACCEL	= 0x02,
	TAG_ACCEL_2X	= 0x03,
	TAG_TIMESTAMP	= 0x04,
	TAG_FILM	= 0x1e,
	TAG_ACCEL_FILM	= 0x1f,
};

u32 chip_fifo_limit(const struct chip *c)
{
	u32 fth = c->reg[FIFO_WTM] & FTH;

	return (c->reg[FIFO_CTRL] & STOP_ON_FTH) && fth ? fth : CHIP_FIFO_WORDS;
}

static bool fifo_full(const struct chip *c)
{
	return c->fifo.count >= chip_fifo_limit(c);
}

bool chip_fifo_overrun(const struct chip *c)
{
	return fifo_full(c) || (c->opt.ovr_late && c->fifo.was_full);
}

bool chip_fifo_watermark(const struct chip *c)
{
	u32 fth = c->reg[FIFO_WTM] & FTH;

	return fth && c->fifo.count >= fth;
}

u8 chip_fifo_status(struct chip *c)
{
	u8 status = (chip_fifo_overrun(c) ? FIFO_OVR_IA : 0) |
		    (chip_fifo_watermark(c) ? FIFO_WTM_IA : 0);

	c->fifo.was_full = fifo_full(c);
	return status;
}

static bool fifo_open(const struct chip *c)
{
	u8 mode = c->reg[FIFO_CTRL] & FIFO_MODE;

	return (c->reg[CTRL4] & FIFO_EN) &&
	       (mode == MODE_FIFO || mode == MODE_STREAM_TO_FIFO || mode == MODE_STREAM);
}

bool chip_fifo_filling(const struct chip *c)
{
	return c->ticking && fifo_open(c);
}

bool chip_fifo_overwrites(const struct chip *c)
{
	u8 mode = c->reg[FIFO_CTRL] & FIFO_MODE;

	return (mode == MODE_STREAM || mode == MODE_STREAM_TO_FIFO) &&
	       !(c->reg[FIFO_CTRL] & STOP_ON_FTH);
}

void chip_fifo_restart(struct chip *c)
{
	c->fifo.batch_phase = 0;
	c->fifo.ts_phase = 0;
	c->fifo.pair_held = false;
	c->fifo.cfg_changed = false;
}

void chip_fifo_clear(struct chip *c)
{
	c->fifo.count = 0;
	c->fifo.latched = false;
	c->fifo.was_full = false;
	chip_fifo_restart(c);
}

static void fifo_drop_oldest(struct chip *c)
{
	struct chip_fifo *f = &c->fifo;

	/* The word under the reader's hand still reaches it, so it is not lost. */
	if (f->latched && !f->latch_gone) {
		f->latch_gone = true;
	} else {
		c->stats.words_lost++;
		if (f->word[f->tail].b[0] >> 3 != TAG_TIMESTAMP)
			c->stats.samples_lost++;
		c->stats.holes += f->in_burst;
	}
	f->tail = (f->tail + 1) % CHIP_FIFO_WORDS;
	f->count--;
}

static void fifo_store(struct chip *c, u8 tag, const u8 payload[6])
{
	struct chip_fifo *f = &c->fifo;
	struct chip_word *w;
	int i;

	if (fifo_full(c)) {
		if (!chip_fifo_overwrites(c))
			return;
		fifo_drop_oldest(c);
	}
	w = &f->word[(f->tail + f->count) % CHIP_FIFO_WORDS];
	w->b[0] = tag << 3;
	for (i = 0; i < 6; i++)
		w->b[i + 1] = payload[i];
	f->count++;
	f->was_full |= fifo_full(c);
	c->stats.words_stored++;
}

static u32 ts_every(const struct chip *c)
{
	static const u8 every[4] = { 0, 1, 8, 32 };

	if (!(c->reg[INTERRUPT_CFG] & TIMESTAMP_EN))
		return 0;
	return every[c->reg[FIFO_BATCH_DEC] >> 3 & 3];
}

static bool tells_change(const struct chip *c)
{
	return c->fifo.cfg_changed && (c->reg[FIFO_CTRL] & CFG_CHG_EN);
}

static void fifo_store_timestamp(struct chip *c)
{
	u32 ts = chip_timestamp(c, c->next_tick);
	u8 odr = c->reg[CTRL5] >> 4, bw = c->reg[CTRL5] >> 2 & 3, fs = c->reg[CTRL5] & 3;
	u8 p[6];

	p[0] = tells_change(c) << 7 | odr << 3 | bw << 1 | (c->reg[CTRL3] & HP_EN ? 1 : 0);
	p[1] = (c->reg[AH_BIO_CFG2] & AH_BIO_EN) << 7 | fs << 5 | (c->reg[FIFO_BATCH_DEC] & 0x1f);
	p[2] = ts;
	p[3] = ts >> 8;
	p[4] = ts >> 16;
	p[5] = ts >> 24;
	c->fifo.cfg_changed = false;
	fifo_store(c, TAG_TIMESTAMP, p);
}

/* Word of one sample by mode (2.7); false: nothing to store yet. */
static bool sample_word(struct chip *c, const struct chip_input *in, const s16 v[4],
			u8 *tag, u8 p[6])
{
	u16 x, y, z, f;
	u8 fs = c->reg[CTRL5] & 3, gain = c->reg[AH_BIO_CFG2] >> 1 & 3;
	int i;

	for (i = 0; i < 6; i++)
		p[i] = 0;
	if (c->mode == CHIP_FILM) {
		*tag = TAG_FILM;
		p[0] = v[3];
		p[1] = (u16)v[3] >> 8;
	} else if (c->reg[FIFO_CTRL] & FIFO_DEPTH) {
		*tag = TAG_ACCEL_2X;
		if (!c->fifo.pair_held) {
			for (i = 0; i < 3; i++)
				c->fifo.pair[i] = (u16)v[i] >> 8;
			c->fifo.pair_held = true;
			return false;
		}
		for (i = 0; i < 3; i++) {
			p[i] = c->fifo.pair[i];
			p[i + 3] = (u16)v[i] >> 8;
		}
		c->fifo.pair_held = false;
	} else if (c->reg[FIFO_WTM] & XL_ONLY_FIFO) {
		*tag = TAG_ACCEL;
		for (i = 0; i < 3; i++) {
			p[2 * i] = v[i];
			p[2 * i + 1] = (u16)v[i] >> 8;
		}
	} else {
		*tag = chip_has_film(c) ? TAG_ACCEL_FILM : TAG_ACCEL;
		x = (u16)chip_quantise_accel(in->accel_ug[0], fs, 12) >> 4;
		y = (u16)chip_quantise_accel(in->accel_ug[1], fs, 12) >> 4;
		z = (u16)chip_quantise_accel(in->accel_ug[2], fs, 12) >> 4;
		f = chip_has_film(c) ? (u16)chip_quantise_film(in->film_nv, gain, 12) >> 4 : 0;
		p[0] = x;
		p[1] = (y & 0xf) << 4 | x >> 8;
		p[2] = y >> 4;
		p[3] = z;
		p[4] = (f & 0xf) << 4 | z >> 8;
		p[5] = f >> 4;
	}
	return true;
}

/* Film at 3200 Hz reaches the FIFO only with FIFO_EN_ADV (2.7). */
bool chip_fifo_takes(const struct chip *c)
{
	if (!fifo_open(c) || (c->reg[FIFO_BATCH_DEC] & 7) == BDR_OFF)
		return false;
	return !c->fast_film || (c->reg[FIFO_CTRL] & FIFO_EN_ADV);
}

void chip_fifo_batch(struct chip *c, const struct chip_input *in, const s16 v[4])
{
	u32 every = ts_every(c), dec = 1u << (c->reg[FIFO_BATCH_DEC] & 7);
	bool stamp;
	u8 tag, p[6];

	if (!chip_fifo_takes(c) || c->fifo.batch_phase++ & (dec - 1))
		return;
	stamp = every && !(c->fifo.ts_phase & (every - 1));
	c->fifo.ts_phase++;
	if (tells_change(c))
		stamp = true;
	if (stamp && !c->opt.ts_after_sample)
		fifo_store_timestamp(c);
	if (sample_word(c, in, v, &tag, p))
		fifo_store(c, tag, p);
	if (stamp && c->opt.ts_after_sample)
		fifo_store_timestamp(c);
}

/* Multiples of @step, a power of two, in [@from, @from + @n). */
static u64 multiples(u32 from, u64 n, u32 step)
{
	u64 first = (step - (from & (step - 1))) & (step - 1);

	return n > first ? chip_div_rem(n - first - 1, step, NULL) + 1 : 0;
}

/*
 * @n ticks pass unseen.  A continuous FIFO will have been overwritten whole by
 * the ticks that follow, so only the books are kept: what it held and what
 * these ticks would have put into it was stored and is lost.
 */
void chip_fifo_skip(struct chip *c, u64 n)
{
	u32 every = ts_every(c), dec = 1u << (c->reg[FIFO_BATCH_DEC] & 7);
	u64 batched, stamps;

	c->stats.samples += n;
	c->next_tick += n * c->period;
	if (!chip_fifo_takes(c) || !chip_fifo_overwrites(c))
		return;
	while (c->fifo.count)
		fifo_drop_oldest(c);
	batched = multiples(c->fifo.batch_phase, n, dec);
	stamps = every ? multiples(c->fifo.ts_phase, batched, every) : 0;
	c->fifo.batch_phase += n;
	c->fifo.ts_phase += batched;
	if (c->mode == CHIP_ACCEL && (c->reg[FIFO_CTRL] & FIFO_DEPTH))
		batched >>= 1;
	c->stats.words_stored += batched + stamps;
	c->stats.words_lost += batched + stamps;
	c->stats.samples_lost += batched;
}

u8 chip_fifo_read(struct chip *c, u8 addr)
{
	struct chip_fifo *f = &c->fifo;
	u8 value;

	if (!f->latched) {
		if (!f->count)
			return 0;
		f->latch = f->word[f->tail];
		f->latched = true;
		f->latch_gone = false;
		f->in_burst = true;
	}
	value = f->latch.b[addr - FIFO_TAG];
	if (addr == FIFO_Z_H) {
		if (!f->latch_gone) {
			f->tail = (f->tail + 1) % CHIP_FIFO_WORDS;
			f->count--;
		}
		f->latched = false;
		f->in_burst = true;
	}
	return value;
}
