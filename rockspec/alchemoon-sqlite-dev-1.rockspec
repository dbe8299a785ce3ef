rockspec_format = "3.0"
package = "alchemoon-sqlite"
version = "dev-1"
-- `luarocks make` builds the tree that it is called in; a release names its archive here.
source = { url = "git+file://." }
description = {
  summary = "The SQLite driver of alchemoon",
  license = "MIT",
  labels = { "database", "sqlite" },
}
dependencies = { "lua >= 5.1, < 5.5", "alchemoon" }
external_dependencies = { SQLITE = { header = "sqlite3.h", library = "sqlite3" } }
build = {
  type = "make",
  build_target = "driver-sqlite",
  install_target = "install-sqlite",
  variables = {
    LUA = "rock",
    BUILD = "build/rock$(LUA_INCDIR)",
    LUA_INC = "-I$(LUA_INCDIR)",
    CFLAGS = "$(CFLAGS)",
    SHARED = "$(LIBFLAG)",
    SQLITE_CFLAGS = "-I$(SQLITE_INCDIR)",
    SQLITE_LIBS = "-L$(SQLITE_LIBDIR) -lsqlite3",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
  },
}
