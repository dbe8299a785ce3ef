rockspec_format = "3.0"
package = "alchemoon-postgresql"
version = "dev-1"
-- `luarocks make` builds the tree that it is called in; a release names its archive here.
source = { url = "git+file://." }
description = {
  summary = "The PostgreSQL driver of alchemoon",
  license = "MIT",
  labels = { "database", "postgresql" },
}
dependencies = { "lua >= 5.1, < 5.5", "alchemoon" }
-- Only the library is looked for: Debian keeps libpq-fe.h in a folder of its own, others do not.
external_dependencies = { PQ = { library = "pq" } }
build = {
  type = "make",
  build_target = "driver-postgresql",
  install_target = "install-postgresql",
  variables = {
    LUA = "rock",
    BUILD = "build/rock$(LUA_INCDIR)",
    LUA_INC = "-I$(LUA_INCDIR)",
    CFLAGS = "$(CFLAGS)",
    SHARED = "$(LIBFLAG)",
    PQ_CFLAGS = "-I$(PQ_INCDIR) -I$(PQ_INCDIR)/postgresql",
    PQ_LIBS = "-L$(PQ_LIBDIR) -lpq",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
  },
}
