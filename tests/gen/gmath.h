/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elementary functions from additions and multiplications alone, so that one
 * seed gives one session on every machine: libm's last bit differs between
 * processors and versions.  Good to some 1e-13; sqrt(), floor() and their like
 * are exact everywhere and used as they are.
 */
#ifndef GEN_GMATH_H
#define GEN_GMATH_H

double gm_exp(double x);
double gm_log(double x);		/* x > 0 */
double gm_log10(double x);
double gm_pow(double x, double y);	/* x > 0; 0 for x = 0 */
double gm_sin(double x);		/* |x| up to some 1e7 */
double gm_cos(double x);
double gm_tan(double x);
double gm_acos(double x);		/* clipped to -1..1 */
double gm_tanh(double x);
double gm_cosh(double x);
double gm_hypot(double x, double y);

#endif
