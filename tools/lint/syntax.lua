-- Every Lua source compiles with the oldest Lua that we serve, every script with its shell.
local files = require "lint.files"

local function compiler()
  for _, name in ipairs { "luac5.1", "luac" } do
    if files.run("command -v " .. name) then return name end
  end
end

return function(root)
  local findings, notes = {}, {}
  local luac = compiler()
  if not luac then notes[1] = "no luac5.1 here, the Lua 5.1 syntax is not checked" end
  local found = files.walk(root, "lua", "tools", "examples", "bench", "bin", "spec", ".ci").files
  for _, path in ipairs(found) do
    local command
    if path:match("%.lua$") then
      command = luac and luac .. " -p"
    elseif not path:match("%.[%w]+$") or path:match("%.sh$") then
      command = files.read(path):match("^#!/bin/(%l+)\n")
      command = command and command .. " -n"
    end
    if command then
      local ok, lines = files.run(command .. " " .. path)
      if not ok then findings[#findings + 1] = lines[1] end
    end
  end
  return findings, notes
end
