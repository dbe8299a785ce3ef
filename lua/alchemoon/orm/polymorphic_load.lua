--- Columns of subclasses that are loaded by statements of their own: polymorphic_load = "selectin",
-- selectin_polymorphic().
local core = require "alchemoon.core"
local attr_info = require "alchemoon.orm.attr_info"
local inheritance = require "alchemoon.orm.inheritance"
local option_tree = require "alchemoon.orm.option_tree"
local symbols = require "alchemoon.orm.symbols"

local polymorphic_load = {}
local CHUNK = symbols.KEYS_PER_STATEMENT
local ALL = 6 -- of an entity's table in a run; load.lua

-- What selectin_polymorphic() names, as a set; nil without it.
local function named_mappers(spec)
  if spec.poly_named == nil then
    spec.poly_named = false
    for _, mapper in ipairs(spec.tree and spec.tree.poly or {}) do
      spec.poly_named = spec.poly_named or {}
      spec.poly_named[mapper] = true
    end
  end
  return spec.poly_named or nil
end

-- The class by whose statement the objects of a class get their columns: the nearest above it, below the entity's, that
-- was named or says polymorphic_load = "selectin".
local function loaded_by(spec, mapper)
  local named, at = named_mappers(spec), mapper
  while at and at ~= spec.mapper do
    if at.polymorphic_load == "selectin" or named and named[at] then return at end
    at = at.inherits
  end
  return nil
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
function polymorphic_load.covers(spec, sub) return loaded_by(spec, sub) ~= nil end

-- The class whose attributes, and those of its subclasses, a statement for a mapper does not bring.
local function stops_at(mapper, spec)
  local at = mapper.inherits
  while at ~= spec.mapper and at.polymorphic_load == "selectin" do at = at.inherits end
  return at
end

-- What the subclass adds to what its superclasses bring by statements of their own, and what the classes add that are
-- loaded along with it, but for what is deferred.
local function names_of(mapper, spec, tree)
  local names, above = {}, stops_at(mapper, spec).prop
  for _, prop in ipairs(mapper.props) do
    local wanted = above[prop.key] ~= prop
    if prop.kind == "column" then
      wanted = wanted and not option_tree.column(tree, prop) or prop == mapper.polymorphic_prop
      for _, slot in ipairs(mapper.pk_slots) do wanted = wanted or slot == prop.slot end
    end
    if wanted and (prop.kind == "column" or prop.kind == "relationship") then names[prop.key] = true end
  end
  for _, sub in ipairs(inheritance.with_polymorphic_mappers(mapper)) do
    for _, prop in ipairs(sub.props) do
      local own = mapper.prop[prop.key] == nil and prop.kind == "column"
      if own and not option_tree.column(tree, prop) then names[prop.key] = true end
    end
  end
  return names
end

-- with_loader_criteria() of the statement whose rows were read holds here, too.
local function template_of(mapper, spec, criteria)
  spec.poly_templates = spec.poly_templates or {}
  local made = spec.poly_templates[mapper]
  if made then return made end
  local keys = mapper.primary_key
  local loader_statements = require "alchemoon.orm.loader_statements"
  local stmt = loader_statements.base_select({ mapper.entity },
    { where = { loader_statements.in_list(keys) }, order_by = keys })
  local tree = option_tree.for_subclass_columns(spec.tree)
  made = require("alchemoon.orm.template").new(stmt, { only = names_of(mapper, spec, tree), options = {}, tree = tree,
    base_path = spec.path }, criteria)
  spec.poly_templates[mapper] = made
  return made
end

local function is_missing(obj, mapper, names)
  for name in pairs(names) do
    local prop = mapper.prop[name] -- nil: of a subclass that is loaded along
    if prop and prop.kind == "column" and rawget(obj, prop.slot) == nil then return true end
  end
  return false
end

-- The objects that a statement for a mapper is for. A lazy load leaves alone what is there.
local function keys_for(spec, mapper, objects, ctx, names)
  local keys, named = {}, named_mappers(spec)
  for _, obj in ipairs(objects) do
    local own = rawget(getmetatable(obj), "__mapper__")
    if own:isa(mapper) and (named or loaded_by(spec, own) == mapper)
      and (not ctx.lazy or is_missing(obj, mapper, names)) then
      local key = mapper:primary_key_from_instance(obj)
      keys[#keys + 1] = #key == 1 and key[1] or key
    end
  end
  return keys
end

--- Loads what is missing for objects of one entity of a run by the statement of one mapper.
function polymorphic_load.run(session, mapper, spec, objects, ctx)
  local made = template_of(mapper, spec, ctx.criteria_nodes)
  local keys = keys_for(spec, mapper, objects, ctx, made.how.only)
  for first = 1, #keys, CHUNK do
    local chunk = {}
    for i = first, math.min(first + CHUNK - 1, #keys) do chunk[#chunk + 1] = keys[i] end
    require("alchemoon.orm.template").fetch(session, made, { primary_keys = chunk }, { mapper = mapper,
      options = ctx.options,
      origin = ctx.origin,
      token = ctx.token, user_options = ctx.user_options,
      run = { populate_existing = ctx.populate_existing, token = ctx.token, origin = ctx.origin,
        options = ctx.options } })
  end
end

--- The objects of an entity of a run, each once, and their classes in the order in which they came, each with the
-- mappers to load it by: with its superclasses. What is loaded after the rows begins with the first class that asks,
-- unless there is more; classes whose rows came before are not looked at.
---@return table[] objects, table[] classes   of { own =, mappers = }
function polymorphic_load.wanted_of(spec, entity)
  local objects, list, seen, is_in = {}, {}, {}, {}
  local all, begun = entity[ALL] or {}, #spec.post > 0
  for _, obj in ipairs(all) do
    local own = rawget(getmetatable(obj), "__mapper__")
    if is_in[own] == nil then
      local at = loaded_by(spec, own)
      begun = begun or at ~= nil
      is_in[own] = begun
      local mappers = {}
      list[#list + 1] = { own = own, mappers = mappers }
      while at and at ~= spec.mapper and not seen[at] do
        seen[at] = true
        mappers[#mappers + 1] = at
        at = at.inherits
      end
    end
    if is_in[own] and not seen[obj] then
      seen[obj] = true
      objects[#objects + 1] = obj
    end
  end
  return objects, list
end

polymorphic_load.core, polymorphic_load.attr_info = core, attr_info
return polymorphic_load
