-- The second compiler: clang over all C sources, against the headers of both main Luas.
local files = require "lint.files"

local FLAGS = "-std=c11 -D_GNU_SOURCE -Icsrc -Ispec/c -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror "
  .. "$(pkg-config --cflags libpq sqlite3) "

local function pass(root, lua, dirs, extra)
  local command = ("cd %s && find %s -name '*.c' 2>/dev/null | sort | "):format(root, dirs)
    .. "xargs -r -n 8 -P $(nproc) clang -fsyntax-only -DAM_DRIVER_NAME=sqlite " .. extra .. FLAGS
    .. ("$(pkg-config --cflags %s)"):format(lua)
  local ok, lines = files.run(command)
  local findings = {}
  for _, line in ipairs(lines) do
    if line:match("error:") then findings[#findings + 1] = line end
  end
  if not ok and #findings == 0 then findings = lines end
  return findings
end

return function(root)
  local findings = pass(root, "lua5.4", "csrc spec/c", "")
  local more = { pass(root, "lua5.4", "csrc/base csrc/bind", "-DAM_FAULTS ") }
  if files.run("pkg-config --exists luajit") then more[#more + 1] = pass(root, "luajit", "csrc/bind", "") end
  for _, list in ipairs(more) do
    for _, line in ipairs(list) do findings[#findings + 1] = line end
  end
  return findings
end
