-- The checks of make lint find what they are there for: each gets a small tree with one fault in it.
local lfs = require "lfs"

package.path = "tools/?.lua;" .. package.path

describe("lint", function()
  local root

  local function write(path, text)
    local dir = root
    for part in path:gmatch("([^/]+)/") do
      dir = dir .. "/" .. part
      lfs.mkdir(dir)
    end
    local file = assert(io.open(root .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end

  local function findings(check)
    local found = require("lint." .. check)(root)
    return table.concat(found, "\n"), #found
  end

  before_each(function()
    root = os.tmpname()
    os.remove(root)
    assert(lfs.mkdir(root))
    write("csrc/layers.txt", "base:\nsql: base\nbind: base sql\n")
  end)
  after_each(function() os.execute("rm -rf '" .. root .. "'") end)

  it("layers: an include that points upwards", function()
    write("csrc/base/a.c", '#include "base/a.h"\n#include "sql/b.h"\n')
    write("csrc/sql/b.c", '#include "base/a.h"\n#include <lua.h>\n#include <limits.h>\n')
    write("csrc/bind/c.c", '#include "sql/b.h"\n#include <lua.h>\n')
    write("csrc/new/d.c", '#include "e.h"\n')
    local text, count = findings "layers"
    assert.equal(4, count, text)
    assert.matches("a.c:2: base/ must not include sql/", text, 1, true)
    assert.matches("only bind/ includes lua.h", text, 1, true)
    assert.matches("room new is not in", text, 1, true)
    assert.matches('include "e.h" with its room', text, 1, true)
  end)

  it("readmes: a file without a line, a line without a file, a dead link", function()
    write("csrc/README.md", "`base/` and `layers.txt`; [here](base/README.md), [there](gone.md)\n")
    write("csrc/base/README.md", "| `a.h` `a.c` | x |\n| `gone.c` | y |\n")
    write("csrc/base/a.c", "")
    write("csrc/base/a.h", "")
    write("csrc/base/b.c", "")
    local text, count = findings "readmes"
    assert.equal(3, count, text)
    assert.matches("does not name b.c", text, 1, true)
    assert.matches("names gone.c", text, 1, true)
    assert.matches("link to gone.md", text, 1, true)
  end)

  it("sizes: long files, functions and lines", function()
    write("csrc/base/a.c", "void f(void)\n{\n" .. ("  g();\n"):rep(130) .. "}\n")
    write("csrc/base/b.c", ("int x;\n"):rep(901))
    write("csrc/base/c.c", ("x"):rep(121) .. "\nint y; \n")
    write("lua/d.lua", "local x = 1\n")
    local text, count = findings "sizes"
    assert.equal(4, count, text)
    assert.matches("a function of 130 lines", text, 1, true)
    assert.matches("901 lines", text, 1, true)
    assert.matches("121 characters", text, 1, true)
    assert.matches("white space at the end", text, 1, true)
  end)

  it("words: unfinished work, the heap, mutable state; excused with a reason", function()
    write("csrc/base/a.c", table.concat({
      "static int counter;", "static const int limit = 3;", "static int f(void);", "/* malloc(3) */",
      "  x = malloc(3);", "  /* lint: the library frees it */", "  y = strdup(z);", "  // TO" .. "DO later",
      "static void g(int n)", "{", "  am_free(p);", "static const char *const names[] = {",
    }, "\n"))
    local text, count = findings "words"
    assert.equal(3, count, text)
    assert.matches("a.c:1: static mutable state", text, 1, true)
    assert.matches("a.c:5: malloc() is not for us", text, 1, true)
    assert.matches("a.c:8: TO" .. "DO", text, 1, true)
  end)

  it("rockspecs: a rock that is not listed, a driver without rockspec", function()
    write("rockspec/alchemoon-dev-1.rockspec",
      'package = "alchemoon" version = "dev-1" description = { license = "MIT" } dependencies = { "lua >= 5.1" }\n')
    write("rockspec/other.rockspec", 'package = "alchemoon-x" version = "dev-1"\n')
    write("csrc/driver/sqlite.c", "")
    write("lua/alchemoon/a.lua", 'local cjson = require "cjson"\nlocal b = require "alchemoon.b"\n')
    local text, count = findings "rockspecs"
    assert.equal(4, count, text)
    assert.matches("requires lua-cjson", text, 1, true)
    assert.matches("no rockspec for the driver sqlite", text, 1, true)
    assert.matches("not named after", text, 1, true)
    assert.matches("no licence", text, 1, true)
  end)

  it("modules export nothing but their luaopen function", function()
    local dir
    for template in package.cpath:gmatch("[^;?]+%?[^;]*") do
      local prefix = template:match("^[^?]+")
      if not dir and lfs.attributes(prefix .. "alchemoon/core.so") then dir = prefix end
    end
    for _, name in ipairs { "core", "driver/sqlite", "driver/postgresql" } do
      local pipe = io.popen("nm -D --defined-only '" .. dir .. "alchemoon/" .. name .. ".so' 2>&1")
      local symbols = {}
      for line in pipe:lines() do
        local symbol = line:match("^%x+ %u (%S+)$") or line
        if not symbol:match("^__asan") and not symbol:match("^__odr_asan") then symbols[#symbols + 1] = symbol end
      end
      pipe:close()
      assert.same({ "luaopen_alchemoon_" .. name:gsub("/", "_") }, symbols)
    end
  end)
end)
