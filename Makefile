# alchemoon: build, test, install. `make help` lists the targets.
LUA ?= lua5.4
BUILD ?= build
CC ?= gcc
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror
ifeq ($(LUA),luajit)
LUA_INC = $(shell pkg-config --cflags luajit)
LUA_VER = 5.1
else
LUA_INC = $(shell pkg-config --cflags $(LUA))
LUA_VER = $(subst lua,,$(LUA))
endif
BASE_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -Icsrc $(WARN) $(EXTRA_CFLAGS)

CORE_SRC := $(filter-out csrc/driver/% csrc/bind/%,$(wildcard csrc/*/*.c csrc/*/*/*.c))
BIND_SRC := $(filter-out csrc/bind/driver.c,$(wildcard csrc/bind/*.c))
BASE_SRC := $(wildcard csrc/base/*.c csrc/value/*.c)
CORE_OBJ := $(CORE_SRC:csrc/%.c=$(BUILD)/obj/%.o)
BASE_OBJ := $(BASE_SRC:csrc/%.c=$(BUILD)/obj/%.o)
OUT := $(BUILD)/$(LUA)
BIND_OBJ := $(BIND_SRC:csrc/%.c=$(OUT)/obj/%.o)

.PHONY: all core drivers clean spec
all: core drivers
core: $(OUT)/alchemoon/core.so
drivers: $(OUT)/alchemoon/driver/sqlite.so $(OUT)/alchemoon/driver/postgresql.so

$(BUILD)/obj/%.o: csrc/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE_CFLAGS) -MMD -MP -c $< -o $@
$(OUT)/obj/bind/%.o: csrc/bind/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE_CFLAGS) $(LUA_INC) -MMD -MP -c $< -o $@
$(BUILD)/obj/driver/postgresql%.o: BASE_CFLAGS += $(shell pkg-config --cflags libpq)
$(OUT)/alchemoon/core.so: $(CORE_OBJ) $(BIND_OBJ)
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $^ -lm -lpthread $(LDFLAGS)

define DRIVER_RULE
$(OUT)/obj/driver_$(1).o: csrc/bind/driver.c
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(BASE_CFLAGS) $$(LUA_INC) -DAM_DRIVER_NAME=$(1) -MMD -MP -c $$< -o $$@
$(OUT)/alchemoon/driver/$(1).so: $(patsubst csrc/%.c,$(BUILD)/obj/%.o,$(wildcard csrc/driver/$(1)*.c)) $$(BASE_OBJ) $(OUT)/obj/driver_$(1).o
	@mkdir -p $$(@D)
	$$(CC) -shared -o $$@ $$^ $(2) -lpthread -lm $$(LDFLAGS)
endef
$(eval $(call DRIVER_RULE,sqlite,-lsqlite3))
$(eval $(call DRIVER_RULE,postgresql,-lpq))

SPEC ?= spec
spec: all
	LUA_PATH='lua/?.lua;lua/?/init.lua;spec/?.lua;;' LUA_CPATH='$(OUT)/?.so;;' $(LUA) /usr/bin/busted --helper=spec/support/init.lua $(BUSTED_FLAGS) $(SPEC)

clean:
	rm -rf build
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
