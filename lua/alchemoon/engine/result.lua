--- Results: `Result`, and its views `ScalarResult` and `MappingResult`.
--
-- A view shares its result's source (source.lua) and takes rows from it in its own form. Results are iterators:
-- `for row in result do`. A result is soft-closed when its rows have been taken (further fetches give nothing) and
-- closed by close(), first(), one() ... (further fetches raise).
local combined = require "alchemoon.engine.combined"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local execution_options = require "alchemoon.execution_options"
local named = require "alchemoon.named"
local row_jit = require "alchemoon.engine.row_jit"
local row_keys = require "alchemoon.engine.row_keys"
local row_mapping = require "alchemoon.engine.row_mapping"
local source = require "alchemoon.engine.source"
local usage = require "alchemoon.usage"
local written = require "alchemoon.engine.written"

local null = core.null
local unpack = table.unpack or unpack -- luacheck: ignore 113
local position_of, select_shape, labels = row_keys.position_of, row_keys.select_shape, row_keys.labels
local mapping_class = row_mapping.class

local buffered_row = source.buffered.row

local result = {}

---@class alchemoon.Result
---@field rowcount integer        rows affected; -1 when the database does not tell
---@field lastrowid integer?
---@field returns_rows boolean
---@field is_insert boolean
---@field closed boolean
---@field context alchemoon.ExecutionContext?
---@class alchemoon.Result
local methods = {}

-- Taking rows -------------------------------------------------------------------------------------

local function check_rows(self)
  if rawget(self, "_shape") then return end
  exc.raise("ResourceClosedError", "This result object does not return rows. It has been closed automatically.")
end

local function check_open(self)
  check_rows(self)
  local src = rawget(self, "_source") or self
  if rawget(src, "_hard_closed") then exc.raise("ResourceClosedError", "This result object is closed.") end
  return src
end

local function note_rows(src, rows)
  local conn = src._conn
  if conn and conn._echo_debug then
    for _, row in ipairs(rows) do conn:_log_debug("Row " .. tostring(row)) end
  end
  return rows
end

local function take_list(self, src, n)
  local mode, ops = rawget(self, "_mode"), src._ops
  if mode == "scalar" then return ops.scalars(src, self._shape, self._column, n) end
  if mode == "mapping" then return ops.mappings(src, self._shape, mapping_class(self._shape), n) end
  return note_rows(src, ops.rows(src, self._shape, n))
end

-- Does unique() compare whole rows, though the view shows them in another form? A function of the user's gets a row
-- unless the result is one of objects alone.
local function compares_rows(self, src)
  local mode = rawget(self, "_mode")
  return mode == "mapping" or mode == "scalar" and self._unique.strategy and not src._ops.has_objects
end

-- The shape of the rows that unique() compares: of scalars, just their column.
local function compared_shape(self)
  if self._mode == "mapping" then return self._shape end
  local shape = rawget(self, "_compared")
  if not shape then
    shape = select_shape(self._shape, { self._column }, 1)
    self._compared = shape
  end
  return shape
end

-- A row that was compared in the form of the view.
local function shown(self, row)
  if self._mode == "mapping" then return row_mapping.of_row(row, self._shape) end
  return row[1]
end

-- What makes two values the same for unique().
local function unique_key(self, value)
  local unique = self._unique
  if unique.strategy then
    local key = unique.strategy(value)
    if key == nil then key = null end
    return key
  end
  local kind = type(value)
  if kind == "userdata" and core.is_row(value) then return value:_key() end
  if kind == "userdata" or kind == "cdata" then
    local mt = getmetatable(value)
    if kind == "cdata" or type(mt) == "table" and mt.__eq then return kind .. tostring(value) end
  elseif value ~= value then
    return "nan"
  elseif kind == "string" then
    return "=" .. value
  end
  return value
end

