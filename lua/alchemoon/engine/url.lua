--- URLs: `am.make_url`, `am.URL.create{...}` and the methods of URL objects.
--
-- The object itself is C (csrc/bind/url.c): immutable, with the fields drivername, username, password, host, port,
-- database, query and normalized_query (each value a list). Every changing method returns a new URL.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local methods = core.url_methods

local FIELDS = { drivername = true, username = true, password = true, host = true, port = true, database = true,
  query = true }
local FIELD_ORDER = { "drivername", "username", "password", "host", "port", "database", "query" }

-- What a "+driver" of a URL may be: ours, and the Python drivers of SQLAlchemy as aliases.
local DRIVERS = {
  sqlite = { "sqlite3", "pysqlite", "aiosqlite", "pysqlcipher", "pysqlite_numeric" },
  postgresql = { "libpq", "psycopg2", "psycopg", "psycopg_async", "psycopg2cffi", "asyncpg", "pg8000", "pygresql",
    "pypostgresql" },
  mysql = { "libmysql", "mysqldb", "pymysql", "mysqlconnector", "aiomysql", "asyncmy", "cymysql", "pyodbc",
    "mariadbconnector" },
}
DRIVERS.mariadb = DRIVERS.mysql
DRIVERS.postgres = DRIVERS.postgresql

-- Backends that an engine can be made for, under names that people give them.
local BACKENDS = { sqlite = "sqlite", sqlite3 = "sqlite", postgresql = "postgresql", psql = "postgresql",
  pgsql = "postgresql", pg = "postgresql" }

local function no_plugin(backend, name)
  local hint = "; there are drivers for sqlite and postgresql"
  local meant = BACKENDS[options.nearest(backend, BACKENDS)]
  if DRIVERS[backend] then hint = "; its drivers are " .. table.concat(DRIVERS[backend], ", ")
  elseif meant then hint = ("; did you mean '%s'?"):format(meant) end
  exc.raise("NoSuchModuleError", "Can't load plugin: alchemoon.dialects:%s%s", name, hint)
end

local function fields_of(url)
  local fields = {}
  for _, name in ipairs(FIELD_ORDER) do fields[name] = url[name] end
  return fields
end

--- Text or URL to URL.
---@param text string|userdata
---@return userdata
local function make_url(text)
  if core.is_url(text) then return text end
  return core.url_parse(text)
end

-- URL.create{ drivername = ... }, or the fields in their order: URL.create("postgresql", "user", { host = ... })
local function create(fields, ...)
  if type(fields) ~= "string" then return core.url_create(options.read("URL.create", fields, FIELDS)) end
  local args, opts = options.split(fields, ...)
  local named = options.read("URL.create", opts, FIELDS)
  for i = 1, args.n do
    local name = FIELD_ORDER[i]
    if not name then exc.raise("ArgumentError", "URL.create: takes %d fields, got %d", #FIELD_ORDER, args.n) end
    if args[i] ~= nil then named[name] = args[i] end
  end
  return core.url_create(named)
end

--- A new URL with some fields replaced.
function methods:set(changes)
  changes = options.read("URL:set", changes, FIELDS)
  local fields = fields_of(self)
  for name, value in pairs(changes) do
    if value == core.null then fields[name] = nil else fields[name] = value end
  end
  return core.url_create(fields)
end

local function to_list(value)
  if type(value) == "table" then return value end
  return { value }
end

--- A new URL whose query has the given keys (replaced, or with { append = true } added to).
---@param pairs_list table   list of { key, value }
function methods:update_query_pairs(pairs_list, opts)
  usage.check_type("URL:update_query_pairs", "table", pairs_list)
  opts = options.read("URL:update_query_pairs", opts, { append = false })
  local query, fresh = self.query, {}
  for _, pair in ipairs(pairs_list) do
    usage.check_type("URL:update_query_pairs", "table", pair)
    usage.check_type("URL:update_query_pairs", "string", pair[1])
    local key, value = pair[1], pair[2]
    local list = fresh[key] or (opts.append and query[key] and to_list(query[key])) or {}
    for _, item in ipairs(to_list(value)) do list[#list + 1] = item end
    fresh[key] = list
  end
  for key, list in pairs(fresh) do query[key] = #list == 1 and list[1] or list end
  return self:set{ query = query }
end

--- The same from a table key → string or list of strings.
function methods:update_query_dict(dict, opts)
  usage.check_type("URL:update_query_dict", "table", dict)
  local list = {}
  for key, value in pairs(dict) do list[#list + 1] = { key, value } end
  return self:update_query_pairs(list, opts)
end

--- The same from a query string "a=1&b=2".
function methods:update_query_string(text, opts)
  usage.check_type("URL:update_query_string", "string", text)
  local list = {}
  for key, value in pairs(core.url_parse("x://?" .. text).query) do list[#list + 1] = { key, value } end
  return self:update_query_pairs(list, opts)
end

--- A new URL without the given query keys.
---@param names table   list of keys
function methods:difference_update_query(names)
  usage.check_type("URL:difference_update_query", "table", names)
  local query = self.query
  for _, name in ipairs(names) do query[name] = nil end
  return self:set{ query = query }
end

--- The URL as text; `hide_password` (default true) shows it as ***.
---@param opts table?
---@return string
function methods:render_as_string(opts)
  opts = options.read("URL:render_as_string", opts, { hide_password = options.TRUE })
  return core.url_render(self, opts.hide_password)
end

--- The database's name: what stands before a "+". `postgres` means postgresql.
---@return string
function methods:get_backend_name()
  local name = self.drivername:match("^[^+]*")
  if name == "postgres" then return "postgresql" end
  return name
end

--- The driver's name: what stands behind the "+", or the backend's own driver.
---@return string
function methods:get_driver_name()
  local name = self.drivername:match("%+(.*)$")
  if name then return name end
  local backend = self:get_backend_name()
  local known = DRIVERS[backend]
  return known and known[1] or no_plugin(backend, self.drivername)
end

--- Checks backend and driver; returns the backend's name and our driver's name.
function methods:_resolve_driver()
  local backend = self:get_backend_name()
  local known = DRIVERS[backend]
  local driver = self.drivername:match("%+(.*)$")
  if known then
    if driver == nil then return backend, known[1] end
    for _, name in ipairs(known) do
      if name == driver then return backend, known[1] end
    end
  end
  return no_plugin(backend, (self.drivername:gsub("%+", ".")))
end

--- Host, database, username, password and port as a table of the connect function's names.
function methods:translate_connect_args(names)
  names = names or {}
  local out = {}
  for _, name in ipairs{ "host", "database", "username", "password", "port" } do
    local value = self[name]
    if value ~= nil and value ~= "" then out[names[name] or name] = value end
  end
  return out
end

usage.check_receivers(methods, "url", core.is_url)
usage.close_class(methods, "URL", { drivername = true, username = true, password = true, host = true, port = true,
  database = true, query = true, normalized_query = true })

local URL = setmetatable({ create = create, __name = "alchemoon.URL" }, {
  --- URLs are made by am.URL.create{ … } and am.make_url(text).
  __call = function() exc.raise("ArgumentError", "The URL object has no constructor; use am.URL.create{...}") end,
})

return { URL = URL, make_url = make_url }
