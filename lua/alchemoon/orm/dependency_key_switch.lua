--- A changed primary key seen from many-to-one relationships without another side: who refers to the object follows.
local access = require "alchemoon.orm.access"
local actions = require "alchemoon.orm.flush_actions"
local dependency = require "alchemoon.orm.dependency"
local identity = require "alchemoon.orm.identity"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"

local KeySwitch = setmetatable({}, { __index = dependency.Base })
KeySwitch.__index = KeySwitch
KeySwitch.is_key_switch = true
local null, NO_VALUE, OFF = symbols.null, symbols.NO_VALUE, symbols.OFF

function KeySwitch.new(prop) return dependency.new(KeySwitch, prop) end

-- The other side does it, if there is one that does not leave it to the database: it knows who refers to the key.
function KeySwitch:per_property_preprocessors(uow)
  local reverse = self.prop.reverse_properties
  if reverse and next(reverse) ~= nil then
    if self.passive_updates then return end
    for prop in pairs(reverse) do
      if prop.passive_updates == false then return end
    end
  end
  uow:register_preprocessor(self, false)
end

function KeySwitch:per_property_flush_actions(uow)
  local after_save = actions.process_all(uow, self, false, false)
  uow:depends(actions.save_all(uow, self.parent.base), after_save)
end

function KeySwitch.per_state_flush_actions() end

-- Objects whose key changes in this flush, each looked at once.
local function switchers(self, uow, list)
  local memo = uow:memo(self, "pk_switchers", function() return { seen = {}, switched = {}, any = false } end)
  for i = 1, #list do
    local obj = list[i]
    if not memo.seen[obj] then
      memo.seen[obj] = true
      if rawget(obj, 2) ~= nil
        and sync.source_modified(obj, access.mapper_of(obj), self.prop.synchronize_pairs) then
        memo.switched[obj], memo.any = true, true
      end
    end
  end
  return memo
end

local function related_of(self, obj)
  local value = rawget(obj, self.prop.slot)
  if value == nil and self.update_flag == OFF then
    value = require("alchemoon.orm.attributes").peek(obj, self.prop, symbols.NO_RAISE)
  end
  if value == nil or value == null or value == NO_VALUE then return nil end
  if self.prop.uselist then return self.prop.adapter.items(value)[1] end
  return value
end

-- Objects that nobody touched refer to a key that changes: they are found in the identity map.
local function process_switches(self, uow, list)
  local memo = switchers(self, uow, list)
  if not memo.any then return end
  for _, obj in ipairs(identity.all_sorted(uow.session)) do
    local mapper = access.mapper_of(obj)
    if mapper:isa(self.parent) then
      local related = related_of(self, obj)
      if related and memo.switched[related] then
        uow:register_object(obj, false, self.passive_updates)
        sync.populate(related, access.mapper_of(related), obj, mapper, self.prop.synchronize_pairs, uow,
          self.passive_updates)
      end
    end
  end
end

function KeySwitch:presort_saves(uow, list)
  if not self.passive_updates then process_switches(self, uow, list) end
end

function KeySwitch:prop_has_changes(uow, list, is_delete)
  if is_delete or not self.passive_updates then return false end
  return switchers(self, uow, list).any
end

function KeySwitch:process_saves(uow, list) process_switches(self, uow, list) end

return KeySwitch
