--- The plan of one flush: which objects are saved and deleted, in which order.
--
-- 1. objects are registered; relationships (dependency.lua) add those that a flush of them touches ("presort");
-- 2. actions (save all of a hierarchy, delete all, process a relationship) and their dependencies are gathered;
-- 3. where actions depend on each other in a circle (a tree in one table) they are taken apart into one per object;
-- 4. they run level by level; within a level in the order of their sort keys.
-- uow.states[obj] is SAVE or DELETE, plus LIST_ONLY for objects that take part without a row of their own being
-- written.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local actions = require "alchemoon.orm.flush_actions"
local settled = require "alchemoon.orm.settled"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local UnitOfWork = { __name = "UOWTransaction" }
UnitOfWork.__index = UnitOfWork
local rawget, getmetatable = rawget, getmetatable
local NO_INITIALIZE, OFF = symbols.NO_INITIALIZE, symbols.OFF

local SAVE, DELETE, LIST_ONLY = 0, 1, 2
UnitOfWork.SAVE, UnitOfWork.DELETE, UnitOfWork.LIST_ONLY = SAVE, DELETE, LIST_ONLY

function UnitOfWork.new(session)
  return setmetatable({
    session = session, states = {}, mappers = {}, mapper_list = {}, presort = {}, presort_known = {}, histories = {},
    memos = {}, deps = {}, post_updates = {}, post_update_bases = {}, made_by_insert = {}, batches = {},
    from = {}, to = {}, edge_count = 0, actions = actions.new_set(),
    attributes = {}, segments = {}, segment_bases = {}, has_segments = false, has_concrete = false,
  }, UnitOfWork)
end

-- --- objects --------------------------------------------------------------------------------------------------

