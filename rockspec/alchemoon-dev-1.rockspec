rockspec_format = "3.0"
package = "alchemoon"
version = "dev-1"
-- `luarocks make` builds the tree that it is called in; a release names its archive here.
source = { url = "git+file://." }
description = {
  summary = "ORM and SQL toolkit with a core in C: SQLAlchemy 2.0 for Lua",
  detailed = [[
Engine and pool, schema, SQL expressions, models, sessions, loaders, unit of work and migrations, with
the vocabulary and the behaviour of SQLAlchemy 2.0. Databases come as rocks of their own:
alchemoon-sqlite and alchemoon-postgresql.]],
  license = "MIT",
  labels = { "database", "orm", "sql", "sqlite", "postgresql" },
}
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson >= 2.1.0", "argparse >= 0.7.1" }
build = {
  type = "make",
  build_target = "core",
  install_target = "install-core install-rock-bin",
  variables = {
    LUA = "rock",
    BUILD = "build/rock$(LUA_INCDIR)",
    LUA_INC = "-I$(LUA_INCDIR)",
    CFLAGS = "$(CFLAGS)",
    SHARED = "$(LIBFLAG)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    BINDIR = "$(BINDIR)",
  },
}
