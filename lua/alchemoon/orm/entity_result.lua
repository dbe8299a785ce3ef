--- Results of objects: the engine's Result over lists that a loader made.
--
-- With a single entity the list holds the objects themselves (a row is made when one is asked for); else lists of
-- values.
-- Joined eager loading of collections repeats rows: then unique() must be called first.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local portions = require "alchemoon.orm.portions"
local result_module = require "alchemoon.engine.result"
local source = require "alchemoon.engine.source"
local unfetched = require "alchemoon.orm.unfetched"

local entity_result = {}
local new_row, row_select, is_row = core.row, core.row_select, core.is_row
local null = core.null
local remember = unfetched.remember
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- --- rows of one object each ---------------------------------------------------------------------

local single = { has_objects = true }
entity_result.single = single

local take = source.take

local function as_row(src, item, shape)
  if is_row(item) then return item end
  local row = new_row(src._shape0, { item ~= null and item or nil })
  if shape ~= src._shape0 then row = row_select(row, shape) end
  return row
end

function single.row(src, shape)
  local item = take(src)
  if item == nil then return nil end
  return as_row(src, item, shape)
end

-- Where rows stay on the server, fetchmany(n) says how many the next portions have.
local function set_portion(src, n)
  if n and n > 0 and src._is_dynamic and src._at > src._count then src._portion = n end
end

function single.rows(src, shape, n)
  local out, i = {}, 0
  set_portion(src, n)
  while not n or i < n do
    local item = take(src)
    if item == nil then break end
    i = i + 1
    out[i] = as_row(src, item, shape)
  end
  return out
end

function single.scalar(src)
  local item = take(src)
  if item == nil then return false end
  if item == null then return true, nil end
  return true, item
end

-- A list that is asked for as a whole is handed over without a copy.
function single.scalars(src, _, _, n)
  if not n and src._at == 1 and not src._more then -- the whole list, given away
    local list = src._list
    src._list, src._count = {}, 0
    return list
  end
  set_portion(src, n)
  local out, i = {}, 0
  while not n or i < n do
    local item = take(src)
    if item == nil then break end
    i = i + 1
    out[i] = item
  end
  return out
end

single.values = single.scalar

--- All objects that are left, for results that are put together.
function single.items(src) return single.scalars(src) end

single.mapping, single.mappings, single.at_end = source.list.mapping, source.list.mappings, source.list.at_end

function single.close(src)
  source.list.close(src)
  if src._stop then src._stop() end
end

-- --- uniqueness ----------------------------------------------------------------------------------

local function require_unique()
  exc.raise("InvalidRequestError", "The unique() method must be invoked on this Result, as it contains results that "
    .. "include joined eager loads against collections")
end

-- --- making one ----------------------------------------------------------------------------------

-- What is left to do is done when the first object is asked for: for all of them, or for as many as yield_per() says.
local function finished(src)
  local list, finish, size = rawget(src, "_taken"), rawget(src, "_finish"), rawget(src, "_yield_per")
  if not list then return nil end
  local first = rawget(src, "_taken_from") or 1
  local last = size and portions.are_possible(rawget(src, "_plan")) and first + size - 1 or #list
  if last >= #list then src._taken, src._finish = nil, nil else src._taken_from = last + 1 end
  if first == 1 and last >= #list then
    finish()
    return list
  end
  last = math.min(last, #list)
  finish(list, first, last)
  return { unpack(list, first, last) }
end

--- The result of rows that load.rows() took.
function entity_result.of_rows(session, plan, list, finish, has_new)
  local result = entity_result.new(plan, finish and {} or list, finish and finished)
  if finish then
    result._taken, result._finish, result._plan = list, finish, plan
  end
  if list[1] ~= nil then remember(session, result, plan, has_new) end
  return result
end

--- The result of a plan's run.
function entity_result.new(plan, list, more, fields)
  local result = result_module.from_list(plan.shape, list, more, fields, plan.single and single)
  if plan.multi_row then
    result._unique, result._next = { strategy = require_unique, seen = {}, required = true }, false
  end
  return result
end

return entity_result
