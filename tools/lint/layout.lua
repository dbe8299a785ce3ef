-- How many C files clang-format would lay out otherwise: a note, not a finding.
local files = require "lint.files"

return function(root)
  local sources = files.ending(files.walk(root, "csrc", "spec/c").files, ".c", ".h")
  if #sources == 0 or not files.run("command -v clang-format") then return {} end
  local _, lines = files.run("clang-format --dry-run " .. table.concat(sources, " "))
  local seen, count = {}, 0
  for _, line in ipairs(lines) do
    local path = line:match("^(%S-):%d+:%d+: warning")
    if path and not seen[path] then
      seen[path] = true
      count = count + 1
    end
  end
  return {}, count > 0 and { ("%d of %d C files are not laid out as clang-format does"):format(count, #sources) } or nil
end
