-- What the checks share: walking the tree, reading files, running programs.
local lfs = require "lfs"

local files = {}

local SKIP = { ["."] = true, [".."] = true, [".git"] = true, build = true, [".bench"] = true }

--- Names in a folder, sorted; {} if there is none.
function files.names(dir)
  local names = {}
  if lfs.attributes(dir, "mode") ~= "directory" then return names end
  for name in lfs.dir(dir) do
    if not SKIP[name] and not name:match("%.s?o$") then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function walk(dir, found)
  for _, name in ipairs(files.names(dir)) do
    local path = dir .. "/" .. name
    if lfs.attributes(path, "mode") == "directory" then
      found.dirs[#found.dirs + 1] = path
      walk(path, found)
    else
      found.files[#found.files + 1] = path
    end
  end
  return found
end

--- All files and folders below some folders of `root`: { files = {...}, dirs = {...} }, paths sorted.
function files.walk(root, ...)
  local found = { files = {}, dirs = {} }
  for _, dir in ipairs { ... } do
    if lfs.attributes(root .. "/" .. dir, "mode") == "directory" then
      found.dirs[#found.dirs + 1] = root .. "/" .. dir
      walk(root .. "/" .. dir, found)
    end
  end
  return found
end

--- Those paths that end in one of the given endings.
function files.ending(paths, ...)
  local result = {}
  for _, path in ipairs(paths) do
    for _, ending in ipairs { ... } do
      if path:sub(-#ending) == ending then result[#result + 1] = path break end
    end
  end
  return result
end

function files.exists(path) return lfs.attributes(path, "mode") ~= nil end

function files.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

--- Iterates over (number, line) of a file.
function files.lines(path)
  local number = 0
  local next_line = files.read(path):gmatch("([^\n]*)\n?")
  return function()
    local line = next_line()
    if not line then return nil end
    number = number + 1
    return number, line
  end
end

--- Runs a command; returns true or false, and what it wrote as a list of lines.
function files.run(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo exit $?"))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  local code = table.remove(lines):match("^exit (%d+)$")
  return code == "0", lines
end

return files
