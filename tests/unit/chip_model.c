// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chip model against the register sheet: every rule of its section 2.12.
 * A bus at 400 kHz is played by hand, byte by byte.
 */
#include <stdint.h>
#include <string.h>

#include "ktap.h"
#include "sim/chip_model_state.h"

#define US		1000ull
#define MS		1000000ull
#define SEC		1000000000ull
#define BYTE_NS		(22500)		/* 9 bits at 400 kHz */
#define WORD		CHIP_WORD_BYTES

enum {
	PIN_CTRL = 0x0c, WHO_AM_I = 0x0f, CTRL1 = 0x10, CTRL2, CTRL3, CTRL4, CTRL5, FIFO_CTRL,
	FIFO_WTM, INTERRUPT_CFG, WAKE_UP_DUR = 0x1d, STATUS = 0x25, FIFO_STATUS1, FIFO_STATUS2,
	OUT_X_L, OUT_FILM_L = 0x2e, AH_BIO_CFG1 = 0x30, AH_BIO_CFG2, AH_BIO_CFG3,
	FUNC_CFG_ACCESS = 0x3f, FIFO_OUT = 0x40, BATCH_DEC = 0x47, TIMESTAMP0 = 0x7a,
	TIMESTAMP2 = 0x7c,
};

static struct chip chip;
static struct chip_options options;
static uint64_t now;
static struct chip_input input;
static uint64_t input_calls, input_last;
static bool input_ramp;		/* x accel follows the number of the call */

static void feel(void *ctx, u64 t_ns, struct chip_input *in)
{
	(void)ctx;
	ktap_check(t_ns >= input_last, "input asked for %llu after %llu",
		   (unsigned long long)t_ns, (unsigned long long)input_last);
	input_last = t_ns;
	*in = input;
	if (input_ramp)
		in->accel_ug[0] = 61 * 16 * (int32_t)(input_calls % 1000);
	input_calls++;
}

static void power_on(void)
{
	chip_power_on(&chip, &options, feel, NULL, now);
}

static void pass(uint64_t ns)
{
	now += ns;
	chip_advance(&chip, now);
}

static bool start(bool read)
{
	now += BYTE_NS;
	return chip_i2c_start(&chip, read, now);
}

static void stop(void)
{
	chip_i2c_stop(&chip, now += BYTE_NS / 9);
}

static bool put(uint8_t byte)
{
	now += BYTE_NS;
	return chip_i2c_write(&chip, byte, now);
}

static bool write_reg(uint8_t reg, uint8_t value)
{
	bool ok = start(false) && put(reg) && put(value);

	stop();
	return ok;
}

static bool read_regs(uint8_t reg, uint8_t *buf, size_t n)
{
	bool ok = start(false) && put(reg) && start(true);

	for (size_t i = 0; ok && i < n; i++) {
		now += BYTE_NS;
		buf[i] = chip_i2c_read(&chip, now);
	}
	stop();
	return ok;
}

static uint8_t read_reg(uint8_t reg)
{
	uint8_t value = 0xee;

	ktap_check(read_regs(reg, &value, 1), "register %#x not acknowledged", reg);
	return value;
}

static int16_t read_s16(uint8_t reg)
{
	uint8_t b[2] = { 0, 0 };

	ktap_check(read_regs(reg, b, 2), "register %#x not acknowledged", reg);
	return (int16_t)(b[0] | b[1] << 8);
}

static uint32_t violations(enum chip_violation v)
{
	return chip_stats(&chip)->violations[v];
}

static void expect_violations(enum chip_violation v, uint32_t n)
{
	for (int i = 0; i < CHIP_V_COUNT; i++)
		ktap_check(violations(i) == (i == (int)v ? n : 0), "%s: expected %u, got %u",
			   chip_violation_name(i), i == (int)v ? n : 0, violations(i));
}

static void expect_clean(void)
{
	expect_violations(CHIP_V_COUNT, 0);
}

/* A chip that is awake, in its main bank, CTRL1 and CTRL4 as the driver has them. */
static void fresh(void)
{
	now += SEC;
	memset(&input, 0, sizeof(input));
	input_ramp = false;
	input_calls = 0;
	power_on();
	start(false);
	stop();
	pass(26 * MS);
	write_reg(CTRL1, 0x50);
	write_reg(CTRL4, 0x28);
}

static void fresh_default(void)
{
	chip_options_default(&options);
	fresh();
}

static void enter_film(bool slow)
{
	write_reg(AH_BIO_CFG2, 0x19);
	write_reg(AH_BIO_CFG3, 0x01);
	pass(10 * MS);
	write_reg(CTRL3, slow ? 0x04 : 0);
	write_reg(AH_BIO_CFG3, 0x00);
	pass(10 * MS);
}

struct word {
	uint8_t tag;
	uint8_t p[6];
};

static struct word pop(void)
{
	struct word w;
	uint8_t b[WORD] = { 0 };

	read_regs(FIFO_OUT, b, WORD);
	ktap_check(!(b[0] & 7), "low tag bits %#x", b[0]);
	w.tag = b[0] >> 3;
	memcpy(w.p, b + 1, 6);
	return w;
}

static uint32_t word_ts(const struct word *w)
{
	return w->p[2] | w->p[3] << 8 | w->p[4] << 16 | (uint32_t)w->p[5] << 24;
}

static int16_t s16_at(const uint8_t *p)
{
	return (int16_t)(p[0] | p[1] << 8);
}

/* The four fields of a packed word, left-justified. */
static void unpack(const struct word *w, int16_t v[4])
{
	const uint8_t *p = w->p;

	v[0] = (int16_t)((p[0] | (p[1] & 0xf) << 8) << 4);
	v[1] = (int16_t)((p[1] >> 4 | p[2] << 4) << 4);
	v[2] = (int16_t)((p[3] | (p[4] & 0xf) << 8) << 4);
	v[3] = (int16_t)((p[4] >> 4 | p[5] << 4) << 4);
}

/* ---- power, reset, boot ------------------------------------------------- */

static void test_wake_nack(void)
{
	chip_options_default(&options);
	now += SEC;
	power_on();
	ktap_check(!chip_int_driven(&chip), "INT driven in deep power-down");
	ktap_check(!start(false), "first access acknowledged");
	stop();
	expect_clean();
	pass(24 * MS);
	ktap_check(!start(false), "access 24 ms after wake acknowledged");
	stop();
	expect_violations(CHIP_V_BUSY, 1);
	pass(1 * MS);
	ktap_check(read_reg(WHO_AM_I) == 0x48, "WHO_AM_I wrong");
	ktap_check(read_reg(CTRL1) == 0x10, "CTRL1 reset value wrong");
	expect_violations(CHIP_V_BUSY, 1);
}

static void test_wake_garbage(void)
{
	uint8_t id = 0x48;

	chip_options_default(&options);
	options.wake = CHIP_WAKE_GARBAGE;
	options.who_am_i = 0x47;
	now += SEC;
	power_on();
	ktap_check(read_regs(WHO_AM_I, &id, 1), "not acknowledged");
	ktap_check(id != 0x48 && id != 0x47, "a good id out of deep power-down");
	pass(25 * MS);
	ktap_check(read_reg(WHO_AM_I) == 0x47, "who_am_i option ignored");
	expect_clean();
}

static void test_reset(void)
{
	fresh_default();
	write_reg(CTRL3, 0x04);
	write_reg(FIFO_WTM, 0x04);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(20 * MS);
	ktap_check(read_reg(FIFO_STATUS2) > 10, "FIFO did not fill");
	/* At 1 MHz a poll can see the bit: 50 us is 5 bytes there. */
	start(false);
	put(CTRL1);
	now += 1;
	chip_i2c_write(&chip, 0x20, now);
	chip_i2c_start(&chip, false, now += 9 * US);
	chip_i2c_write(&chip, CTRL1, now += 9 * US);
	chip_i2c_start(&chip, true, now += 9 * US);
	ktap_check(chip_i2c_read(&chip, now += 9 * US) & 0x20, "reset over after 36 us");
	stop();
	pass(50 * US);
	ktap_check(read_reg(CTRL1) == 0x10, "CTRL1 after reset");
	ktap_check(read_reg(CTRL3) == 0 && read_reg(CTRL5) == 0 && read_reg(FIFO_WTM) == 0,
		   "configuration kept over reset");
	ktap_check(read_reg(FIFO_STATUS2) == 0, "FIFO kept over reset");
	expect_clean();
	/* Anything but CTRL1 in those 50 us is too early. */
	start(false);
	put(CTRL1);
	put(0x20);
	chip_i2c_start(&chip, false, now += 9 * US);
	chip_i2c_write(&chip, CTRL2, now += 9 * US);
	chip_i2c_write(&chip, 0x20, now += 9 * US);
	stop();
	expect_violations(CHIP_V_BUSY, 1);
	pass(MS);
	ktap_check(read_reg(CTRL2) == 0, "write in reset taken");
}

