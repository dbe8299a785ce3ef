--- What a session changes: which tables its flushes and statements wrote, until its transaction ends.
--
-- Before the commit the tables are marked in all regions: nobody keeps results from them meanwhile. After it they are
-- bumped: what was read before is void. A rollback takes the marks back. A process that dies in between leaves marks
-- that run out, which counts as a change. What was rolled back changes nothing.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local logging = require "alchemoon.logging"
local values = require "alchemoon.values"

local watch = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local MARK_SECONDS = 30
local logger = logging.getLogger "alchemoon.cache"

--- The name of a table among the tags.
function watch.tag(from)
  local schema = node_get(from, "schema")
  return (schema and schema .. "." or "") .. node_get(from, "name")
end

--- The tables inside a statement: adds to the set `tables`.
function watch.tables_in(node, tables, seen)
  seen = seen or {}
  if seen[node] then return tables end
  seen[node] = true
  local tag = node_tag(node)
  if tag == T.TABLE then
    tables[node] = true
    return tables
  elseif tag == T.ORM_ENTITY then
    for _, from in ipairs(node_get(node, "mapper").tables) do tables[from] = true end
  elseif tag == T.COLUMN then
    local from = node_get(node, "table")
    return from and watch.tables_in(from, tables, seen) or tables
  end
  for _, child in ipairs(core.node_children(node)) do watch.tables_in(child, tables, seen) end
  return tables
end

