/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share.  A target is one file with LLVMFuzzerTestOneInput(), built by
 * clang with libFuzzer, AddressSanitizer and UBSan; what it promises is asserted, so that a
 * wrong answer is found as a crash is.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input of an abort(). */
#define FUZZ_CHECK(cond, ...)							\
	do {									\
		if (!(cond)) {							\
			fprintf(stderr, "%s:%d: broken: %s: ", __FILE__, __LINE__, #cond); \
			fprintf(stderr, __VA_ARGS__);				\
			fprintf(stderr, "\n");					\
			abort();						\
		}								\
	} while (0)

/* The rest of the input; what is taken beyond its end is 0. */
struct fuzz_input {
	const uint8_t *p;
	size_t left;
};

static inline void fuzz_take(struct fuzz_input *in, void *to, size_t n)
{
	size_t have = n < in->left ? n : in->left;

	memset(to, 0, n);
	if (have)
		memcpy(to, in->p, have);
	in->p += have;
	in->left -= have;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint16_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

/*
 * A file for code that wants a path: in memory, by its name in /proc.  @fd is the caller's to
 * close.
 */
static inline const char *fuzz_file(const uint8_t *data, size_t size, int *fd)
{
	static char path[2][32];
	static unsigned int turn;
	char *name = path[turn++ % 2];

	*fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_CHECK(*fd >= 0, "memfd_create() failed");
	while (size) {
		ssize_t n = write(*fd, data, size);

		FUZZ_CHECK(n > 0, "write() failed");
		data += n;
		size -= (size_t)n;
	}
	snprintf(name, sizeof(path[0]), "/proc/self/fd/%d", *fd);
	return name;
}

#endif
