--- Results made of several: merge(), splice_horizontally(), splice_vertically().
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local row_keys = require "alchemoon.engine.row_keys"

local combined = {}
local null = core.null
local tools = {} -- check_open, fetch, close and from_list of result.lua
local methods = {}

-- The number of rows that several statements matched; -1 if one of them does not know.
local function sum_of_counts(results)
  local sum = 0
  for _, each in ipairs(results) do
    if each.rowcount < 0 then return -1 end
    sum = sum + each.rowcount
  end
  return sum
end

local function check_spliced(name, self, other)
  if getmetatable(other) ~= getmetatable(self) then
    exc.raise("ArgumentError", "%s: expected a result, got %s", name, exc.show_value(other))
  end
  tools.check_open(self)
  tools.check_open(other)
end

local function side_by_side(...)
  local values, n = {}, 0
  for i = 1, select("#", ...) do
    local row = select(i, ...)
    for k = 1, #row do
      local value = row[k]
      if value == nil then value = null end
      n = n + 1
      values[n] = value
    end
  end
  return values
end

local function spliced_fields(self)
  return { _info = rawget(self, "_info"), _conn = self._conn, _sql = self._sql, rowcount = self.rowcount }
end

--- One result with the rows of this and the others.
---@param ... alchemoon.Result
---@return alchemoon.Result
function methods:merge(...)
  local results = { self, ... }
  for i = 2, select("#", ...) + 1 do
    if getmetatable(results[i]) ~= getmetatable(self) then
      exc.raise("ArgumentError", "merge: expected results of the same kind, got %s", exc.show_value(results[i]))
    end
  end
  local counts = { rowcount = sum_of_counts(results) }
  if not rawget(self, "_shape") then return setmetatable(counts, getmetatable(self)) end
  local unique, ops = rawget(self, "_unique"), rawget(self, "_ops")
  for _, each in ipairs(results) do -- what is to be unique is so among the rows of all
    each._unique = nil
    if rawget(each, "_ops") ~= ops then ops = nil end
  end
  local take = ops and ops.items or tools.fetch
  local rows = {}
  for _, each in ipairs(results) do
    for _, row in ipairs(take(each)) do rows[#rows + 1] = row end
    tools.close(each)
  end
  local merged = tools.from_list(self._shape, rows, nil, counts, ops and ops.items and ops)
  if unique then merged:unique(unique.strategy) end
  return merged
end

--- Rows of this result with those of the other beside them, one to one (of two INSERT ... RETURNING, say).
---@param other alchemoon.Result
---@return alchemoon.Result
function methods:splice_horizontally(other)
  check_spliced("splice_horizontally", self, other)
  local left, right, shape = tools.fetch(self), tools.fetch(other), row_keys.joined_shape(self._shape, other._shape)
  if #left ~= #right then
    exc.raise("InvalidRequestError", "splice_horizontally: the results have %d and %d rows; both must have as many",
      #left, #right)
  end
  local list = {}
  for i, row in ipairs(left) do list[i] = side_by_side(row, right[i]) end
  return tools.from_list(shape, list, nil, spliced_fields(self))
end

--- Rows of this result, then those of the other, which has the same columns.
---@param other alchemoon.Result
---@return alchemoon.Result
function methods:splice_vertically(other)
  check_spliced("splice_vertically", self, other)
  if #self._shape ~= #other._shape then
    exc.raise("InvalidRequestError", "splice_vertically: the results have %d and %d columns; both must have as many",
      #self._shape, #other._shape)
  end
  local list = {}
  for _, each in ipairs { self, other } do
    for _, row in ipairs(tools.fetch(each)) do list[#list + 1] = side_by_side(row) end
  end
  return tools.from_list(self._shape, list, nil, spliced_fields(self))
end

--- Gives the methods to results.
---@param result_methods table
---@param result table   the module: its from_list comes later
---@param given table    check_open, fetch, close
function combined.install(result_methods, result, given)
  for name, fn in pairs(given) do tools[name] = fn end
  tools.from_list = function(...) return result.from_list(...) end
  for name, method in pairs(methods) do result_methods[name] = method end
end

return combined