static void test_boot(void)
{
	fresh_default();
	write_reg(FIFO_WTM, 0x21);
	write_reg(CTRL2, 0x80);
	write_reg(CTRL4, 0x29);
	ktap_check(read_reg(CTRL4) == 0x29, "boot bit not set");
	ktap_check(chip_int_level(&chip), "INT_BOOT not on the pin");
	ktap_check(chip_next_event(&chip) <= now + 25 * MS, "end of boot is no event");
	expect_clean();
	read_reg(FIFO_WTM);
	expect_violations(CHIP_V_BUSY, 1);
	pass(25 * MS);
	ktap_check(!chip_int_level(&chip), "INT_BOOT stays");
	ktap_check(read_reg(CTRL4) == 0x28, "boot bit does not clear itself");
	ktap_check(read_reg(FIFO_WTM) == 0x21, "configuration lost by boot");
	expect_violations(CHIP_V_BUSY, 1);
}

static void test_power_cycle(void)
{
	struct chip_log_entry log[4];

	/* In the middle of everything: nothing of it is left. */
	fresh_default();
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(300 * MS);
	write_reg(CTRL5, 0x00);
	write_reg(CTRL4, 0x29);
	start(false);
	power_on();
	expect_clean();
	ktap_check(chip_stats(&chip)->samples == 0 && chip_stats(&chip)->stream_start_ns == 0 &&
		   chip_stats(&chip)->words_stored == 0 && chip_stats(&chip)->words_lost == 0 &&
		   chip_stats(&chip)->samples_lost == 0 && chip_stats(&chip)->reads == 0 &&
		   chip_stats(&chip)->writes == 0, "books kept over power-on");
	ktap_check(chip_log(&chip, log, 4) == 0, "log kept over power-on");
	ktap_check(chip_next_event(&chip) == ~0ULL, "something goes on in deep power-down");
	ktap_check(!start(false), "awake after power-on");
	stop();
	pass(26 * MS);
	ktap_check(read_reg(CTRL1) == 0x10 && read_reg(CTRL4) == 0 && read_reg(FIFO_STATUS2) == 0,
		   "registers kept over power-on");
	/* The wait of the ODR that was cut off does not bind the new life. */
	write_reg(CTRL5, 0x70);
	expect_clean();
	/* Power fails between the address and the end of the first, waking transfer. */
	power_on();
	start(false);
	power_on();
	ktap_check(!start(false), "second life awake at once");
	stop();
	pass(25 * MS);
	ktap_check(read_reg(WHO_AM_I) == 0x48, "not awake after its own transfer");
	expect_clean();
}

static void test_stats(void)
{
	uint8_t b[10];

	fresh_default();
	ktap_check(chip_stats(&chip)->writes == 2, "%llu writes, expected 2",
		   (unsigned long long)chip_stats(&chip)->writes);
	read_regs(CTRL1, b, 10);
	ktap_check(chip_stats(&chip)->reads == 10, "%llu reads, expected 10",
		   (unsigned long long)chip_stats(&chip)->reads);
	/* samples and their start are those of the ODR under way */
	write_reg(CTRL5, 0x80);
	pass(105 * MS);
	ktap_check(chip_stats(&chip)->samples == 10, "%llu samples in 105 ms at 100 Hz",
		   (unsigned long long)chip_stats(&chip)->samples);
	write_reg(CTRL5, 0x90);
	pass(16 * MS);
	ktap_check(chip_stats(&chip)->samples == 3 &&
			   input_last - chip_stats(&chip)->stream_start_ns == 10 * MS,
		   "%llu samples in 16 ms at 200 Hz",
		   (unsigned long long)chip_stats(&chip)->samples);
	expect_clean();
}

static void test_defaults(void)
{
	chip_options_default(&options);
	ktap_check(options.who_am_i == 0x48 && options.wake == CHIP_WAKE_NACK &&
			   !options.combined_needs_en && !options.film_full_16bit &&
			   options.full_reads_zero && !options.ts_after_sample &&
			   !options.ts_latched_early && !options.unsettled && !options.odd_reset &&
			   !options.ovr_late && !options.film_reversed && !options.weak_self_test &&
			   !options.odr_error_ppm && !options.ts_start && options.stuck_int == -1,
		   "defaults are not those of the sheet");
	options.odr_error_ppm = INT32_MAX;
	power_on();
	chip_advance(&chip, now += SEC);
	options.odr_error_ppm = INT32_MIN;
	chip_set_options(&chip, &options, now += SEC);
	chip_advance(&chip, now += SEC);
	for (int v = 0; v < CHIP_V_COUNT; v++)
		ktap_check(chip_violation_name(v) && strcmp(chip_violation_name(v), "unknown"),
			   "violation %d has no name", v);
	ktap_check(!strcmp(chip_violation_name(CHIP_V_COUNT), "unknown"), "name beyond the last");
}

/* The first samples of a stream are at full scale, and those after them are not. */
static void test_unsettled(void)
{
	uint8_t b[2 * WORD];

	chip_options_default(&options);
	options.unsettled = 1;
	fresh();
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xa0);
	pass(20 * MS);
	read_regs(FIFO_OUT, b, sizeof(b));
	ktap_check(s16_at(b + 1) == INT16_MAX && s16_at(b + WORD + 1) == INT16_MAX,
		   "first two are %d, %d", s16_at(b + 1), s16_at(b + WORD + 1));
	ktap_check(s16_at(pop().p) == 0, "the third is not settled");

	fresh();
	enter_film(true);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(30 * MS);
	/* 800 Hz: eight of them in 10 ms */
	for (int i = 0; i < 12; i++) {
		int16_t v = s16_at(pop().p);

		ktap_check((v > 30000) == (i < 8), "film sample %d is %d", i, v);
	}
}

/* Twice the time, film the other way round. */
static void test_unsettled_reversed(void)
{
	chip_options_default(&options);
	options.unsettled = 2;
	options.film_reversed = true;
	fresh();
	enter_film(true);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(30 * MS);
	for (int i = 0; i < 20; i++) {
		int16_t v = s16_at(pop().p);

		ktap_check((v < -30000) == (i < 16), "film sample %d is %d", i, v);
	}
}

/* What is not confirmed of the reset values is not relied on: here it is otherwise. */
static void test_odd_reset(void)
{
	chip_options_default(&options);
	options.odd_reset = true;
	fresh();
	ktap_check(read_reg(AH_BIO_CFG3) == 0x20 && read_reg(BATCH_DEC) == 0x07,
		   "nothing odd after power-on");
	write_reg(BATCH_DEC, 0);
	write_reg(CTRL1, 0x20);
	pass(100 * US);
	ktap_check(read_reg(BATCH_DEC) == 0x07, "nothing odd after a reset");
	ktap_check(read_reg(WHO_AM_I) == 0x48 && read_reg(CTRL5) == 0, "too odd");
	expect_clean();
}

/* The counter is that of the first data byte, or of the address before it. */
static void test_ts_latch(void)
{
	for (int early = 0; early < 2; early++) {
		uint64_t zero, at;
		uint8_t b[4];
		uint32_t ts;

		chip_options_default(&options);
		options.ts_latched_early = early;
		fresh();
		write_reg(INTERRUPT_CFG, 0x80);
		/* set with the byte, before the stop */
		zero = now - BYTE_NS / 9;
		for (int i = 0; i < 10; i++) {
			pass(MS + 777);
			/* address, register, address, then four bytes */
			at = now + (early ? 3 : 4) * BYTE_NS;
			read_regs(TIMESTAMP0, b, 4);
			ts = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
			ktap_check(ts == (at - zero) / 10000, "counter %u, expected %llu", ts,
				   (unsigned long long)((at - zero) / 10000));
		}
	}
}

