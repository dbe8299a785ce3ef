-- C files are laid out as clang-format does by .clang-format. Versions of it differ in corners: Debian 12's decides,
-- what others would change is a note.
local files = require "lint.files"

local VERSION = "14"

local function misplaced(lines)
  local seen, list = {}, {}
  for _, line in ipairs(lines) do
    local path = line:match("^(%S-):%d+:%d+: warning")
    if path and not seen[path] then
      seen[path], list[#list + 1] = true, path .. ": clang-format -i lays it out"
    end
  end
  return list
end

return function(root)
  local sources = files.ending(files.walk(root, "csrc", "spec/c", "bench").files, ".c", ".h")
  local found, version = files.run "clang-format --version"
  if #sources == 0 or not found then return {} end
  local _, lines = files.run("clang-format --dry-run " .. table.concat(sources, " "))
  local list = misplaced(lines)
  if table.concat(version):match "version (%d+)" == VERSION then return list end
  return {}, #list > 0 and { ("%d files are laid out otherwise by this clang-format"):format(#list) } or nil
end
