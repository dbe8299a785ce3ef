--- The fast path of a flush: runs of objects that are alike go from their slots into the driver's cells in C
-- (csrc/bind/flush.c).
--
-- An object takes part when its class has one plan for the table, all its values are plain, and nothing has to be asked
-- of user code. The texts are those of the general path. A recipe says how objects with the same columns set are
-- written: entry (compiled), map (slot per parameter), whether the database makes the key.
local batch = require "alchemoon.sql.batch"
local codec = require "alchemoon.types.codec"
local core = require "alchemoon.core"
local errors = require "alchemoon.engine.errors"
local execute = require "alchemoon.sql.execute"
local run_module = require "alchemoon.engine.run"
local stack = require "alchemoon.stack"
local statements = require "alchemoon.orm.flush_statements"
local symbols = require "alchemoon.orm.symbols"

local persist_fast = {}
local E = core.enums
local flush_run, flush_fill, flush_arrays, flush_start, flush_send = core.flush_run, core.flush_fill,
  core.flush_arrays, core.flush_start, core.flush_send
local flush_keys = core.flush_keys
local rawget, rawset = rawget, rawset
local null = symbols.null
local SHORTEST, MOST_COLUMNS = 3, 60
local ABSENT, NONE, KEY = 0, 1, 2

-- --- what can take part --------------------------------------------------------------------------------------

local integer_kinds -- kind → is it an integer type; made on first use

local function is_integer(column)
  if not integer_kinds then
    integer_kinds = {}
    for _, kind in ipairs(core.type_kinds()) do integer_kinds[kind.id] = kind.affinity == "INTEGER" end
  end
  local kind_of = core.node_type(column)
  return kind_of ~= nil and integer_kinds[core.node_get(kind_of, "kind")] == true
end

-- A default that can be made without a context: a plain value, or a function without parameters.
local function simple_default(entry)
  local default = entry.default
  if entry.mutable_class then return nil end -- it makes another value of it
  if core.node_get(default, "kind") == E.DEFAULT_SCALAR then return { value = core.node_get(default, "value") } end
  local fn = core.node_get(default, "callable")
  return type(fn) == "function" and stack.parameters(fn) == 0 and { fn = fn } or nil
end

--- The part of a plan that never changes; false if its table is out of the question.
local function basis(plan)
  local known = plan.fast_basis
  if known ~= nil then return known end
  plan.fast_basis = false
  if plan.version or #plan.equated > 0 or #plan.columns > MOST_COLUMNS then return false end
  local slots, kinds, seen, defaults = {}, {}, {}, {}
  for i, entry in ipairs(plan.columns) do
    if seen[entry.slot] or entry.evaluates_none then return false end
    seen[entry.slot] = true
    slots[i] = entry.slot
    kinds[i] = entry.primary_key and KEY or entry.none and NONE or ABSENT
  end
  for _, entry in ipairs(plan.defaults) do
    defaults[entry] = simple_default(entry)
    if not defaults[entry] then return false end
  end
  known = { slots = slots, kinds = kinds, defaults = defaults, recipes = {} }
  plan.fast_basis = known
  return known
end

local function listened(plan, conn)
  local dispatch = plan.mapper.instance_dispatch
  if dispatch and dispatch.refresh_flush then return true end
  local options = conn._execution_options
  return options.schema_translate_map ~= nil or options.compiled_cache ~= nil or conn.dispatch.before_execute ~= nil
    or conn.dispatch.after_execute ~= nil
end

-- --- recipes ---------------------------------------------------------------------------------------------------

-- Slots of the parameters of a compiled statement, by the keys of its binds; nil if one is none of ours.
local function map_of(entry, slot_by_key)
  local map = {}
  for i, index in ipairs(entry.positions) do
    local bind = entry.binds[index]
    local slot = slot_by_key[bind.key]
    if not slot or bind.expanding or bind.literal_execute then return nil end
    map[i] = slot
  end
  return map
end