--- Sorted tags of a set of tables.
function watch.tags_of(tables)
  local list = {}
  for from in pairs(tables) do
    if node_tag(from) == T.TABLE then list[#list + 1] = watch.tag(from) end
  end
  table.sort(list)
  return list
end

-- --- what a session has changed -----------------------------------------------------------------------------

local Watch = {}
Watch.__index = Watch

--- What watches sessions for some regions; `regions()` → list of backends.
function watch.new(regions)
  return setmetatable({ _regions = regions, _sessions = setmetatable({}, { __mode = "k" }),
    _outer = setmetatable({}, { __mode = "k" }), _engines = setmetatable({}, { __mode = "k" }) }, Watch)
end

local function state_of(self, session)
  local state = self._sessions[session]
  if not state then
    state = { entries = {}, owner = values.uuid4() }
    self._sessions[session] = state
  end
  return state
end

-- Tables whose rows the database changes by itself when those of `from` go.
local function add_cascades(from, tables, seen)
  if seen[from] then return end
  seen[from] = true
  local metadata = from.metadata
  for _, other in ipairs(metadata and metadata.sorted_tables or {}) do
    for _, key in ipairs(other.foreign_keys) do
      local target = (key.ondelete or key.onupdate) and key.column
      if target and node_get(target, "table") == from then
        tables[other] = true
        add_cascades(other, tables, seen)
      end
    end
  end
end

local function note(self, session, tables, cascading)
  if cascading then
    local list = {}
    for from in pairs(tables) do list[#list + 1] = from end
    for _, from in ipairs(list) do
      if node_tag(from) == T.TABLE then add_cascades(from, tables, {}) end
    end
  end
  local state = state_of(self, session)
  for _, tag in ipairs(watch.tags_of(tables)) do
    state.entries[#state.entries + 1] = { tag = tag, nested = session:get_nested_transaction() }
  end
end

local function add_mapper(mapper, tables)
  for _, from in ipairs(mapper.tables) do tables[from] = true end
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "relationship" and prop.secondary ~= nil then tables[prop.secondary] = true end
  end
end

--- Tags of what the session has written and not committed: a list, and a set.
function Watch:changed(session)
  local list, set = {}, {}
  local state = self._sessions[session]
  for _, entry in ipairs(state and state.entries or {}) do
    if not set[entry.tag] then
      set[entry.tag] = true
      list[#list + 1] = entry.tag
    end
  end
  return list, set
end

--- The moment at which the transaction of the session began, for one region.
function Watch:epoch(session, backend)
  local state = state_of(self, session)
  local epochs = state.epochs
  if not epochs then return backend:epoch() end -- nothing was read in this transaction yet
  return epochs[backend]
end

local function safely(what, fn)
  local ok, e = pcall(fn)
  if not ok then logger:error("%s failed: %s", what, tostring(e)) end
  return ok
end

-- --- listeners ----------------------------------------------------------------------------------------------

local function begun(self, session)
  local state = state_of(self, session)
  if state.epochs then return end
  state.epochs = {}
  for _, backend in ipairs(self._regions()) do
    safely("asking a cache region for the time", function() state.epochs[backend] = backend:epoch() end)
  end
end

local function flushed(self, session)
  local tables = {}
  for _, list in ipairs { session.new, session.dirty, session.deleted } do
    for _, obj in ipairs(list) do add_mapper(rawget(getmetatable(obj), "__mapper__"), tables) end
  end
  note(self, session, tables, #session.deleted > 0 or #session.dirty > 0)
  local state = state_of(self, session)
  if state.committing then self:_mark(session) end
end

--- A statement of the session wrote something.
function Watch:statement(session, statement)
  note(self, session, watch.tables_in(statement, {}), true)
end

function Watch:_mark(session)
  local tags = self:changed(session)
  if #tags == 0 then return end
  local state = state_of(self, session)
  state.marked = tags
  for _, backend in ipairs(self._regions()) do backend:mark(tags, state.owner, MARK_SECONDS) end
end

local function before_commit(self, session)
  if session:in_nested_transaction() then return end
  if not session._flushing then session:flush() end
  state_of(self, session).committing = true
  self:_mark(session)
end

-- Connections whose transaction the session only joined: it ends when they commit.
local function joined_connections(session)
  local list = {}
  for _, record in ipairs(session._transaction and session._transaction:_records() or {}) do
    if not record.should_commit then list[#list + 1] = record.conn end
  end
  return list
end

local function bump(self, tags, owner)
  for _, backend in ipairs(self._regions()) do
    safely("invalidating a cache region after a commit", function() backend:bump(tags, owner) end)
  end
end

-- A flush inside of an outer transaction is seen by others only when that one commits.
local function wait_for_connection(self, conn, tags)
  local engine = conn.engine
  if not self._engines[engine] then
    self._engines[engine] = true
    event.listen(engine, "commit", function(committed)
      local waiting = self._outer[committed]
      self._outer[committed] = nil
      if waiting then bump(self, waiting) end
    end)
    event.listen(engine, "rollback", function(rolled_back) self._outer[rolled_back] = nil end)
  end
  local all = self._outer[conn] or {}
  for _, tag in ipairs(tags) do all[#all + 1] = tag end
  self._outer[conn] = all
end

local function after_commit(self, session)
  if session:in_nested_transaction() then return end
  local state = state_of(self, session)
  local tags = self:changed(session)
  state.entries, state.committing, state.epochs = {}, nil, nil
  if #tags == 0 then return end
  bump(self, tags, state.owner)
  for _, conn in ipairs(joined_connections(session)) do wait_for_connection(self, conn, tags) end
end

local function ended(self, session)
  local state = self._sessions[session]
  if not state then return end
  local marked = state.marked
  state.entries, state.committing, state.epochs, state.marked = {}, nil, nil, nil
  if marked then
    for _, backend in ipairs(self._regions()) do
      safely("taking back the marks of a cache region", function() backend:unmark(marked, state.owner) end)
    end
  end
end

-- Is the transaction `inner` this one, or inside of it?
local function inside(inner, outer)
  while inner do
    if inner == outer then return true end
    inner = inner._parent
  end
  return false
end

local function after_soft_rollback(self, session, previous)
  local state = self._sessions[session]
  if not state or not previous.nested then return end
  local kept = {}
  for _, entry in ipairs(state.entries) do
    if not inside(entry.nested, previous) then kept[#kept + 1] = entry end
  end
  state.entries = kept
end

local function transaction_ended(self, session, transaction)
  if not transaction._parent and not transaction.nested then ended(self, session) end
end

--- Watches the sessions of a target (a factory, a session, a class of sessions).
function Watch:listen(target)
  event.listen(target, "after_begin", function(session) begun(self, session) end)
  event.listen(target, "after_flush", function(session) flushed(self, session) end)
  event.listen(target, "before_commit", function(session) before_commit(self, session) end)
  event.listen(target, "after_commit", function(session) after_commit(self, session) end)
  event.listen(target, "after_soft_rollback", function(session, previous)
    after_soft_rollback(self, session, previous)
  end)
  event.listen(target, "after_transaction_end", function(session, transaction)
    transaction_ended(self, session, transaction)
  end)
end

return watch
