--- Configuration: alchemoon.lua, environment variables, and what is opened from them.
local am = require "alchemoon"
local exc = require "alchemoon.migrate.errors"
local files = require "alchemoon.migrate.files"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

---@class alchemoon.migrate.Config
local Config = { __name = "alchemoon.migrate.Config" }
Config.__index = Config

-- What alchemoon.lua may say; the context's options may stand there too.
local KEYS = {
  script_location = true, version_locations = true, file_template = true, truncate_slug_length = true, url = true,
  target_metadata = true, databases = true, engine_options = true, migrations = true, editor = true,
  engine = true, package_path = true, name = true, revision_environment = true,
}
local CONTEXT_KEYS = { "version_table", "version_table_schema", "version_table_pk", "transactional_ddl",
  "transaction_per_migration", "compare_type", "compare_server_default", "compare_comments", "include_object",
  "include_name", "include_schemas", "render_as_batch", "render_item", "on_version_apply",
  "process_revision_directives", "lint", "lock", "lock_timeout", "statement_timeout", "dialect_name" }
for _, key in ipairs(CONTEXT_KEYS) do KEYS[key] = true end

-- A slip in the name of a method or field is an error.
usage.close_class(Config, "Config", { stdout = true, log = true, file_name = true, on_step = true }, true)

--- A configuration from a table. `folder` is where relative paths begin.
---@param given table
---@param more table?   { folder =, stdout =, log = }
function Config.new(given, more)
  more = options.read("Config", more, { folder = ".", stdout = true, log = true, file_name = true, x = true,
    on_step = true })
  local checked = options.read(more.file_name or "Config", given, KEYS)
  return setmetatable({ options = checked, folder = more.folder, stdout = more.stdout, log = more.log,
    file_name = more.file_name, x = more.x or {}, on_step = more.on_step }, Config)
end

--- The -x arguments as a table: "key=value" under key, "key" alone as "".
function Config.x_dictionary(list)
  local out = {}
  for _, one in ipairs(list or {}) do
    local key, value = one:match "^([^=]*)=(.*)$"
    out[key or one] = value or ""
  end
  return out
end

--- Reads alchemoon.lua; the file gets its path and the -x arguments (a table) as `...`.
---@param path string
---@param more table?
---@return alchemoon.migrate.Config
function Config.from_file(path, more)
  local chunk, message = loadfile(path)
  if not chunk then
    if not files.exists(path) then
      exc.raise("CommandError", "No configuration file '%s'; run 'alchemoon init DIRECTORY', or name the file with " ..
        "--config", path)
    end
    exc.raise("CommandError", "Can't load configuration '%s': %s", path, message)
  end
  local folder = files.folder_of(path)
  -- modules beside the configuration can be required by it
  package.path = files.join(folder, "?.lua") .. ";" .. files.join(folder, "?/init.lua") .. ";" .. package.path
  local ok, given = pcall(chunk, path, Config.x_dictionary(more and more.x))
  if not ok then exc.raise("CommandError", "Can't load configuration '%s': %s", path, tostring(given)) end
  if type(given) ~= "table" then
    exc.raise("CommandError", "Configuration '%s' must return a table, got %s", path, type(given))
  end
  local all = { folder = folder, file_name = path }
  for key, value in pairs(more or {}) do all[key] = value end
  return Config.new(given, all)
end

--- The configurations of the databases below `databases`, sorted by name, or this one alone.
function Config:each(name)
  local databases = self.options.databases
  if not databases then
    if name then exc.raise("CommandError", "There is no database '%s' in the configuration", name) end
    return { self }
  end
  local names, list = {}, {}
  for key in pairs(databases) do
    if not name or key == name then names[#names + 1] = key end
  end
  table.sort(names)
  if name and #names == 0 then
    exc.raise("CommandError", "There is no database '%s' in the configuration", name)
  end
  for i, key in ipairs(names) do
    local merged = { name = key }
    for option, value in pairs(self.options) do
      if option ~= "databases" then merged[option] = value end
    end
    for option, value in pairs(databases[key]) do merged[option] = value end
    list[i] = Config.new(merged, { folder = self.folder, stdout = self.stdout, log = self.log,
      file_name = self.file_name, x = self.x, on_step = self.on_step })
  end
  return list
end

--- Prints one line.
---@param text string
---@param ... any
function Config:print(text, ...)
  local line = (select("#", ...) > 0 and text:format(...) or text) .. "\n"
  if self.stdout then self.stdout(line) else io.stdout:write(line) end
end

function Config:write(text)
  if self.stdout then self.stdout(text) else io.stdout:write(text) end
end

--- The URL: ALCHEMOON_URL (ALCHEMOON_URL_NAME for one of several databases), then the configuration.
---@return string
function Config:url()
  local name = self.options.name
  local given = os.getenv(name and "ALCHEMOON_URL_" .. name:upper() or "ALCHEMOON_URL") or self.options.url
  if type(given) == "function" then given = given() end
  if given == nil then
    exc.raise("CommandError", "No 'url' in the configuration%s, and ALCHEMOON_URL%s is not set",
      name and (" of database '%s'"):format(name) or "", name and "_" .. name:upper() or "")
  end
  return am.make_url(given)
end

--- The dialect that the URL names.
---@return string
function Config:dialect_name()
  if self.options.dialect_name then return self.options.dialect_name end
  if self.options.engine then return self.options.engine.dialect.name end
  local name = self:url().drivername:match "^[^+]+"
  return name == "postgres" and "postgresql" or name
end

--- Calls fn(connection) on an engine of its own, or on the engine or connection of the configuration.
---@param fn fun(connection:alchemoon.Connection):any
---@return any
function Config:with_connection(fn)
  local engine = self.options.engine
  if engine then
    if engine.engine then return fn(engine) end -- a connection
    return engine:connect(fn)
  end
  local opts = { poolclass = am.NullPool }
  for key, value in pairs(self.options.engine_options or {}) do opts[key] = value end
  engine = am.create_engine(self:url(), opts)
  return engine:connect(fn)
end

--- Options of the context.
function Config:context_options(more)
  local out = {}
  for _, key in ipairs(CONTEXT_KEYS) do out[key] = self.options[key] end
  out.log, out.on_step, out.x = self.log, self.on_step, self.x
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function metadata_of(value)
  if type(value) == "string" then
    local ok, module = pcall(require, value)
    if not ok then exc.raise("CommandError", "Can't load target_metadata '%s': %s", value, tostring(module)) end
    value = module
    if type(value) == "table" and value.metadata ~= nil then value = value.metadata end
  end
  if type(value) == "function" then value = value() end
  return value
end

--- The models' MetaData (or a list of them), or nil.
function Config:target_metadata()
  local value = metadata_of(self.options.target_metadata)
  if type(value) == "table" and value[1] ~= nil then
    local list = {}
    for i, one in ipairs(value) do list[i] = metadata_of(one) end
    return list
  end
  return value
end

return Config
