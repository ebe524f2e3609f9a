# opres: a PostgreSQL extension (PGXS) and what belongs to it. `make help` lists the targets.

PG_CONFIG ?= pg_config
OPRES_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" opres.control)

# The install script is put together from the rooms' SQL files in this order.
SQL_PARTS := \
	src/extension/common/schema.sql \
	src/extension/types/duration.sql \
	src/extension/types/tolerance.sql \
	src/extension/types/level_curve.sql \
	src/extension/types/duration_distribution.sql \
	src/extension/types/comments.sql \
	src/extension/map/tables.sql \
	src/extension/map/edit.sql \
	src/extension/map/revision.sql \
	src/extension/map/audit.sql \
	src/extension/map/document.sql \
	src/extension/map/check_texts.sql \
	src/extension/map/check.sql \
	src/extension/map/diff.sql \
	src/extension/map/depends.sql \
	src/extension/outage/outage.sql \
	src/extension/drawing/drawing.sql \
	src/extension/audit/tables.sql \
	src/extension/audit/append.sql \
	src/extension/audit/ddl_guard.sql \
	src/extension/playbook/tables.sql \
	src/extension/playbook/canonical.sql \
	src/extension/playbook/signature.sql \
	src/extension/playbook/playbook.sql \
	src/extension/incident/tables.sql \
	src/extension/webhook/tables.sql \
	src/extension/webhook/publish.sql \
	src/extension/incident/people.sql \
	src/extension/incident/contacts.sql \
	src/extension/incident/people_erase.sql \
	src/extension/incident/people_document.sql \
	src/extension/incident/access.sql \
	src/extension/incident/run.sql \
	src/extension/incident/incident.sql \
	src/extension/incident/criteria.sql \
	src/extension/incident/clock.sql \
	src/extension/incident/close.sql \
	src/extension/incident/timeline.sql \
	src/extension/incident/exercise.sql \
	src/extension/incident/redact.sql \
	src/extension/webhook/outbox.sql \
	src/extension/webhook/sender.sql \
	src/extension/webhook/receive.sql \
	src/extension/webhook/raise.sql \
	src/extension/incident/audit.sql \
	src/extension/audit/audit.sql \
	src/extension/common/access.sql