/* A tick of two words while the first of a full FIFO is read takes the second. */
static void test_hole(void)
{
	uint8_t b[WORD];

	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(BATCH_DEC, 0x08);
	write_reg(INTERRUPT_CFG, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0x80);
	pass(1000 * MS);
	ktap_check(chip_stats(&chip)->holes == 0, "a hole without a reader");
	/* a time stamp with each sample: the word that is read, and that behind it */
	start(false);
	put(FIFO_OUT);
	start(true);
	for (int i = 0; i < WORD; i++) {
		if (i == 3)
			pass(10 * MS);
		now += BYTE_NS;
		b[i] = chip_i2c_read(&chip, now);
	}
	stop();
	ktap_check(b[0] >> 3 != 0, "the word in the reader's hand is gone");
	ktap_check(chip_stats(&chip)->holes == 1, "%llu holes, expected 1",
		   (unsigned long long)chip_stats(&chip)->holes);
}

/* A stream that starts anew stamps its first sample, whatever came before. */
static void test_restart(void)
{
	struct word w;

	fresh_default();
	write_reg(INTERRUPT_CFG, 0x80);
	write_reg(BATCH_DEC, 0x18);
	write_reg(CTRL3, 4);
	for (int run = 0; run < 3; run++) {
		write_reg(FIFO_CTRL, 0x06);
		write_reg(CTRL5, 0xa0);
		pass(10 * MS);
		w = pop();
		ktap_check(w.tag == 0x04, "run %d starts with tag %#x", run, w.tag);
		write_reg(CTRL5, 0x00);
		pass(25 * MS);
		/* once with the FIFO emptied, once with the old words left in it */
		if (run == 0)
			write_reg(FIFO_CTRL, 0x00);
		else
			while (read_reg(FIFO_STATUS2))
				pop();
	}
	expect_clean();
}

/* ---- register file -------------------------------------------------------- */

static void test_registers(void)
{
	fresh_default();
	write_reg(0x18, 0xe0);
	write_reg(0x6f, 0xa5);
	ktap_check(read_reg(0x18) == 0xe0 && read_reg(0x6f) == 0xa5,
		   "unused registers do not hold");
	ktap_check(read_reg(0x01) == 0, "reserved register reads %#x", read_reg(0x01));
	expect_clean();
	write_reg(WHO_AM_I, 0x12);
	expect_violations(CHIP_V_READ_ONLY, 1);
	ktap_check(read_reg(WHO_AM_I) == 0x48, "WHO_AM_I written");

	fresh_default();
	write_reg(0x01, 1);
	write_reg(0x18, 0xff);
	expect_violations(CHIP_V_RESERVED, 2);
	ktap_check(read_reg(0x18) == 0xe0, "reserved bits hold");
}

static void test_bank(void)
{
	fresh_default();
	write_reg(FIFO_WTM, 0x11);
	write_reg(FUNC_CFG_ACCESS, 0x80);
	expect_clean();
	write_reg(FIFO_WTM, 0x55);
	ktap_check(read_reg(FIFO_WTM) == 0x55, "embedded bank does not hold");
	expect_violations(CHIP_V_BANK, 2);
	ktap_check(read_reg(FUNC_CFG_ACCESS) == 0x80, "0x3F not seen in the embedded bank");
	write_reg(FUNC_CFG_ACCESS, 0x00);
	ktap_check(read_reg(FIFO_WTM) == 0x11, "main bank written through the embedded one");
	expect_violations(CHIP_V_BANK, 2);
}

static void test_wrap(void)
{
	uint8_t b[12];

	fresh_default();
	input = (struct chip_input){ { 61 * 0x0102, 61 * 0x0304, 61 * 0x0506 }, 0 };
	write_reg(CTRL3, 0x04);
	write_reg(CTRL5, 0x70);
	pass(21 * MS);
	write_reg(CTRL3, 0x04);
	read_regs(OUT_X_L, b, 8);
	ktap_check(b[0] == 2 && b[1] == 1 && b[4] == 6 && b[5] == 5, "outputs wrong");
	ktap_check(b[6] == 2 && b[7] == 1, "0x2D does not wrap to 0x28: %#x %#x", b[6], b[7]);
	read_regs(OUT_FILM_L, b, 4);
	ktap_check(b[2] == 2 && b[3] == 1, "0x2F does not go on at 0x28: %#x %#x", b[2], b[3]);
	read_regs(FIFO_STATUS1, b, 10);
	ktap_check(b[2] == 2 && b[8] == 2, "status burst: %#x %#x", b[2], b[8]);
	write_reg(CTRL1, 0x40);
	read_regs(OUT_X_L, b, 3);
	ktap_check(b[0] == 2 && b[1] == 2 && b[2] == 2, "IF_ADD_INC = 0 moves on");
	expect_clean();
}

static void test_log(void)
{
	static struct chip_log_entry log[CHIP_LOG_SIZE];
	uint32_t n;

	fresh_default();
	chip_log_clear(&chip);
	write_reg(FIFO_WTM, 0x05);
	write_reg(FUNC_CFG_ACCESS, 0x80);
	write_reg(0x04, 0x77);
	n = chip_log(&chip, log, CHIP_LOG_SIZE);
	ktap_check(n == 3, "%u entries, expected 3", n);
	ktap_check(log[0].reg == FIFO_WTM && log[0].value == 5 && !log[0].bank, "first entry");
	ktap_check(log[2].reg == 0x04 && log[2].value == 0x77 && log[2].bank == 1, "third entry");
	ktap_check(log[0].t_ns < log[1].t_ns && log[1].t_ns < log[2].t_ns, "times");
	write_reg(FUNC_CFG_ACCESS, 0x00);
	for (int i = 0; i < 300; i++)
		write_reg(FIFO_WTM, (uint8_t)(i & 0x7f));
	n = chip_log(&chip, log, CHIP_LOG_SIZE);
	ktap_check(n == CHIP_LOG_SIZE && log[n - 1].value == (299 & 0x7f) &&
		   log[0].value == (44 & 0x7f), "ring keeps the last %u", CHIP_LOG_SIZE);
	ktap_check(chip_log(&chip, log, 2) == 2 && log[1].value == (299 & 0x7f), "max ignored");
}

/* ---- rates ----------------------------------------------------------------- */

static void test_odr(void)
{
	static const struct { uint8_t odr, hp; uint32_t mhz; } rate[] = {
		{ 1, 0, 1600 }, { 2, 0, 3000 }, { 3, 0, 25000 }, { 4, 4, 6000 }, { 5, 4, 12500 },
		{ 6, 4, 25000 }, { 7, 0, 50000 }, { 8, 4, 100000 }, { 9, 4, 200000 },
		{ 0xa, 4, 400000 }, { 0xb, 4, 800000 },
	};

	for (size_t i = 0; i < sizeof(rate) / sizeof(*rate); i++) {
		uint64_t want, got;

		fresh_default();
		write_reg(CTRL3, rate[i].hp);
		write_reg(CTRL5, (uint8_t)(rate[i].odr << 4));
		for (int k = 0; k < 100; k++)
			pass(100 * MS);
		want = rate[i].mhz / 100;
		got = chip_stats(&chip)->samples;
		ktap_check(got + 1 >= want && got <= want,
			   "odr %x: %llu samples in 10 s, expected %llu", rate[i].odr,
			   (unsigned long long)got, (unsigned long long)want);
		expect_clean();
	}
}

static void test_film_odr(void)
{
	for (int slow = 0; slow < 2; slow++) {
		uint64_t want = slow ? 800 : 3200, got;

		fresh_default();
		enter_film(slow);
		write_reg(CTRL5, 0xb0);
		for (int k = 0; k < 10; k++)
			pass(100 * MS);
		got = chip_stats(&chip)->samples;
		ktap_check(got == want, "%llu samples a second, expected %llu",
			   (unsigned long long)got, (unsigned long long)want);
		/* Film-only may stop from here directly. */
		write_reg(CTRL5, 0x00);
		write_reg(AH_BIO_CFG2, 0x18);
		expect_clean();
	}
}

