--- The identity map: one object per row and session.
--
-- `session.identity[mapper.identity_base][key]` is the object; the values are weak, so the map keeps nothing alive. The
-- identity base is the base of the hierarchy, or the class itself where no discriminator tells what a row is. A key is
-- the bare number or string of a one-column primary key; anything else (composite keys, dates, int64 cdata) is an
-- encoded string that begins with a zero byte, which is what distinguishes it from a user's string. Position 2 of an
-- object holds its key.
local core = require "alchemoon.core"
local counted = require "alchemoon.orm.counted"
local exc = require "alchemoon.exc"
local symbols = require "alchemoon.orm.symbols"
local usage = require "alchemoon.usage"

local identity = {}
local null = symbols.null
local type, rawget = type, rawget
local unpack = table.unpack or unpack -- luacheck: ignore 113
local identity_key = core.identity_key
local WEAK = { __mode = "v" }

-- Identity tokens: rows of several databases may have the same primary key; the token says which one is meant. It is a
-- part of the identity key; objects that have no key yet are looked up here. `used` stays false in programs that know
-- no tokens, and then nobody pays for them.
local tokens = setmetatable({}, { __mode = "k" })
local used = false
local MARK = "\0@"

--- The token inside an identity key; nil if there is none.
function identity.token_of(key)
  if type(key) ~= "string" or key:sub(1, 2) ~= MARK then return nil end
  return core.identity_token(key)
end

--- The token of an object; nil if it has none.
function identity.token(obj)
  if not used then return nil end
  local key = rawget(obj, 2)
  if key ~= nil then return identity.token_of(key) end
  return tokens[obj]
end

--- An object without a key gets its token.
function identity.set_token(obj, token)
  used = true
  tokens[obj] = token
end

--- Tokens are in use from now on.
function identity.use_tokens() used = true end

--- Does the program use tokens at all?
function identity.uses_tokens() return used end

local EXACT = 2 ^ 53 -- below it a number is every integer

--- The key of primary key values; `token` is the identity token of sharded sessions.
---@param values table
---@param count integer
---@param token any
function identity.key(values, count, token)
  local value = values[1]
  if count == 1 and token == nil then
    local kind = type(value)
    if kind == "number" or kind == "string" then return value end
    if kind == "cdata" then -- int64; a small one is the number that it stands for
      local number = tonumber(value)
      if number and number > -EXACT and number < EXACT then return number end
    end
    return identity_key(value)
  end
  if token ~= nil then
    used = true
    return core.identity_key_with_token(token, unpack(values, 1, count))
  end
  return identity_key(unpack(values, 1, count))
end

