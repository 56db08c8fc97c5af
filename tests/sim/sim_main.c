// SPDX-License-Identifier: GPL-2.0-only
/*
 * backpop_sim: puts the bench together and takes it apart again.
 */
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/regulator/machine.h>
#include <linux/slab.h>

#include "sim.h"

static unsigned int chips = 1;
module_param(chips, uint, 0444);
MODULE_PARM_DESC(chips, "chips on the bus, at 0x20 and 0x21: 1 (default) or 2");

static unsigned int scl_hz = 400000;
module_param(scl_hz, uint, 0444);
MODULE_PARM_DESC(scl_hz, "I2C clock, 10000..1000000 Hz (default 400000)");

static bool instantiate = true;
module_param(instantiate, bool, 0444);
MODULE_PARM_DESC(instantiate, "register the I2C clients (default 1)");

static unsigned int int_type = IRQ_TYPE_LEVEL_HIGH;
module_param(int_type, uint, 0444);
MODULE_PARM_DESC(int_type, "INT trigger: 1 rising, 2 falling, 3 both (refused), 4 high (default), 8 low");

static bool shared_int;
module_param(shared_int, bool, 0444);
MODULE_PARM_DESC(shared_int, "wire the INT pins of both chips together (default 0)");

static bool wired_int = true;
module_param(wired_int, bool, 0444);
MODULE_PARM_DESC(wired_int, "tell the I2C clients their interrupt (default 1)");

static unsigned int max_read;
module_param(max_read, uint, 0444);
MODULE_PARM_DESC(max_read, "bytes that the adapter can read in a message (default 0: no limit)");

static bool open_drain;
module_param(open_drain, bool, 0444);
MODULE_PARM_DESC(open_drain, "\"drive-open-drain\" of the I2C clients (default 0)");

static bool turned;
module_param(turned, bool, 0444);
MODULE_PARM_DESC(turned, "\"mount-matrix\" of the I2C clients: x and y swapped, z down (default 0)");

static unsigned int garbled;
module_param(garbled, uint, 0444);
MODULE_PARM_DESC(garbled, "property of the I2C clients that makes no sense: 1 impedance, 2 mount matrix, 3 input mode (default 0: none)");

static char *label;
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "firmware property \"label\" of the I2C clients (default: none)");

static unsigned int input_ohms;
module_param(input_ohms, uint, 0444);
MODULE_PARM_DESC(input_ohms, "\"st,input-impedance-ohms\" of the I2C clients (default: none)");

static char *input_mode;
module_param(input_mode, charp, 0444);
MODULE_PARM_DESC(input_mode, "\"st,input-mode\" of the I2C clients (default: none)");

static bool device_tree;
module_param(device_tree, bool, 0444);
MODULE_PARM_DESC(device_tree,
		 "be the bus of the device tree's node \"backpop,sim-bus\"; it has the clients, not instantiate= (default 0)");

static struct bsim *bench;

/* What firmware says of the chips. */
static void describe_clients(struct bsim *sim)
{
	/* of static storage: the property points to it */
	static const char * const matrix[] = {
		"0", "1", "0", "1", "0", "0", "0", "0", "-1",
	};
	struct property_entry *p = sim->client_properties;

	if (label)
		*p++ = PROPERTY_ENTRY_STRING("label", label);
	if (input_ohms)
		*p++ = PROPERTY_ENTRY_U32("st,input-impedance-ohms", input_ohms);
	if (input_mode)
		*p++ = PROPERTY_ENTRY_STRING("st,input-mode", input_mode);
	if (open_drain)
		*p++ = PROPERTY_ENTRY_BOOL("drive-open-drain");
	if (turned)
		*p++ = PROPERTY_ENTRY_STRING_ARRAY("mount-matrix", matrix);
	if (garbled == 1)
		*p++ = PROPERTY_ENTRY_BOOL("st,input-impedance-ohms");
	if (garbled == 3)
		*p++ = PROPERTY_ENTRY_BOOL("st,input-mode");
	if (garbled == 2)
		*p++ = PROPERTY_ENTRY_STRING("mount-matrix", "1");
	if (p != sim->client_properties)
		sim->client_node.properties = sim->client_properties;
}

static void destroy_chips(struct bsim *sim)
{
	while (sim->n_chips)
		bsim_chip_destroy(sim->chips[--sim->n_chips]);
}

static int create_chips(struct bsim *sim)
{
	while (sim->n_chips < chips) {
		struct bsim_chip *chip = bsim_chip_create(sim, sim->n_chips);

		if (IS_ERR(chip)) {
			destroy_chips(sim);
			return PTR_ERR(chip);
		}
		sim->chips[sim->n_chips++] = chip;
	}
	return 0;
}

