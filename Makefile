# alchemoon: build, test, install. `make help` lists the targets.
LUA ?= lua5.4
BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
ifeq ($(origin CC),default)
CC := $(if $(shell ccache --version >/dev/null 2>&1 && ccache -s >/dev/null 2>&1 && echo yes),ccache )gcc
endif
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror
ifeq ($(LUA),luajit)
LUA_INC := $(shell pkg-config --cflags luajit 2>/dev/null)
LUA_VER = 5.1
else
LUA_INC := $(shell pkg-config --cflags $(LUA) 2>/dev/null)
LUA_VER = $(subst lua,,$(LUA))
endif
SHARED ?= -shared
# lua_close may unload a driver before it collects a pool that holds connections of it (LuaJIT does), so what is loaded
# stays, also where a rock says what SHARED is.
NEVER_UNLOADED = -Wl,-z,nodelete
LINK = $(CC) $(SHARED) $(if $(findstring -shared,$(SHARED)),$(NEVER_UNLOADED))
SQLITE_CFLAGS ?= $(shell pkg-config --cflags sqlite3 2>/dev/null)
SQLITE_LIBS ?= -lsqlite3
PQ_CFLAGS ?= $(shell pkg-config --cflags libpq 2>/dev/null)
PQ_LIBS ?= -lpq
BASE_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=. -Icsrc \
	$(WARN) $(EXTRA_CFLAGS)