--- The key of an object as its slots stand; second result: is a part of it missing, third: are all missing?
function identity.key_of(obj, mapper)
  local slots = mapper.pk_slots
  local token = used and identity.token(obj) or nil
  if #slots == 1 then
    local value = rawget(obj, slots[1])
    if value == nil or value == null then return nil, true, true end
    if token == nil then
      local kind = type(value)
      if kind == "number" or kind == "string" then return value, false, false end
    end
    return identity.key({ value }, 1, token), false, false
  end
  local values, missing = {}, 0
  for i = 1, #slots do
    local value = rawget(obj, slots[i])
    if value == nil or value == null then
      missing = missing + 1
      value = null
    end
    values[i] = value
  end
  return identity.key(values, #slots, token), missing > 0, missing == #slots
end

-- --- keys that cannot be read back ------------------------------------------------------------------------

-- Object → { key, values }: the key of an expired object whose values (dates, decimals) cannot be had from its text.
local kept = setmetatable({}, { __mode = "k" })

--- Is it a key from which its values cannot be read?
function identity.is_opaque(key)
  return type(key) == "string" and key:byte(1) == 0 and core.identity_values(key) == nil
end

--- The values of the object's key if it is opaque; nil if it is not, or one is not known. `old`: see keep.
function identity.opaque_values(obj, mapper, old)
  if not identity.is_opaque(rawget(obj, 2)) then return nil end
  local values = {}
  for i, slot in ipairs(mapper.pk_slots) do
    local value = old and old[slot]
    if value == nil or value == symbols.NO_VALUE then value = rawget(obj, slot) end
    if value == nil then return nil end
    values[i] = value
  end
  return values
end

--- Notes the values of an opaque key before the object forgets them. `old`: the values before changes, by slot.
function identity.keep(obj, mapper, old)
  local values = identity.opaque_values(obj, mapper, old)
  if values then kept[obj] = { rawget(obj, 2), values } end
end

--- The primary key values under which an object is known; nil if they cannot be told.
function identity.values(obj, mapper)
  local key = rawget(obj, 2)
  if key == nil then return nil end
  local values = core.identity_values(key)
  if values then return values end
  local known = kept[obj]
  if known and known[1] == key then return known[2] end
  values = {}
  for i, slot in ipairs(mapper.pk_slots) do
    values[i] = rawget(obj, slot)
    if values[i] == nil then return nil end
  end
  return values
end

--- A table key → object for one mapper hierarchy, made on first use.
function identity.map_for(session, base)
  local maps = session.identity
  local map = maps[base]
  if not map then
    map = setmetatable({}, WEAK)
    maps[base] = map
    local order = session._map_order or {}
    order[#order + 1] = base
    session._map_order = order
  end
  return map
end

--- The maps with objects of a class and of those below it, as keys of a table.
---@param session table
---@param mapper table
---@return table
function identity.maps(session, mapper)
  local maps = {}
  for _, below in ipairs(mapper.self_and_descendants) do
    local map = session.identity[below.identity_base]
    if map then maps[map] = true end
  end
  return maps
end

--- The `_maps` of a session that no get has found anything in: class → { map, slot of the key, subclasses }.
identity.NO_MAPS = {}

--- Does the session hold this very object under its key?
function identity.holds(session, obj, mapper)
  local key = rawget(obj, 2)
  if key == nil then return false end
  local map = session.identity[mapper.identity_base]
  return map ~= nil and map[key] == obj
end

--- Takes an object out, if it is the one under its key.
function identity.discard(session, obj, mapper)
  local key = rawget(obj, 2)
  if key == nil then return end
  local map = session.identity[mapper.identity_base]
  if map and map[key] == obj then map[key] = nil end
end

--- Puts an object in; returns the other object that stood there, if any.
function identity.replace(session, obj, mapper)
  local map = identity.map_for(session, mapper.identity_base)
  local key = rawget(obj, 2)
  local old = map[key]
  map[key] = obj
  if old ~= obj then return old end
  return nil
end

local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "boolean" then return not a and b end
  return a < b
end
identity.before = before

--- All objects of the session's map, hierarchy by hierarchy in the order in which they came, by key: a fixed order for
-- what users see. `bases`: base mapper → true for the hierarchies that are meant; all if nil.
function identity.all_sorted(session, bases)
  local out, n = {}, 0
  for _, base in ipairs(session._map_order or {}) do
    local keys = {}
    for key in pairs((not bases or bases[base]) and session.identity[base] or {}) do keys[#keys + 1] = key end
    table.sort(keys, before)
    for _, key in ipairs(keys) do
      local obj = session.identity[base][key]
      if obj then
        n = n + 1
        out[n] = obj
      end
    end
  end
  return out
end

-- --- what users see: session.identity_map -------------------------------------------------------------------

local Face = {}
local face_methods = {}
local sessions = setmetatable({}, { __mode = "k" })
local faces = setmetatable({}, { __mode = "v" }) -- of each session by its hash_key, while somebody holds it

local function session_of(face) return sessions[face] end

-- Identity keys as programs see them; two are equal when they name the same row.
local Key = {}
function Key.__eq(a, b)
  if a[1] ~= b[1] or a[3] ~= b[3] or #a[2] ~= #b[2] then return false end
  for i, value in ipairs(a[2]) do
    if value ~= b[2][i] then return false end
  end
  return true
end

--- { class, primary key values, token } of an object of the mapper.
function identity.shown(mapper, values, token)
  return setmetatable({ mapper.identity_base.class, values, token }, Key)
end

-- Primary key values as users give them → key.
local function read_key(mapper, ident, token)
  if type(ident) ~= "table" or getmetatable(ident) ~= nil then return identity.key({ ident }, 1, token) end
  return identity.key(ident, #mapper.pk_slots, token)
end

--- identity_map:get(identity_key): the object under { class, primary key, token }, or nil.
function face_methods.get(self, key)
  usage.check_arguments("identity_map:get", "table", key)
  local class, ident, token = key[1], key[2], key[3]
  local mapper = class and rawget(class, "__mapper__")
  local map = mapper and session_of(self).identity[mapper.identity_base]
  return map and map[read_key(mapper, ident, token)] or nil
end

--- Is the object (or the identity key) in the map?
function face_methods.contains(self, what)
  local class = getmetatable(what)
  local mapper = type(class) == "table" and rawget(class, "__mapper__")
  if mapper then return identity.holds(session_of(self), what, mapper) end
  return face_methods.get(self, what) ~= nil
end

--- Is the object of an inspect(obj) in the map?
function face_methods.contains_state(self, state)
  local object = type(state) == "table" and state.is_instance and state.object
  if not object then
    exc.raise("ArgumentError", "identity_map:contains_state: expected what inspect(object) gives, got %s", type(state))
  end
  return face_methods.contains(self, object)
end

function face_methods.values(self) return identity.all_sorted(session_of(self)) end

--- What inspect() gives of each object.
function face_methods.all_states(self)
  local state_of, out = require("alchemoon.orm.inspect_orm").state, {}
  for i, obj in ipairs(face_methods.values(self)) do out[i] = state_of(obj) end
  return out
end

-- An expired object has its key, too: nothing is loaded for it.
function face_methods.keys(self)
  local out = {}
  for i, obj in ipairs(face_methods.values(self)) do
    local mapper = rawget(getmetatable(obj), "__mapper__")
    out[i] = identity.shown(mapper, identity.values(obj, mapper), identity.token(obj))
  end
  return out
end

--- for key, object in session.identity_map:items() do
function face_methods.items(self)
  local keys, values, i = face_methods.keys(self), face_methods.values(self), 0
  return function()
    i = i + 1
    return keys[i], values[i]
  end
end

local function count(self)
  local n = 0
  for _, map in pairs(session_of(self).identity) do
    for _ in pairs(map) do n = n + 1 end
  end
  return n
end

usage.check_receivers(face_methods, "identity_map", session_of)
local unknown = usage.unknown_attribute("identity_map", {}, face_methods)

Face.__len = count
Face.__name = "WeakInstanceDict"
Face.__index = function(self, key)
  if type(key) == "number" then return face_methods.values(self)[key] end
  return face_methods[key] or unknown(key)
end
Face.__tostring = function(self) return ("WeakInstanceDict(%d objects)"):format(count(self)) end
Face.__pairs = face_methods.items

local new_face = counted.maker(Face)

--- The map of a session as users see it: `#`, contains, get, keys, values, items.
function identity.face(session)
  local face = faces[session.hash_key]
  if face then return face end
  face = new_face()
  sessions[face] = session
  faces[session.hash_key] = face
  return face
end

identity.read_key = read_key

return identity