static void test_odr_error(void)
{
	static const int32_t ppm[] = { 20000, -20000, 137 };

	for (size_t i = 0; i < sizeof(ppm) / sizeof(*ppm); i++) {
		uint64_t first, last, n, want;
		uint32_t t0, t1;
		uint8_t b[4];

		chip_options_default(&options);
		options.odr_error_ppm = ppm[i];
		fresh();
		write_reg(INTERRUPT_CFG, 0x80);
		write_reg(CTRL3, 4);
		read_regs(TIMESTAMP0, b, 4);
		t0 = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
		write_reg(CTRL5, 0xb0);
		pass(2 * MS);
		first = chip_stats(&chip)->stream_start_ns;
		for (int k = 0; k < 1000; k++)
			pass(99 * MS + 7 * (uint64_t)k);
		n = chip_stats(&chip)->samples - 1;
		last = input_last;
		/* n periods of 1.25 ms by a clock that is ppm fast */
		want = n * 1250000 * 1000000 / (uint64_t)(1000000 + ppm[i]);
		ktap_check(last - first + 2 >= want && last - first <= want + 2,
			   "%d ppm: %llu samples took %llu ns, expected %llu", ppm[i],
			   (unsigned long long)n, (unsigned long long)(last - first),
			   (unsigned long long)want);
		first = now;
		read_regs(TIMESTAMP0, b, 4);
		t1 = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
		ktap_check(t1 > t0, "time stamp stands still");
		want = (uint64_t)(t1 - t0) * 10000;
		/* and the time stamps tell the same tale: 100 s by the wrong clock */
		ktap_check(want / 1000 >= 99 * SEC / 1000 * (uint64_t)(1000000 + ppm[i]) / 1000000,
			   "%d ppm: time stamp counted %llu ns", ppm[i], (unsigned long long)want);
		expect_clean();
	}
}

static void test_clock_step_sizes(void)
{
	uint64_t t[2][50];
	uint64_t base = now + 10 * SEC;

	/* The same ticks whether time comes in one step or in many odd ones. */
	for (int run = 0; run < 2; run++) {
		chip_options_default(&options);
		options.odr_error_ppm = -12345;
		now = base - SEC;
		input_last = 0;
		fresh();
		write_reg(CTRL3, 4);
		write_reg(CTRL5, 0xb0);
		for (int k = 0; k < 50; k++) {
			uint64_t samples = chip_stats(&chip)->samples;

			while (chip_stats(&chip)->samples == samples) {
				uint64_t next = chip_next_event(&chip);

				ktap_check(next > now, "next event in the past");
				pass(run ? 997 : 313);
			}
			t[run][k] = input_last;
		}
		now += 10 * SEC;
	}
	for (int k = 0; k < 50; k++)
		ktap_check(t[0][k] == t[1][k], "tick %d at %llu or %llu", k,
			   (unsigned long long)t[0][k], (unsigned long long)t[1][k]);
	input_last = 0;
}

static void test_one_shot(void)
{
	fresh_default();
	input.accel_ug[2] = 1000000;
	write_reg(CTRL5, 0xf0);
	pass(50 * MS);
	ktap_check(chip_stats(&chip)->samples == 0, "samples without SOC");
	write_reg(CTRL4, 0x2a);
	ktap_check(read_reg(CTRL4) & 2, "SOC not held while converting");
	pass(5 * MS);
	ktap_check(!(read_reg(CTRL4) & 2), "SOC does not clear itself");
	ktap_check(chip_stats(&chip)->samples == 1, "%llu conversions",
		   (unsigned long long)chip_stats(&chip)->samples);
	ktap_check(read_s16(0x2c) == 16393, "1 g reads %d", read_s16(0x2c));
	expect_clean();
}

/* ---- sensor chain ------------------------------------------------------------ */

static void test_quantise(void)
{
	static const uint32_t lsb[4] = { 61, 122, 244, 488 };
	static const uint32_t per_mv[4] = { 164, 328, 655, 1311 };

	for (uint8_t r = 0; r < 4; r++) {
		int32_t ug = (int32_t)lsb[r] * 1000;

		ktap_check(chip_quantise_accel(ug, r, 16) == 1000, "fs %u: %d", r,
			   chip_quantise_accel(ug, r, 16));
		ktap_check(chip_quantise_accel(-ug, r, 16) == -1000, "fs %u negative", r);
		ktap_check(chip_quantise_accel(INT32_MAX, r, 16) == 32767, "fs %u: top", r);
		ktap_check(chip_quantise_accel(INT32_MIN, r, 16) == -32768, "fs %u: bottom", r);
		ktap_check(chip_quantise_accel(INT32_MAX, r, 12) == 0x7ff0, "fs %u: 12-bit top", r);
		ktap_check(chip_quantise_accel(INT32_MIN, r, 12) == -32768, "fs %u: 12-bit bottom",
			   r);
		ktap_check(chip_quantise_film(10000000, r, 16) == (int)per_mv[r] * 10,
			   "gain %u: %d", r, chip_quantise_film(10000000, r, 16));
		ktap_check(chip_quantise_film(INT32_MAX, r, 14) == 0x7ffc, "gain %u: 14-bit top",
			   r);
		ktap_check(chip_quantise_film(INT32_MIN, r, 12) == -32768, "gain %u: bottom", r);
	}
	/* nearest, symmetric about zero */
	ktap_check(chip_quantise_accel(61 * 7, 0, 12) == 0 &&
			   chip_quantise_accel(61 * 9, 0, 12) == 16 &&
			   chip_quantise_accel(-61 * 7, 0, 12) == 0 &&
			   chip_quantise_accel(-61 * 9, 0, 12) == -16,
		   "12 bit does not round to nearest");
	ktap_check(chip_quantise_film(6098 * 3, 0, 14) == 4 && chip_quantise_film(6098, 0, 14) == 0,
		   "14 bit does not round to nearest");
	/* A quantised value goes through unchanged: replay of a session is exact. */
	for (int code = -32768; code < 32768; code += 16) {
		int64_t nv = (int64_t)code * 1000000 / 164;

		if (!ktap_check(chip_quantise_accel(code * 61, 0, 12) == code, "accel %d", code) ||
		    !ktap_check(chip_quantise_film((int32_t)nv, 0, 12) == code, "film %d", code))
			break;
	}
}

static void test_outputs(void)
{
	static const int16_t one_g[4] = { 16393, 8197, 4098, 2049 };

	for (uint8_t fs = 0; fs < 4; fs++) {
		fresh_default();
		input.accel_ug[0] = 1000000;
		input.accel_ug[1] = -1000000;
		write_reg(CTRL3, 4);
		write_reg(CTRL5, (uint8_t)(0xb0 | fs));
		pass(5 * MS);
		ktap_check(read_s16(0x28) == one_g[fs] && read_s16(0x2a) == -one_g[fs],
			   "fs %u: %d %d", fs, read_s16(0x28), read_s16(0x2a));
	}
	for (uint8_t gain = 0; gain < 4; gain++) {
		for (int slow = 0; slow < 2; slow++) {
			int16_t v, want;

			fresh_default();
			input.film_nv = 12345678;
			enter_film(slow);
			write_reg(AH_BIO_CFG2, (uint8_t)(0x19 | gain << 1));
			write_reg(CTRL5, 0xb0);
			pass(5 * MS);
			v = read_s16(OUT_FILM_L);
			want = chip_quantise_film(12345678, gain, slow ? 14 : 12);
			ktap_check(v == want, "gain %u hp %d: %d, expected %d", gain, slow, v,
				   want);
			expect_clean();
			/* forced reset shorts the input */
			write_reg(CTRL5, 0);
			write_reg(AH_BIO_CFG2, (uint8_t)(0x79 | gain << 1));
			pass(25 * MS);
			write_reg(CTRL5, 0xb0);
			pass(5 * MS);
			ktap_check(read_s16(OUT_FILM_L) == 0, "forced reset reads %d",
				   read_s16(OUT_FILM_L));
		}
	}
	chip_options_default(&options);
	options.film_full_16bit = true;
	fresh();
	input.film_nv = 12345678;
	enter_film(false);
	write_reg(CTRL5, 0xb0);
	pass(5 * MS);
	ktap_check(read_s16(OUT_FILM_L) == chip_quantise_film(12345678, 0, 16), "16-bit option");
}

/* What the procedure of 2.10 finds, in mg, and the output in its second phase. */
static void run_self_test(double mg[3], int16_t second[3])
{
	int16_t v[2][3];

	fresh();
	write_reg(CTRL3, 0x03);
	for (int phase = 0; phase < 2; phase++) {
		write_reg(AH_BIO_CFG3, phase ? 0x10 : 0x20);
		write_reg(CTRL5, 0x92);
		pass(60 * MS);
		for (int a = 0; a < 3; a++)
			v[phase][a] = read_s16((uint8_t)(OUT_X_L + 2 * a));
		write_reg(CTRL5, 0x00);
		pass(25 * MS);
	}
	for (int a = 0; a < 3; a++) {
		mg[a] = 2 * (v[1][a] - v[0][a]) * 0.244;
		second[a] = v[1][a];
	}
}

