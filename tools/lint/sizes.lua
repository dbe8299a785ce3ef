-- Files, functions and lines keep to their limits. Beyond the aim is a note, beyond the stop a finding.
local files = require "lint.files"

local LIMITS = {
  c = { aim = 600, stop = 900, line = 100, line_stop = 120 },
  h = { aim = 250, stop = 600, line = 100, line_stop = 120 },
  lua = { aim = 600, stop = 900, line = 120, line_stop = 120 },
}
local FUNCTION_AIM, FUNCTION_STOP = 70, 120

-- UTF-8 characters count once.
local function width(line) return #line:gsub("[\128-\191]", "") end

local function check(path, limit, findings, notes)
  local count, long, start = 0, 0, nil
  for number, line in files.lines(path) do
    if line ~= "" then count = number end
    if width(line) > limit.line_stop then
      findings[#findings + 1] = ("%s:%d: %d characters, the limit is %d"):format(path, number, width(line), limit.line)
    elseif width(line) > limit.line then
      long = long + 1
    end
    if line:match("[ \t]+$") then findings[#findings + 1] = ("%s:%d: white space at the end"):format(path, number) end
    if limit ~= LIMITS.lua and line:match("\t") then
      findings[#findings + 1] = ("%s:%d: a tab"):format(path, number)
    end
    if line == "{" then
      start = number
    elseif line == "}" and start then
      local size = number - start - 1
      local text = ("%s:%d: a function of %d lines, the limit is %d"):format(path, start, size, FUNCTION_AIM)
      if size > FUNCTION_STOP then findings[#findings + 1] = text
      elseif size > FUNCTION_AIM then notes[#notes + 1] = text end
      start = nil
    end
  end
  if long > 0 then notes[#notes + 1] = ("%s: %d lines beyond %d characters"):format(path, long, limit.line) end
  local text = ("%s: %d lines, aim at %d"):format(path, count, limit.aim)
  if count > limit.stop then findings[#findings + 1] = text
  elseif count > limit.aim then notes[#notes + 1] = text end
end

return function(root)
  local findings, notes = {}, {}
  for _, path in ipairs(files.walk(root, "csrc", "lua", "spec", "tools", "examples", "bench").files) do
    local limit = LIMITS[path:match("%.(%w+)$") or ""]
    if limit then check(path, limit, findings, notes) end
  end
  return findings, notes
end
