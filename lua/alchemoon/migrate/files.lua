--- Files and folders, as far as migrations need them; plain Lua has no listing of folders, so `ls` helps.
local exc = require "alchemoon.migrate.errors"

local files = {}

local function shell(text) return "'" .. text:gsub("'", "'\\''") .. "'" end
files.shell = shell

local function succeeded(ok) return ok == true or ok == 0 end

function files.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text, why = file:read "*a"
  file:close()
  return text, why
end

--- Writes a whole file; the message says what cannot be written and why.
function files.write(path, text)
  local file, message = io.open(path, "wb")
  if file then
    local ok, why = file:write(text)
    local closed, close_why = file:close()
    if ok and closed then return end
    os.remove(path)
    message = why or close_why
  end
  exc.raise("CommandError", "Can't write '%s': %s", path, tostring(message))
end

function files.exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

function files.is_folder(path) return succeeded(os.execute("test -d " .. shell(path))) end

--- Names in a folder, sorted; nil if there is no such folder.
function files.list(path)
  if not files.is_folder(path) then return nil end
  local pipe = assert(io.popen("LC_ALL=C ls -1 " .. shell(path) .. " && echo /", "r"))
  local names = {}
  for line in pipe:lines() do names[#names + 1] = line end
  pipe:close()
  -- no name has a slash in it: the mark says that the list is whole
  if table.remove(names) ~= "/" then
    exc.raise("CommandError", "Can't list folder '%s'; check that it may be read and that 'ls' can be run", path)
  end
  return names
end

function files.make_folder(path)
  if files.is_folder(path) then return end
  if not succeeded(os.execute("mkdir -p " .. shell(path) .. " 2>/dev/null")) then
    exc.raise("CommandError", "Can't create folder '%s'; check that its parent exists and may be written", path)
  end
end

--- Joins two parts; an absolute second part stands alone.
function files.join(folder, name)
  if name:sub(1, 1) == "/" or folder == "" or folder == "." then return name end
  return (folder:gsub("/$", "")) .. "/" .. name
end

function files.folder_of(path) return path:match "^(.*)/[^/]*$" or "." end

return files
