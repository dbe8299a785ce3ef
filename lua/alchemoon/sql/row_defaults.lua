--- Column defaults that run before a statement: functions, sequences, SQL expressions.
--
-- sql/execute.lua calls with_defaults between the look-up of the compiled form and its execution; flushes of the
-- ORM call run_default for single columns.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local NULL = require "alchemoon.null"
local options = require "alchemoon.options"

local T, E = core.tags, core.enums
local node_get, params_value = core.node_get, core.params_value

local row_defaults = {}

---@class alchemoon.DefaultContext
---@field current_parameters table   the row's parameters by column key
---@field current_column alchemoon.Column   the one whose default it is
---@field compiled userdata
---@field connection table
local DefaultContext = {}

-- The name of a bind within its row: of many VALUES (x_m1, y_m1 ...) each group is a row; nil: it is of another one.
local function name_in_group(name, group)
  local suffix = "_m" .. (group or "0")
  if name:sub(-#suffix) == suffix then return name:sub(1, -#suffix - 1) end
  if group or name:find("_m%d+$") then return nil end
  return name
end

-- What the compiled statement binds for the row at hand; defaults of columns behind the one at hand are NULL yet.
local function add_bound(values, self, group)
  local more, reached = self._more, false
  local entry = more._entry
  for i, bind in ipairs(entry.binds or {}) do
    reached = reached or bind.name == more._bind
    local name = (bind.column or not group) and not bind.required and name_in_group(bind.name, group)
    if name and reached and bind.prefetched then
      if values[name] == nil then values[name] = NULL end
    elseif name then
      local ok, value = pcall(params_value, entry.compiled, more._stmt, entry.keys, self._set, i)
      if ok and value ~= nil then values[name] = value end
    end
  end
  if not group then return end
  for key, value in pairs(self._set) do
    local name = name_in_group(key, group)
    if name then values[name] = value end
  end
end

-- All that the row is about to be written with: what was given, in parameters or in the statement, the defaults of the
-- columns before, and NULL for those that are still to come.
local function current_parameters(self)
  local more = self._more or {}
  local group = more._bind and more._bind:match("_m(%d+)$")
  local values = {}
  for name, value in pairs(self._set) do values[name] = value end
  if more._entry then add_bound(values, self, group) end
  for _, name in ipairs(more._pending or {}) do
    name = name_in_group(name, group)
    if name and values[name] == nil then values[name] = NULL end
  end
  return values
end

-- What an execution context has besides, made when a function asks.
local fields = {
  isinsert = function(self) return not self._is_update end,
  isupdate = function(self) return self._is_update end,
  isdelete = function() return false end,
  is_crud = function() return true end,
  engine = function(self) return self.connection.engine end,
  execution_options = function(self) return self.connection:get_execution_options() end,
}

function DefaultContext:__index(key)
  if fields[key] then return fields[key](self) end
  if key ~= "current_parameters" then return DefaultContext[key] end
  local values = current_parameters(self)
  self.current_parameters = values
  return values
end

-- Of one of many VALUES: what the row itself was given, and the column at hand.
local function own_parameters(self, values)
  local more, own = self._more, {}
  local group = more._bind and more._bind:match("_m(%d+)$")
  for _, bind in ipairs(more._entry.binds or {}) do
    local name = not bind.prefetched and bind.name:find("_m%d+$") and name_in_group(bind.name, group)
    if name then own[name] = values[name] end
  end
  local key = self.current_column.key
  own[key] = values[key]
  return own
end

--- The parameters of the row that the default is for, by column key.
---@param opts {isolate_multiinsert_groups: boolean?}?   false: with all that a statement of many VALUES has besides
---@return table<string, any>
function DefaultContext:get_current_parameters(opts)
  if opts ~= nil then
    opts = options.read("get_current_parameters", opts, { isolate_multiinsert_groups = options.TRUE })
  end
  local values, stmt = self.current_parameters, (self._more or {})._stmt
  local is_one_of_many = stmt and core.node_tag(stmt) == T.INSERT and #node_get(stmt, "rows") > 0
  if is_one_of_many and (opts == nil or opts.isolate_multiinsert_groups) then return own_parameters(self, values) end
  return values
end

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

--- The value of a default that runs before the statement. `more` is for a function that asks for the other parameters:
-- _pending (keys of the columns whose defaults run), and of a compiled statement _entry, _stmt and _bind (a name).
local function run_default(conn, column, set, is_update, more)
  local schema = node_get(column, "schema")
  local default = node_get(schema, is_update and "onupdate" or "default_")
  if default == nil then return next_key(conn, column) end
  local kind = node_get(default, "kind")
  if kind == E.DEFAULT_SCALAR then return node_get(default, "value") end
  if kind == E.DEFAULT_CALLABLE then
    local context = { connection = conn, root_connection = conn, dialect = conn.dialect, current_column = column,
      _set = set, _more = more, _is_update = is_update or false }
    return node_get(default, "callable")(setmetatable(context, DefaultContext))
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
  local filled, pending = {}, {}
  for i, pair in ipairs(entry.prefetch) do pending[i] = node_get(node_get(pair, "value"), "name") end
  local more = { _pending = pending, _entry = entry, _stmt = stmt }
  for i = 1, math.max(#sets, 1) do
    local row, set = {}, sets[i] or {}
    for name, value in pairs(set) do row[name] = value end
    for at, pair in ipairs(entry.prefetch) do
      local column, key = node_get(pair, "key"), pending[at]
      if row[key] == nil then
        more._bind = key
        local value = run_default(conn, column, row, entry.info.is_update, more)
        row[key] = value == nil and NULL or value
      end
    end
    filled[i] = row
  end
  return filled
end

return row_defaults
