--- Where the rows of a result come from. Three kinds share one set of operations:
--
-- buffered: a row set in C (csrc/bind/rowset.c) with all rows;
-- streaming: the same, refilled from the driver's cursor;
-- list: Lua rows or lists of values, with an optional function that brings the next ones (ORM, frozen results).
-- A source is the table of its result; every view (scalars, mappings) refers to the same one.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local row_mapping = require "alchemoon.engine.row_mapping"

local source = {}

local null = core.null
local new_row, row_select, is_row = core.row, core.row_select, core.is_row

-- Cursor ------------------------------------------------------------------------------------------

local buffered, streaming = {}, {}
source.buffered, source.streaming = buffered, streaming

local function raise_closed() exc.raise("ResourceClosedError", "This result object is closed.") end

-- In the place of the row set of a closed result: every use is an error.
local closed_rowset = setmetatable({}, { __index = raise_closed })

local run -- the pipeline requires results, so it is fetched late

--- How many rows the next trip to the driver brings.
local function batch_size(src)
  local opts = src._opts
  local yield_per = src._yield_per or opts and opts.yield_per
  if yield_per and yield_per > 0 then return yield_per end
  local most = opts and opts.max_row_buffer or 1000
  local size = math.min(src._growth or 5, most)
  src._growth = math.min(size * 5, most)
  return size
end

local function end_stream(src)
  local handle = src._cursor
  src._cursor = nil
  if handle then handle:close() end
end

-- Sees to it that `n` rows (nil: all) are in the row set, as far as there are any. Rows that an error has cut off are
-- not the end of the rows: whoever asks for more of them gets the error again.
local function need(src, n)
  local rowset = src._rowset
  if src._failure and not (n and rowset and rowset:count() >= n) then error(src._failure, 0) end
  if not src._cursor then return end
  run = run or require "alchemoon.engine.run"
  while src._cursor and (not n or rowset:count() < n) do
    local limit = batch_size(src)
    if not src._yield_per and n and n - rowset:count() > limit then limit = n - rowset:count() end
    local opts = src._opts
    local ok, added, step = pcall(run.more, src._conn, src._cursor, rowset, src._step, limit, src._sql,
      opts and (opts.timeout or opts.statement_timeout) or nil)
    if not ok then
      src._cursor, src._failure = nil, added
      error(added, 0)
    end
    src._step = step
    if step == "done" then end_stream(src) end
  end
end

-- All rows are at hand ...
function buffered.row(src, shape) return src._rowset:row(shape) end
function buffered.rows(src, shape, n) return src._rowset:rows(shape, n) end
function buffered.scalar(src, shape, position) return src._rowset:scalar(shape, position) end
function buffered.scalars(src, shape, position, n) return src._rowset:scalars(shape, position, n) end
function buffered.values(src, shape) return src._rowset:values(shape) end
function buffered.mapping(src, shape, class) return src._rowset:mapping(shape, class) end
function buffered.mappings(src, shape, class, n) return src._rowset:mappings(shape, class, n) end
--- Are there no more rows?
function buffered.at_end(src) return src._rowset:count() == 0 end
--- Have rows been taken, down to the last one?
function buffered.is_spent(src) return src._rowset:is_spent() end
function buffered.close(src) src._rowset = closed_rowset end
--- What fetchmany() and partitions() take where nothing is said: one row, as drivers have it; all (nil) elsewhere.
buffered.default_size = 1

-- ... or are fetched when those at hand have been taken.

-- What is taken is false or nil first when there was no row.
local function with_more(take)
  return function(src, shape, given)
    local found, value = take(src, shape, given)
    if found then return found, value end
    need(src, 1)
    return take(src, shape, given)
  end
end

streaming.row, streaming.mapping = with_more(buffered.row), with_more(buffered.mapping)
streaming.scalar = with_more(buffered.scalar)

function streaming.values(src, shape)
  need(src, 1)
  return buffered.values(src, shape)
end

function streaming.rows(src, shape, n)
  need(src, n)
  return buffered.rows(src, shape, n)
end

function streaming.scalars(src, shape, position, n)
  need(src, n)
  return buffered.scalars(src, shape, position, n)
end

function streaming.mappings(src, shape, class, n)
  need(src, n)
  return buffered.mappings(src, shape, class, n)
end

function streaming.at_end(src)
  need(src, 1)
  return buffered.at_end(src)
end

function streaming.is_spent(src) return src._cursor == nil and buffered.is_spent(src) end

function streaming.close(src)
  end_stream(src)
  buffered.close(src)
end

-- List --------------------------------------------------------------------------------------------

local list = {}
source.list = list

local function refill(src)
  while src._at > src._count and src._more do
    local batch = src._more(src)
    if not batch then
      src._more = nil
      return
    end
    src._list, src._at, src._count = batch, 1, batch.n or #batch
  end
end

--- The next item of a list that may have more lists behind it; nil at the end.
local function take(src)
  local at = src._at
  if at > src._count then
    refill(src)
    at = src._at
    if at > src._count then return nil end
  end
  src._at = at + 1
  return src._list[at]
end

source.take = take

local function as_row(src, item, shape)
  if not is_row(item) then item = new_row(src._shape0, item) end
  if shape ~= src._shape0 then item = row_select(item, shape) end
  return item
end

function list.row(src, shape)
  local item = take(src)
  if item == nil then return nil end
  return as_row(src, item, shape)
end

function list.rows(src, shape, n)
  local out = {}
  while not n or #out < n do
    local item = take(src)
    if item == nil then break end
    out[#out + 1] = as_row(src, item, shape)
  end
  return out
end

function list.scalar(src, shape, position)
  local item = take(src)
  if item == nil then return false end
  if shape == src._shape0 then
    local value = item[position]
    if value == null then value = nil end
    return true, value
  end
  return true, as_row(src, item, shape)[position]
end

function list.scalars(src, shape, position, n)
  local out, i = {}, 0
  while not n or i < n do
    local found, value = list.scalar(src, shape, position)
    if not found then break end
    i = i + 1
    if value == nil then value = null end
    out[i] = value
  end
  return out
end

function list.values(src, shape)
  local item = take(src)
  if item == nil then return false end
  return true, as_row(src, item, shape):unpack()
end

function list.mapping(src, shape)
  local row = src._ops.row(src, shape)
  return row and row_mapping.of_row(row, shape)
end

function list.mappings(src, shape, _, n)
  local rows = src._ops.rows(src, shape, n)
  for i = 1, #rows do rows[i] = row_mapping.of_row(rows[i], shape) end
  return rows
end

function list.at_end(src)
  if src._at > src._count then refill(src) end
  return src._at > src._count
end

function list.close(src) src._list, src._at, src._count, src._more = {}, 1, 0, raise_closed end

return source
