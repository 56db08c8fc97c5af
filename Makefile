# SPDX-License-Identifier: GPL-2.0-or-later
# backpop: `make help` lists what can be made.

VERSION  := 0.1.0
O        ?= build
prefix   ?= /usr/local
sysconfdir ?= $(if $(filter /usr/local /usr,$(prefix)),/etc,$(prefix)/etc)
DESTDIR  ?=
SAN      ?=
# Headers of the running kernel, or else the newest that are installed whole.
KDIR     ?= $(or $(realpath /lib/modules/$(shell uname -r)/build), \
		$(shell ls -d /lib/modules/*/build /usr/src/linux-headers-*[0-9]-$(shell dpkg --print-architecture 2>/dev/null) \
		/usr/src/linux-headers-*-rpi* 2>/dev/null | xargs -r -n1 readlink -e | \
		awk -F/ '{v=$$0; sub(/^.*linux-headers-/,"",v); print v, $$0}' | sort -V | tail -n1 | cut -d' ' -f2))

PKGS     := libsystemd libiio libgpiod inih json-c sqlite3
PLOT_PKGS := cairo
CC       ?= cc
PKG_CONFIG ?= pkg-config
CPPFLAGS += -D_GNU_SOURCE -DBACKPOP_VERSION='"$(VERSION)"' -DBACKPOP_SYSCONFDIR='"$(sysconfdir)/backpop"' \
	    -DBACKPOP_LIBDIR='"$(prefix)/lib/backpop"' -DBACKPOP_LIBEXECDIR='"$(prefix)/libexec"' -Idaemon -Itests
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wvla -Wpointer-arith -Wundef -Wformat=2
# Bit-equal results on every machine: no fused multiply-add, no fast-math.
ALL_CFLAGS = -std=gnu11 $(CFLAGS) -ffp-contract=off -ftree-vectorize $(WARN) $(CPPFLAGS) \
	     $(if $(SAN),-fsanitize=$(SAN) $(UB_TOO) -fno-omit-frame-pointer -fno-sanitize-recover=undefined) -MMD -MP
# Not part of gcc's undefined, unlike clang's.
UB_TOO    = $(if $(findstring undefined,$(SAN)),-fsanitize=float-cast-overflow)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) $(PLOT_PKGS) 2>/dev/null)
PKG_LIBS   = $(shell $(PKG_CONFIG) --libs $(1))

# ---- what is built from what ----------------------------------------------
LIB_SRC   := $(wildcard daemon/core/*.c daemon/edf/*.c daemon/source/source_edf*.c) daemon/event_json.c \
	     daemon/event_names.c $(wildcard daemon/journal/db*.c)
DAEMON_SRC := $(filter-out daemon/event_json.c daemon/event_names.c,$(wildcard daemon/*.c daemon/sensor/*.c)) \
	     $(filter-out daemon/source/source_edf%,$(wildcard daemon/source/*.c)) \
	     $(wildcard daemon/journal/journal*.c daemon/bus/*.c daemon/gpio/*.c daemon/recorder/*.c)
CTL_SRC   := $(wildcard daemon/ctl/*.c daemon/plot/*.c)
CHIP_SRC  := $(wildcard tests/sim/chip_*.c)
FEED_SRC  := tests/sim/feed_session.c
GEN_LIB   := $(filter-out tests/gen/gen_main.c tests/gen/score_main.c,$(wildcard tests/gen/*.c))
SCORE_SRC := $(filter-out %_main.c,$(wildcard tests/gen/score*.c)) tests/gen/rng.c tests/gen/gmath.c
UNIT      := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
BENCHES   := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIB       := $(O)/libbackpop.a
PROGRAMS  := $(O)/backpopd $(O)/backpopctl
TOOLS     := $(addprefix $(O)/tests/,backpop-gen backpop-score backpop-feed)
UNIT_BIN  := $(addprefix $(O)/tests/unit/,$(UNIT))
BENCH_BIN := $(addprefix $(O)/tests/bench/,$(BENCHES))
PEERS     := $(addprefix $(O)/tests/peers/,stalta edf2wav)

.PHONY: all user tools unit bench-programs overlay modules check demo bench coverage torture fuzz memcheck fuzzers deb soak install install-user uninstall install-bench deps clean help
all: user modules
user: $(PROGRAMS)
tools: $(TOOLS)
unit: $(UNIT_BIN)
bench-programs: $(BENCH_BIN) $(PEERS) $(O)/tests/peers/edf-real $(O)/tests/peers/breathing

$(O)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -c -o $@ $<

$(LIB): $(call obj,$(LIB_SRC))
	rm -f $@ && $(AR) rcs $@ $^
$(O)/backpopd: $(call obj,$(DAEMON_SRC)) $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call PKG_LIBS,$(PKGS)) -lm
$(O)/backpopctl: $(call obj,$(CTL_SRC)) $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call PKG_LIBS,libsystemd json-c sqlite3 $(PLOT_PKGS)) -lm

$(O)/tests/backpop-gen: $(call obj,tests/gen/gen_main.c $(GEN_LIB) tests/sim/chip_convert.c) $(LIB)
$(O)/tests/backpop-score: $(call obj,tests/gen/score_main.c $(SCORE_SRC)) $(LIB)
$(O)/tests/backpop-feed: $(call obj,tests/sim/feeder.c $(FEED_SRC)) $(LIB)
$(O)/tests/backpop-gen $(O)/tests/backpop-score: LIBS += -lz
$(O)/tests/backpop-feed: LIBS += $(call PKG_LIBS,samplerate)
$(TOOLS):
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(call PKG_LIBS,json-c) -lm

# What a user would run instead, and real recordings as sessions: for tests/bench only.
$(PEERS): $(O)/tests/peers/%: $(O)/obj/tests/bench/peers/%.o \
		$(call obj,tests/bench/peers/channels.c tests/gen/dsp.c tests/gen/gmath.c) $(LIB)
$(O)/tests/peers/edf-real: $(call obj,tests/bench/real/edf_real.c tests/gen/background.c tests/gen/gmath.c) $(LIB)
$(O)/tests/peers/breathing: $(call obj,tests/bench/real/breathing.c) $(LIB)
$(PEERS) $(O)/tests/peers/edf-real $(O)/tests/peers/breathing:
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lz -lm

# A unit test is one file; the first part of its name says what it needs beside the library.
needs = $(filter $(O)/tests/unit/$(1)_%,$(UNIT_BIN)): $(call obj,$(2))
$(call needs,chip,$(CHIP_SRC))
$(call needs,ctl,daemon/ctl/ctl_order.c)
$(call needs,gen,$(GEN_LIB) tests/sim/chip_convert.c)
$(call needs,feed,$(FEED_SRC))
$(call needs,driver,driver/st1vafe3bx_word.c driver/st1vafe3bx_time.c)
# The driver's pure parts on the host: a few kernel headers in miniature.
$(O)/obj/driver/%.o $(O)/obj/tests/unit/driver_%.o: CPPFLAGS += -Itests/unit/kernel
$(call needs,daemon,$(filter-out daemon/backpopd.c,$(DAEMON_SRC)))
$(O)/tests/bench/journal_latency: $(call obj,$(filter-out daemon/backpopd.c,$(DAEMON_SRC)))
$(UNIT_BIN) $(BENCH_BIN): $(O)/tests/%: $(O)/obj/tests/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(call PKG_LIBS,$(PKGS) samplerate) -lz -lm

# Fuzz targets are built by tests/fuzz/run: they need clang.
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(filter-out tests/fuzz/seeds.c,$(wildcard tests/fuzz/*.c)))
fuzzers: $(FUZZ_BIN) $(O)/tests/fuzz/seeds
$(O)/obj/tests/fuzz/fifo.o: CPPFLAGS += -Itests/unit/kernel
$(O)/tests/fuzz/fifo: $(call obj,driver/st1vafe3bx_word.c driver/st1vafe3bx_time.c)
$(O)/tests/fuzz/chip: $(call obj,$(CHIP_SRC))
$(O)/tests/fuzz/config $(O)/tests/fuzz/seeds: $(call obj,daemon/config.c daemon/config_keys.c daemon/log.c $(wildcard daemon/recorder/*.c))
$(O)/tests/fuzz/score: $(call obj,$(SCORE_SRC))
$(FUZZ_BIN): FUZZER := -fsanitize=fuzzer
$(FUZZ_BIN) $(O)/tests/fuzz/seeds: $(O)/tests/%: $(O)/obj/tests/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $(FUZZER) -o $@ $(filter %.o,$^) $(LIB) $(call PKG_LIBS,inih json-c libsystemd) -lm
.SECONDARY:

overlay: $(O)/st1vafe3bx.dtbo
$(O)/%.dtbo: driver/%-overlay.dts
	@mkdir -p $(@D)
	dtc -@ -I dts -O dtb -o $@ $<

# O= on our command line must not become the kernel's output directory.
MAKEOVERRIDES =
# What modules are named after: on Debian 6.1 kernel.release does not tell it.
release = $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"/\1/p' "$(KDIR)/include/generated/utsrelease.h")
# Each kernel gets its own copy of the module sources, so that no object is shared.
modules:
	@test -n "$(KDIR)" || { echo "no kernel headers found: run 'make deps' or give KDIR=" >&2; exit 1; }
	@set -e; rel=$(release); dir=$(O)/modules/$$rel; \
	mkdir -p $$dir/tests; cp -au Kbuild driver $$dir/; cp -au tests/sim $$dir/tests/; \
	$(MAKE) -C "$(KDIR)" M=$$(realpath $$dir) BACKPOP_SIM=m $(KFLAGS) modules

print-%: ; @echo $($*)
check: ; tests/check
demo: ; tests/vm/demo $(SESSION)
bench: ; tests/bench/run
bench-driver: ; tests/bench/driver_hour
fuzz: ; tests/fuzz/run $(SECONDS)
memcheck: ; tests/memcheck/run
coverage: ; tests/uml/coverage
torture:
	BACKPOP_SEQUENCES=$(or $(SEQUENCES),10000) BACKPOP_SEED=$(or $(SEED),1) UML_TIMEOUT=14400 tests/uml/run random
deps: ; tests/deps
deb: ; tests/vm/build-deb --lint
soak: ; tests/soak/run $(PARTS)

# ---- installing -----------------------------------------------------------
INSTALL  := install -D -m644
dbusdir  := $(if $(filter /usr,$(prefix)),$(prefix)/share,$(sysconfdir))/dbus-1/system.d
conf     := $(DESTDIR)$(sysconfdir)/backpop/backpopd.conf
moddir    = $(DESTDIR)/lib/modules/$(release)/updates

install: install-user modules
	$(INSTALL) $(O)/modules/$(release)/driver/st1vafe3bx.ko $(moddir)/st1vafe3bx.ko

# What Debian's package backpop holds; the driver is in backpop-dkms there.
install-user: user
	install -D -m755 $(O)/backpopd $(DESTDIR)$(prefix)/libexec/backpopd
	install -D -m755 $(O)/backpopctl $(DESTDIR)$(prefix)/bin/backpopctl
	for page in daemon/man/*.[1-8]; do \
		sed 's,/usr/libexec/,$(prefix)/libexec/,g' $$page >$(O)/page && \
		$(INSTALL) $(O)/page $(DESTDIR)$(prefix)/share/man/man$${page##*.}/$${page##*/} || exit; done
	for interface in Manager Sensor Recorder; do \
		ln -sf org.backpop1.5 $(DESTDIR)$(prefix)/share/man/man5/org.backpop1.$$interface.5 || exit; done
	$(INSTALL) daemon/data/backpopctl.bash $(DESTDIR)$(prefix)/share/bash-completion/completions/backpopctl
	sed 's,/usr/libexec/,$(prefix)/libexec/,'"$$($(PKG_CONFIG) --atleast-version=253 libsystemd && \
		echo ';s/^Type=notify$$/Type=notify-reload/;/^ExecReload=.*kill/d')" \
		daemon/data/backpopd.service >$(O)/backpopd.service
	$(INSTALL) $(O)/backpopd.service $(DESTDIR)$(prefix)/lib/systemd/system/backpopd.service
	$(INSTALL) daemon/data/org.backpop1.service $(DESTDIR)$(prefix)/share/dbus-1/system-services/org.backpop1.service
	$(INSTALL) daemon/bus/backpop-stream.h $(DESTDIR)$(prefix)/include/backpop-stream.h
	$(INSTALL) daemon/data/backpop.sysusers $(DESTDIR)$(prefix)/lib/sysusers.d/backpop.conf
	$(INSTALL) daemon/data/org.backpop1.conf $(DESTDIR)$(dbusdir)/org.backpop1.conf
	for xml in daemon/data/dbus/*.xml; do \
		$(INSTALL) $$xml $(DESTDIR)$(prefix)/share/dbus-1/interfaces/$${xml##*/} || exit; done
	for client in daemon/examples/*; do \
		$(INSTALL) $$client $(DESTDIR)$(prefix)/share/doc/backpop/examples/$${client##*/} || exit; done
	test -e $(conf) || $(INSTALL) daemon/data/backpopd.conf $(conf)
	install -d $(conf).d
	for rules in udev/*.rules; do $(INSTALL) $$rules $(DESTDIR)$(prefix)/lib/udev/rules.d/$${rules##*/} || exit; done

