--- Column defaults that run before a statement: functions, sequences, SQL expressions.
--
-- sql/execute.lua calls with_defaults between the look-up of the compiled form and its execution; flushes of the
-- ORM call run_default for single columns.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local NULL = require "alchemoon.null"

local T, E = core.tags, core.enums
local node_get, params_value = core.node_get, core.params_value

local row_defaults = {}

---@class alchemoon.DefaultContext
---@field current_parameters table   the row's parameters by column key
---@field compiled userdata
---@field connection table
local DefaultContext = {}

-- All that the row is about to be written with: what was given, in parameters or in the statement, and the defaults
-- of the columns before. Of many VALUES (x_m1, y_m1 ...) those of the row at hand.
local function current_parameters(self)
  local entry, set, group = self._entry, self._set, self._bind and self._bind:match("_m(%d+)$")
  local values = {}
  for name, value in pairs(set) do values[name] = value end
  local suffix = "_m" .. (group or "0")
  for i, bind in ipairs(entry and entry.binds or {}) do
    local name = bind.name
    if bind.column and not bind.required then
      local ok, value = pcall(params_value, entry.compiled, self._stmt, entry.keys, set, i)
      if name:sub(-#suffix) == suffix then name = name:sub(1, -#suffix - 1)
      elseif name:find("_m%d+$") or group then name = nil end
      if name and ok and value ~= nil then values[name] = value end
    end
  end
  if group then
    for name, value in pairs(set) do
      if name:sub(-#suffix) == suffix then values[name:sub(1, -#suffix - 1)] = value end
    end
  end
  return values
end

function DefaultContext:__index(key)
  if key ~= "current_parameters" then return DefaultContext[key] end
  local values = current_parameters(self)
  self.current_parameters = values
  return values
end
function DefaultContext:get_current_parameters() return self.current_parameters end

--- The statement that takes the next number of a sequence, run on a connection.
---@return alchemoon.Result
function row_defaults.next_value(conn, sequence)
  local map = conn._execution_options.schema_translate_map
  map = map and require("alchemoon.sql.compiled").translate_list(map, conn.dialect.default_schema_name)
  local text = core.compile(core.node(T.NEXT_VALUE, { sequence = sequence }), { dialect = conn.dialect.name,
    strict = true, schema_translate_map = map, render_schema_translate = map ~= nil }):text()
  return conn:_run("select " .. text, nil, { cache_note = "raw sql" })
end

local function next_value_of(conn, sequence) return row_defaults.next_value(conn, sequence):scalar() end

-- The next number of a key that its column numbers by itself, where it cannot come back by RETURNING.
local function next_key(conn, column)
  local sql, sequence = conn.dialect:next_key_sql(column)
  if sequence then return next_value_of(conn, sequence) end
  if not sql then
    exc.raise("CompileError", "column %s has no default to run before the statement", node_get(column, "name"))
  end
  return conn:_run(sql, nil, { cache_note = "raw sql" }):scalar()
end

--- The value of a default that runs before the statement. `entry`, `stmt` and `bind` (a name) say more to a function
-- that asks for the other parameters.
local function run_default(conn, column, set, is_update, entry, stmt, bind)
  local schema = node_get(column, "schema")
  local default = node_get(schema, is_update and "onupdate" or "default_")
  if default == nil then return next_key(conn, column) end
  local kind = node_get(default, "kind")
  if kind == E.DEFAULT_SCALAR then return node_get(default, "value") end
  if kind == E.DEFAULT_CALLABLE then
    local context = setmetatable({ connection = conn, root_connection = conn, dialect = conn.dialect, _set = set,
      _entry = entry, _stmt = stmt, _bind = bind }, DefaultContext)
    return node_get(default, "callable")(context)
  end
  local arg = node_get(default, "arg")
  if kind == E.DEFAULT_SEQUENCE then -- an optional one gives way to what the column has of its own
    return node_get(arg, "optional") ~= 0 and next_key(conn, column) or next_value_of(conn, arg)
  end
  return conn:scalar(require("alchemoon.sql.select").select(arg))
end
row_defaults.run_default = run_default

--- Parameter sets with the values of defaults added; the caller's tables stay as they are.
function row_defaults.with_defaults(conn, entry, sets, stmt)
  local filled = {}
  for i = 1, math.max(#sets, 1) do
    local row, set = {}, sets[i] or {}
    for name, value in pairs(set) do row[name] = value end
    for _, pair in ipairs(entry.prefetch) do
      local column, key = node_get(pair, "key"), node_get(node_get(pair, "value"), "name")
      if row[key] == nil then
        local value = run_default(conn, column, row, entry.info.is_update, entry, stmt, key)
        row[key] = value == nil and NULL or value
      end
    end
    filled[i] = row
  end
  return filled
end

return row_defaults
