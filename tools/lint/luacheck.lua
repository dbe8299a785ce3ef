-- luacheck over all Lua sources, see .luacheckrc.
local files = require "lint.files"

return function(root)
  local dirs = {}
  for _, dir in ipairs { "lua", "spec", "tools", "examples", "bench", "bin" } do
    if files.exists(root .. "/" .. dir) then dirs[#dirs + 1] = dir end
  end
  local ok, lines = files.run(("cd %s && luacheck -q --no-color --codes %s"):format(root, table.concat(dirs, " ")))
  local findings = {}
  for _, line in ipairs(ok and {} or lines) do
    if line:match(":%d+:%d+:") then findings[#findings + 1] = line:gsub("^%s+", "") end
  end
  if not ok and #findings == 0 then findings = lines end
  return findings
end