static void test_self_test(void)
{
	double mg[3], weak_mg[3];
	int16_t second[3];

	chip_options_default(&options);
	options.weak_self_test = true;
	run_self_test(weak_mg, second);
	options.weak_self_test = false;
	run_self_test(mg, second);
	for (int a = 0; a < 3; a++) {
		ktap_check(mg[a] > (a == 2 ? 200 : 50) && mg[a] < (a == 2 ? 1200 : 700),
			   "axis %d: %.0f mg", a, mg[a]);
		ktap_check(weak_mg[a] > 20 && weak_mg[a] < (a == 2 ? 200 : 50),
			   "weak, axis %d: %.0f mg", a, weak_mg[a]);
	}
	write_reg(AH_BIO_CFG3, 0x10);
	write_reg(CTRL3, 0x00);
	write_reg(WAKE_UP_DUR, 0x10);
	write_reg(CTRL5, 0x92);
	pass(60 * MS);
	for (int a = 0; a < 3; a++)
		ktap_check(read_s16((uint8_t)(OUT_X_L + 2 * a)) == -second[a], "sign bit of axis %d",
			   a);
	expect_clean();
}

/* ---- data ready, BDU ------------------------------------------------------------ */

static void test_drdy(void)
{
	uint8_t b[4];

	fresh_default();
	write_reg(CTRL3, 4);
	write_reg(CTRL2, 0x08);
	write_reg(CTRL5, 0x70);
	ktap_check(!chip_int_level(&chip), "INT before the first sample");
	ktap_check(chip_next_event(&chip) <= now + 20 * MS, "sample not announced");
	pass(20 * MS);
	ktap_check(chip_int_level(&chip) && read_reg(STATUS) == 1, "no DRDY");
	read_regs(OUT_FILM_L, b, 2);
	ktap_check(read_reg(STATUS) == 1, "film alone clears DRDY with the accelerometer on");
	read_regs(OUT_FILM_L, b, 4);
	ktap_check(read_reg(STATUS) == 0 && !chip_int_level(&chip), "film + X does not clear DRDY");
	pass(20 * MS);
	read_regs(OUT_X_L, b, 2);
	ktap_check(read_reg(STATUS) == 0, "accel does not clear DRDY");

	fresh_default();
	enter_film(true);
	write_reg(CTRL5, 0xb0);
	pass(2 * MS);
	read_regs(OUT_FILM_L, b, 2);
	ktap_check(read_reg(STATUS) == 0, "film does not clear DRDY in film-only mode");

	fresh_default();
	write_reg(CTRL1, 0x58);
	write_reg(CTRL2, 0x08);
	write_reg(CTRL3, 4);
	write_reg(CTRL5, 0x70);
	pass(chip_next_event(&chip) - now);
	ktap_check(chip_int_level(&chip), "no DRDY pulse");
	ktap_check(chip_next_event(&chip) == now + 75 * US, "pulse end not announced");
	pass(75 * US);
	ktap_check(!chip_int_level(&chip), "pulse longer than 75 us");
}

static void test_bdu(void)
{
	for (int bdu = 0; bdu < 2; bdu++) {
		uint8_t low, high;

		fresh_default();
		write_reg(CTRL4, bdu ? 0x20 : 0);
		write_reg(CTRL3, 4);
		input.accel_ug[0] = 61 * 0x1234;
		write_reg(CTRL5, 0x70);
		pass(21 * MS);
		low = read_reg(OUT_X_L);
		input.accel_ug[0] = 61 * 0x5678;
		pass(20 * MS);
		high = read_reg(OUT_X_L + 1);
		ktap_check(low == 0x34 && high == (bdu ? 0x12 : 0x56), "BDU %d: %#x %#x", bdu, high,
			   low);
		pass(20 * MS);
		ktap_check(read_s16(OUT_X_L) == 0x5678, "BDU %d: stuck", bdu);
	}
}

/* ---- FIFO --------------------------------------------------------------------- */

static void test_fifo_words(void)
{
	static const int16_t x = 1000 * 16, y = -500 * 16, z = 2000 * 16, f = -77 * 16;
	struct word w;
	int16_t v[4];

	fresh_default();
	input = (struct chip_input){ { 61 * x, 61 * y, 61 * z }, -77 * 16 * 1000000 / 164 };
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(5 * MS);
	w = pop();
	unpack(&w, v);
	ktap_check(w.tag == 0x1f, "tag %#x, expected 0x1f", w.tag);
	ktap_check(v[0] == x && v[1] == y && v[2] == z && v[3] == f, "%d %d %d %d", v[0], v[1],
		   v[2], v[3]);
	expect_clean();

	fresh_default();
	write_reg(FIFO_WTM, 0x80);
	input.accel_ug[1] = -61 * 12345;
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(5 * MS);
	w = pop();
	ktap_check(w.tag == 0x02 && s16_at(w.p + 2) == -12345, "tag %#x y %d", w.tag,
		   s16_at(w.p + 2));

	fresh_default();
	write_reg(FIFO_CTRL, 0x46);
	input.accel_ug[2] = 61 * 0x1200;
	write_reg(CTRL3, 4);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS + 100 * US);
	ktap_check(read_reg(FIFO_STATUS2) == 4, "2x depth: %u words of 8 samples",
		   read_reg(FIFO_STATUS2));
	w = pop();
	ktap_check(w.tag == 0x03 && w.p[2] == 0x12 && w.p[5] == 0x12, "2x word tag %#x", w.tag);

	chip_options_default(&options);
	options.combined_needs_en = true;
	fresh();
	input.film_nv = 10000000;
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(5 * MS);
	ktap_check(pop().tag == 0x02, "H2: film without AH_BIO_EN");
	write_reg(AH_BIO_CFG2, 0x01);
	pass(MS);
	while (read_reg(FIFO_STATUS2))
		w = pop();
	pass(5 * MS);
	w = pop();
	unpack(&w, v);
	ktap_check(w.tag == 0x1f && v[3] == chip_quantise_film(10000000, 0, 12),
		   "H2: tag %#x film %d", w.tag, v[3]);
	expect_clean();
}

static void test_fifo_film(void)
{
	struct word w;

	fresh_default();
	input.film_nv = 5000000;
	enter_film(false);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(20 * MS);
	ktap_check(read_reg(FIFO_STATUS2) == 0, "3200 Hz film stored without FIFO_EN_ADV");
	write_reg(CTRL5, 0x00);
	write_reg(FIFO_CTRL, 0x00);
	write_reg(FIFO_CTRL, 0x16);
	pass(25 * MS);
	write_reg(CTRL5, 0xb0);
	pass(20 * MS);
	ktap_check(read_reg(FIFO_STATUS2) >= 64, "3200 Hz film not stored");
	w = pop();
	ktap_check(w.tag == 0x1e && s16_at(w.p) == chip_quantise_film(5000000, 0, 12) &&
		   !w.p[2] && !w.p[5], "tag %#x value %d", w.tag, s16_at(w.p));
	expect_clean();
}

static void test_fifo_port(void)
{
	uint8_t b[WORD * 5], tag;

	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL3, 4);
	ktap_check(pop().tag == 0, "empty FIFO has a tag");
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS);
	/* tag alone, then the rest: still the same word */
	tag = read_reg(FIFO_OUT);
	read_regs(FIFO_OUT + 1, b, 6);
	ktap_check(tag == 0x02 << 3 && s16_at(b) == 0, "tag %#x, x %d", tag, s16_at(b));
	/* the payload not read to its end: the word stays */
	read_regs(FIFO_OUT, b, 4);
	ktap_check(s16_at(b + 1) == 16, "x %d after one word", s16_at(b + 1));
	read_regs(FIFO_OUT, b, sizeof(b));
	for (int i = 0; i < 5; i++)
		ktap_check(b[i * WORD] == 0x02 << 3 && s16_at(b + i * WORD + 1) == 16 * (i + 1),
			   "word %d: tag %#x x %d", i, b[i * WORD], s16_at(b + i * WORD + 1));
	/* bypass empties it */
	pass(10 * MS);
	write_reg(FIFO_CTRL, 0x00);
	ktap_check(read_reg(FIFO_STATUS2) == 0 && pop().tag == 0, "bypass keeps words");
	/* FIFO_EN = 0 stores nothing */
	write_reg(CTRL4, 0x20);
	write_reg(FIFO_CTRL, 0x06);
	pass(10 * MS);
	ktap_check(read_reg(FIFO_STATUS2) == 0, "stores with FIFO_EN = 0");
	expect_clean();
}