static int register_clients(struct bsim *sim)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&sim->present_lock);
	for (i = 0; i < sim->n_chips && !ret; i++)
		ret = bsim_chip_register_client(sim->chips[i]);
	mutex_unlock(&sim->present_lock);
	return ret;
}

/*
 * The device that all the rest hangs on.  It tells the bus clock as real
 * adapters do.  Its node is not one that the device manages: the GPIO device
 * shares it and would drop it a second time.
 */
static int create_parent(struct bsim *sim)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("clock-frequency", sim->scl_hz),
		{ }
	};
	struct platform_device_info info = {
		.name = "backpop-sim",
		.id = PLATFORM_DEVID_NONE,
	};

	sim->node = fwnode_create_software_node(properties, NULL);
	if (IS_ERR(sim->node))
		return PTR_ERR(sim->node);
	info.fwnode = sim->node;
	sim->pdev = platform_device_register_full(&info);
	if (IS_ERR(sim->pdev)) {
		fwnode_remove_software_node(sim->node);
		return PTR_ERR(sim->pdev);
	}
	return 0;
}

static void destroy_parent(struct bsim *sim)
{
	platform_device_unregister(sim->pdev);
	fwnode_remove_software_node(sim->node);
}

static int __init bsim_init(void)
{
	struct bsim *sim;
	int ret;

	if (chips < 1 || chips > BSIM_CHIPS || scl_hz < 10000 || scl_hz > 1000000 ||
	    (int_type != IRQ_TYPE_EDGE_RISING && int_type != IRQ_TYPE_EDGE_FALLING &&
	     int_type != IRQ_TYPE_EDGE_BOTH &&
	     int_type != IRQ_TYPE_LEVEL_HIGH && int_type != IRQ_TYPE_LEVEL_LOW)) {
		pr_err("backpop_sim: bad parameter: chips=%u scl_hz=%u int_type=%u\n", chips,
		       scl_hz, int_type);
		return -EINVAL;
	}
	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return -ENOMEM;
	mutex_init(&sim->present_lock);
	sim->scl_hz = scl_hz;
	sim->int_type = int_type;
	sim->shared_int = shared_int;
	sim->wired_int = wired_int;
	sim->max_read = max_read;
	describe_clients(sim);
	if (device_tree) {
		/* It describes the bus, its INT lines as interrupts 0 and 1, and clients. */
		sim->of_node = of_find_compatible_node(NULL, NULL, "backpop,sim-bus");
		if (!sim->of_node) {
			pr_err("backpop_sim: no node \"backpop,sim-bus\" in the device tree\n");
			kfree(sim);
			return -ENODEV;
		}
	}
	ret = create_parent(sim);
	if (ret)
		goto err_free;
	/* We are the board, and it has no more supplies than these: dummies will do. */
	regulator_has_full_constraints();
	ret = bsim_lines_create(sim);
	if (ret)
		goto err_parent;
	ret = bsim_gpio_create(sim);
	if (ret)
		goto err_lines;
	ret = create_chips(sim);
	if (ret)
		goto err_gpio;
	ret = bsim_bus_create(sim);
	if (ret)
		goto err_chips;
	bsim_debugfs_create(sim);
	if (instantiate && !device_tree) {
		ret = register_clients(sim);
		if (ret)
			goto err_bus;
	}
	bench = sim;
	return 0;

err_bus:
	bsim_debugfs_destroy(sim);
	bsim_bus_destroy(sim);
err_chips:
	destroy_chips(sim);
err_gpio:
	bsim_gpio_destroy(sim);
err_lines:
	bsim_lines_destroy(sim);
err_parent:
	destroy_parent(sim);
err_free:
	of_node_put(sim->of_node);
	kfree(sim);
	return ret;
}

static void __exit bsim_exit(void)
{
	struct bsim *sim = bench;

	/* First what could bring a client back, then the clients with their bus. */
	bsim_debugfs_destroy(sim);
	bsim_bus_destroy(sim);
	destroy_chips(sim);
	bsim_gpio_destroy(sim);
	bsim_lines_destroy(sim);
	destroy_parent(sim);
	of_node_put(sim->of_node);
	kfree(sim);
}

module_init(bsim_init);
module_exit(bsim_exit);

MODULE_DESCRIPTION("ST1VAFE3BX bench: simulated chips, bus, interrupts and GPIO lines");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
