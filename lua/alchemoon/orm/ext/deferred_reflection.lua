--- am.DeferredReflection: classes whose tables are reflected, and which are mapped, when `prepare` is called.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local classes = require "alchemoon.orm.classes"
local deferred_mapping = require "alchemoon.orm.ext.deferred_mapping"
local instance = require "alchemoon.orm.instance"
local registry = require "alchemoon.orm.registry"

local tags = core.tags
local DeferredReflection = { __deferred_mapping__ = deferred_mapping.marker "DeferredReflection" }

-- Names of tables by MetaData and schema, in the order in which they came.
local function new_names() return { order = {} } end

local function add_name(names, metadata, schema, name)
  for _, group in ipairs(names.order) do
    if group.metadata == metadata and group.schema == schema then
      table.insert(group.names, name)
      return
    end
  end
  table.insert(names.order, { metadata = metadata, schema = schema, names = { name } })
end

local function reflect(conn, names, given)
  for _, group in ipairs(names.order) do
    local opts = { only = group.names, schema = group.schema, extend_existing = true, autoload_replace = false }
    for key, value in pairs(given) do opts[key] = value end
    group.metadata:reflect(conn, opts)
  end
end

local function add_table(names, from)
  if core.node_tag(from) ~= tags.TABLE then return end
  add_name(names, core.node_get(from, "metadata"), core.node_get(from, "schema"), core.node_get(from, "name"))
end

-- Association tables that are only named, or that have no columns yet.
local function add_secondary(names, cls, prop)
  local secondary = prop.kind == "relationship" and prop.opts.secondary
  if type(secondary) ~= "string" then return secondary and add_table(names, secondary) end
  local from = rawget(cls, "__table__")
  local metadata = instance.lookup(cls, "metadata")
  if core.metadata_table(metadata, secondary) == nil and not instance.lookup(cls, "registry"):find(secondary) then
    add_name(names, metadata, core.node_tag(from) == tags.TABLE and core.node_get(from, "schema") or nil, secondary)
  end
end

-- Association tables are named by relationships, which are known when the classes are mapped.
local function prepare_with(conn, list, given)
  local names = new_names()
  for _, held in ipairs(list) do
    if held.from then add_table(names, held.from) end
  end
  reflect(conn, names, given)
  deferred_mapping.map(list)
  local secondaries = new_names()
  for _, held in ipairs(list) do
    for _, prop in ipairs(held.class.__mapper__.props) do add_secondary(secondaries, held.class, prop) end
  end
  reflect(conn, secondaries, {})
end

--- Base:prepare(engine or connection, { … of metadata:reflect }); am.DeferredReflection.prepare(engine) takes every
-- class that waits.
---@param base table
---@param bind alchemoon.Engine|alchemoon.Connection
---@param given table?   options of metadata:reflect
function DeferredReflection.prepare(base, bind, given)
  if base ~= DeferredReflection and not classes.is(base) then base, bind, given = DeferredReflection, base, bind end
  given = options.read("prepare", given, { views = true, resolve_fks = true })
  local list = deferred_mapping.under(base, registry.all_registries())
  local what = type(bind) == "table" and bind
  if what and what.engine then
    prepare_with(bind, list, given)
  elseif what and what.connect then
    what:connect(function(conn) prepare_with(conn, list, given) end)
  else
    exc.raise("ArgumentError", "Expected Engine or Connection, got %s",
      type(bind) == "string" and "'" .. bind .. "'" or tostring(bind))
  end
end

return { DeferredReflection = DeferredReflection }
