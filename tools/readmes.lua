-- `make readmes`: adds the files that a folder's README.md does not name yet, each with the first
-- sentence of its head comment. What is there stays as it was written.
package.path = "tools/?.lua;" .. package.path
local files = require "lint.files"
local readmes = require "lint.readmes"

local HEADS = {
  c = { "^/%*+%s*(.-)%*/" }, h = { "^/%*+%s*(.-)%*/" }, def = { "^/%*+%s*(.-)%*/" }, inc = { "^/%*+%s*(.-)%*/" },
  lua = { "^%-%-+%s*(.-)\n[^-]", "^#![^\n]*\n%-%-+%s*(.-)\n[^-]" },
}

-- The first sentence of the head comment, without comment marks.
local function summary(path)
  local text = files.read(path) .. "\n "
  for _, pattern in ipairs(HEADS[path:match("%.(%w+)$") or ""] or { "^#!?[^\n]*\n#%s*(.-)\n[^#]" }) do
    local head = text:match(pattern)
    if head then
      head = head:gsub("^@meta _", ""):gsub("\n%s*%*?%-*#?%s?", " "):gsub("%s+", " "):gsub("^%s+", "")
      head = head:match("^(.-[^%.])%.%s") or head:match("^(.-[^%.])%.$") or head
      return (head:gsub("; see [%w_/%.]+$", ""):gsub("|", "\\|"):gsub("%s+$", ""))
    end
  end
  return ""
end

-- What the title of a folder's README says behind the path.
local function title(dir)
  local path = dir .. "/README.md"
  return files.exists(path) and files.read(path):match("^# [^\n:]+: ([^\n]+)") or ""
end

local function is_folder(path) return #files.names(path) > 0 end

-- Rows for the missing names; a header and its source share one.
local function rows_for(dir, missing)
  local rows, by_stem = {}, {}
  for _, name in ipairs(missing) do
    local path = dir .. "/" .. name
    local stem = name:gsub("%.[ch]$", "")
    local row = by_stem[stem]
    if is_folder(path) then
      rows[#rows + 1] = { names = { "`" .. name .. "/`" }, text = title(path) }
    elseif row and name:match("%.[ch]$") then
      table.insert(row.names, 1, "`" .. name .. "`")
      row.text = summary(path)
    else
      row = { names = { "`" .. name .. "`" }, text = summary(path) }
      rows[#rows + 1] = row
      by_stem[stem] = row
    end
  end
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = ("| %s | %s |"):format(table.concat(row.names, " "), row.text) end
  return lines
end

-- Puts rows behind the last row of the first table that names files.
local function insert_rows(text, rows)
  local before, rest = text:match("^(.-\n| file |[^\n]*\n|[ %-|]+|\n)(.*)$")
  if not before then
    return text:gsub("%s*$", "") .. "\n\n| file | what it is |\n| --- | --- |\n" .. table.concat(rows, "\n") .. "\n"
  end
  local all = {}
  while rest:match("^|[^\n]*\n") do
    all[#all + 1], rest = rest:match("^(|[^\n]*)\n(.*)$")
  end
  for _, row in ipairs(rows) do all[#all + 1] = row end
  table.sort(all)
  return before .. table.concat(all, "\n") .. "\n" .. rest
end

for dir, missing in pairs(readmes.missing(".")) do
  local path = dir .. "/README.md"
  local text = files.exists(path) and files.read(path) or ("# " .. dir:gsub("^%./", "") .. "\n")
  local file = assert(io.open(path, "w"))
  file:write(insert_rows(text, rows_for(dir, missing)))
  file:close()
  print(("%s: %d added"):format(path, #missing))
end