# What install-user puts there, and the driver; /etc/backpop and /var/lib/backpop stay.
uninstall: user
	@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && \
	$(MAKE) -s prefix=$(prefix) sysconfdir=$(sysconfdir) DESTDIR="$$tmp" install-user && cd "$$tmp" && \
	find . ! -type d ! -path './etc/backpop/*' | sed 's,^\.,$(abspath $(DESTDIR)),' | xargs -d '\n' rm -fv
	rm -fv $(DESTDIR)/lib/modules/*/updates/st1vafe3bx.ko

install-bench: tools modules
	for tool in $(TOOLS); do install -D -m755 $$tool $(DESTDIR)$(prefix)/lib/backpop/bench/$${tool##*/} || exit; done
	$(INSTALL) $(O)/modules/$(release)/tests/sim/backpop_sim.ko $(moddir)/backpop_sim.ko

# The sources where DKMS looks for them; then: dkms install backpop/VERSION
dkmsdir = $(DESTDIR)/usr/src/backpop-$(VERSION)
dkms-install:
	install -d $(dkmsdir)
	install -m644 driver/Kbuild driver/*.[ch] $(dkmsdir)/
	sed 's/#MODULE_VERSION#/$(VERSION)/' driver/dkms.conf >$(dkmsdir)/dkms.conf

clean:
	rm -rf $(O)
help:
	@sed -n 's/^#: //p' Makefile

#: make              the daemon, the command, and the driver for the running kernel (or KDIR=)
#: make deps         install what building and testing needs (as root, Debian 12 or 13)
#: make demo         play a session through the whole chain in the bench VM [SESSION=file.edf]
#: make check        all tests: host, User-Mode Linux, bench VM
#: make bench        measure the budgets
#: make memcheck     unit tests under valgrind
#: make fuzz         fuzz parsers, core, driver and chip model with clang [SECONDS=600]
#: make torture      ten thousand random sequences against the driver [SEQUENCES= SEED=]
#: make bench-driver the driver for an hour of simulated time: losses, time stamps, bus
#: make coverage     which lines of the driver the tests reach
#: make install      [DESTDIR= prefix=/usr/local]
#: make uninstall    what install has put there, settings and recordings stay [the same]
#: make dkms-install the driver's sources for DKMS, in /usr/src [DESTDIR=]
#: make modules      driver and simulator for KDIR=
#: make soak         what takes hours: a day of samples, the bench VM's bad days [PARTS=...]
#: make deb          Debian packages for Debian 13, checked by lintian, in build/deb/
#: make overlay      Raspberry Pi device-tree overlay, build/st1vafe3bx.dtbo
#: make clean

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