local function list_for(self, mapper)
  local list = self.mappers[mapper]
  if not list then
    list = { n = 0 }
    self.mappers[mapper] = list
    self.mapper_list[#self.mapper_list + 1] = mapper
    self:_per_mapper_actions(mapper)
  end
  return list
end

--- Takes an object into the flush. False if it is not the session's.
---@param obj table
---@param is_delete boolean?
---@param list_only boolean?
---@param cancel_delete boolean?
---@param operation string?   for the warning
---@param prop table?
function UnitOfWork:register_object(obj, is_delete, list_only, cancel_delete, operation, prop)
  local flag = self.states[obj]
  if flag == nil then
    if not states.contains(self.session, obj) then
      if operation and not states.is_deleted(obj) then
        warn("Object of type <%s> not in session, %s operation along '%s' will not proceed",
          access.mapper_of(obj).class_name, operation, tostring(prop))
      end
      return false
    end
    local list = list_for(self, rawget(getmetatable(obj), "__mapper__"))
    local n = list.n + 1
    list.n, list[n] = n, obj
    self.states[obj] = (is_delete and DELETE or SAVE) + (list_only and LIST_ONLY or 0)
  elseif not list_only and (is_delete or cancel_delete) then
    self.states[obj] = is_delete and DELETE or SAVE
  end
  return true
end

--- The same for objects that are known to be the session's: new and modified ones.
function UnitOfWork:register_own(list, flag)
  local known, mapper, into, n = self.states, nil, nil, 0
  for i = 1, #list do
    local obj = list[i]
    if obj and known[obj] == nil then
      local m = rawget(getmetatable(obj), "__mapper__")
      if m ~= mapper then
        if into then into.n = n end
        mapper, into = m, list_for(self, m)
        n = into.n
      end
      n = n + 1
      into[n] = obj
      known[obj] = flag
    end
  end
  if into then into.n = n end
end

--- New objects of one class that nothing else depends on go through without being looked at one by one.
-- list[first .. last] are theirs; `session._new` holds the list.
-- updates: they are stored and modified ones.
function UnitOfWork:register_segment(mapper, list, first, last, updates)
  list_for(self, mapper)
  local segments = self.segments[mapper.base]
  if not segments then
    segments = {}
    self.segments[mapper.base] = segments
    self.segment_bases[#self.segment_bases + 1] = mapper.base
  end
  segments[#segments + 1] = { mapper = mapper, list = list, first = first, last = last, updates = updates }
  self.has_segments = true
end

--- Is there anything to do?
function UnitOfWork:has_work() return self.has_segments or next(self.states) ~= nil end

--- Is the object deleted by this flush?
function UnitOfWork:is_deleted(obj)
  local flag = self.states[obj]
  return flag == DELETE or flag == DELETE + LIST_ONLY
end

--- Nothing is to be written for this object after all.
function UnitOfWork:remove_state_actions(obj)
  local flag = self.states[obj]
  if flag < LIST_ONLY then self.states[obj] = flag + LIST_ONLY end
end

--- The objects of a hierarchy with exactly this flag, in the order of their registration.
function UnitOfWork:objects_of(base, flag)
  local out, n, known = {}, 0, self.states
  for _, mapper in ipairs(base.hierarchy) do
    local list = self.mappers[mapper]
    if list then
      for i = 1, list.n do
        local obj = list[i]
        if known[obj] == flag then
          n = n + 1
          out[n] = obj
        end
      end
    end
  end
  return out
end

--- Columns of an object to be updated after everything else.
function UnitOfWork:register_post_update(obj, columns)
  local base = access.mapper_of(obj).base
  local entry = self.post_updates[base]
  if not entry then
    entry = { list = {}, known = {}, columns = {} }
    self.post_updates[base] = entry
  end
  if not entry.known[obj] then
    entry.known[obj] = true
    entry.list[#entry.list + 1] = obj
  end
  for _, column in ipairs(columns) do entry.columns[column] = true end
end

--- A value that the whole flush shares under two keys.
function UnitOfWork:memo(owner, name, make)
  local of_owner = self.memos[owner]
  if not of_owner then
    of_owner = {}
    self.memos[owner] = of_owner
  end
  local value = of_owner[name]
  if value == nil then
    value = make()
    of_owner[name] = value
  end
  return value
end

--- The history of a relationship as it was when the flush first asked.
function UnitOfWork:history(obj, prop, passive)
  local of_prop = self.histories[prop]
  if not of_prop then
    of_prop = {}
    self.histories[prop] = of_prop
  end
  local known = of_prop[obj]
  local sql_ok = passive ~= nil and passive ~= NO_INITIALIZE
  if known then
    if sql_ok and not known.sql_ok then
      known = access.history(obj, prop, OFF)
      if known ~= access.EMPTY then
        known.sql_ok = true
        of_prop[obj] = known
      end
    end
    return known
  end
  -- nobody touched it and it is not loaded: nothing to remember
  if not sql_ok and rawget(obj, prop.slot) == nil and not prop.history then
    local changes = self.session.modified[obj]
    if not changes or changes[prop.slot] == nil then return access.EMPTY end
  end
  local history = access.history(obj, prop, passive)
  if history ~= access.EMPTY then
    history.sql_ok = sql_ok
    of_prop[obj] = history
  end
  return history
end

-- --- the graph -------------------------------------------------------------------------------------------------------

--- Action `b` must run after `a`. A missing action is no edge.
function UnitOfWork:depends(a, b)
  if a == nil or b == nil then return end
  local n = self.edge_count + 1
  self.edge_count = n
  self.from[n], self.to[n] = a, b
end

function UnitOfWork:register_preprocessor(dep, from_parent)
  local key = from_parent and "parent" or "child"
  local known = self.presort_known[dep]
  if not known then
    known = {}
    self.presort_known[dep] = known
  end
  if not known[key] then
    known[key] = true
    self.presort[#self.presort + 1] = actions.preprocess(dep, from_parent)
  end
end

function UnitOfWork:_per_mapper_actions(mapper)
  local base = mapper.base
  self:depends(actions.save_all(self, base), actions.delete_all(self, base))
  local dependency = require "alchemoon.orm.dependency"
  for _, switcher in ipairs(dependency.key_switches(mapper)) do switcher:per_property_preprocessors(self) end
  for _, dep in ipairs(dependency.of_mapper(mapper)) do dep:per_property_preprocessors(self) end
end

local function run_presort(self)
  local again = true
  while again do
    again = false
    local i = 1
    while self.presort[i] do
      if self.presort[i]:run(self) then again = true end
      i = i + 1
    end
  end
end

-- Actions as numbers, for the sorts in C.
local function numbered(list)
  local number = {}
  for i = 1, #list do number[list[i]] = i end
  return number
end

local function pairs_between(self, number)
  local out, n = {}, 0
  for i = 1, self.edge_count do
    local a, b = number[self.from[i]], number[self.to[i]]
    if a and b then
      n = n + 1
      out[n] = { a, b }
    end
  end
  return out
end

local function find_cycles(self)
  local list = self.actions.list
  local edges = pairs_between(self, numbered(list))
  local in_cycle, ordered = {}, {}
  for _, group in ipairs(core.find_cycles(#list, edges)) do
    for _, at in ipairs(group) do in_cycle[list[at]] = true end
  end
  for i = 1, #list do
    if in_cycle[list[i]] then ordered[#ordered + 1] = list[i] end
  end
  return in_cycle, ordered
end

-- Edges to an action that was taken apart lead to its parts.
local function rewrite_edges(self, in_cycle, parts)
  local from, to, count = self.from, self.to, self.edge_count
  self.from, self.to, self.edge_count = {}, {}, 0
  for i = 1, count do
    local a, b = from[i], to[i]
    local dropped = a.disabled or b.disabled or in_cycle[a] and in_cycle[b]
    if not dropped then
      if in_cycle[a] then
        for _, part in ipairs(parts[a]) do self:depends(part, b) end
      elseif in_cycle[b] then
        for _, part in ipairs(parts[b]) do self:depends(a, part) end
      else
        self:depends(a, b)
      end
    end
  end
end

-- Everything that is to be done, unsorted. The set of actions may hold some that are disabled or taken apart.
local function generate(self)
  run_presort(self)
  if self.has_concrete then actions.tie_concrete(self) end
  local in_cycle, ordered = find_cycles(self)
  self.cycles = in_cycle
  if #ordered > 0 then
    local parts = {}
    for _, action in ipairs(ordered) do parts[action] = action:per_state(self) end
    rewrite_edges(self, in_cycle, parts)
  end
  local active = {}
  for _, action in ipairs(self.actions.list) do
    if not action.disabled and not in_cycle[action] then active[#active + 1] = action end
  end
  actions.sort(active)
  return active, #ordered > 0
end

-- What can be done before a circle of actions stops everything: neither in the circle nor after it.
local function before_circle(count, edges, stuck)
  local blocked, free, rest = {}, {}, {}
  for _, at in ipairs(stuck) do blocked[at] = true end
  local found = true
  while found do
    found = false
    for _, edge in ipairs(edges) do
      if blocked[edge[1]] and not blocked[edge[2]] then
        blocked[edge[2]], found = true, true
      end
    end
  end
  for at = 1, count do
    if not blocked[at] then
      free[#free + 1] = at
      free[-at] = #free
    end
  end
  for _, edge in ipairs(edges) do
    if not blocked[edge[1]] and not blocked[edge[2]] then rest[#rest + 1] = { free[-edge[1]], free[-edge[2]] } end
  end
  local levels = core.topological_levels(#free, rest)
  for _, level in ipairs(levels) do
    for i = 1, #level do level[i] = free[level[i]] end
  end
  return levels
end

local function circle_message(active, stuck)
  local names = {}
  for i, at in ipairs(stuck) do names[i] = tostring(active[at]) end
  return ("Circular dependency detected. (%s)"):format(table.concat(names, ", "))
end

--- The levels of the plan: lists of actions. For execute and for printing. The third value is the message of the
-- circle that stops the plan after these levels, if there is one.
function UnitOfWork:plan()
  local active, cyclic = generate(self)
  local edges = pairs_between(self, numbered(active))
  local levels, stuck = core.topological_levels(#active, edges)
  local circle = nil
  if not levels then
    circle = circle_message(active, stuck)
    levels = before_circle(#active, edges, stuck)
  end
  for _, level in ipairs(levels) do
    for i = 1, #level do level[i] = active[level[i]] end
  end
  return levels, cyclic, circle
end

--- Writes everything. A circle is found when it is reached, as in SQLAlchemy: what does not depend on it has been
-- written by then, and is rolled back.
function UnitOfWork:execute()
  local levels, cyclic, circle = self:plan()
  for _, level in ipairs(levels) do
    if cyclic then actions.run_level(self, level)
    else
      for i = 1, #level do level[i]:run(self) end
    end
  end
  if circle then exc.raise("CircularDependencyError", "%s", circle) end
end

--- New objects whose INSERT noted what it brought (settled.lua), until the flush is over.
function UnitOfWork:watch(list)
  self.watched = self.watched or {}
  self.watched[#self.watched + 1] = list
end

--- After a successful flush: what was saved is persistent and clean, what was deleted is gone.
function UnitOfWork:finalize()
  local deleted, saved, any = {}, {}, false
  for _, mapper in ipairs(self.mapper_list) do
    local list, kept = self.mappers[mapper], {}
    for i = 1, list.n do
      local obj = list[i]
      local flag = self.states[obj]
      if flag == DELETE or flag == DELETE + LIST_ONLY then deleted[#deleted + 1] = obj
      else kept[#kept + 1] = obj end
    end
    if #kept > 0 then
      any = true
      saved[#saved + 1] = { mapper, kept }
    end
  end
  for _, base in ipairs(self.segment_bases) do -- in the order in which the classes came
    for _, segment in ipairs(self.segments[base]) do
      any = true
      saved[#saved + 1] = { segment.mapper, segment.list, segment.first, segment.last }
    end
  end
  if #deleted > 0 then states.remove_newly_deleted(self.session, deleted) end
  if any then require("alchemoon.orm.flush").register_persistent(self, saved) end
  for _, list in ipairs(self.watched or {}) do
    for _, obj in ipairs(list) do settled.forget(obj) end
  end
end

return UnitOfWork
