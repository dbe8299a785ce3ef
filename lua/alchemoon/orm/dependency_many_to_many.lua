--- Many-to-many: rows of the association table are written after both sides are stored and deleted before either is.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local dependency = require "alchemoon.orm.dependency"
local states = require "alchemoon.orm.states"
local statements = require "alchemoon.orm.flush_statements"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"
local warn = require "alchemoon.orm.warn"

local ManyToMany = setmetatable({}, { __index = dependency.Base })
ManyToMany.__index = ManyToMany
local OFF, NO_INITIALIZE, null = symbols.OFF, symbols.NO_INITIALIZE, symbols.null

function ManyToMany.new(prop) return dependency.new(ManyToMany, prop) end

function ManyToMany.all_dependencies(_, uow, all)
  uow:depends(all.parent_saves, all.after_save)
  uow:depends(all.child_saves, all.after_save)
  uow:depends(all.after_save, all.child_deletes)
  -- a row switch: the old association rows go before the new ones come
  uow:depends(all.before_delete, all.parent_saves)
  uow:depends(all.before_delete, all.parent_deletes)
  uow:depends(all.before_delete, all.child_deletes)
  uow:depends(all.before_delete, all.child_saves)
end

function ManyToMany.save_dependencies(_, uow, at)
  uow:depends(at.parent, at.process)
  if at.child_is_delete then uow:depends(at.process, at.child) else uow:depends(at.child, at.process) end
end

function ManyToMany.delete_dependencies(_, uow, at)
  uow:depends(at.process, at.child)
  uow:depends(at.process, at.parent)
end

local pks_changed = dependency.pks_changed

function ManyToMany:presort_deletes(uow, list)
  if self.passive_deletes then return end
  for i = 1, #list do uow:history(list[i], self.prop, self.delete_flag) end
end

-- Orphans must be known before the deletes are sorted.
function ManyToMany:presort_saves(uow, list)
  if not self.passive_updates then
    for i = 1, #list do
      if pks_changed(self, list[i]) then uow:history(list[i], self.prop, OFF) end
    end
  end
  if not self.cascade.delete_orphan then return end
  for i = 1, #list do
    for _, child in ipairs(uow:history(list[i], self.prop, NO_INITIALIZE).deleted) do
      if not self:has_parent(uow, child) then self:delete_orphan(uow, child) end
    end
  end
end

-- Fills an association row; false if the child is none of this session.
local function synchronize(self, uow, obj, child, row, operation)
  self:verify_can_load(child)
  if child == nil or child == null then return false end
  if not states.contains(uow.session, child) then
    if not states.is_deleted(child) then
      warn("Object of type <%s> not in session, %s operation along '%s' won't proceed",
        access.mapper_of(child).class_name,
        operation, tostring(self.prop))
    end
    return false
  end
  sync.populate_row(obj, access.mapper_of(obj), row, self.prop.synchronize_pairs)
  sync.populate_row(child, access.mapper_of(child), row, self.prop.secondary_synchronize_pairs)
  return true
end

-- Was the pair handled from the other side?
local function is_processed(processed, obj, child)
  return processed ~= nil and processed[obj] ~= nil and processed[obj][child] == true
end

local function note_all(seen, obj, list)
  for _, child in ipairs(list) do
    if child ~= null then seen[#seen + 1] = { child, obj } end
  end
end

-- Rows of the association that the other side must not write once more.
local function keep(processed, seen)
  if not processed then return end
  for _, pair in ipairs(seen) do
    local of = processed[pair[1]]
    if not of then
      of = {}
      processed[pair[1]] = of
    end
    of[pair[2]] = true
  end
end

local function gather(self, uow, obj, list, processed, operation, rows)
  for _, child in ipairs(list) do
    if not is_processed(processed, obj, child) then
      local row = {}
      if synchronize(self, uow, obj, child, row, operation) then rows[#rows + 1] = row end
    end
  end
end

local function check_count(self, conn, result, rows, verb)
  if conn.dialect.supports_sane_multi_rowcount == false and #rows > 1 then return end
  if result.rowcount ~= #rows and result.rowcount >= 0 then
    exc.raise("StaleDataError", "%s statement on table '%s' expected to %s %d row(s); Only %d were matched.",
      verb:upper(),
      self.secondary.description or self.secondary.name, verb, #rows, result.rowcount)
  end
end

local function key_names(row, prefix)
  local names = {}
  for name in pairs(row) do
    if not prefix or name:sub(1, #prefix) ~= prefix then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Deletes first: a row that is taken out and put in again would violate its key.
local function run(self, uow, inserts, updates, deletes)
  if #inserts + #updates + #deletes == 0 then return end
  local conn = uow.transaction:connection_for_mapper(self.mapper)
  if #deletes > 0 then
    local statement = statements.association_delete(self.prop, key_names(deletes[1]))
    check_count(self, conn, statements.run(conn, statement, deletes), deletes, "delete")
  end
  if #updates > 0 then
    local statement = statements.association_update(self.prop, key_names(updates[1], "old_"))
    check_count(self, conn, statements.run(conn, statement, updates), updates, "update")
  end
  if #inserts > 0 then statements.run(conn, statements.insert(self.secondary), inserts) end
end

-- All rows of the association go, also those of items that were taken out just now.
function ManyToMany:process_deletes(uow, list)
  local deletes, seen = {}, {}
  local processed = self:reversed_processed(uow)
  for i = 1, #list do
    local obj = list[i]
    local history = uow:history(obj, self.prop, self.delete_flag)
    for _, part in ipairs { history.unchanged, history.deleted } do
      gather(self, uow, obj, part, processed, "delete", deletes)
      note_all(seen, obj, part)
    end
  end
  keep(processed, seen)
  run(self, uow, {}, {}, deletes)
end

local function changed_keys(self, obj, history, updates)
  for _, child in ipairs(history.unchanged) do
    local row = {}
    sync.update(obj, access.mapper_of(obj), row, "old_", self.prop.synchronize_pairs)
    sync.update(child, access.mapper_of(child), row, "old_", self.prop.secondary_synchronize_pairs)
    updates[#updates + 1] = row
  end
end

-- A row of the association table belongs to both sides; the first side that is processed writes it.
function ManyToMany:process_saves(uow, list)
  local inserts, updates, deletes, seen = {}, {}, {}, {}
  local processed = self:reversed_processed(uow)
  for i = 1, #list do
    local obj = list[i]
    local keys_changed = not self.passive_updates and pks_changed(self, obj)
    local history = uow:history(obj, self.prop, keys_changed and OFF or NO_INITIALIZE)
    if history ~= access.EMPTY then
      gather(self, uow, obj, history.added, processed, "add", inserts)
      gather(self, uow, obj, history.deleted, processed, "delete", deletes)
      note_all(seen, obj, history.added)
      note_all(seen, obj, history.deleted)
      if keys_changed then changed_keys(self, obj, history, updates) end
    end
  end
  keep(processed, seen)
  run(self, uow, inserts, updates, deletes)
end

return ManyToMany
