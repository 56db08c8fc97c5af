// SPDX-License-Identifier: GPL-2.0-or-later
/* A session file as a source of frames: what comes out is what the core may be given. */
#include <errno.h>
#include <math.h>

#include "fuzz.h"
#include "source/source.h"

#define FRAMES_MAX	4096
#define BLOCK_MAX	512

struct run {
	struct bp_frame f[FRAMES_MAX];
	size_t n;
	bool failed;
};

/* False: refused. */
static bool play(const uint8_t *data, size_t size, size_t block, struct run *r)
{
	struct bp_frame frames[BLOCK_MAX];
	struct source_counters counters;
	char err[SOURCE_ERROR_SIZE];
	const struct bp_config *cfg;
	struct source *s;
	ssize_t n = 0;
	int fd;

	r->n = 0;
	s = source_open_edf(fuzz_file(data, size, &fd), err);
	if (!s) {
		FUZZ_CHECK(*err, "refused without a reason");
		close(fd);
		return false;
	}
	cfg = &s->info.config;
	FUZZ_CHECK(!bp_config_error(cfg), "%s", bp_config_error(cfg));
	while (r->n < FRAMES_MAX && (n = s->ops->read(s, frames, block)) > 0) {
		FUZZ_CHECK((size_t)n <= block, "%zd frames where %zu fit", n, block);
		for (ssize_t i = 0; i < n && r->n < FRAMES_MAX; i++)
			r->f[r->n++] = frames[i];
	}
	FUZZ_CHECK(n >= 0 || n == -ENODATA || *s->error, "no reason for %zd", n);
	r->failed = n < 0 && n != -ENODATA;
	s->ops->counters(s, &counters);
	FUZZ_CHECK(counters.frames >= r->n, "%llu frames counted of %zu",
		   (unsigned long long)counters.frames, r->n);
	for (size_t i = 0; i < r->n; i++) {
		const struct bp_frame *f = &r->f[i];

		FUZZ_CHECK(f->has & (BP_HAS_MOTION | BP_HAS_FILM), "frame %zu has nothing", i);
		FUZZ_CHECK(!(f->has & BP_HAS_MOTION) || cfg->motion_rate_hz > 0, "motion");
		FUZZ_CHECK(!(f->has & BP_HAS_FILM) || cfg->film_rate_hz > 0, "film");
		FUZZ_CHECK(!i || f->t_ns >= r->f[i - 1].t_ns, "frame %zu goes back in time", i);
	}
	s->ops->close(s);
	close(fd);
	return true;
}

static bool same(const struct bp_frame *a, const struct bp_frame *b)
{
	return a->t_ns == b->t_ns && a->has == b->has &&
	       !memcmp(a->accel_g, b->accel_g, sizeof(a->accel_g)) &&
	       !memcmp(&a->film_mv, &b->film_mv, sizeof(a->film_mv));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run a, b;
	size_t block = size ? 1 + data[size - 1] % (BLOCK_MAX - 1) : 1, i;

	if (!play(data, size, BLOCK_MAX, &a))
		return 0;
	FUZZ_CHECK(play(data, size, block, &b), "refused the second time");
	FUZZ_CHECK(a.n == b.n && a.failed == b.failed, "%zu frames, %zu in blocks of %zu", a.n, b.n,
		   block);
	for (i = 0; i < a.n; i++)
		FUZZ_CHECK(same(&a.f[i], &b.f[i]), "frame %zu differs in blocks of %zu", i, block);
	return 0;
}
