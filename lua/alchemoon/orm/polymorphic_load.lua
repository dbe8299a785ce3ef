--- Columns of subclasses that are loaded by statements of their own: polymorphic_load = "selectin",
-- selectin_polymorphic().
local core = require "alchemoon.core"
local attr_info = require "alchemoon.orm.attr_info"

local polymorphic_load = {}
local CHUNK = 500
local ALL = 6 -- of an entity's table in a run; load.lua

-- The mappers that a spec loads this way.
local function mappers_of(spec)
  if spec.poly_mappers then return spec.poly_mappers end
  local list, seen = {}, {}
  local function take(mapper)
    if not seen[mapper] and mapper ~= spec.mapper and mapper:isa(spec.mapper) then
      seen[mapper] = true
      list[#list + 1] = mapper
    end
  end
  for _, mapper in ipairs(spec.tree and spec.tree.poly or {}) do take(mapper) end
  for _, mapper in ipairs(spec.mapper.self_and_descendants) do
    if mapper.polymorphic_load == "selectin" then take(mapper) end
  end
  spec.poly_mappers = list
  return list
end

--- Does an entity of this mapper load subclasses this way?
function polymorphic_load.wanted(mapper, tree)
  if tree and tree.poly then return true end
  for _, each in ipairs(mapper.self_and_descendants) do
    if each ~= mapper and each.polymorphic_load == "selectin" then return true end
  end
  return false
end

--- Will a subclass of a spec's mapper get its columns, and its eager loaders, by a statement of its own?
function polymorphic_load.covers(spec, sub)
  for _, mapper in ipairs(mappers_of(spec)) do
    if sub:isa(mapper) then return true end
  end
  return false
end

-- What the subclass adds to what the entity has loaded.
local function names_of(mapper, spec)
  local names = {}
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" then
      local inherited = spec.mapper.prop[prop.key] ~= nil
      local key = prop == mapper.polymorphic_prop
      for _, slot in ipairs(mapper.pk_slots) do key = key or slot == prop.slot end
      if key or not inherited then names[prop.key] = true end
    elseif prop.kind == "relationship" and spec.mapper.prop[prop.key] == nil then
      names[prop.key] = true
    end
  end
  return names
end

local function template_of(mapper, spec)
  spec.poly_templates = spec.poly_templates or {}
  local made = spec.poly_templates[mapper]
  if made then return made end
  local keys = mapper.primary_key
  local loader_statements = require "alchemoon.orm.loader_statements"
  local stmt = loader_statements.base_select({ mapper.entity },
    { where = { loader_statements.in_list(keys) }, order_by = keys })
  made = require("alchemoon.orm.template").new(stmt, { only = names_of(mapper, spec), tree = spec.tree, options = {},
    no_single = true,
    base_path = spec.path })
  spec.poly_templates[mapper] = made
  return made
end

local function is_missing(obj, mapper, names)
  for name in pairs(names) do
    local prop = mapper.prop[name]
    if prop.kind == "column" and rawget(obj, prop.slot) == nil then return true end
  end
  return false
end

local function load_one(session, mapper, spec, entity, ctx)
  local made = template_of(mapper, spec)
  local values, seen = {}, {}
  for _, obj in ipairs(entity[ALL]) do
    local own = rawget(getmetatable(obj), "__mapper__")
    if not seen[obj] and own:isa(mapper) and (ctx.populate_existing or is_missing(obj, mapper, made.how.only)) then
      seen[obj] = true
      local key = mapper:primary_key_from_instance(obj)
      values[#values + 1] = #key == 1 and key[1] or key
    end
  end
  for first = 1, #values, CHUNK do
    local chunk = {}
    for i = first, math.min(first + CHUNK - 1, #values) do chunk[#chunk + 1] = values[i] end
    require("alchemoon.orm.template").fetch(session, made, { primary_keys = chunk }, { mapper = mapper,
      options = ctx.options,
      origin = ctx.origin,
      token = ctx.token, user_options = ctx.user_options,
      run = { populate_existing = ctx.populate_existing, token = ctx.token,
        options = ctx.options } })
  end
end

--- Loads what is missing for the objects of one entity of a run.
function polymorphic_load.run(session, spec, entity, ctx)
  if #spec.classes < 2 or not entity[ALL] then return end
  for _, mapper in ipairs(mappers_of(spec)) do load_one(session, mapper, spec, entity, ctx) end
end

polymorphic_load.core, polymorphic_load.attr_info = core, attr_info
return polymorphic_load
