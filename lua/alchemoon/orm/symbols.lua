--- Names of values that mean something to every file of the ORM.
local symbols = {}

local function symbol(name)
  return setmetatable({}, { __tostring = function() return name end, __name = "symbol" })
end

-- A member of a family of constants, as Python's enumerations have them.
local function member(family, name, value)
  local text = family .. "." .. name
  return setmetatable({ name = name, value = value }, { __tostring = function() return text end, __name = "symbol" })
end

--- NULL inside a slot: loaded or set to NULL (light userdata, equal to am.null).
symbols.null = require "alchemoon.null"

--- In `changes[slot]`: the attribute changed, but its old value was never loaded.
symbols.NO_VALUE = member("LoaderCallableStatus", "NO_VALUE", 4)

--- What a listener of "set" gets as the old value of a reference that would have had to be loaded.
symbols.PASSIVE_NO_RESULT = member("LoaderCallableStatus", "PASSIVE_NO_RESULT", 0)

--- initiator.op: what a change of an attribute began with.
local function operation(name)
  return setmetatable({ name = name }, { __tostring = function() return "symbol('" .. name .. "')" end,
    __name = "symbol" })
end
symbols.OP_REMOVE, symbols.OP_APPEND, symbols.OP_REPLACE = operation "REMOVE", operation "APPEND", operation "REPLACE"
symbols.OP_BULK_REPLACE, symbols.OP_MODIFIED = operation "BULK_REPLACE", operation "MODIFIED"

--- transaction.origin: what a SessionTransaction began with.
local function origin(name) return member("SessionTransactionOrigin", name) end
symbols.origin = { AUTOBEGIN = origin "AUTOBEGIN", BEGIN = origin "BEGIN", BEGIN_NESTED = origin "BEGIN_NESTED",
  SUBTRANSACTION = origin "SUBTRANSACTION" }

--- The place of an item of which no place was said (listeners with include_key).
symbols.NO_KEY = member("EventConstants", "NO_KEY", 1)

--- In the slot of a JSON column: the JSON value null (which is not SQL NULL).
symbols.JSON_NULL = symbol("JSON_NULL")

-- How far a read may go, from anything to nothing.
symbols.OFF = "off"                         -- load with SQL
symbols.NO_RAISE = "no_raise"               -- the same for flush, merge and cascades, not stopped by "raise"
symbols.NO_FETCH = "no_fetch"               -- no SQL; the identity map may be asked; empty collections are made
symbols.NO_FETCH_RELATED = "no_fetch_related" -- as NO_RAISE, but no SQL for what the key alone can find
symbols.NO_INITIALIZE = "no_initialize"     -- only what is there
symbols.ONLY_PERSISTENT = "only_persistent" -- SQL, but never for transient or pending objects

--- The same under SQLAlchemy's names.
symbols.NEVER_SET = symbols.NO_VALUE -- the former name
symbols.LoaderCallableStatus = { NO_VALUE = symbols.NO_VALUE, NEVER_SET = symbols.NEVER_SET,
  PASSIVE_NO_RESULT = symbols.PASSIVE_NO_RESULT }
symbols.PassiveFlag = { PASSIVE_OFF = symbols.OFF, PASSIVE_NO_FETCH = symbols.NO_FETCH,
  PASSIVE_NO_FETCH_RELATED = symbols.NO_FETCH_RELATED, PASSIVE_NO_INITIALIZE = symbols.NO_INITIALIZE,
  PASSIVE_ONLY_PERSISTENT = symbols.ONLY_PERSISTENT }

--- relationship.direction
local function direction(name, value) return member("RelationshipDirection", name, value) end
symbols.ONETOMANY, symbols.MANYTOONE = direction("ONETOMANY", 1), direction("MANYTOONE", 2)
symbols.MANYTOMANY = direction("MANYTOMANY", 3)
symbols.RelationshipDirection = { ONETOMANY = symbols.ONETOMANY, MANYTOONE = symbols.MANYTOONE,
  MANYTOMANY = symbols.MANYTOMANY }

--- How many objects a loader asks for in one statement, as in SQLAlchemy: more make an IN that databases plan badly.
symbols.KEYS_PER_STATEMENT = 500

--- extension_type: what stands behind an attribute of a class.
symbols.NotExtension = { NOT_EXTENSION = member("NotExtension", "NOT_EXTENSION", "not_extension") }
symbols.HybridExtensionType = {
  HYBRID_METHOD = member("HybridExtensionType", "HYBRID_METHOD", "HYBRID_METHOD"),
  HYBRID_PROPERTY = member("HybridExtensionType", "HYBRID_PROPERTY", "HYBRID_PROPERTY"),
}
symbols.AssociationProxyExtensionType = {
  ASSOCIATION_PROXY = member("AssociationProxyExtensionType", "ASSOCIATION_PROXY", "ASSOCIATION_PROXY"),
}

return symbols
