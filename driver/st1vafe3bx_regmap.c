// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: which registers there are, and what may be done with them.
 */

#include <linux/regmap.h>

#include "compat.h"
#include "st1vafe3bx.h"

static const struct regmap_range st1vafe3bx_readable_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_EXT_CLK_CFG_REG, ST1VAFE3BX_EXT_CLK_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_PIN_CTRL_REG, ST1VAFE3BX_PIN_CTRL_REG),
	regmap_reg_range(ST1VAFE3BX_WHO_AM_I_REG, ST1VAFE3BX_INTERRUPT_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_WAKE_UP_DUR_REG, ST1VAFE3BX_WAKE_UP_DUR_REG),
	regmap_reg_range(ST1VAFE3BX_MD1_CFG_REG, ST1VAFE3BX_MD1_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_STATUS_REG, ST1VAFE3BX_I3C_IF_CTRL_REG),
	regmap_reg_range(ST1VAFE3BX_FUNC_CFG_ACCESS_REG, ST1VAFE3BX_FIFO_BATCH_DEC_REG),
	regmap_reg_range(ST1VAFE3BX_TIMESTAMP0_REG, ST1VAFE3BX_TIMESTAMP3_REG),
};

static const struct regmap_range st1vafe3bx_read_only_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_WHO_AM_I_REG, ST1VAFE3BX_WHO_AM_I_REG),
	regmap_reg_range(ST1VAFE3BX_STATUS_REG, ST1VAFE3BX_OUT_AH_BIO_H_REG),
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_Z_H_REG),
};

/* Reading these takes something away: a FIFO word, or the data-ready bit. */
static const struct regmap_range st1vafe3bx_precious_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_OUT_X_L_REG, ST1VAFE3BX_OUT_AH_BIO_H_REG),
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_Z_H_REG),
};

static const struct regmap_range st1vafe3bx_noinc_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG),
};

static const struct regmap_access_table st1vafe3bx_rd_table = {
	.yes_ranges = st1vafe3bx_readable_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_readable_ranges),
};

static const struct regmap_access_table st1vafe3bx_wr_table = {
	.yes_ranges = st1vafe3bx_readable_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_readable_ranges),
	.no_ranges = st1vafe3bx_read_only_ranges,
	.n_no_ranges = ARRAY_SIZE(st1vafe3bx_read_only_ranges),
};

static const struct regmap_access_table st1vafe3bx_precious_table = {
	.yes_ranges = st1vafe3bx_precious_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_precious_ranges),
};

static const struct regmap_access_table st1vafe3bx_rd_noinc_table = {
	.yes_ranges = st1vafe3bx_noinc_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_noinc_ranges),
};

/*
 * No cache: every register is written whole, from what the driver knows, so that
 * nothing is stale after a reset, be it the driver's or one behind its back.
 */
const struct regmap_config st1vafe3bx_regmap_config = {
	.reg_bits = 8,
	.val_bits = 8,
	.max_register = ST1VAFE3BX_TIMESTAMP3_REG,
	.rd_table = &st1vafe3bx_rd_table,
	.wr_table = &st1vafe3bx_wr_table,
	.precious_table = &st1vafe3bx_precious_table,
	.rd_noinc_table = &st1vafe3bx_rd_noinc_table,
	.cache_type = REGCACHE_NONE,
};