CORE_SRC := $(filter-out csrc/driver/% csrc/bind/%,$(wildcard csrc/*/*.c csrc/*/*/*.c))
BIND_SRC := $(filter-out csrc/bind/driver.c,$(wildcard csrc/bind/*.c))
BASE_SRC := $(wildcard csrc/base/*.c csrc/value/*.c)
CORE_OBJ := $(CORE_SRC:csrc/%.c=$(BUILD)/obj/%.o)
BASE_OBJ := $(BASE_SRC:csrc/%.c=$(BUILD)/obj/%.o)
OUT := $(BUILD)/$(LUA)
BIND_OBJ := $(BIND_SRC:csrc/%.c=$(OUT)/obj/%.o)

.PHONY: all core drivers driver-sqlite driver-postgresql spec demo test bench bench-growth instructions \
	instructions-diff lint asan examples hosts \
	install clean help rocks readmes meta tsan ctest spec-support stream fuzz install-core install-sqlite install-postgresql install-bin install-rock-bin
all: core drivers ## build the core and the drivers for LUA
core: $(OUT)/alchemoon/core.so
drivers: driver-sqlite driver-postgresql
driver-sqlite: $(OUT)/alchemoon/driver/sqlite.so
driver-postgresql: $(OUT)/alchemoon/driver/postgresql.so

$(BUILD)/obj/%.o: csrc/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE_CFLAGS) -MMD -MP -c $< -o $@
$(OUT)/obj/bind/%.o: csrc/bind/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE_CFLAGS) $(LUA_INC) -MMD -MP -c $< -o $@
$(BUILD)/obj/driver/sqlit%.o: BASE_CFLAGS += $(SQLITE_CFLAGS)
$(BUILD)/obj/driver/postgre%.o: BASE_CFLAGS += $(PQ_CFLAGS)
$(OUT)/alchemoon/core.so: $(CORE_OBJ) $(BIND_OBJ)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ -lm -lpthread $(LDFLAGS)

define DRIVER_RULE
$(OUT)/obj/driver_$(1).o: csrc/bind/driver.c
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(BASE_CFLAGS) $$(LUA_INC) -DAM_DRIVER_NAME=$(1) -MMD -MP -c $$< -o $$@
$(OUT)/alchemoon/driver/$(1).so: $(patsubst csrc/%.c,$(BUILD)/obj/%.o,$(wildcard csrc/driver/$(1)*.c)) $$(BASE_OBJ) $(OUT)/obj/driver_$(1).o
	@mkdir -p $$(@D)
	$$(LINK) -o $$@ $$^ $(2) -lpthread -lm $$(LDFLAGS)
endef
$(eval $(call DRIVER_RULE,sqlite,$$(SQLITE_LIBS)))
$(eval $(call DRIVER_RULE,postgresql,$$(PQ_LIBS)))

# Plain C tests: one program per spec/c/*_test.c, linked with the core (no Lua in it). Allocation goes
# through check.c, which can let the n-th one fail.
CTEST_SRC := $(wildcard spec/c/*_test.c)
CTEST := $(CTEST_SRC:spec/c/%.c=$(BUILD)/c/%)
$(BUILD)/c/%.o: spec/c/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE_CFLAGS) -Ispec/c -MMD -MP -c $< -o $@
$(BUILD)/libcore.a: $(CORE_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(CTEST): $(BUILD)/c/%: $(BUILD)/c/%.o $(BUILD)/c/check.o $(BUILD)/libcore.a
	$(CC) -o $@ $^ -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free -lm -lpthread $(LDFLAGS)
ctest: $(CTEST) ## build the C tests

# Libraries for specs, in the way of the Lua that runs them: spec/support/*.c.
$(OUT)/support/%.so: spec/support/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=c11 -D_GNU_SOURCE -fPIC $(WARN) $(LUA_INC) $(PQ_CFLAGS) $(SQLITE_CFLAGS) \
	  -shared -o $@ $< $(PQ_LIBS) $(SQLITE_LIBS)
spec-support: $(OUT)/support/driver_faults.so $(OUT)/support/system_faults.so

SPEC ?= spec
LUA_ENV = LUA_PATH='lua/?.lua;lua/?/init.lua;spec/?.lua;;' LUA_CPATH='$(OUT)/?.so;;'
spec: all spec-support ## run some specs with one Lua: make spec LUA=luajit SPEC=spec/base
	$(LUA_ENV) $(LUA) $(shell command -v busted || echo /usr/bin/busted) --helper=spec/support/init.lua $(BUSTED_FLAGS) $(SPEC)

# LUA=… on the command line tests that one; else both main runtimes are tested.
LUAS ?= $(if $(findstring command,$(origin LUA)),$(LUA),lua5.4 luajit)
test: ## install what is missing, build, run all specs on both Luas (GC=aggressive: with a restless collector)
	@tools/need test $(LUAS)
	@MAKE='$(MAKE)' BUILD='$(BUILD)' JOBS='$(JOBS)' ALCHEMOON_GC='$(GC)' tools/test $(LUAS)

hosts: ## the specs of the ORM under every reactor's host, on both Luas
	@ALCHEMOON_BEHAVIOUR=all SPEC_TIMEOUT=3000 $(MAKE) -s --no-print-directory test \
	  SPEC="spec/reactor/behaviour_spec.lua spec/reactor/nginx_spec.lua"

demo: ## the blog application on SQLite
	@tools/need demo $(LUA)
	@$(MAKE) -s --no-print-directory -j$(JOBS) core $(OUT)/alchemoon/driver/sqlite.so
	@$(LUA_ENV) $(LUA) examples/blog.lua

examples: ## run every example on both Luas and compare its output
	@tools/need examples $(LUAS)
	@MAKE='$(MAKE)' BUILD='$(BUILD)' JOBS='$(JOBS)' tools/examples $(LUAS)

bench: ## measure: make bench WORKLOADS="attr" DB=sqlite ROUNDS=9 (see bench/README.md)
	@tools/need bench lua5.4 luajit
	@bench/run

bench-growth: ## exponents of the workloads over 1k to 1M rows
	@tools/need bench lua5.4 luajit
	@bench/growth

instructions: ## count instructions of the hot paths anew: bench/instructions.txt
	@tools/need instructions lua5.4 luajit
	@bench/instructions

instructions-diff: ## count them and show what changed; fails if a figure grew
	@tools/need instructions lua5.4 luajit
	@bench/instructions --check

stream: ## 10 million rows from each database in constant memory (ROWS=…)
	@tools/need test $(LUAS)
	@MAKE='$(MAKE)' BUILD='$(BUILD)' JOBS='$(JOBS)' ROWS='$(ROWS)' tools/stream $(LUAS)

lint: ## luacheck, second compiler, layers, file lists, sizes
	@tools/need lint
	@lua5.4 tools/lint.lua

asan: ## all specs under AddressSanitizer and UBSan, allocation faults switched on
	@tools/need asan $(LUAS)
	@MAKE='$(MAKE)' JOBS='$(JOBS)' ALCHEMOON_GC='$(GC)' tools/asan $(LUAS)

fuzz: ## fuzz the parsers: make fuzz TARGET=url SECONDS_EACH=60
	@tools/need lint
	@SECONDS_EACH='$(or $(SECONDS_EACH),60)' tools/fuzz $(TARGET)

# The second half runs a host with sixteen Lua states (spec/threads) on one shared engine, on SQLite and, if
# ALCHEMOON_TEST_PG is set, PostgreSQL. Lua and the client libraries are not instrumented, what they call is.
TSAN = BUILD=build/tsan CC=gcc CFLAGS='-O1 -g' EXTRA_CFLAGS=-fsanitize=thread LDFLAGS=-fsanitize=thread
tsan: ## the C tests, and many Lua states on one engine, under ThreadSanitizer
	@tools/need build
	@$(MAKE) -s --no-print-directory -j$(JOBS) ctest $(TSAN)
	@set -e; for t in build/tsan/c/*_test; do echo "$$t"; TSAN_OPTIONS=halt_on_error=1 $$t; done
	@$(MAKE) -s --no-print-directory -j$(JOBS) all LUA=lua5.4 $(TSAN)
	@tools/tsan

meta: core ## write what editors read about `am` (lua/alchemoon/meta/)
	@LUA_PATH="lua/?.lua;lua/?/init.lua;;" LUA_CPATH="$(OUT)/?.so;;" $(LUA) tools/meta.lua lua/alchemoon/meta

readmes: ## add new files to the lists in the READMEs
	@lua5.4 tools/readmes.lua

rocks: ## build the rocks for 5.4 and LuaJIT into a scratch tree and load them
	@tools/need rocks lua5.4 luajit
	@tools/rocks

# LUADIR, LIBDIR and BINDIR may be given one by one, as the rockspecs do.
LUADIR = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_VER)
LIBDIR = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_VER)
BINDIR = $(DESTDIR)$(PREFIX)/bin
install: install-core install-sqlite install-postgresql install-bin ## make install LUA=lua5.4 PREFIX=/usr/local
	@echo "alchemoon for $(LUA) is installed below $(DESTDIR)$(PREFIX)"
install-core: core
	@find lua -name '*.lua' | while read -r f; do install -D -m 644 "$$f" "$(LUADIR)/$${f#lua/}" || exit 1; done
	@install -D -m 755 $(OUT)/alchemoon/core.so "$(LIBDIR)/alchemoon/core.so"
install-sqlite install-postgresql: install-%: $(OUT)/alchemoon/driver/%.so
	@install -D -m 755 $< "$(LIBDIR)/alchemoon/driver/$*.so"
install-bin:
	@for f in $(wildcard bin/*); do install -d "$(BINDIR)" && \
	  tools/program "$$f" $(LUA) "$(abspath $(PREFIX))" $(LUA_VER) >"$(BINDIR)/$${f##*/}" && \
	  chmod 755 "$(BINDIR)/$${f##*/}" || exit 1; done
install-rock-bin:
	@for f in $(wildcard bin/*); do install -D -m 755 "$$f" "$(BINDIR)/$${f##*/}" || exit 1; done

clean: ## remove everything that was built
	rm -rf build
help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  %-10s %s\n", $$1, $$2 }'
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
