--- Many-to-one: the object carries the key of what it refers to; it is stored after that and deleted before it.
local access = require "alchemoon.orm.access"
local actions = require "alchemoon.orm.flush_actions"
local dependency = require "alchemoon.orm.dependency"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"
local warn = require "alchemoon.orm.warn"

local ManyToOne = setmetatable({}, { __index = dependency.Base })
ManyToOne.__index = ManyToOne
local NO_INITIALIZE, null = symbols.NO_INITIALIZE, symbols.null

function ManyToOne.new(prop) return dependency.new(ManyToOne, prop) end

-- Children first: their key goes into the parent's column. With post_update that is a statement of its own.
function ManyToOne:all_dependencies(uow, all)
  if self.post_update then
    local after = actions.post_update_all(uow, self.parent.base, false)
    local before = actions.post_update_all(uow, self.parent.base, true)
    uow:depends(all.child_saves, all.after_save)
    uow:depends(all.parent_saves, all.after_save)
    uow:depends(all.after_save, after)
    uow:depends(all.after_save, before)
    uow:depends(all.before_delete, before)
    uow:depends(before, all.child_deletes)
    uow:depends(before, all.parent_deletes)
    return
  end
  uow:depends(all.child_saves, all.after_save)
  uow:depends(all.after_save, all.parent_saves)
  uow:depends(all.parent_saves, all.child_deletes)
  uow:depends(all.parent_deletes, all.child_deletes)
end

-- The same order for one object of a cycle.
function ManyToOne:save_dependencies(uow, at)
  if self.post_update then
    local after = actions.post_update_all(uow, self.parent.base, false)
    uow:depends(at.process, after)
    if at.child_is_delete then
      uow:depends(after, at.child)
    else
      uow:depends(at.parent, at.process)
      uow:depends(at.child, at.process)
    end
    return
  end
  if not at.child_is_delete then uow:depends(at.child, at.process) end
  uow:depends(at.process, at.parent)
end

function ManyToOne:delete_dependencies(uow, at)
  if self.post_update then
    local before = actions.post_update_all(uow, self.parent.base, true)
    uow:depends(at.process, before)
    uow:depends(before, at.parent)
    uow:depends(before, at.child)
  elseif at.child_is_delete then
    uow:depends(at.parent, at.child)
  end
end

local function each(list, fn)
  for _, child in ipairs(list) do
    if child ~= null then fn(child) end
  end
end

function ManyToOne:presort_deletes(uow, list)
  if not self.cascade.delete and not self.cascade.delete_orphan then return end
  for i = 1, #list do
    local history = uow:history(list[i], self.prop, self.delete_flag)
    local function delete(child) self:delete_orphan(uow, child) end
    each(history.added, delete)
    each(history.unchanged, delete)
    if self.cascade.delete_orphan then each(history.deleted, delete) end
  end
end

-- An object that was replaced may be an orphan now.
function ManyToOne:presort_saves(uow, list)
  for i = 1, #list do
    local obj = list[i]
    uow:register_object(obj, false, false, false, "add", self.prop)
    if self.cascade.delete_orphan then
      local history = uow:history(obj, self.prop, self.delete_flag)
      each(history.deleted, function(child)
        if not self:has_parent(uow, child) then self:delete_orphan(uow, child) end
      end)
    end
  end
end

-- A child that no session knows would leave a key that refers to nothing.
local function synchronize(self, uow, obj, child, clear, operation)
  if not self.post_update and uow:is_deleted(obj) then return end
  if operation and child ~= nil and child ~= null and not states.contains(uow.session, child) then
    warn("Object of type <%s> not in session, %s operation along '%s' won't proceed",
      access.mapper_of(child).class_name,
      operation, tostring(self.prop))
    return
  end
  local mapper = access.mapper_of(obj)
  if clear or child == nil or child == null then
    sync.clear(obj, mapper, self.prop.synchronize_pairs)
  else
    self:verify_can_load(child)
    sync.populate(child, access.mapper_of(child), obj, mapper, self.prop.synchronize_pairs, uow, false)
  end
end

local function sum(history)
  local all = {}
  for _, list in ipairs { history.added, history.unchanged, history.deleted } do
    for _, child in ipairs(list) do all[#all + 1] = child end
  end
  return all
end

function ManyToOne:process_deletes(uow, list)
  if not self.post_update or self.cascade.delete_orphan or self.passive_deletes == "all" then return end
  for i = 1, #list do
    synchronize(self, uow, list[i], nil, true)
    local history = uow:history(list[i], self.prop, self.delete_flag)
    if history ~= access.EMPTY then self:register_post_update(list[i], uow, sum(history), true) end
  end
end

-- The last one added counts; without one the key becomes NULL.
function ManyToOne:process_saves(uow, list)
  for i = 1, #list do
    local obj = list[i]
    local history = uow:history(obj, self.prop, NO_INITIALIZE)
    if history ~= access.EMPTY then
      if #history.added > 0 then
        for _, child in ipairs(history.added) do synchronize(self, uow, obj, child, false, "add") end
      elseif #history.deleted > 0 then
        synchronize(self, uow, obj, nil, true, "delete")
      end
      if self.post_update then self:register_post_update(obj, uow, sum(history)) end
    end
  end
end

return ManyToOne
