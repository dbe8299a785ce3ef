-- The rockspecs: one for the core and one per driver, named as their files are, with every rock that the
-- Lua sources require. (What is compiled and installed is the Makefile's business.)
local files = require "lint.files"

-- Modules that come with a runtime, are optional, or are used only inside their host.
local NOT_A_ROCK = {
  ffi = true, bit = true, jit = true, ngx = true, resty = true, cqueues = true, luv = true, copas = true,
  socket = true, string = true, table = true, alchemoon = true,
}
local ROCK_OF = { cjson = "lua-cjson", lfs = "luafilesystem" }

local function load_rockspec(path)
  local spec = {}
  local source = files.read(path)
  local chunk
  if setfenv then -- luacheck: ignore
    chunk = assert(loadstring(source, "@" .. path)) -- luacheck: ignore
    setfenv(chunk, spec) -- luacheck: ignore
  else
    chunk = assert(load(source, "@" .. path, "t", spec))
  end
  chunk()
  return spec
end

local function required_rocks(root)
  local rocks = {}
  for _, path in ipairs(files.walk(root, "lua", "bin").files) do
    for _, line in files.lines(path) do
      local module = not line:match("^%s*%-%-") and line:match("require%s*%(?%s*[\"']([%w_]+)")
      if module and not NOT_A_ROCK[module] then rocks[ROCK_OF[module] or module] = path end
    end
  end
  return rocks
end

return function(root)
  local findings = {}
  local function report(...) findings[#findings + 1] = string.format(...) end
  local packages = {}
  for _, name in ipairs(files.names(root .. "/rockspec")) do
    local path = root .. "/rockspec/" .. name
    local spec = load_rockspec(path)
    packages[spec.package or "?"] = spec
    if name ~= ("%s-%s.rockspec"):format(spec.package, spec.version) then
      report("%s is not named after its package and version", path)
    end
    if not (spec.description or {}).license then report("%s names no licence", path) end
  end
  for _, path in ipairs(files.names(root .. "/csrc/driver")) do
    local name = path:match("^([%a]+)%.c$")
    if name and not packages["alchemoon-" .. name] then report("there is no rockspec for the driver %s", name) end
  end
  local declared = {}
  for _, dependency in ipairs((packages.alchemoon or {}).dependencies or {}) do
    declared[dependency:match("^[%w_%-]+")] = true
  end
  for rock, path in pairs(required_rocks(root)) do
    if not declared[rock] then report("%s requires %s, which rockspec/alchemoon does not list", path, rock) end
  end
  table.sort(findings)
  return findings
end