static void test_fifo_watermark(void)
{
	uint8_t b[WORD * 8];

	fresh_default();
	write_reg(FIFO_WTM, 0x80 | 8);
	write_reg(CTRL2, 0x20);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	/* going from event to event finds the very tick that raises INT */
	while (!chip_int_level(&chip)) {
		uint64_t next = chip_next_event(&chip);

		if (!ktap_check(next > now && next < now + 100 * MS, "no event ahead"))
			return;
		pass(next - now);
	}
	ktap_check(chip_stats(&chip)->samples == 8, "INT at sample %llu, watermark 8",
		   (unsigned long long)chip_stats(&chip)->samples);
	ktap_check(now == input_last, "INT later than its sample");
	ktap_check(read_reg(FIFO_STATUS1) == 0x80, "FIFO_STATUS1 %#x", read_reg(FIFO_STATUS1));
	read_regs(FIFO_OUT, b, WORD);
	ktap_check(!chip_int_level(&chip) || chip_stats(&chip)->samples > 8,
		   "level stays below the mark");
	write_reg(CTRL1, 0x10);
	pass(20 * MS);
	ktap_check(!chip_int_level(&chip) && !chip_int_driven(&chip), "INT without INT_PIN_EN");
	write_reg(CTRL1, 0x50);
	write_reg(PIN_CTRL, 0x0a);
	ktap_check(!chip_int_level(&chip), "active low, open drain: not pulled down");
	write_reg(FIFO_CTRL, 0x00);
	ktap_check(chip_int_level(&chip), "active low, idle: not high");
	chip_options_default(&options);
	options.stuck_int = 0;
	chip_set_options(&chip, &options, now);
	ktap_check(!chip_int_level(&chip) && chip_int_driven(&chip), "stuck low");
	options.stuck_int = 1;
	chip_set_options(&chip, &options, now);
	ktap_check(chip_int_level(&chip), "stuck high");
	expect_clean();
}

static void test_fifo_overrun(void)
{
	uint8_t s[2];

	for (int zero = 0; zero < 2; zero++) {
		struct word w;
		uint64_t lost, samples;

		chip_options_default(&options);
		options.full_reads_zero = zero;
		fresh();
		input_ramp = true;
		write_reg(FIFO_WTM, 0x80 | 32);
		write_reg(CTRL2, 0x10);
		write_reg(CTRL3, 4);
		write_reg(FIFO_CTRL, 0x06);
		write_reg(CTRL5, 0xb0);
		while (!chip_int_level(&chip))
			pass(chip_next_event(&chip) - now);
		ktap_check(chip_stats(&chip)->samples == 128, "full at sample %llu",
			   (unsigned long long)chip_stats(&chip)->samples);
		ktap_check(chip_stats(&chip)->words_lost == 0, "words lost before it is full");
		read_regs(FIFO_STATUS1, s, 2);
		ktap_check(s[0] == 0xc0 && s[1] == (zero ? 0 : 0x80), "full reads %#x %#x", s[0],
			   s[1]);
		pass(50 * MS);
		lost = chip_stats(&chip)->words_lost;
		samples = chip_stats(&chip)->samples;
		ktap_check(lost == samples - 128 && lost > 35, "%llu lost of %llu",
			   (unsigned long long)lost, (unsigned long long)samples);
		ktap_check(chip_stats(&chip)->samples_lost == lost, "sample words lost");
		w = pop();
		ktap_check((uint64_t)s16_at(w.p) == 16 * lost, "oldest is %d, expected sample %llu",
			   s16_at(w.p) / 16, (unsigned long long)lost);
		/* The words that follow are in order. */
		for (int i = 1; i < 20; i++) {
			int16_t x = s16_at(w.p);

			w = pop();
			ktap_check(s16_at(w.p) == x + 16, "%d after %d", s16_at(w.p), x);
		}
		read_regs(FIFO_STATUS1, s, 2);
		ktap_check(!(s[0] & 0x40) && s[1] < 128, "OVR stays: %#x %u", s[0], s[1]);
		expect_clean();
	}
}

/* OVR that stays until it has been read, and the pin with it. */
static void test_fifo_overrun_told_late(void)
{
	uint8_t s[2];

	chip_options_default(&options);
	options.ovr_late = true;
	fresh();
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL2, 0x10);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	while (chip_stats(&chip)->samples < 130)
		pass(100 * US);
	read_regs(FIFO_STATUS1, s, 2);
	ktap_check(s[0] & 0x40, "no OVR when full: %#x %u", s[0], s[1]);
	for (int i = 0; i < 20; i++)
		pop();
	ktap_check(chip_int_level(&chip), "INT is gone unseen");
	read_regs(FIFO_STATUS1, s, 2);
	ktap_check(s[0] & 0x40 && s[1] < 128, "OVR was gone before it was read: %#x %u", s[0], s[1]);
	ktap_check(!chip_int_level(&chip), "INT stays");
	read_regs(FIFO_STATUS1, s, 2);
	ktap_check(!(s[0] & 0x40), "OVR stays: %#x %u", s[0], s[1]);
	expect_clean();
}

static void test_fifo_latched_word(void)
{
	uint8_t b[4];
	uint64_t lost;

	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	while (chip_stats(&chip)->samples < 128)
		pass(100 * US);
	/* Overwritten while its bytes are being read: it is whole, and popped once. */
	read_regs(FIFO_OUT, b, 3);
	ktap_check(s16_at(b + 1) == 0, "first word %d", s16_at(b + 1));
	pass(2 * MS);
	lost = chip_stats(&chip)->words_lost;
	read_regs(FIFO_OUT + 3, b, 4);
	ktap_check((uint64_t)s16_at(pop().p) == 16 * (lost + 1), "a word popped twice or lost");
}

static void test_fifo_modes(void)
{
	/* mode 1 keeps the first 128 */
	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x01);
	write_reg(CTRL5, 0xb0);
	pass(300 * MS);
	ktap_check(chip_stats(&chip)->words_stored == 128 && chip_stats(&chip)->words_lost == 0,
		   "mode 1 stored %llu", (unsigned long long)chip_stats(&chip)->words_stored);
	ktap_check(s16_at(pop().p) == 0, "mode 1 lost its first word");
	ktap_check(read_reg(FIFO_STATUS2) == 127 || read_reg(FIFO_STATUS2) == 0,
		   "mode 1 does not refill");
	expect_clean();

	/* stop_on_fth limits the depth */
	fresh_default();
	write_reg(FIFO_WTM, 0x80 | 20);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x0e);
	write_reg(CTRL5, 0xb0);
	pass(300 * MS);
	ktap_check(read_reg(FIFO_STATUS2) == 20, "stop_on_fth: %u words", read_reg(FIFO_STATUS2));

	/* bypass-to-x wait for an event that is not modelled; stream-to-FIFO streams */
	for (uint8_t mode = 3; mode <= 7; mode += mode == 4 ? 3 : 1) {
		fresh_default();
		write_reg(CTRL3, 4);
		write_reg(FIFO_CTRL, mode);
		write_reg(CTRL5, 0xb0);
		pass(30 * MS);
		ktap_check(!read_reg(FIFO_STATUS2) == (mode != 3), "mode %u: %u words", mode,
			   read_reg(FIFO_STATUS2));
		expect_clean();
	}
}

static void test_batching(void)
{
	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(BATCH_DEC, 0x03);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(100 * MS);
	ktap_check(read_reg(FIFO_STATUS2) == 10 || read_reg(FIFO_STATUS2) == 11,
		   "bdr 3: %u words of 80", read_reg(FIFO_STATUS2));
	pop();
	ktap_check(s16_at(pop().p) == 16 * 8, "bdr 3: second word is not sample 8");
	fresh_default();
	write_reg(BATCH_DEC, 0x07);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(100 * MS);
	ktap_check(read_reg(FIFO_STATUS2) == 0, "bdr 7 stores");
	expect_clean();
}