-- For objects that set the same columns; false if a row needs something of its own.
local function make_insert_recipe(base, conn, plan, known, mask)
  local row, slot_by_key, made, has_keys, wants = {}, {}, {}, true, false
  for i, entry in ipairs(plan.columns) do
    local set = mask:byte(i) == 49
    if not set and known.defaults[entry] then
      made[#made + 1] = { entry = entry, how = known.defaults[entry] }
      set = true
    end
    if set then
      row[entry.key], slot_by_key[entry.key] = true, entry.slot
    elseif entry.primary_key then
      has_keys = false
    end
  end
  for _, entry in ipairs(plan.server) do wants = wants or not row[entry.key] end
  if wants and require("alchemoon.orm.persist_insert").prefers_eager(base, conn.dialect, plan) then return false end
  if not has_keys and (#plan.pks ~= 1 or not is_integer(plan.pks[1].column)) then return false end
  if next(row) == nil or not has_keys and not plan.from.implicit_returning then return false end
  local statement = statements.insert(plan.from)
  if not has_keys then statement = statements.insert_returning(plan.from, "key", { plan.pks[1].column }) end
  local entry = execute.prepare(statement, conn, { row, row })
  local info = entry.info
  if entry.prefetch or #info.postfetch > 0 or info.has_post_compile then return false end
  if not has_keys and (#info.returned ~= 1 or not batch.is_possible(entry)) then return false end
  local map = map_of(entry, slot_by_key)
  if not map then return false end
  return { entry = entry, statement = statement, map = map, made = made, has_keys = has_keys,
    key_slot = plan.pks[1] and plan.pks[1].slot }
end

local function recipe_for(known, kind, conn, mask, make)
  local of_dialect = known.recipes[conn.dialect.name]
  if not of_dialect then
    of_dialect = {}
    known.recipes[conn.dialect.name] = of_dialect
  end
  local name = kind .. mask
  local recipe = of_dialect[name]
  if recipe == nil then
    recipe = make()
    of_dialect[name] = recipe
  end
  return recipe
end

-- --- sending -------------------------------------------------------------------------------------------------------

-- Parameters as listeners and the log see them.
local function shown(info)
  local entry, rows, flat = info.entry, {}, info.is_flat and { n = 0 }
  info.memo = info.memo or {}
  for i = info.first, info.last do
    local row = flat or { n = 0 }
    for at, slot in ipairs(info.map) do
      local value = rawget(info.list[i], slot)
      if value == symbols.JSON_NULL then value = "null"
      else value = codec.shown(entry.binds[entry.positions[at]].type, value, entry.dialect, info.memo) end
      row.n = row.n + 1
      row[row.n] = value
    end
    rows[#rows + 1] = row
  end
  return flat or rows
end

local function has_memo(info) return info.memo ~= nil and next(info.memo) ~= nil end

-- The cells of the rows, by `fill`; hooks of types do not run again for what listeners have seen.
local function filled(fill, cursor, info)
  local memo = info.memo
  if not has_memo(info) then
    return fill(cursor, info.entry.compiled, info.list, info.first, info.last, info.map)
  end
  local ok, found = codec.recalling(memo, fill, cursor, info.entry.compiled, info.list, info.first, info.last, info.map)
  if not ok then error(found, 0) end
  return found
end

local function start_rows(cursor, sql, _, flags, info)
  local entry = info.entry
  local rows = info.repeats and info.last - info.first + 1 or 1
  local text = sql ~= entry.text and sql or nil
  if not has_memo(info) then
    return flush_send(cursor, entry.compiled, info.list, info.first, info.last, info.map, text, flags, rows)
  end
  filled(flush_fill, cursor, info)
  return flush_start(cursor, entry.compiled, text, flags, rows)
end

local function start_arrays(cursor, _, _, flags, info)
  local entry = info.entry
  local columns = filled(flush_arrays, cursor, info)
  if columns then return core.start_filled(cursor, batch.unnest_text(entry, columns), flags) end
  filled(flush_fill, cursor, info)
  local rows = info.last - info.first + 1
  if info.raw then return flush_start(cursor, entry.compiled, batch.text(entry, rows), flags, 1) end
  return flush_start(cursor, entry.compiled, nil, flags, rows)
end

local function new_info(conn, recipe, list, first, last)
  local info = execute.new_info(recipe.entry, recipe.statement, true, conn._execution_options)
  info.is_many, info.list, info.first, info.last, info.map = true, list, first, last, recipe.map
  info.parameters, info.start = shown, start_rows
  return info
end

-- One statement, with many rows of VALUES or (`repeats`) run for each row; the keys that come back go into the objects.
local function insert_batch(conn, recipe, list, first, last, repeats)
  local entry = recipe.entry
  local info = new_info(conn, recipe, list, first, last)
  info.raw = true
  local text
  if repeats then
    info.repeats, text = true, entry.text
    info.batch_note = " 1/1 (ordered; batch not supported)"
  elseif batch.can_unnest(entry) and last - first + 1 >= batch.UNNEST_FROM then
    info.start, text = start_arrays, entry.text
  else
    text = batch.text(entry, last - first + 1)
    info.is_flat = true
    info.batch_note = first == last and " 1/1 (ordered; batch not supported)" or " 1/1 (ordered)"
  end
  local cursor, step = conn:_run(text, nil, info)
  local at = first
  local ok, e = pcall(function()
    while step ~= "done" do
      step = run_module.drive(conn, cursor, step)
      if step ~= "done" then at, step = flush_keys(cursor, list, at, recipe.key_slot) end
    end
  end)
  if not ok then
    local broken = conn._broken_wait
    conn._broken_wait = nil
    cursor:close()
    return errors.handle(conn, e, text, nil, nil, broken)
  end
  run_module.give_cursor(conn._fairy, cursor)
  return at - 1
end

-- Nothing comes back: executemany, or arrays where they pay.
local function send_many(conn, recipe, list, first, last)
  local entry = recipe.entry
  local arrays = batch.can_unnest(entry) and last - first + 1 >= batch.UNNEST_FROM
  local count = 0
  local size = arrays and batch.ARRAY_ROWS or last - first + 1
  for from = first, last, size do
    local info = new_info(conn, recipe, list, from, math.min(from + size - 1, last))
    info.repeats = true
    if arrays then info.start = start_arrays end
    count = count + conn:_run(entry.text, nil, info).rowcount
  end
  return count
end

local function make_defaults(recipe, list, first, last)
  for _, one in ipairs(recipe.made) do
    local slot, value, fn = one.entry.slot, one.how.value, one.how.fn
    if value == nil then value = null end
    for i = first, last do
      if fn then
        value = fn()
        if value == nil then value = null end
      end
      rawset(list[i], slot, value)
    end
  end
end

-- A run that failed leaves nothing in its objects, also where the statements of some of them were sent.
local function forget_made(recipe, list, first, last)
  for _, one in ipairs(recipe.made) do
    for i = first, last do rawset(list[i], one.entry.slot, nil) end
  end
  for i = first, recipe.has_keys and 0 or last do rawset(list[i], recipe.key_slot, nil) end
end

-- Raises the error of a default, which shows the statement and what the objects had by themselves.
local function refuse_default(plan, recipe, list, first, last, e)
  local given = {}
  for i = first, last do
    local row = {}
    for _, entry in ipairs(plan.columns) do row[entry.key] = rawget(list[i], entry.slot) end
    given[#given + 1] = row
  end
  require("alchemoon.sql.execute").refuse(e, recipe.entry.text, given)
end

-- As many rows per statement as its parameters allow; with keys to be made, rows come back in order.
local function insert_run(conn, plan, recipe, list, first, last)
  if recipe.has_keys then
    send_many(conn, recipe, list, first, last)
    return
  end
  local rows, options = last - first + 1, conn._execution_options
  local size = batch.size(recipe.entry, options)
  local repeats = batch.are_repeated(recipe.entry, options, rows)
  if repeats then size = rows elseif batch.are_few(conn.dialect.name, rows) then size = 1 end
  for from = first, last, size do
    local to = math.min(from + size - 1, last)
    if insert_batch(conn, recipe, list, from, to, repeats) ~= to then
      require("alchemoon.exc").raise("FlushError", "Multi-row INSERT statement for %s did not produce the correct "
        .. "number of INSERTed rows for RETURNING.  Ensure there are no triggers or special driver issues preventing "
          .. "INSERT from "
        .. "functioning properly.", tostring(plan.mapper))
    end
  end
end

--- INSERTs list[first .. behind] as far as the objects are alike; the index behind them and which columns of the plan
-- they had set ("1", "0"), or nil: not for this path.
-- `continues(plan, obj, other)`: does the batch go on with an object of another class?
function persist_fast.insert(base, conn, plan, list, first, behind, continues)
  local known = basis(plan)
  if not known or listened(plan, conn) then return nil end
  local last, mask = flush_run(list, first, behind, plan.mapper.class, known.slots, known.kinds)
  if last - first + 1 < SHORTEST or last < behind and continues(plan, list[last], list[last + 1]) then return nil end
  local recipe = recipe_for(known, "insert", conn, mask, function()
    return make_insert_recipe(base, conn, plan, known, mask)
  end)
  if not recipe then return nil end
  if #recipe.made > 0 then
    local made, e = pcall(make_defaults, recipe, list, first, last)
    if not made then
      forget_made(recipe, list, first, last)
      refuse_default(plan, recipe, list, first, last, e)
    end
  end
  local ok, e = pcall(insert_run, conn, plan, recipe, list, first, last)
  if not ok then
    forget_made(recipe, list, first, last)
    error(e, 0)
  end
  return last + 1, mask
end

-- --- UPDATE ------------------------------------------------------------------------------------------------------

local function make_update_recipe(conn, plan, mask)
  local row, slot_by_key = {}, {}
  for i, entry in ipairs(plan.columns) do
    if mask:byte(i) == 49 then row[entry.key], slot_by_key[entry.key] = true, entry.slot end
  end
  for _, pk in ipairs(plan.pks) do row[pk.label], slot_by_key[pk.label] = true, pk.slot end
  local statement = statements.update(plan.mapper, plan.from)
  local entry = execute.prepare(statement, conn, { row, row })
  local info = entry.info
  if entry.prefetch or #info.postfetch > 0 or #info.returned > 0 or info.has_post_compile then return false end
  local map = map_of(entry, slot_by_key)
  return map and { entry = entry, statement = statement, map = map }
end

--- UPDATEs list[first ..] as far as the same columns changed; the index behind them, rows matched (nil: nothing to do)
-- and rows expected; nil: not for this path.
function persist_fast.update(uow, base, conn, plan, list, first)
  local known = basis(plan)
  if not known or #plan.onupdates > 0 or base.eager_defaults == true or listened(plan, conn) then return nil end
  local last, mask = core.flush_changes(list, first, #list, plan.mapper.class, uow.session.modified, known.slots,
    known.kinds)
  if last - first + 1 < SHORTEST then return nil end
  if not mask:find("1", 1, true) then return last + 1, nil, nil end
  local recipe = recipe_for(known, "update", conn, mask, function() return make_update_recipe(conn, plan, mask) end)
  if not recipe then return nil end
  return last + 1, send_many(conn, recipe, list, first, last), last - first + 1
end

return persist_fast