local function filter(self, rows, out, by_row)
  local seen = self._unique.seen
  for _, value in ipairs(rows) do
    local key = unique_key(self, value)
    if not seen[key] then
      seen[key] = true
      if by_row then value = shown(self, value) end
      if value == nil then value = null end
      out[#out + 1] = value
    end
  end
  return out
end

local function fetch(self, n)
  local src = check_open(self)
  local out
  if not rawget(self, "_unique") then
    out = take_list(self, src, n)
  else
    out = {}
    local by_row = compares_rows(self, src)
    repeat
      local rows
      if by_row then rows = src._ops.rows(src, compared_shape(self), n and n - #out)
      else rows = take_list(self, src, n and n - #out) end
      filter(self, rows, out, by_row)
    until not n or #out >= n or #rows == 0
  end
  return out
end

-- One value in the view's form; the first result tells whether there was one. NULL scalars are nil.
local function fetch_one(self, takes_any)
  local src = check_open(self)
  local mode, unique = rawget(self, "_mode"), rawget(self, "_unique")
  if takes_any and unique and unique.required then unique = nil end -- repetitions cannot matter to the first one
  local by_row = unique and compares_rows(self, src)
  while true do
    local value, key
    if by_row then
      key = src._ops.row(src, compared_shape(self))
      if key == nil then return false end
      value = shown(self, key)
    elseif mode == "scalar" then
      local found
      found, value = src._ops.scalar(src, self._shape, self._column)
      if not found then return false end
      key = value
      if key == nil then key = null end
    elseif mode == "mapping" then
      value = src._ops.mapping(src, self._shape, mapping_class(self._shape))
      if value == nil then return false end
      key = value
    else
      value = src._ops.row(src, self._shape)
      if value == nil then return false end
      note_rows(src, { value })
      key = value
    end
    if not unique then return true, value end
    key = unique_key(self, key)
    if not unique.seen[key] then
      unique.seen[key] = true
      return true, value
    end
  end
end

local function close(self)
  local src = rawget(self, "_source") or self
  if rawget(src, "_hard_closed") then return end
  src._hard_closed, src._next = true, false
  if rawget(self, "_shape") then src._ops.close(src) end
end

-- There was no row for a method that closes the result. A cursor whose rows had all been taken before is left as it is:
-- asked again, it gives nothing again. Returns nil, one value, so that print(result:first()) says so.
local function close_without_row(self)
  local src = rawget(self, "_source") or self
  local is_spent = src._ops.is_spent
  if not (is_spent and is_spent(src)) then close(self) end
  return nil
end

-- The single row of first, one, one_or_none; as SQLAlchemy words it.
local function only_one(self, none_is_error, many_is_error)
  check_open(self)
  local found, value = fetch_one(self, not many_is_error)
  if not found then
    close_without_row(self)
    if none_is_error then exc.raise("NoResultFound", "No row was found when one was required") end
    return nil
  end
  if many_is_error then
    local more
    if rawget(self, "_unique") then
      more = fetch_one(self)
    else
      local src = rawget(self, "_source") or self
      more = not src._ops.at_end(src)
    end
    if more then
      close(self)
      exc.raise("MultipleResultsFound", none_is_error and "Multiple rows were found when exactly one was required"
        or "Multiple rows were found when one or none was required")
    end
  end
  close(self)
  return value
end

-- Called with a dot. The methods that are called for every statement or row look themselves.
local function refuse(name) exc.raise_not_a_method(name, "result") end
local LOOK_THEMSELVES = { all = true, fetchall = true, fetchone = true, first = true, scalar = true, scalars = true }

-- Methods common to all three ---------------------------------------------------------------------

--- All remaining rows as a list.
---@return table
function methods:all()
  if not self then refuse "all" end
  return fetch(self)
end
methods.fetchall = methods.all

--- The next row, or nil.
-- Raises ResourceClosedError when the result was closed.
---@return any
function methods:fetchone()
  if not self then refuse "fetchone" end
  local _, value = fetch_one(self)
  return value -- one value always, so that tostring(result:fetchone()) works at the end, too
end

-- How many rows a list has where nobody says: those of yield_per, or what the source has for a default (nil: all).
local function list_size(self)
  local src = rawget(self, "_source") or self
  return rawget(self, "_yield_per") or rawget(src, "_yield_per")
    or not rawget(src, "_takes_all") and src._ops.default_size or nil
end

--- The next rows, at most `size` (default: yield_per; else one of a cursor, all of objects and of a stream).
---@param size integer?
---@return any[]
function methods:fetchmany(size)
  if type(size) == "number" and size < 0 then size = nil end
  if size ~= nil and size ~= 0 then execution_options.check_count("fetchmany", size) end
  return fetch(self, size or list_size(self))
end

--- The first row, or nil; closes the result.
---@return any
function methods:first()
  if not self then refuse "first" end
  return only_one(self, false, false)
end

--- The only row; NoResultFound or MultipleResultsFound otherwise.
---@return any
function methods:one() return only_one(self, true, true) end

--- The only row, or nil when there is none.
-- Raises MultipleResultsFound.
---@return any
function methods:one_or_none() return only_one(self, false, true) end

--- Drops what has been seen before; `strategy(value)` gives the key (default: the values themselves).
---@param strategy (fun(value:any):any)?
---@return alchemoon.Result
function methods:unique(strategy)
  if strategy ~= nil then usage.check_function("unique", strategy) end
  -- a source whose rows must not be compared has a strategy of its own, which raises at the first of them
  strategy = rawget(rawget(self, "_source") or self, "_no_unique") or strategy
  self._unique, self._next = { strategy = strategy, seen = {} }, false
  return self
end

--- Lists of `size` rows, one after the other: for rows in result:partitions(100) do. The default is fetchmany's.
---@param size integer?
---@return fun():any[]?
function methods:partitions(size)
  if size ~= nil then execution_options.check_count("partitions", size, true) end
  size = size or list_size(self)
  return function()
    local rows = fetch(self, size)
    if #rows > 0 then return rows end
  end
end

--- How many rows a streaming result fetches at a time, and partitions() has in a list; 0 takes that back.
---@param n integer
---@return alchemoon.Result
function methods:yield_per(n)
  if n ~= nil then execution_options.check_count("yield_per", n, true) end
  if n == 0 then n = nil end
  self._yield_per, (rawget(self, "_source") or self)._yield_per = n, n
  return self
end

methods.fetchmany = named.method("fetchmany", { "size" }, 0, 1, methods.fetchmany)
methods.partitions = named.method("partitions", { "size" }, 0, 1, methods.partitions)
methods.yield_per = named.method("yield_per", { "num" }, 1, 1, methods.yield_per)

--- The labels of the columns.
---@return string[]
function methods:keys()
  if not rawget(self, "_shape") then check_open(self) end
  return labels(self._shape)
end

--- Drops the remaining rows; further fetches raise ResourceClosedError.
function methods:close() close(self) end

local function view(self, fields)
  fields._source, fields._unique, fields._yield_per = self, rawget(self, "_unique"), rawget(self, "_yield_per")
  fields._shape = self._shape
  if fields._unique then fields._next = false end
  return fields
end

-- Result only -------------------------------------------------------------------------------------

local Result, ScalarResult, MappingResult = {}, {}, {}
---@class alchemoon.Result
local result_methods = setmetatable({ _ops = source.buffered, _next = false, rowcount = -1 }, { __index = methods })

--- The values of one column (position, label or column; default the first).
---@param key any
---@return alchemoon.Result
function result_methods:scalars(key)
  if type(self) ~= "table" then refuse "scalars" end -- result.scalars(2), too
  check_rows(self)
  local fields = { _mode = "scalar", _column = position_of(self._shape, key or 1), _next = self._ops.scalar }
  return setmetatable(view(self, fields), ScalarResult)
end

--- The rows as tables label → value.
---@return alchemoon.Result
function result_methods:mappings()
  return setmetatable(view(self, { _mode = "mapping", _next = self._ops.mapping }), MappingResult)
end

--- All remaining rows as a list.
---@return any[]
function result_methods:all()
  if not self then refuse "all" end
  if self._next == buffered_row then return self._rowset:rows(self._shape) end
  return fetch(self)
end
result_methods.fetchall = result_methods.all

--- The next row, or nil.
-- Raises ResourceClosedError when the result was closed.
---@return alchemoon.Row?
function result_methods:fetchone()
  if not self then refuse "fetchone" end
  local next_row = self._next
  if next_row then return (next_row(self, self._shape)) end
  return methods.fetchone(self)
end

--- Only these columns, in this order.
---@param ... any   positions, labels or columns
---@return alchemoon.Result
function result_methods:columns(...)
  check_rows(self)
  self._shape = select_shape(self._shape, { ... }, select("#", ...))
  return self
end
local mapping_methods_of_result = setmetatable({ columns = result_methods.columns }, { __index = methods })

--- Rows are tuples; the same result.
---@return alchemoon.Result
function result_methods:tuples() return self end

local function first_value(self, none_is_error, many_is_error)
  check_open(self)
  local scalars = setmetatable(view(self, { _mode = "scalar", _column = 1 }), ScalarResult)
  return only_one(scalars, none_is_error, many_is_error)
end

--- The first row, or nil; closes the result.
---@return any
function result_methods:first()
  if not self then refuse "first" end
  if rawget(self, "_unique") then return only_one(self, false, false) end
  local src = check_open(self)
  local row = src._ops.row(src, self._shape)
  if row == nil then return close_without_row(self) end
  if src._conn and src._conn._echo_debug then note_rows(src, { row }) end
  close(self)
  return row
end

--- First column of the first row, or nil; closes the result.
---@return any
function result_methods:scalar()
  if not self then refuse "scalar" end
  if not self._next then return first_value(self, false, false) end
  local found, value = self._ops.scalar(self, self._shape, 1)
  if not found then return close_without_row(self) end
  close(self)
  return value
end
--- First column of the only row.
-- Raises NoResultFound or MultipleResultsFound.
---@return any
function result_methods:scalar_one() return first_value(self, true, true) end
--- First column of the only row, or nil when there is none.
-- Raises MultipleResultsFound.
---@return any
function result_methods:scalar_one_or_none() return first_value(self, false, true) end

local function pass(i, found, ...)
  if found then return i, ... end
end

-- each() where rows are compared first.
local function each_unique(self)
  local i = 0
  return function()
    local found, row = fetch_one(self)
    if not found then return nil end
    local values, n = {}, #row
    for k = 1, n do values[k] = row[k] end
    i = i + 1
    return i, unpack(values, 1, n)
  end
end

--- for i, a, b in result:each() do: the columns themselves, without row objects.
---@return function
function result_methods:each()
  local src, i = check_open(self), 0
  if rawget(self, "_unique") then return each_unique(self) end
  local shape, values = self._shape, src._ops.values
  return function()
    i = i + 1
    return pass(i, values(src, shape))
  end
end

--- All rows taken at once; calling what is returned gives a new result over them, any number of times.
---@return fun():alchemoon.Result
function result_methods:freeze()
  local shape, unique = self._shape, rawget(self, "_unique")
  if unique and unique.required then self._unique = nil end -- rows as they came
  local rows = fetch(self)
  local frozen = { data = rows, shape = shape, __name = "alchemoon.FrozenResult" }
  function frozen.with_new_rows(_, list) return result.from_list(shape, list):freeze() end
  return setmetatable(frozen, { __call = function() return result.from_list(shape, rows) end })
end

combined.install(result_methods, result, { check_open = check_open, fetch = fetch, close = close })

-- Fields ------------------------------------------------------------------------------------------

local fields = {}

--- result.closed: was it closed for good?
function fields.closed(self) return rawget(rawget(self, "_source") or self, "_hard_closed") or false end

--- result.returns_rows: are there rows, if only none?
function fields.returns_rows(self) return rawget(self, "_shape") ~= nil end

--- result.is_insert: was it an INSERT?
function fields.is_insert(self) return self._info and self._info.is_insert or false end

--- result.context: what listeners get as the execution context.
function fields.context(self)
  local made = rawget(self, "_context")
  if not made and self._conn then
    made = require("alchemoon.engine.context").new(self._conn, nil, self._sql, self._params, self._info)
    self._context = made
  end
  return made
end

-- What the pipeline was told, made only when it is asked for: the result of a quick execution has its entry.
function fields._info(self)
  local entry = rawget(self, "_entry")
  if not entry then return nil end
  self._info = require("alchemoon.sql.execute").info_of(entry, self._stmt)
  return self._info
end
function fields._sql(self)
  local entry = rawget(self, "_entry")
  return entry and entry.text
end

for name, field in pairs(written.fields) do fields[name] = field end
for name, method in pairs(written.methods) do result_methods[name] = method end

for _, each in ipairs{ methods, result_methods, mapping_methods_of_result } do
  usage.check_receivers(each, "result", usage.receiver_of(Result, ScalarResult, MappingResult), LOOK_THEMSELVES)
end

local ABSENT = { lastrowid = true }

-- On Lua 5.4 ipairs() reads [1] first.
local function no_list(what)
  exc.raise("ArgumentError", "%s is no list: write for row in result do, or take the list that result:all() gives",
    what)
end

local function index_of(what, own)
  local unknown = usage.unknown_attribute(what, ABSENT, own, fields)
  return function(self, key)
    local method = own[key]
    if method ~= nil then return method end
    local field = fields[key]
    if field then return field(self) end
    if type(key) == "number" then return no_list(what) end
    return unknown(key)
  end
end

-- `for value in result do`. As long as nothing is filtered or noted, `_next`, one of the source's operations, takes the
-- value; a source that was closed raises by itself.

local function iterate(self)
  local found, value = fetch_one(self)
  if not found then return nil end
  if value == nil then return null end
  return value
end

function Result:__call()
  local next_row = self._next
  if next_row then return next_row(self, self._shape) end
  return iterate(self)
end

function ScalarResult:__call()
  local next_value = self._next
  if not next_value then return iterate(self) end
  local found, value = next_value(self._source, self._shape, self._column)
  if not found then return nil end
  if value == nil then return null end
  return value
end

function MappingResult:__call()
  local next_mapping = self._next
  if next_mapping then return next_mapping(self._source, self._shape, mapping_class(self._shape)) end
  return iterate(self)
end

Result.__index, ScalarResult.__index, MappingResult.__index =
  index_of("Result", result_methods), index_of("ScalarResult", methods),
  index_of("MappingResult", mapping_methods_of_result)
for name, class in pairs{ Result = Result, ScalarResult = ScalarResult, MappingResult = MappingResult } do
  class.__name = "alchemoon." .. name
  class.__close = function(self) close(self) end
end

-- Making results ----------------------------------------------------------------------------------

-- Their tables have no more than eight fields: a ninth would double them.

--- The result of an execution; rowset and shape are nil when there are no rows.
function result.from_cursor(conn, rowset, shape, row_count, last_row_id, sql, params, info)
  local self = setmetatable({
    _rowset = rowset, _shape = shape, _conn = conn, _sql = sql, _params = params, _info = info, rowcount = row_count,
    lastrowid = last_row_id,
  }, Result)
  if rowset and not conn._echo_debug then self._next = buffered_row end
  return self
end

--- The result of a SELECT that went the short way; `entry` is its compiled form (sql/execute.lua).
function result.from_entry(conn, rowset, row_count, entry, stmt)
  return setmetatable({
    _next = buffered_row, _rowset = rowset, _shape = entry.shape, _conn = conn, _entry = entry, _stmt = stmt,
    rowcount = row_count,
  }, Result)
end

--- The same with rows still to come from the driver's cursor.
function result.streaming(self, cursor, step, opts)
  self._ops = source.streaming
  if self._next then self._next = source.streaming.row end
  self._cursor, self._step, self._opts, self._yield_per = cursor, step, opts, execution_options.portion_of(opts)
  return self
end

--- A result over Lua rows or lists of values (lists are given away). `more()` brings the next list, or nil.
---@param shape userdata     from core.shape{ names = ... }
---@param list table
---@param more function?
---@param fields_given table?   fields of the result (context, rowcount ...)
---@param ops table?   how its items are taken, see source.lua
---@return alchemoon.Result
function result.from_list(shape, list, more, fields_given, ops)
  ops = ops or source.list
  local self = setmetatable({
    _ops = ops, _next = ops.row, _shape = shape,
    _shape0 = shape, -- what the list's items are like, whatever columns() selects
    _list = list, _at = 1, _count = list.n or #list, _more = more,
  }, Result)
  for key, value in pairs(fields_given or {}) do self[key] = value end
  return self
end

row_jit.install()

result.position_of = position_of
result.Result, result.ScalarResult, result.MappingResult = Result, ScalarResult, MappingResult

return result