static void test_timestamp_words(void)
{
	static const uint32_t every[4] = { 0, 1, 8, 32 };

	for (uint8_t dec = 0; dec < 4; dec++) {
		for (int after = 0; after < 2; after++) {
			uint32_t stamps = 0, samples = 0, last = 0;

			chip_options_default(&options);
			options.ts_after_sample = after;
			fresh();
			write_reg(FIFO_WTM, 0x80);
			write_reg(BATCH_DEC, (uint8_t)(dec << 3));
			write_reg(INTERRUPT_CFG, 0x80);
			write_reg(TIMESTAMP2, 0xaa);
			write_reg(CTRL3, 4);
			write_reg(FIFO_CTRL, 0x06);
			write_reg(CTRL5, 0xb1);
			pass(52 * MS);
			while (read_reg(FIFO_STATUS2)) {
				struct word w = pop();

				if (w.tag == 0x04) {
					uint32_t ts = word_ts(&w);
					uint32_t due = every[dec] * 125;

					ktap_check(stamps == 0 || ts - last == due,
						   "stamps %u apart, expected %u", ts - last, due);
					ktap_check(samples == stamps * every[dec] + (uint32_t)after,
						   "stamp %u after %u samples", stamps, samples);
					ktap_check(w.p[0] == (0xb << 3 | 1) &&
							   w.p[1] == (1 << 5 | dec << 3),
						   "settings in the stamp: %#x %#x", w.p[0],
						   w.p[1]);
					last = ts;
					stamps++;
				} else {
					samples++;
				}
				if (samples > 64)
					break;
			}
			ktap_check(!dec == !stamps, "dec %u: %u stamps", dec, stamps);
			expect_clean();
		}
	}
	/* they count in the level */
	fresh_default();
	write_reg(BATCH_DEC, 0x08);
	write_reg(INTERRUPT_CFG, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS + 100 * US);
	ktap_check(read_reg(FIFO_STATUS2) == 16, "8 samples, each stamped: %u words",
		   read_reg(FIFO_STATUS2));
	/* without the counter there are none */
	fresh_default();
	write_reg(BATCH_DEC, 0x08);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS + 100 * US);
	ktap_check(read_reg(FIFO_STATUS2) == 8, "stamps with timestamp_en = 0");
}

static void test_config_change_word(void)
{
	struct word w;

	fresh_default();
	write_reg(INTERRUPT_CFG, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x86);
	write_reg(CTRL5, 0xb0);
	pass(2 * MS);
	w = pop();
	ktap_check(w.tag == 0x04 && w.p[0] >> 7, "start gives tag %#x, %#x", w.tag, w.p[0]);
	while (read_reg(FIFO_STATUS2))
		ktap_check(pop().tag == 0x1f, "more than one change word");
	write_reg(CTRL5, 0xb2);
	pass(2 * MS);
	w = pop();
	if (w.tag != 0x04)
		w = pop();
	ktap_check(w.tag == 0x04 && w.p[0] >> 7 && (w.p[1] >> 5 & 3) == 2, "range change: tag %#x",
		   w.tag);
}

static void test_timestamp_counter(void)
{
	uint8_t b[4];
	uint32_t t;

	fresh_default();
	read_regs(TIMESTAMP0, b, 4);
	ktap_check(!b[0] && !b[1] && !b[2] && !b[3], "counts while disabled");
	write_reg(INTERRUPT_CFG, 0x80);
	pass(3 * SEC);
	read_regs(TIMESTAMP0, b, 4);
	t = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	ktap_check(t >= 300000 && t < 300050, "3 s read %u", t);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(FIFO_CTRL, 0x00);
	write_reg(TIMESTAMP2, 0x55);
	expect_violations(CHIP_V_READ_ONLY, 1);
	read_regs(TIMESTAMP0, b, 4);
	t = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	ktap_check(t >= 300000, "reset by something else than 0xAA");
	write_reg(TIMESTAMP2, 0xaa);
	read_regs(TIMESTAMP0, b, 4);
	t = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	ktap_check(t < 50, "0xAA leaves %u", t);
	expect_violations(CHIP_V_READ_ONLY, 1);
	/* half a day: past the wrap at 42949.67 s */
	pass(42960 * SEC);
	read_regs(TIMESTAMP0, b, 4);
	t = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	ktap_check(t > 1032000 && t < 1034000, "wrapped to %u", t);
	chip_options_default(&options);
	options.ts_start = 0xffffff00;
	chip_set_options(&chip, &options, now);
	write_reg(TIMESTAMP2, 0xaa);
	read_regs(TIMESTAMP0, b, 4);
	ktap_check(b[3] == 0xff, "ts_start ignored");
}

/* ---- long gaps -------------------------------------------------------------------- */

static void test_backlog(void)
{
	static const uint8_t bdr[] = { 0, 3 };

	for (size_t k = 0; k < sizeof(bdr); k++) {
		uint64_t samples, stored, lost;
		uint64_t calls;

		fresh_default();
		write_reg(INTERRUPT_CFG, 0x80);
		write_reg(BATCH_DEC, (uint8_t)(0x18 | bdr[k]));
		write_reg(FIFO_WTM, 0x80);
		write_reg(CTRL3, 4);
		write_reg(FIFO_CTRL, 0x06);
		write_reg(CTRL5, 0xb0);
		calls = input_calls;
		pass(86400 * SEC);
		calls = input_calls - calls;
		ktap_check(calls <= 2 * 8192, "%llu samples taken in one call",
			   (unsigned long long)calls);
		samples = chip_stats(&chip)->samples;
		stored = chip_stats(&chip)->words_stored;
		lost = chip_stats(&chip)->words_lost;
		ktap_check(samples == 86400ull * 800, "%llu samples a day",
			   (unsigned long long)samples);
		ktap_check(stored == samples / (1u << bdr[k]) + samples / (32u << bdr[k]),
			   "bdr %u: %llu words stored", bdr[k], (unsigned long long)stored);
		ktap_check(stored - lost == 128, "%llu - %llu words left",
			   (unsigned long long)stored, (unsigned long long)lost);
		ktap_check(input_last + 2 * MS > now, "the last sample is old");
		expect_clean();
	}
	/* A FIFO that stops keeps its first words over any gap. */
	fresh_default();
	input_ramp = true;
	write_reg(FIFO_WTM, 0x80);
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x01);
	write_reg(CTRL5, 0xb0);
	pass(86400 * SEC);
	ktap_check(chip_stats(&chip)->words_stored == 128 && s16_at(pop().p) == 0,
		   "mode 1 over a gap");
	ktap_check(chip_stats(&chip)->samples == 86400ull * 800, "samples over a gap");
}

/* ---- violations ------------------------------------------------------------------- */

static void test_violation_hp_en(void)
{
	fresh_default();
	write_reg(CTRL5, 0x70);
	write_reg(CTRL3, 0x04);
	expect_violations(CHIP_V_HP_EN_RUNNING, 1);
	write_reg(CTRL5, 0x00);
	pass(20 * MS);
	write_reg(CTRL3, 0x00);
	expect_violations(CHIP_V_HP_EN_RUNNING, 2);
	pass(6 * MS);
	write_reg(CTRL3, 0x04);
	expect_violations(CHIP_V_HP_EN_RUNNING, 2);
}

static void test_violation_from_800(void)
{
	fresh_default();
	write_reg(CTRL5, 0xb0);
	pass(50 * MS);
	write_reg(CTRL5, 0xa0);
	pass(3 * MS);
	write_reg(CTRL5, 0x00);
	expect_clean();
	pass(25 * MS);
	write_reg(CTRL5, 0xb0);
	pass(50 * MS);
	write_reg(CTRL5, 0x00);
	expect_violations(CHIP_V_POWER_DOWN_FROM_800, 1);
	pass(25 * MS);
	write_reg(CTRL5, 0xb0);
	write_reg(CTRL5, 0xa0);
	pass(2 * MS);
	write_reg(CTRL5, 0x00);
	expect_violations(CHIP_V_POWER_DOWN_FROM_800, 2);
}

static void test_violation_ah_bio(void)
{
	fresh_default();
	write_reg(CTRL5, 0x70);
	write_reg(AH_BIO_CFG2, 0x01);
	expect_violations(CHIP_V_AH_BIO_EN_RUNNING, 1);
	fresh_default();
	write_reg(CTRL5, 0x70);
	write_reg(AH_BIO_CFG2, 0x18);
	expect_violations(CHIP_V_AH_BIO_CFG_RUNNING, 1);
}