ENGINE_SRC := $(sort $(wildcard src/engine/*.c))
EXTENSION_SRC := $(sort $(wildcard src/extension/*/*.c))
COMPANION_SRC := $(sort $(wildcard src/companion/*.c))
COMPANION_MAN := $(sort $(wildcard src/companion/*.1))
# Examples for the administrator, among the documentation; the program's path is put in.
COMPANION_UNITS := src/companion/opres-witness.service src/companion/opres-witness.env \
	src/companion/opres-serve.service src/companion/opres-serve.conf

EXTENSION := opres
MODULE_big := opres
OBJS := $(ENGINE_SRC:.c=.o) $(EXTENSION_SRC:.c=.o)
DATA_built := opres--$(OPRES_VERSION).sql
EXTRA_CLEAN := build $(OBJS:.o=.d)

# sql/*.sql: each creates the extension at its start and drops it at its end, so that they need no order.
REGRESS := $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))

# -MMD: a changed header rebuilds what includes it. Warnings are errors in `make lint`.
PG_CPPFLAGS := -Isrc/engine -Isrc/extension -MMD -MP
PG_CFLAGS := -std=gnu11 -fvisibility=hidden -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare $(EXTRA_CFLAGS)
SHLIB_LINK := -lcgraph -lcdt -lcrypto -lm $(EXTRA_LDFLAGS)
override with_llvm := no

.DEFAULT_GOAL := all
ifneq ($(filter check,$(MAKECMDGOALS)),)
$(error PGXS tests nothing in "make check": run make test)
endif

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
-include $(OBJS:.o=.d)

# The companion program: libpq and libcrypto, no part of the server. It takes from the engine what it needs.
COMPANION := build/companion/opres
COMPANION_OBJS := $(COMPANION_SRC:src/companion/%.c=build/companion/%.o)
COMPANION_FLAGS := -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-DOPRES_VERSION='"$(OPRES_VERSION)"' -Isrc/companion -Isrc/engine -I$(shell $(PG_CONFIG) --includedir) $(EXTRA_CFLAGS)
build/companion/libengine.a: $(ENGINE_SRC:.c=.o)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) crs $@ $^
build/companion/%.o: src/companion/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMPANION_FLAGS) -MMD -MP -c -o $@ $<
$(COMPANION): $(COMPANION_OBJS) build/companion/libengine.a
	$(CC) -o $@ $^ -L$(shell $(PG_CONFIG) --libdir) -lpq -ljansson -lmicrohttpd -lcurl -lcrypto -lpthread -lm $(EXTRA_LDFLAGS)
-include $(COMPANION_OBJS:.o=.d)

.PHONY: install-companion uninstall-companion
all: $(COMPANION)
install: install-companion
# Not among PostgreSQL's own programs: there it would be on nobody's PATH. `make install-companion` alone is for the witness's machine.
COMPANION_PREFIX ?= /usr/local
companion_bin = $(DESTDIR)$(COMPANION_PREFIX)/bin
companion_man = $(DESTDIR)$(COMPANION_PREFIX)/share/man/man1
companion_doc = $(DESTDIR)$(COMPANION_PREFIX)/share/doc/opres
install-companion: $(COMPANION)
	$(MKDIR_P) '$(companion_bin)' '$(companion_man)' '$(companion_doc)'
	$(INSTALL_PROGRAM) $(COMPANION) '$(companion_bin)/opres'
	$(INSTALL_DATA) $(COMPANION_MAN) '$(companion_man)/'
	for file in $(COMPANION_UNITS); do \
		sed 's|/usr/bin/opres|$(COMPANION_PREFIX)/bin/opres|' "$$file" > '$(companion_doc)'/"$${file##*/}" || exit 1; done
uninstall: uninstall-companion
uninstall-companion:
	rm -f '$(companion_bin)/opres' $(foreach page,$(COMPANION_MAN),'$(companion_man)/$(notdir $(page))') \
		$(foreach file,$(COMPANION_UNITS),'$(companion_doc)/$(notdir $(file))')
else
# Without PGXS make would say "Nothing to be done" and exit 0: fail loudly instead.
.PHONY: all install install-companion uninstall installcheck clean
all install install-companion uninstall installcheck clean:
	@echo "$(PG_CONFIG) finds no PGXS here: install PostgreSQL's server development files, or run: test/install-deps demo" >&2; exit 1
endif

opres--$(OPRES_VERSION).sql: $(SQL_PARTS) Makefile
	@printf '%s\n' '\echo Use "CREATE EXTENSION opres" to load this file. \quit' > $@.tmp
	@for part in $(SQL_PARTS); do printf '\n-- %s\n' "$$part"; cat "$$part" || exit 1; done >> $@.tmp
	@mv $@.tmp $@

# Installed into a folder, for private clusters (test/with-cluster); nothing is written to the system.
STAGE := $(CURDIR)/build/stage
.PHONY: stage
stage: all
	@rm -rf $(STAGE)
	@$(MAKE) -s install DESTDIR=$(STAGE) >/dev/null

# What people type. Each installs what is missing first, so make is called again: only then is there a pg_config to ask.
BUILD := $(MAKE) --no-print-directory -s -j2 stage
.PHONY: help demo test test-long sanitize bench graphs lint
help:
	@sed -n 's/^#: //p' Makefile
#: make             build the extension                make install     install it into this machine's PostgreSQL
#: make demo        load the sample bank into a throw-away cluster, play an outage, work through an incident; says where to look
#: make test        prove everything (test/run GROUP... runs some groups)
#: make installcheck  the golden tests against a running server that has the extension
#: make test-long   the random tests and fuzzers for longer
#: make sanitize    the extension under UBSan in a server, the fuzzers for a minute each
#: make lint        formats, warnings as errors, static analysis
#: make bench       speed of maps, the audit trail, runs, loading playbooks and webhooks; BENCH_SIZES="1k 10k 100k 1M" for maps of all sizes
#: make graphs      draw the sample bank's maps again, into graphs/

demo:
	@test/install-deps demo
	@$(BUILD)
	@test/demo

test:
	@test/install-deps test
	@$(BUILD)
	@test/run

test-long:
	@test/install-deps test lint
	@$(BUILD)
	@OPRES_LONG=1 test/run engine twin server companion ubsan fuzz

sanitize:
	@test/install-deps test lint
	@$(BUILD)
	@test/run ubsan fuzz

lint:
	@test/install-deps test lint
	@test/lint

bench:
	@test/install-deps test
	@$(BUILD)
	@test/bench/run $(BENCH_SIZES)
	@test/bench/audit
	@test/bench/webhook
	@test/bench/runs
	@test/bench/playbooks

graphs:
	@test/install-deps demo
	@$(BUILD)
	@graphs/make-graphs
