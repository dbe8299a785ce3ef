--- SQLite: how it is opened, begun and asked.
local exc = require "alchemoon.exc"
local Dialect = require "alchemoon.engine.dialect"

local SQLite = Dialect.derive("sqlite", "alchemoon.driver.sqlite")
SQLite.driver = "sqlite3"
SQLite.paramstyle = "qmark"
SQLite.default_schema_name = "main"
SQLite.default_isolation_level = "SERIALIZABLE"
SQLite.isolation_levels = { "READ UNCOMMITTED", "SERIALIZABLE", "AUTOCOMMIT" }

--- Is the database in memory, so that every connection would see another one?
function SQLite.is_memory(_, url)
  local name = url.database
  local mode = url.query.mode
  return name == nil or name == "" or name == ":memory:" or (name:find("^file:") ~= nil
    and (name:find(":memory:", 1, true) ~= nil or name:find("mode=memory", 1, true) ~= nil)) or mode == "memory"
end

--- A file has no host and no user.
function SQLite.check_url(_, url)
  if url.host or url.username or url.password or url.port then
    exc.raise("ArgumentError", "Invalid SQLite URL: %s\nValid SQLite URL forms are:\n sqlite:///:memory: (or, "
      .. "sqlite://)\n sqlite:///relative/path/to/file.db\n sqlite:////absolute/path/to/file.db", tostring(url))
  end
end

--- Options for the driver from URL and connect_args.
function SQLite:connect_options(url, connect_args)
  local opts = {}
  for key, value in pairs(url.query) do
    if type(value) == "table" then value = value[#value] end
    opts[key] = value
  end
  for key, value in pairs(connect_args) do opts[key] = value end
  if opts.database == nil then
    local name = url.database
    if name == nil or name == "" then name = ":memory:" end
    opts.database = name
  end
  if self.options.prepared_statements == false then opts.cached_statements = 0 end
  return opts
end

--- Statements that are worth it run on a thread, unless `execution` says otherwise.
function SQLite.adapt_to_reactor(_, connect_options)
  if connect_options.execution == nil then connect_options.execution = "auto" end
end

function SQLite:initialize(_, dbconn)
  local number = dbconn:server_version()
  self.server_version_info = { math.floor(number / 1000000), math.floor(number / 1000) % 1000, number % 1000 }
end

-- What SQLite refuses, or silently ignores, inside a transaction; and what begins or ends one.
local OUTSIDE = { PRAGMA = true, VACUUM = true, ATTACH = true, DETACH = true, BEGIN = true, COMMIT = true,
  END = true, ROLLBACK = true }

function SQLite.needs_begin(_, sql)
  local first = sql:match("^%s*(%a+)")
  return not (first and OUTSIDE[first:upper()])
end

--- What stands after the last dot: SQLite calls the columns of some unions "table.column".
function SQLite.column_label(_, name, opts)
  if opts and opts.sqlite_raw_colnames then return name end
  return name:match("%.([^.]*)$") or name
end

function SQLite.set_characteristics(_, query, dbconn, changes)
  local level = changes.isolation_level
  if level == "READ UNCOMMITTED" then query(dbconn, "PRAGMA read_uncommitted = 1")
  elseif level == "SERIALIZABLE" then query(dbconn, "PRAGMA read_uncommitted = 0") end
end

function SQLite.isolation_level_of(_, query, dbconn)
  local rows = query(dbconn, "PRAGMA read_uncommitted")
  return rows[1] and rows[1][1] == 1 and "READ UNCOMMITTED" or "SERIALIZABLE"
end

return SQLite
