-- Every folder of csrc/, lua/ and tools/ has a README.md that names each of its files, and names none
-- that is not there. `alloc.c` may also stand as `alloc` or `alloc.h`; links to other files must lead somewhere.
local files = require "lint.files"
local unpack = table.unpack or unpack

-- What counts as the list: the rows of the tables, if there is a table of files.
local function listing(text)
  if not text:match("\n| file |") then return text end
  local rows = {}
  for row in text:gmatch("\n(|[^\n]*)") do rows[#rows + 1] = row end
  return table.concat(rows, "\n")
end

local function names_file(text, name)
  local stem = name:gsub("%.%w+$", "")
  for word in text:gmatch("`([^`\n]+)`") do
    for part in word:gmatch("[^%s,]+") do
      local base = part:gsub("/$", ""):gsub("^.*/(.)", "%1")
      if base == name or base == stem or base:gsub("%.%w+$", "") == stem
        or base:match("^" .. stem:gsub("%p", "%%%0") .. "%.{") then return true end
    end
  end
  return false
end

-- Names in a folder that its README does not mention; the README's text or nil.
local function missing_names(dir)
  local path = dir .. "/README.md"
  local text = files.exists(path) and files.read(path) or nil
  local missing = {}
  for _, name in ipairs(files.names(dir)) do
    if name ~= "README.md" and not (text and names_file(listing(text), name)) then missing[#missing + 1] = name end
  end
  return missing, text
end

local function check_folder(dir, report)
  local path = dir .. "/README.md"
  local missing, text = missing_names(dir)
  if not text then return #missing > 0 and report("%s: no README.md", dir) end
  for _, name in ipairs(missing) do report("%s does not name %s", path, name) end
  for name in text:gmatch("\n[|*-]%s*`([%w_]+%.[chdl][%w]*)`") do
    if not files.exists(dir .. "/" .. name) then report("%s names %s, which is not there", path, name) end
  end
end

local function check_links(path, report)
  local dir = path:match("^(.*)/")
  local text = files.read(path):gsub("```.-```", ""):gsub("`[^`\n]*`", "")
  for target in text:gmatch("%]%(([^)#%s]+)") do
    if not target:match("^%a+:") and not files.exists(dir .. "/" .. target) then
      report("%s: link to %s leads nowhere", path, target)
    end
  end
end

local readmes = {}

local FOLDERS = { "csrc", "lua", "tools" }

--- Folder → names that its README does not mention, for those where any is missing.
function readmes.missing(root)
  local result = {}
  for _, dir in ipairs(files.walk(root, unpack(FOLDERS)).dirs) do
    local missing = missing_names(dir)
    if #missing > 0 then result[dir] = missing end
  end
  return result
end

function readmes.check(root)
  local findings = {}
  local function report(...) findings[#findings + 1] = string.format(...) end
  for _, dir in ipairs(files.walk(root, unpack(FOLDERS)).dirs) do check_folder(dir, report) end
  local pages = files.ending(files.walk(root, "csrc", "lua", "tools", "spec", "examples", "bench", "docs").files, ".md")
  for _, name in ipairs(files.names(root)) do
    if name:match("%.md$") then pages[#pages + 1] = root .. "/" .. name end
  end
  for _, path in ipairs(pages) do check_links(path, report) end
  return findings
end

return setmetatable(readmes, { __call = function(_, root) return readmes.check(root) end })
