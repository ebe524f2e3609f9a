# opres: a PostgreSQL extension (PGXS) and what belongs to it. `make help` lists the targets.

PG_CONFIG ?= pg_config
OPRES_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" opres.control)

# The install script is put together from the rooms' SQL files in this order.
SQL_PARTS := \
	src/extension/types/types.sql \
	src/extension/map/tables.sql \
	src/extension/map/edit.sql \
	src/extension/map/revision.sql \
	src/extension/map/document.sql \
	src/extension/map/check.sql \
	src/extension/map/depends.sql \
	src/extension/outage/outage.sql \
	src/extension/drawing/drawing.sql \
	src/extension/common/access.sql

ENGINE_SRC := $(sort $(wildcard src/engine/*.c))
EXTENSION_SRC := $(sort $(wildcard src/extension/*/*.c))

EXTENSION := opres
MODULE_big := opres
OBJS := $(ENGINE_SRC:.c=.o) $(EXTENSION_SRC:.c=.o)
DATA_built := opres--$(OPRES_VERSION).sql
EXTRA_CLEAN := build

# -isystem for the server's headers would hide nothing of ours; warnings are errors for our code in `make lint`.
PG_CPPFLAGS := -Isrc/engine -Isrc/extension
PG_CFLAGS := -std=gnu11 -fvisibility=hidden -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare $(EXTRA_CFLAGS)
SHLIB_LINK := -lcgraph -lcdt -lm $(EXTRA_LDFLAGS)
override with_llvm := no

# PGXS without pg_config would say "Nothing to be done" and exit 0: fail loudly instead.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
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
