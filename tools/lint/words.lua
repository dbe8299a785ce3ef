-- Words that do not belong into the sources: unfinished work, unsafe or forbidden functions, mutable
-- state in C. A deliberate exception says so on its line or the one before: `lint: <reason>`.
local files = require "lint.files"

local C_FUNCTIONS = {
  malloc = "base/alloc.h", calloc = "base/alloc.h", realloc = "base/alloc.h", free = "base/alloc.h",
  strdup = "base/alloc.h", strndup = "base/alloc.h", asprintf = "base/strbuf.h", strcpy = "memcpy",
  sprintf = "snprintf", gets = "fgets", atoi = "strtol", atof = "strtod",
  printf = "a trace", abort = "an error", exit = "an error", strtok = "strchr", alloca = "base/arena.h",
  luaL_checkudata = "am_check_class",
}
-- Where a word may stand although the list forbids it.
local ALLOWED = {
  ["csrc/base/alloc.c"] = { malloc = true, calloc = true, realloc = true, free = true },
}

local UNFINISHED = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX" }

local function check_c_line(line, allowed, report)
  local code = line:gsub('"[^"]*"', '""'):gsub("/%*.-%*/", ""):gsub("^%s*%*.*", ""):gsub("/%*.*", "")
  for name in code:gmatch("([%a_][%w_]*)%s*%(") do
    if C_FUNCTIONS[name] and not (allowed and allowed[name]) then
      report("%s() is not for us, use %s", name, C_FUNCTIONS[name])
    end
  end
  local static = code:match("^static%s+([^(=;]*)[=;%[]") or code:match("^static%s+([^(=;]*)$")
  if static and not static:match("%f[%w]const%f[%W]") and not code:match("%(") and code:match("[=;]")
    and not code:match("_Atomic") and not code:match("pthread_") then
    report("static mutable state")
  end
end

local function check(path, findings)
  local allowed = ALLOWED[path:gsub("^%./", "")]
  local c = path:match("^.-csrc/.*%.[ch]$") ~= nil
  local excused = false
  for number, line in files.lines(path) do
    local function report(...)
      findings[#findings + 1] = ("%s:%d: "):format(path, number) .. string.format(...)
    end
    local excuse = line:match("lint: %S")
    if not excuse and not excused then
      for _, word in ipairs(UNFINISHED) do
        if line:match("%f[%w]" .. word .. "%f[%W]") then report("%s", word) end
      end
      if c then check_c_line(line, allowed, report) end
    end
    excused = excuse
  end
end

return function(root)
  local findings = {}
  local found = files.walk(root, "csrc", "lua", "spec", "tools", "examples", "bench", "bin").files
  for _, path in ipairs(files.ending(found, ".c", ".h", ".def", ".lua", ".sh")) do check(path, findings) end
  return findings
end
