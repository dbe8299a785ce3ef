--- What happened to a collection since its object was last in step with the database: `changes[slot]` of a persistent
-- or detached owner.
--
-- Loaded when the first change came: { original = its items then, in order, known = the same as a set }; what was added
-- and removed follows from a comparison. Not loaded: { added =, removed = }, applied when it is loaded (`settle`).
local collections = require "alchemoon.orm.collections"
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"
local symbols = require "alchemoon.orm.symbols"
local index_of = lists.index_of

local collection_changes = {}
local NO_VALUE = symbols.NO_VALUE
local NOTHING = {}

local function snapshot(entry, items)
  local original, known = {}, {}
  for i = 1, #items do
    original[i] = items[i]
    known[items[i]] = true
  end
  entry.original, entry.known = original, known
end

-- Where changes of a property are written; what only reads (viewonly) never counts as changed.
local function changes_for(obj, prop)
  if prop.viewonly then return nil end
  return instance.changes_for_write(obj)
end

--- The record of a collection, made on its first change; nil for transient and pending owners. Call it before the
-- collection is changed; `items`: its items, where they are not in the slot.
function collection_changes.entry(obj, prop, items)
  local changes = changes_for(obj, prop)
  if not changes then return nil end
  local entry = changes[prop.slot]
  if entry and entry ~= NO_VALUE then return entry end
  entry = { added = {}, removed = {} }
  changes[prop.slot] = entry
  local collection = rawget(obj, prop.slot)
  if items then snapshot(entry, items)
  elseif collection ~= nil and prop.adapter then
    -- what was put in behind the methods, and nobody has seen yet, was not there from the beginning
    local known = prop.is_watched and rawget(collection, collections.COPY)
    snapshot(entry, known or prop.adapter.items(collection))
  end
  return entry
end

--- What is in the collection counts as what was there from the beginning, but the object as changed.
function collection_changes.again(obj, prop)
  local changes = changes_for(obj, prop)
  if not changes then return end
  changes[prop.slot] = nil
  collection_changes.entry(obj, prop)
end

--- Something enters.
function collection_changes.note_added(obj, prop, item)
  local entry = collection_changes.entry(obj, prop)
  if not entry or entry.original then return end
  local at = index_of(entry.removed, item)
  if at then table.remove(entry.removed, at)
  elseif not index_of(entry.added, item) then entry.added[#entry.added + 1] = item end
end

--- Something leaves.
function collection_changes.note_removed(obj, prop, item)
  local entry = collection_changes.entry(obj, prop)
  if not entry or entry.original then return end
  local at = index_of(entry.added, item)
  if at then table.remove(entry.added, at)
  elseif not index_of(entry.removed, item) then entry.removed[#entry.removed + 1] = item end
end

--- Changes that waited for a collection meet what was loaded; what was added stands there once more if its row was
-- loaded, too.
function collection_changes.settle(entry, adapter, collection)
  snapshot(entry, adapter.items(collection))
  for _, item in ipairs(entry.removed) do
    if entry.known[item] then adapter.take(collection, item) end
  end
  for _, item in ipairs(entry.added) do adapter.put(collection, item) end
  entry.added, entry.removed = {}, {}
end

--- What was added, what stayed, what left: three lists. `items`: what is in the collection now, nil: not loaded.
function collection_changes.lists(entry, items)
  if items == nil then return entry.added, NOTHING, entry.removed end
  local known = entry.known
  if not known then return entry.added, items, entry.removed end
  local added, unchanged, removed, present = {}, {}, {}, {}
  for i = 1, #items do
    local item = items[i]
    present[item] = true
    if known[item] then unchanged[#unchanged + 1] = item else added[#added + 1] = item end
  end
  local original = entry.original
  for i = 1, #original do
    local item = original[i]
    if not present[item] then removed[#removed + 1] = item end
  end
  return added, unchanged, removed
end

return collection_changes
