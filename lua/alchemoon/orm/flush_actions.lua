--- The actions of a flush plan: save and delete hierarchies or single objects, process relationships, update
-- afterwards.
--
-- One action exists per kind and subject (`actions.list` keeps the order of creation). An action has run(uow), a sort
-- key, and per_state(uow), which takes it apart when it is part of a cycle.
local access = require "alchemoon.orm.access"
local flush_plan = require "alchemoon.orm.flush_plan"
local persistence = require "alchemoon.orm.persistence"

local actions = {}
local SAVE, DELETE, LIST_ONLY = 0, 1, 2

function actions.new_set() return { list = {}, known = {} } end

local Action = { __name = "PostSortRec" }
Action.__index = Action
Action.__tostring = function(self) return self.label end

local PROCESSORS = { ONETOMANY = "OneToManyDP", MANYTOONE = "ManyToOneDP", MANYTOMANY = "ManyToManyDP" }

local function describe(dep)
  return ("%s(%s)"):format(dep.is_key_switch and "DetectKeySwitch" or PROCESSORS[dep.prop.direction.name],
    tostring(dep.prop))
end

-- The action of `kind` for up to three subjects, made by `make` on first use.
local function get(uow, kind, a, b, c, make)
  local at = uow.actions.known
  for _, key in ipairs { kind, a, b == nil and "-" or b, c == nil and "-" or c } do
    local inner = at[key]
    if not inner then
      inner = {}
      at[key] = inner
    end
    at = inner
  end
  local action = at.action
  if not action then
    action = setmetatable(make(), Action)
    action.kind = kind
    at.action = action
    local list = uow.actions.list
    list[#list + 1] = action
    action.number = #list
  end
  return action
end

-- By what the actions of a hierarchy are ordered among those that nothing else orders: concrete classes go together, in
-- the order in which their tables are written.
local function sort_name(base, is_delete)
  local root = base.base_mapper
  if root == base and #root.subclasses == 0 then return base.class_name end
  local rank = flush_plan.concrete_ranks(root)[base]
  if not rank then return base.class_name end
  return ("%s\1%04d"):format(root.class_name, is_delete and 9999 - rank or rank)
end

-- --- whole hierarchies ------------------------------------------------------------------------------------------

local function run_save_all(self, uow)
  local segments = uow.segments[self.base]
  local list = uow:objects_of(self.base, SAVE)
  if segments then -- UPDATEs of a table come before its INSERTs
    local new, stored = {}, {}
    for i = 1, #list do
      local to = rawget(list[i], 2) == nil and new or stored
      to[#to + 1] = list[i]
    end
    if #stored > 0 then persistence.save(self.base, stored, uow) end
    for _, updates in ipairs { true, false } do
      for _, segment in ipairs(segments) do
        if segment.updates == updates then persistence.save_segment(self.base, segment, uow) end
      end
    end
    list = new
  end
  if #list > 0 then persistence.save(self.base, list, uow)
  elseif not segments then persistence.begin(self.base, uow) end
end

local function run_delete_all(self, uow)
  local list = uow:objects_of(self.base, DELETE)
  if #list > 0 then persistence.delete(self.base, list, uow) end
end

local function deps_per_state(self, uow, list, is_delete)
  for _, dep in ipairs(uow.deps[self.base] or {}) do
    local own = {}
    for i = 1, #list do
      if access.mapper_of(list[i]).prop[dep.key] == dep.prop then own[#own + 1] = list[i] end
    end
    dep:per_state_flush_actions(uow, own, is_delete)
  end
end

local function split_save_all(self, uow)
  local list, parts = uow:objects_of(self.base, SAVE), {}
  local delete_all = actions.delete_all(uow, self.base)
  for i = 1, #list do
    parts[i] = actions.save_object(uow, list[i])
    uow:depends(parts[i], delete_all)   -- saves before deletes, or a row switch would fail
  end
  deps_per_state(self, uow, list, false)
  return parts
end

local function split_delete_all(self, uow)
  local list, parts = uow:objects_of(self.base, DELETE), {}
  local save_all = actions.save_all(uow, self.base)
  for i = 1, #list do
    parts[i] = actions.delete_object(uow, list[i])
    uow:depends(save_all, parts[i])
  end
  deps_per_state(self, uow, list, true)
  return parts
end

function actions.save_all(uow, base)
  return get(uow, "SaveUpdateAll", base, nil, nil, function()
    if base.base_mapper ~= base then uow.has_concrete = true end
    return { base = base, sort = "SaveUpdateAll\0" .. sort_name(base), label = "SaveUpdateAll(" .. base.class_name
      .. ")",
      run = run_save_all, per_state = split_save_all }
  end)
end

function actions.delete_all(uow, base)
  return get(uow, "DeleteAll", base, nil, nil, function()
    return { base = base, sort = "DeleteAll\0" .. sort_name(base, true), label = "DeleteAll(" .. base.class_name .. ")",
      run = run_delete_all, per_state = split_delete_all }
  end)
end

-- The actions of concrete classes with a common base, by action: lists in the order in which they run.
local function concrete_groups(list)
  local by_root, group_of = {}, {}
  for _, action in ipairs(list) do
    if action.kind == "SaveUpdateAll" or action.kind == "DeleteAll" then
      local root = action.base.base_mapper
      local of_root = by_root[root] or {}
      by_root[root] = of_root
      local group = of_root[action.kind] or {}
      of_root[action.kind] = group
      group[#group + 1] = action
      group_of[action] = group
    end
  end
  for _, of_root in pairs(by_root) do
    for _, group in pairs(of_root) do actions.sort(group) end
  end
  return group_of
end

--- Concrete classes with a common base are written one after the other: what comes before one of them comes before all,
-- as if they were one action; then nothing but their names orders them.
function actions.tie_concrete(uow)
  local group_of = concrete_groups(uow.actions.list)
  for i = 1, uow.edge_count do
    local a, b = uow.from[i], uow.to[i]
    for _, before in ipairs(group_of[a] or { a }) do
      for _, behind in ipairs(group_of[b] or { b }) do
        if before ~= a or behind ~= b then uow:depends(before, behind) end
      end
    end
  end
end

-- --- relationships --------------------------------------------------------------------------------------------------

--- The mappers whose objects a dependency looks at.
local function mappers_of(dep, from_parent)
  local out = {}
  if from_parent then
    for _, mapper in ipairs(dep.parent.self_and_descendants) do
      if mapper.prop[dep.key] == dep.prop then out[#out + 1] = mapper end
    end
  else
    for _, mapper in ipairs(dep.mapper.self_and_descendants) do out[#out + 1] = mapper end
  end
  return out
end

local function process(dep, uow, is_delete, list)
  if is_delete then dep:process_deletes(uow, list) else dep:process_saves(uow, list) end
end

-- Objects that take part for the list's sake only are left out.
local function run_process_all(self, uow)
  local list, wanted = {}, self.is_delete and DELETE or SAVE
  for _, mapper in ipairs(mappers_of(self.dep, self.from_parent)) do
    local own = uow.mappers[mapper]
    if own then
      for i = 1, own.n do
        if uow.states[own[i]] == wanted then list[#list + 1] = own[i] end
      end
    end
  end
  process(self.dep, uow, self.is_delete, list)
end

-- Kept per dependency and direction, as several objects ask for the same.
function actions.process_all(uow, dep, is_delete, from_parent)
  return get(uow, "ProcessAll", dep, is_delete, from_parent, function()
    local base = dep.parent.base
    local deps = uow.deps[base]
    if not deps then
      deps = {}
      uow.deps[base] = deps
    end
    if not deps[dep] then
      deps[dep] = true
      deps[#deps + 1] = dep
    end
    return { dep = dep, is_delete = is_delete, from_parent = from_parent, run = run_process_all,
      per_state = function() return {} end, label = ("ProcessAll(%s, isdelete=%s)"):format(describe(dep),
        is_delete and "True" or "False"),
      sort = "ProcessAll\0" .. dep.sort_key .. (is_delete and "\0001" or "\0000") }
  end)
end

-- --- post updates ------------------------------------------------------------------------------------------------

-- Saves and deletes are asked for together, but run at different times.
local function run_post_update_all(self, uow)
  local entry = uow.post_updates[self.base]
  if not entry then return end
  local list = {}
  for _, obj in ipairs(entry.list) do
    local flag = uow.states[obj]
    local is_delete = flag == DELETE or flag == DELETE + LIST_ONLY
    if is_delete == self.is_delete then list[#list + 1] = obj end
  end
  if #list > 0 then persistence.post_update(self.base, list, uow, entry.columns) end
end

function actions.post_update_all(uow, base, is_delete)
  uow.post_update_bases[base] = true
  return get(uow, "PostUpdateAll", base, is_delete, nil, function()
    return { base = base, is_delete = is_delete, run = run_post_update_all, per_state = function() return {} end,
      label = "PostUpdateAll(" .. base.class_name .. ")",
      sort = "PostUpdateAll\0" .. sort_name(base) .. (is_delete and "\0001" or "\0000") }
  end)
end

-- --- single objects ----------------------------------------------------------------------------------------------

function actions.save_object(uow, obj)
  return get(uow, "SaveUpdateState", obj, nil, nil, function()
    local base = access.mapper_of(obj).base
    return { obj = obj, base = base, sort = "ProcessState\0" .. sort_name(base),
      label = "SaveUpdateState(" .. access.describe(obj) .. ")" }
  end)
end

function actions.delete_object(uow, obj)
  return get(uow, "DeleteState", obj, nil, nil, function()
    local base = access.mapper_of(obj).base
    return { obj = obj, base = base, sort = "DeleteState\0" .. sort_name(base, true),
      label = "DeleteState(" .. access.describe(obj) .. ")" }
  end)
end

function actions.process_object(uow, dep, is_delete, obj)
  return get(uow, "ProcessState", dep, is_delete, obj, function()
    return { dep = dep, is_delete = is_delete, obj = obj, sort = "ProcessState\0" .. dep.sort_key,
      label = ("ProcessState(%s, %s, delete=%s)"):format(describe(dep), access.describe(obj),
        is_delete and "True" or "False") }
  end)
end

local function same_group(a, b)
  return a.kind == b.kind and a.base == b.base and a.dep == b.dep and a.is_delete == b.is_delete
end

local function run_group(uow, first, list)
  if first.kind == "ProcessState" then return process(first.dep, uow, first.is_delete, list) end
  if first.kind == "SaveUpdateState" then return persistence.save(first.base, list, uow) end
  local deletes = {}
  for _, obj in ipairs(list) do
    if uow:is_deleted(obj) then deletes[#deletes + 1] = obj end
  end
  if #deletes > 0 then persistence.delete(first.base, deletes, uow) end
end

--- Runs one level of a plan with single objects: those that can go together do.
function actions.run_level(uow, level)
  local done = {}
  for i = 1, #level do
    local action = level[i]
    if not done[action] then
      if action.obj == nil then
        action:run(uow)
      else
        local list = {}
        for k = i, #level do
          local other = level[k]
          if other.obj ~= nil and not done[other] and same_group(action, other) then
            done[other] = true
            list[#list + 1] = other.obj
          end
        end
        run_group(uow, action, list)
      end
    end
  end
end

--- Sorts actions by their keys; equal ones stay in the order of their creation.
function actions.sort(list)
  table.sort(list, function(a, b)
    if a.sort ~= b.sort then return a.sort < b.sort end
    return a.number < b.number
  end)
end

-- --- before all: what else is touched ----------------------------------------------------------------------------

local Preprocess = {}
Preprocess.__index = Preprocess

function actions.preprocess(dep, from_parent)
  return setmetatable({ dep = dep, mappers = mappers_of(dep, from_parent), seen = {}, waiting = {} }, Preprocess)
end

-- Objects that this dependency has not looked at yet: those to delete and those to save.
function Preprocess:fresh(uow)
  local deletes, saves, known = {}, {}, uow.states
  for _, mapper in ipairs(self.mappers) do
    local list = uow.mappers[mapper]
    if list then
      local waiting, still = self.waiting[mapper], nil
      local function take(obj)
        local flag = known[obj]
        if flag == SAVE then saves[#saves + 1] = obj
        elseif flag == DELETE then deletes[#deletes + 1] = obj
        else
          still = still or {}
          still[#still + 1] = obj
        end
      end
      if waiting then
        for i = 1, #waiting do take(waiting[i]) end
      end
      for i = (self.seen[mapper] or 0) + 1, list.n do take(list[i]) end
      self.seen[mapper], self.waiting[mapper] = list.n, still
    end
  end
  return deletes, saves
end

--- Looks at what came since the last time; true if there was something.
function Preprocess:run(uow)
  local dep = self.dep
  local deletes, saves = self:fresh(uow)
  if #deletes == 0 and #saves == 0 then return false end
  if #deletes > 0 then dep:presort_deletes(uow, deletes) end
  if #saves > 0 then dep:presort_saves(uow, saves) end
  if not self.set_up and (dep:prop_has_changes(uow, deletes, true) or dep:prop_has_changes(uow, saves, false)) then
    dep:per_property_flush_actions(uow)
    self.set_up = true
  end
  return true
end

return actions
