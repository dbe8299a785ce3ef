--- The short way of a SELECT that is compiled already: without parameters, options or listeners, on a connection that
-- blocks and has a transaction open, one call of C fills, starts and collects (csrc/bind/execute.c, quick_select).
--
-- `quick.parts` is filled by execute.lua, which takes the long way for everything else.
local core = require "alchemoon.core"
local errors = require "alchemoon.engine.errors"
local from_entry = require("alchemoon.engine.result").from_entry

local quick = {}
local parts = {}
quick.parts = parts
local T, node_tag = core.tags, core.node_tag
local quick_key, quick_select = core.quick_key, core.quick_select

-- Decides once whether the short way is open to an entry: a SELECT that has run before, of columns whose place in the
-- result is known, needs nothing of prepare(). Its compiled form and shape then stand where C looks for them.
local function classify(entry, stmt)
  if not entry.shape_was_checked then return end -- not run yet
  if entry.by_identity == nil then
    entry.by_identity = node_tag(stmt) == T.SELECT and parts.is_by_identity(entry.columns)
  end
  entry.quick = entry.shape ~= nil and not entry.by_identity and not entry.prefetch
    and not entry.twins
    and not entry.info.has_post_compile and entry.info.is_select == true
  if entry.quick then entry[1], entry[2] = entry.compiled, entry.shape end
end

-- Does anything about the connection ask for the long way: listeners, echo, options, no open transaction?
local function is_plain(conn, root)
  local nested = conn._nested_transaction
  if not root or not root.is_active or nested and not nested.is_active or conn._scope_transaction or conn._autocommit
    or conn._busy or conn._deadline or conn._echo or conn.dispatch.is_watched
    or next(conn._execution_options) ~= nil then
    return false
  end
  local engine = conn.engine
  local waiter = engine._waiter
  return not (waiter.reactor or waiter.strict_async or engine._no_prepare or engine.dialect.json)
end

local function failed(conn, cursor, entry, stmt, e)
  local info = parts.new_info(entry, stmt, true, conn._execution_options)
  local _, shown = pcall(parts.started, info, entry.text, false, e)
  cursor:close()
  return errors.handle(conn, shown, entry.text, parts.shown_parameters(info), nil, nil)
end

-- A SELECT without parameters, options or listeners, found in the cache: one call looks it up, fills, starts and
-- collects.
function quick.run(stmt, conn)
  local fairy = conn._fairy
  local cursor = fairy and fairy._spare
  if not cursor or not is_plain(conn, conn._transaction) then return nil end
  local cache = conn.engine._compiled_cache
  local entries = cache.entries
  fairy._spare = false
  local ok, entry, rowset, count = pcall(quick_select, cursor, entries, stmt)
  if not ok then
    local found = entries[quick_key(stmt)]
    return found and failed(conn, cursor, found, stmt, entry) or nil -- without one the long way meets the error
  end
  fairy._spare = cursor
  if not entry then
    if entry == false and rowset.quick == nil then classify(rowset, stmt) end -- the entry comes in its place
    return nil
  end
  local clock = cache.clock + 1 -- as cache:get() counts
  cache.clock, cache.hits, entry.used = clock, cache.hits + 1, clock
  return from_entry(conn, rowset, count, entry, stmt)
end

require("alchemoon.engine.connection").set_quick(quick.run)

return quick
