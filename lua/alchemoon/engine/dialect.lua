--- What a database needs to be driven: driver, options, transactions, isolation levels.
--
-- The classes per database override what differs (dialect_sqlite.lua, dialect_postgresql.lua). How SQL text is
-- written is not here but in the compiler. Methods that talk to the database get a `query` function:
-- query(dbconn, sql, params) → list of rows, which waits as the engine does.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local usage = require "alchemoon.usage"

---@class alchemoon.Dialect
---@field name string             "sqlite", "postgresql"
---@field driver string           "sqlite3", "libpq"
---@field server_version_info table?
---@field default_schema_name string?
---@field default_isolation_level string?
---@field max_identifier_length integer?   of create_engine; nil: the database's own limit
---@field insertmanyvalues_page_size integer?   of create_engine: rows of one INSERT with many VALUES
---@field json table|false   of create_engine: { serialize = function(value), deserialize = function(text) }
---@field identifier_preparer alchemoon.IdentifierPreparer   how names are written
---@field label_length integer?            of create_engine: of names that the compiler makes up
local Dialect = {
  supports_sane_rowcount = true,
  supports_two_phase = false,
  supports_sequences = false,
  is_remote = false, -- the database is at a server, which may stop answering
  begins_with_statement = false, -- the driver takes BEGIN along with the first statement
  json = false, -- asked for at each statement: what is absent is looked for by a function
  isolation_levels = { "AUTOCOMMIT" },
}
Dialect.__index = Dialect
Dialect.__name = "alchemoon.Dialect"
Dialect.__tostring = function(self) return ("alchemoon.Dialect(%s+%s)"):format(self.name, self.driver) end

local classes = {}

--- A class for the database of that name; `base` is Dialect unless given.
function Dialect.derive(name, driver_module)
  local class = setmetatable({
    name = name, driver_module = driver_module, longest_identifier = core.max_identifier(name) or 9999,
  }, Dialect)
  class.__index = class
  class.__name = Dialect.__name
  class.__tostring = Dialect.__tostring
  return class
end

--- Makes a class known under a backend name.
function Dialect.register(name, class) classes[name] = class end

--- The class for a backend; loads it on first use.
function Dialect.class(name)
  if not classes[name] then
    local found, class = pcall(require, "alchemoon.engine.dialect_" .. name)
    if not found then
      if tostring(class):find("module 'alchemoon.engine.dialect_" .. name .. "' not found", 1, true) then
        exc.raise("NoSuchModuleError", "Can't load plugin: alchemoon.dialects:%s; its SQL can be compiled, but there "
          .. "is no driver for it", name)
      end
      error(class, 0)
    end
    classes[name] = class
  end
  return classes[name]
end

--- A dialect object for one engine.
function Dialect.new(class, opts)
  local self = setmetatable({ options = opts or {} }, class)
  self.identifier_preparer = require("alchemoon.sql.preparer").new(self)
  return self
end

--- The driver's struct as a light userdata.
function Dialect:load_driver()
  local found, driver = pcall(require, self.driver_module)
  if not found then
    local name, why = self.name, tostring(driver)
    local is_missing = why:find("module '" .. self.driver_module .. "' not found", 1, true)
    local remedy = is_missing and "; install the rock alchemoon-" .. name .. " (or say `make install`)" or ""
    exc.raise("NoSuchModuleError", "the driver for %s could not be loaded%s: %s", name, remedy, why)
  end
  return driver
end

--- Checks a level's spelling ("read_committed" is READ COMMITTED) and returns it in full.
function Dialect:check_isolation_level(level)
  if type(level) == "string" then
    level = level:upper():gsub("_", " ")
    for _, known in ipairs(self.isolation_levels) do
      if known == level then return known end
    end
  end
  exc.raise("ArgumentError", "%s", ("Invalid value '%s' for isolation_level. Valid isolation levels for '%s' are %s")
    :format(tostring(level), self.name, table.concat(self.isolation_levels, ", ")))
end

--- The statement that begins a transaction with these settings (isolation_level, readonly, deferrable).
function Dialect.begin_sql(_, _) return "BEGIN" end

--- Must a transaction be begun before this text is sent?
function Dialect.needs_begin(_, _) return true end

function Dialect.do_ping(_, query, dbconn)
  query(dbconn, "SELECT 1")
  return true
end

--- What the driver's options should be besides, when others wait for their turn; connections serve one coroutine.
function Dialect.adapt_to_reactor(_, _) end

--- May made-up names be as long as was asked for?
function Dialect:check_label_length()
  local most = self.max_identifier_length or self.longest_identifier
  if self.label_length and self.label_length > most then
    exc.raise("ArgumentError",
      "Label length of %d is greater than this dialect's maximum identifier length of %d", self.label_length, most)
  end
end

--- Raises if no database can have such a URL.
function Dialect.check_url(_, _) end

--- First connection of an engine: what the server is.
function Dialect.initialize(_, _, _) end

--- Every new connection.
function Dialect.on_connect(_, _, _) end

--- Settings of a connection change: they are kept at the pool's record and looked at by begin_sql.
function Dialect.set_characteristics(_, _, _, _) end

function Dialect:isolation_level_of(_, _, settings)
  return settings and settings.isolation_level or self.default_isolation_level
end

local function rows_of(dbapi_connection, sql) return (dbapi_connection:execute(sql):fetchall()) end

--- The isolation level of a driver connection (conn.connection, or its dbapi_connection); conn:get_isolation_level()
-- is what programs usually want.
---@param dbapi_connection any
---@return string
function Dialect:get_isolation_level(dbapi_connection)
  local is_object = type(dbapi_connection) == "table" or type(dbapi_connection) == "userdata"
  if not is_object or dbapi_connection == core.null then
    exc.raise("ArgumentError", "dialect:get_isolation_level: a driver connection is needed, such as conn.connection, "
      .. "got %s", exc.show_value(dbapi_connection))
  end
  local fairy = type(dbapi_connection) == "table" and dbapi_connection or {}
  return self:isolation_level_of(rows_of, fairy.dbapi_connection or dbapi_connection, fairy._settings)
end

--- The query for the next value of a column that numbers itself, or nil and the sequence that it comes from; nothing
-- where no number can be had before the INSERT.
function Dialect.next_key_sql(_, _) return nil end

--- The label of a column that the database calls `name`.
function Dialect.column_label(_, name, _) return name end

--- Is this error, although its driver did not say so, a lost connection?
function Dialect.is_disconnect(_, e) return e.connection_invalidated == true end

--- Text in front of a driver error's class: "sqlite3.IntegrityError".
function Dialect:driver_class(e) return self.driver .. "." .. e.name end

function Dialect:two_phase_sql()
  exc.raise("NotSupportedError", "%s does not support two-phase transactions", self.name)
end

function Dialect.savepoint_sql(_, name) return "SAVEPOINT " .. name end
function Dialect.rollback_savepoint_sql(_, name) return "ROLLBACK TO SAVEPOINT " .. name end
function Dialect.release_savepoint_sql(_, name) return "RELEASE SAVEPOINT " .. name end

-- What not every dialect has, and what is known only after the first connection.
local ABSENT = {}
for name in ([[
  column_decoder default_isolation_level default_schema_name delete_returning insert_executemany_returning
  insertmanyvalues_page_size is_memory json label_length max_identifier_length recover_twophase_sql
  server_version_info supports_sane_multi_rowcount text_paramstyle update_returning
]]):gmatch "%S+" do
  ABSENT[name] = true
end
usage.close_class(Dialect, "Dialect", ABSENT, true)

return Dialect