static void test_violation_film_entry(void)
{
	/* no sequence at all */
	fresh_default();
	write_reg(AH_BIO_CFG2, 0x19);
	write_reg(CTRL5, 0xb0);
	expect_violations(CHIP_V_VAFE_ONLY_SEQUENCE, 1);
	/* first half too short */
	fresh_default();
	write_reg(AH_BIO_CFG2, 0x19);
	write_reg(AH_BIO_CFG3, 0x01);
	pass(9 * MS);
	write_reg(AH_BIO_CFG3, 0x00);
	pass(10 * MS);
	write_reg(CTRL5, 0xb0);
	expect_violations(CHIP_V_VAFE_ONLY_SEQUENCE, 1);
	/* second half too short */
	fresh_default();
	write_reg(AH_BIO_CFG2, 0x19);
	write_reg(AH_BIO_CFG3, 0x01);
	pass(10 * MS);
	write_reg(AH_BIO_CFG3, 0x00);
	pass(9 * MS);
	write_reg(CTRL5, 0xb0);
	expect_violations(CHIP_V_VAFE_ONLY_SEQUENCE, 1);
	/* active without AH_BIO_EN is no entry */
	fresh_default();
	write_reg(AH_BIO_CFG3, 0x01);
	pass(10 * MS);
	write_reg(AH_BIO_CFG3, 0x00);
	write_reg(AH_BIO_CFG2, 0x19);
	pass(10 * MS);
	write_reg(CTRL5, 0xb0);
	expect_violations(CHIP_V_VAFE_ONLY_SEQUENCE, 1);
	/* left and entered again without the sequence */
	fresh_default();
	enter_film(false);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS);
	write_reg(CTRL5, 0x00);
	write_reg(AH_BIO_CFG2, 0x18);
	write_reg(AH_BIO_CFG2, 0x19);
	pass(25 * MS);
	expect_clean();
	write_reg(CTRL5, 0xb0);
	expect_violations(CHIP_V_VAFE_ONLY_SEQUENCE, 1);
	/* no other rate while it runs */
	fresh_default();
	enter_film(true);
	write_reg(CTRL5, 0xb0);
	pass(10 * MS);
	write_reg(CTRL5, 0xa0);
	expect_violations(CHIP_V_VAFE_ONLY_ODR, 1);
	/* a rate that the mode has not: silence */
	fresh_default();
	enter_film(false);
	write_reg(CTRL5, 0x90);
	pass(100 * MS);
	expect_violations(CHIP_V_VAFE_ONLY_ODR, 1);
	ktap_check(chip_stats(&chip)->samples == 0, "samples at an undefined rate");
}

static void test_violation_restart(void)
{
	static const struct { uint8_t odr; uint16_t ms; } wait[] = {
		{ 1, 625 }, { 2, 335 }, { 3, 40 }, { 7, 25 }, { 0xa, 25 },
	};

	for (size_t i = 0; i < sizeof(wait) / sizeof(*wait); i++) {
		for (int soon = 0; soon < 2; soon++) {
			fresh_default();
			write_reg(CTRL5, (uint8_t)(wait[i].odr << 4));
			pass(SEC);
			write_reg(CTRL5, 0x00);
			pass((wait[i].ms - 1 + !soon) * MS);
			write_reg(CTRL5, 0x70);
			expect_violations(CHIP_V_ODR_TOO_SOON, (uint32_t)soon);
		}
	}
}

static void test_violation_fifo(void)
{
	fresh_default();
	write_reg(CTRL3, 4);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb0);
	write_reg(FIFO_WTM, 0x10);
	write_reg(FIFO_CTRL, 0x00);
	write_reg(FIFO_CTRL, 0x06);
	expect_clean();
	write_reg(FIFO_CTRL, 0x01);
	expect_violations(CHIP_V_FIFO_CFG_RUNNING, 1);
	write_reg(BATCH_DEC, 0x18);
	expect_violations(CHIP_V_FIFO_CFG_RUNNING, 2);
	write_reg(FIFO_WTM, 0x90);
	expect_violations(CHIP_V_FIFO_CFG_RUNNING, 3);
}

static void test_violation_undefined(void)
{
	fresh_default();
	write_reg(CTRL5, 0xc0);
	expect_violations(CHIP_V_RESERVED, 1);
	fresh_default();
	write_reg(CTRL3, 4);
	write_reg(CTRL5, 0x30);
	expect_violations(CHIP_V_RESERVED, 1);
	fresh_default();
	write_reg(CTRL5, 0x60);		/* 25 Hz low power has no bw 0 */
	expect_violations(CHIP_V_RESERVED, 1);
	fresh_default();
	write_reg(FIFO_CTRL, 0x02);
	expect_violations(CHIP_V_RESERVED, 1);
}

static void test_recipes(void)
{
	/* Section 2.11: combined, film-only, accel-only, in a row, without a complaint. */
	fresh_default();
	write_reg(AH_BIO_CFG1, 0x00);
	write_reg(AH_BIO_CFG2, 0x18);
	write_reg(CTRL3, 0x04);
	write_reg(BATCH_DEC, 0x18);
	write_reg(FIFO_WTM, 0x20);
	write_reg(INTERRUPT_CFG, 0x80);
	write_reg(TIMESTAMP2, 0xaa);
	write_reg(CTRL2, 0x30);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0xb1);
	pass(45 * MS);
	ktap_check(chip_int_level(&chip), "combined: no INT");
	write_reg(CTRL2, 0x00);
	write_reg(FIFO_CTRL, 0x00);
	write_reg(CTRL5, 0xa0);
	pass(3 * MS);
	write_reg(CTRL5, 0x00);
	pass(25 * MS);
	enter_film(false);
	write_reg(CTRL2, 0x30);
	write_reg(FIFO_CTRL, 0x16);
	write_reg(CTRL5, 0xb0);
	pass(11 * MS);
	ktap_check(chip_int_level(&chip), "film: no INT");
	write_reg(CTRL2, 0x00);
	write_reg(FIFO_CTRL, 0x00);
	write_reg(CTRL5, 0x00);
	write_reg(AH_BIO_CFG2, 0x00);
	pass(25 * MS);
	write_reg(FIFO_WTM, 0xa0);
	write_reg(CTRL3, 0x00);
	write_reg(CTRL2, 0x30);
	write_reg(FIFO_CTRL, 0x06);
	write_reg(CTRL5, 0x70);
	pass(700 * MS);
	ktap_check(chip_int_level(&chip), "accel: no INT");
	expect_clean();
}

/* Any bytes at any time: for the sanitizers, and time and books must stay sane. */
static void test_noise(void)
{
	uint32_t seed = 12345;

	chip_options_default(&options);
	fresh();
	input_ramp = true;
	for (int i = 0; i < 200000; i++) {
		const struct chip_stats *s = chip_stats(&chip);

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			write_reg((uint8_t)(seed >> 8), (uint8_t)(seed >> 16));
		else
			read_reg((uint8_t)(seed >> 8));
		if ((seed & 0x7f) == 0)
			pass((uint64_t)(seed >> 12) * 1000);
		if (!ktap_check(chip_next_event(&chip) > now, "event in the past") ||
		    !ktap_check(s->words_lost <= s->words_stored, "more lost than stored"))
			return;
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "wake_nack", test_wake_nack },
		{ "wake_garbage", test_wake_garbage },
		{ "reset", test_reset },
		{ "boot", test_boot },
		{ "power_cycle", test_power_cycle },
		{ "stats", test_stats },
		{ "defaults", test_defaults },
		{ "unsettled", test_unsettled },
		{ "unsettled twice as long, film reversed", test_unsettled_reversed },
		{ "odd_reset", test_odd_reset },
		{ "ts_latch", test_ts_latch },
		{ "hole", test_hole },
		{ "restart", test_restart },
		{ "registers", test_registers },
		{ "bank", test_bank },
		{ "wrap", test_wrap },
		{ "log", test_log },
		{ "odr", test_odr },
		{ "film_odr", test_film_odr },
		{ "odr_error", test_odr_error },
		{ "clock_step_sizes", test_clock_step_sizes },
		{ "one_shot", test_one_shot },
		{ "quantise", test_quantise },
		{ "outputs", test_outputs },
		{ "self_test", test_self_test },
		{ "drdy", test_drdy },
		{ "bdu", test_bdu },
		{ "fifo_words", test_fifo_words },
		{ "fifo_film", test_fifo_film },
		{ "fifo_port", test_fifo_port },
		{ "fifo_watermark", test_fifo_watermark },
		{ "fifo_overrun", test_fifo_overrun },
		{ "fifo overrun told late", test_fifo_overrun_told_late },
		{ "fifo_latched_word", test_fifo_latched_word },
		{ "fifo_modes", test_fifo_modes },
		{ "batching", test_batching },
		{ "timestamp_words", test_timestamp_words },
		{ "config_change_word", test_config_change_word },
		{ "timestamp_counter", test_timestamp_counter },
		{ "backlog", test_backlog },
		{ "violation_hp_en", test_violation_hp_en },
		{ "violation_from_800", test_violation_from_800 },
		{ "violation_ah_bio", test_violation_ah_bio },
		{ "violation_film_entry", test_violation_film_entry },
		{ "violation_restart", test_violation_restart },
		{ "violation_fifo", test_violation_fifo },
		{ "violation_undefined", test_violation_undefined },
		{ "recipes", test_recipes },
		{ "noise", test_noise },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(*tests));
}
