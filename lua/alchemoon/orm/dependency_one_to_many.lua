--- One-to-many: children carry the parent's key; they are stored after it and deleted before it.
local access = require "alchemoon.orm.access"
local actions = require "alchemoon.orm.flush_actions"
local dependency = require "alchemoon.orm.dependency"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"

local OneToMany = setmetatable({}, { __index = dependency.Base })
OneToMany.__index = OneToMany
local OFF, NO_INITIALIZE, null = symbols.OFF, symbols.NO_INITIALIZE, symbols.null

function OneToMany.new(prop) return dependency.new(OneToMany, prop) end

-- Parents first: their key goes into the children's columns. With post_update that is a statement of its own.
function OneToMany:all_dependencies(uow, all)
  if self.post_update then
    local after = actions.post_update_all(uow, self.mapper.base, false)
    local before = actions.post_update_all(uow, self.mapper.base, true)
    uow:depends(all.child_saves, all.after_save)
    uow:depends(all.parent_saves, all.after_save)
    uow:depends(all.after_save, after)
    uow:depends(all.before_delete, before)
    uow:depends(before, all.parent_deletes)
    uow:depends(before, all.child_deletes)
    return
  end
  uow:depends(all.parent_saves, all.after_save)
  uow:depends(all.after_save, all.child_saves)
  uow:depends(all.after_save, all.child_deletes)
  uow:depends(all.child_saves, all.parent_deletes)
  uow:depends(all.child_deletes, all.parent_deletes)
  uow:depends(all.before_delete, all.child_saves)
  uow:depends(all.before_delete, all.child_deletes)
end

function OneToMany:save_dependencies(uow, at)
  if self.post_update then
    local after = actions.post_update_all(uow, self.mapper.base, false)
    if not at.child_is_delete then uow:depends(at.parent, at.process) end
    uow:depends(at.child, at.process)
    uow:depends(at.process, after)
  else
    uow:depends(at.parent, at.process)
    uow:depends(at.process, at.child)
    uow:depends(at.parent, at.child)
  end
end

function OneToMany:delete_dependencies(uow, at)
  if self.post_update then
    local before = actions.post_update_all(uow, self.mapper.base, true)
    uow:depends(at.process, before)
    uow:depends(before, at.parent)
  else
    uow:depends(at.process, at.child)
    uow:depends(at.child, at.parent)
  end
end

local pks_changed = dependency.pks_changed

-- Children that lose their owner are deleted or get NULL, so they take part in the flush.
function OneToMany:presort_deletes(uow, list)
  local null_keys = not self.cascade.delete and self.passive_deletes ~= "all"
  for i = 1, #list do
    local history = uow:history(list[i], self.prop, self.delete_flag)
    for _, child in ipairs(history.deleted) do
      if child ~= null and not self:has_parent(uow, child, list[i]) then
        uow:register_object(child, self.cascade.delete_orphan)
      end
    end
    if null_keys then
      for _, child in ipairs(history.unchanged) do
        if child ~= null then uow:register_object(child, false, false, false, "delete", self.prop) end
      end
    end
  end
end

local function presort_deleted_children(self, uow, obj, history, null_keys)
  for _, child in ipairs(history.deleted) do
    if not self.cascade.delete_orphan then
      if null_keys then uow:register_object(child, false, false, false, "delete", self.prop) end
    elseif not self:has_parent(uow, child, obj) then
      self:delete_orphan(uow, child)
    end
  end
end

-- Children whose column this flush will set take part in it, even if nobody touched them.
function OneToMany:presort_saves(uow, list)
  local added = uow:memo(self, "children_added", function() return {} end)
  local null_keys = not self.cascade.delete_orphan and self.passive_deletes ~= "all"
  for i = 1, #list do
    local obj = list[i]
    local changed = pks_changed(self, obj)
    local history = uow:history(obj, self.prop, changed and not self.passive_updates and OFF or NO_INITIALIZE)
    if history ~= access.EMPTY then
      for _, child in ipairs(history.added) do
        if child ~= null then
          uow:register_object(child, false, false, true, "add", self.prop)
          added[child] = true
        end
      end
      presort_deleted_children(self, uow, obj, history, null_keys)
      if changed then
        for _, child in ipairs(history.unchanged) do
          if child ~= null then
            uow:register_object(child, false, self.passive_updates, false, "pk change", self.prop)
          end
        end
      end
    end
  end
end

local function synchronize(self, uow, obj, child, clear, changed)
  self:verify_can_load(child)
  if child == nil or child == null or (not self.post_update and uow:is_deleted(child)) then return end
  if clear then
    sync.clear(child, access.mapper_of(child), self.prop.synchronize_pairs)
  else
    sync.populate(obj, self.parent, child, access.mapper_of(child), self.prop.synchronize_pairs, uow,
      self.passive_updates and changed)
  end
end

local function clear_and_update(self, uow, obj, child)
  synchronize(self, uow, obj, child, true, false)
  if self.post_update then self:register_post_update(child, uow, { obj }) end
end

-- Children that stay must not refer to what is deleted.
function OneToMany:process_deletes(uow, list)
  if not self.post_update and self.passive_deletes == "all" then return end
  local added = uow:memo(self, "children_added", function() return {} end)
  for i = 1, #list do
    local obj = list[i]
    local history = uow:history(obj, self.prop, self.delete_flag)
    for _, child in ipairs(history.deleted) do
      if child ~= null and not self:has_parent(uow, child, obj) then clear_and_update(self, uow, obj, child) end
    end
    if self.post_update or not self.cascade.delete then
      for _, child in ipairs(history.unchanged) do
        if child ~= null and not added[child] then clear_and_update(self, uow, obj, child) end
      end
    end
  end
end

-- The owner has its key now: it goes to new children, NULL to those that left, a changed key to all.
function OneToMany:process_saves(uow, list)
  local null_keys = not self.cascade.delete_orphan and self.passive_deletes ~= "all"
  for i = 1, #list do
    local obj = list[i]
    local history = uow:history(obj, self.prop, NO_INITIALIZE)
    if history ~= access.EMPTY then
      for _, child in ipairs(history.added) do
        synchronize(self, uow, obj, child, false, false)
        if self.post_update and child ~= null then self:register_post_update(child, uow, { obj }) end
      end
      for _, child in ipairs(history.deleted) do
        if null_keys and not self:has_parent(uow, child, obj) then synchronize(self, uow, obj, child, true, false) end
      end
      if pks_changed(self, obj) then
        for _, child in ipairs(history.unchanged) do synchronize(self, uow, obj, child, false, true) end
      end
    end
  end
end

return OneToMany
