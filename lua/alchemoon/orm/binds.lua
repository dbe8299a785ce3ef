--- Which engine or connection a session uses for a class, a table or a statement.
--
-- session._binds: class, mapper or table → engine. A class stands for all that inherit from it.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local Connection = require "alchemoon.engine.connection"
local Engine = require "alchemoon.engine.engine"

local binds = {}
local rawget, type, getmetatable = rawget, type, getmetatable

--- Is the value an engine or a connection?
function binds.is_bind(value)
  local mt = getmetatable(value)
  return mt == Engine or mt == Connection or type(mt) == "table" and rawget(mt, "is_bind") == true
end

-- The tables of the class and of all that inherit from it, unless they have an entry.
local function add_tables(session, mapper, bind)
  for _, each in ipairs(mapper.self_and_descendants) do
    for _, from in ipairs(each.tables) do
      if session._binds[from] == nil then session._binds[from] = bind end
    end
  end
end

--- Adds one entry: a mapped class, a mapper, a base or mixin class, a table.
function binds.add(session, key, bind)
  if type(key) == "table" and rawget(key, "is_mapper") then key = key.class end
  local mt = type(key) == "table" and getmetatable(key)
  local is_object = mt and rawget(key, "__mapper__") == nil and type(mt) == "table" and rawget(mt, "__mapper__") ~= nil
  if type(key) == "table" and not is_object then
    local mapper = rawget(key, "__mapper__")
    session._binds[key] = bind
    if mapper then add_tables(session, mapper, bind) end
    return
  end
  if core.node_tag(key) ~= nil then
    local tag = core.node_tag(key)
    if tag == core.tags.ORM_ENTITY then return binds.add(session, core.node_get(key, "mapper"), bind) end
    session._binds[key] = bind
    return
  end
  exc.raise("ArgumentError", "Not an acceptable bind target: %s", tostring(key))
end

--- Does get_bind's first argument name a class (mapped or not, itself or by an object or an alias), not options?
---@param value any
---@return boolean
function binds.is_subject(value)
  if type(value) ~= "table" then return core.node_tag(value) == core.tags.ORM_ENTITY end
  return getmetatable(value) ~= nil or rawget(value, "__mapper__") ~= nil or rawget(value, "is_mapper") ~= nil
    or rawget(value, "__index") ~= nil or rawget(value, "__name") ~= nil
end

-- What an error calls a class that has no mapper.
local function name_of(value)
  local mt = getmetatable(value)
  local name = rawget(value, "__name") or type(mt) == "table" and rawget(mt, "__name")
  return tostring(name or type(value))
end

-- Of a mapper, a class or an object; of anything else none.
local function mapper_of(value)
  if type(value) == "table" then
    if rawget(value, "is_mapper") then return value end
    local mapper = rawget(value, "__mapper__")
    if mapper then return mapper end
    local mt = getmetatable(value)
    mapper = type(mt) == "table" and rawget(mt, "__mapper__")
    if mapper then return mapper end
    exc.raise("UnmappedClassError", "Class '%s' is not mapped", name_of(value))
  end
  if core.node_tag(value) == core.tags.ORM_ENTITY then return core.node_get(value, "mapper") end
  return exc.raise("UnmappedClassError", "Class '%s' is not mapped", type(value))
end
binds.mapper_of = mapper_of

local function bind_of_class(session, mapper)
  local known = session._binds[mapper.class]
  if known then return known end
  for _, base in ipairs(rawget(mapper.class, "__mro__") or {}) do
    known = session._binds[base]
    if known then return known end
  end
  return nil
end

-- The first table or class inside a statement that has a bind.
local function bind_inside(session, node, seen)
  if seen[node] then return nil end
  seen[node] = true
  local known = session._binds[node]
  if known then return known end
  local tag = core.node_tag(node)
  if tag == core.tags.ORM_ENTITY then
    known = bind_of_class(session, core.node_get(node, "mapper"))
    if known then return known end
  end
  if tag == core.tags.COLUMN then
    local from = core.node_get(node, "table")
    return from and bind_inside(session, from, seen)
  end
  if tag == core.tags.TABLE then return nil end
  for _, child in ipairs(core.node_children(node)) do
    known = bind_inside(session, child, seen)
    if known then return known end
  end
  return nil
end

-- How far down a class stands: tables come first, then subclasses, so that what is said of a subclass holds for its
-- table whatever the order of the entries.
local function depth(key)
  local mapper = type(key) == "table" and (rawget(key, "is_mapper") and key or rawget(key, "__mapper__"))
  local n = mapper and 0 or math.huge
  while mapper and mapper.inherits do n, mapper = n + 1, mapper.inherits end
  return n
end

--- The `binds` option of a session: entries in no particular order.
function binds.add_all(session, entries)
  local keys = {}
  for key in pairs(entries) do keys[#keys + 1] = { key, depth(key) } end
  table.sort(keys, function(a, b) return a[2] > b[2] end)
  for _, each in ipairs(keys) do binds.add(session, each[1], entries[each[1]]) end
end

-- The class that a statement is about, if it says so: that of an INSERT, UPDATE or DELETE, the first one of a SELECT.
local function subject_of(clause)
  local tag = core.node_tag(clause)
  local entity
  if tag == core.tags.INSERT or tag == core.tags.UPDATE or tag == core.tags.DELETE then
    entity = core.node_get(clause, "orm")
    return entity and mapper_of(entity) or nil
  end
  if tag ~= core.tags.SELECT then return nil end
  for _, column in ipairs(core.node_get(clause, "columns")) do
    if core.node_tag(column) == core.tags.ORM_ENTITY then return core.node_get(column, "mapper") end
    if core.node_tag(column) == core.tags.ORM_ATTR then
      return core.node_get(core.node_get(column, "entity"), "mapper")
    end
  end
  return nil
end

--- The bind for a mapper and a statement; UnboundExecutionError when there is none.
---@param session table
---@param args table?   bind arguments: mapper, clause, bind
function binds.find(session, args)
  if args and args.bind then return args.bind end
  local has_binds = next(session._binds) ~= nil
  if not has_binds and session.bind then return session.bind end
  local mapper = args and args.mapper
  local clause = args and args.clause
  if mapper == nil and clause == nil then
    if session.bind then return session.bind end
    exc.raise("UnboundExecutionError", "This session is not bound to a single Engine or Connection, and no context was "
      .. "provided to locate a binding.")
  end
  if mapper ~= nil then mapper = mapper_of(mapper) end
  if has_binds then
    local found = mapper and bind_of_class(session, mapper)
    if found then return found end
    if clause == nil and mapper then clause = mapper.persist_selectable end
    if type(clause) == "table" and clause.__clause_element__ then clause = clause:__clause_element__() end
    if clause ~= nil and core.node_tag(clause) ~= nil then
      local subject = subject_of(clause)
      found = subject and bind_of_class(session, subject) or bind_inside(session, clause, {})
      if found then return found end
    end
  end
  if session.bind then return session.bind end
  local context = {}
  if mapper then context[#context + 1] = "mapper " .. tostring(mapper) end
  if clause ~= nil then context[#context + 1] = "SQL expression" end
  return exc.raise("UnboundExecutionError", "%s", ("Could not locate a bind configured on %s or this Session.")
    :format(table.concat(context, ", ")))
end

return binds
