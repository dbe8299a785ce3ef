--- PostgreSQL: how it is opened, begun and asked.
local Dialect = require "alchemoon.engine.dialect"

local PostgreSQL = Dialect.derive("postgresql", "alchemoon.driver.postgresql")
PostgreSQL.driver = "libpq"
PostgreSQL.paramstyle = "numeric_dollar"
PostgreSQL.supports_two_phase = true
PostgreSQL.supports_sequences = true
PostgreSQL.is_remote = true
PostgreSQL.begins_with_statement = true
PostgreSQL.isolation_levels = { "AUTOCOMMIT", "READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE" }

local function set_host(opts, hosts)
  local names, ports, has_port = {}, {}, false
  for i, host in ipairs(hosts) do
    local name, port = host:match("^%[(.-)%]:?(%d*)$")
    if not name and not host:find("^/") then name, port = host:match("^([^:]*):?(%d*)$") end
    names[i], ports[i] = name or host, port or ""
    has_port = has_port or ports[i] ~= ""
  end
  opts.host = table.concat(names, ",")
  if has_port then opts.port = table.concat(ports, ",") end
end

--- The decoder of a result column of which only the server knows the type.
function PostgreSQL:column_decoder(column)
  return require("alchemoon.types.codec").by_oid(column.type_oid, self.json) or false
end

--- Options for the driver (libpq's keywords) from URL and connect_args.
function PostgreSQL.connect_options(_, url, connect_args)
  local opts = {}
  for key, value in pairs(url.query) do
    if key == "host" then
      set_host(opts, type(value) == "table" and value or { value })
    else
      opts[key] = type(value) == "table" and table.concat(value, ",") or value
    end
  end
  local host = url.host
  if host and host:find(",", 1, true) then
    local hosts = {}
    for part in (host .. ","):gmatch("([^,]*),") do hosts[#hosts + 1] = part end
    set_host(opts, hosts)
  elseif host and host ~= "" then
    opts.host = host
  end
  if url.port then opts.port = url.port end
  if url.username and url.username ~= "" then opts.user = url.username end
  if url.password then opts.password = url.password end
  if url.database and url.database ~= "" then opts.dbname = url.database end
  for key, value in pairs(connect_args) do opts[key == "database" and "dbname" or key] = value end
  return opts
end

local function show(query, dbconn, name)
  local rows = query(dbconn, "SHOW " .. name)
  return rows[1] and rows[1][1]
end

function PostgreSQL:initialize(query, dbconn)
  local number = dbconn:server_version()
  self.server_version_info = { math.floor(number / 10000), number % 10000 }
  local rows = query(dbconn, "SELECT current_schema(), current_setting('default_transaction_isolation')")
  self.default_schema_name = rows[1][1]
  self.default_isolation_level = tostring(rows[1][2]):upper()
end

local OUTSIDE = { BEGIN = true, COMMIT = true, END = true, ROLLBACK = true, START = true, ABORT = true }

function PostgreSQL.needs_begin(_, sql)
  local first = sql:match("^%s*(%a+)")
  if not first or not OUTSIDE[first:upper()] then return true end
  return false
end

function PostgreSQL.begin_sql(_, settings)
  if not settings then return "BEGIN" end
  local parts = { "BEGIN" }
  if settings.isolation_level and settings.isolation_level ~= "AUTOCOMMIT" then
    parts[#parts + 1] = "ISOLATION LEVEL " .. settings.isolation_level
  end
  if settings.readonly ~= nil then parts[#parts + 1] = settings.readonly and "READ ONLY" or "READ WRITE" end
  if settings.deferrable ~= nil then parts[#parts + 1] = settings.deferrable and "DEFERRABLE" or "NOT DEFERRABLE" end
  return table.concat(parts, " ")
end

function PostgreSQL:isolation_level_of(query, dbconn, settings)
  if dbconn:tx_status() == "idle" then
    local level = settings and settings.isolation_level
    if level and level ~= "AUTOCOMMIT" then return level end
    return self.default_isolation_level
  end
  return tostring(show(query, dbconn, "transaction_isolation")):upper()
end

local function quote(text) return "'" .. text:gsub("'", "''") .. "'" end

-- PostgreSQL names the sequence of a SERIAL column "table_column_seq" and cuts the parts to 63 bytes together.
local function serial_name(table_name, column_name)
  table_name = table_name:sub(1, 29 + math.max(0, 29 - #column_name))
  column_name = column_name:sub(1, 29 + math.max(0, 29 - #table_name))
  return ("%s_%s_seq"):format(table_name, column_name)
end

--- The query for the key of a column that numbers itself: its server default, or the sequence of a SERIAL column.
function PostgreSQL.next_key_sql(_, column)
  local arg = column.server_default and column.server_default.arg
  if arg ~= nil then return "select " .. (type(arg) == "string" and quote(arg) or tostring(arg)) end
  local from = column.table
  local Sequence = require("alchemoon.schema.default").Sequence
  return nil, Sequence(serial_name(from.name, column.name), { schema = from.schema })
end

--- verb: "prepare", "commit", "rollback"
function PostgreSQL.two_phase_sql(_, verb, xid)
  if verb == "prepare" then return "PREPARE TRANSACTION " .. quote(xid) end
  return verb:upper() .. " PREPARED " .. quote(xid)
end

PostgreSQL.recover_twophase_sql = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid"

return PostgreSQL
