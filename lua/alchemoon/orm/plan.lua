--- Plans: the compiled form of a statement with entities, and how its rows become objects.
--
-- A plan is made once per structural key and kept in the engine's cache of compiled statements (or with the template of
-- a loader). The symbolic specs of lower_entity.lua become a populate program (csrc/bind/populate.c) here.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local execute = require "alchemoon.sql.execute"
local result_shape = require "alchemoon.sql.result_shape"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lowering = require "alchemoon.orm.lowering"
local polymorphic_load = require "alchemoon.orm.polymorphic_load"
local symbols = require "alchemoon.orm.symbols"
local types = require "alchemoon.types"

local plan = {}
local T, E = core.tags, core.enums
local node_get, node_tag, node_type = core.node_get, core.node_tag, core.node_type
local null, JSON_NULL = symbols.null, symbols.JSON_NULL

-- --- decoders ------------------------------------------------------------------------------------

-- In a slot the JSON value null must not look like NULL.
local function keep_json_null(value)
  if value == null then return JSON_NULL end
  return value
end

local function is_json(type_node)
  return type_node ~= nil and types.affinity(type_node) == "JSON"
    and not types.has_bit(node_get(type_node, "options"), types.BITS.none_as_null)
end

-- The decoder of a result column, which `objects` find, for a slot.
local function slot_decoder(type_node, dialect, functions, objects)
  local decoder = type_node and result_shape.decoder(type_node, objects, dialect, functions) or nil
  if not is_json(type_node) then return decoder end
  if type(decoder) == "table" then
    local inner = decoder[2]
    return { decoder[1], inner and function(value) return keep_json_null(inner(value)) end or keep_json_null }
  elseif type(decoder) == "function" then
    return function(value) return keep_json_null(decoder(value)) end
  end
  return { decoder, keep_json_null }
end

-- --- labels --------------------------------------------------------------------------------------

local function each_column_item(items, fn)
  for _, item in ipairs(items) do
    if item.items then each_column_item(item.items, fn)
    elseif item.kind == "column" then fn(item) end
  end
end

-- In rows an attribute has its name, also an expression of an aliased class, which has none in `.c`.
local function named(node)
  if node_tag(node) ~= T.ORM_ATTR or node_get(node, "kind") ~= E.ORM_ATTR_COLUMN then return node end
  local is_plain = node_tag(node_get(node, "column")) == T.COLUMN
  return is_plain and node or core.node_with(node, { kind = E.ORM_ATTR_HYBRID })
end

-- The names of column items in rows: those of attributes and labels; a Query does not tell repetitions apart.
local function keys_of(items, state)
  local nodes, keys = {}, {}
  for i, item in ipairs(items) do nodes[i] = named(item.node) end
  if state.legacy then
    for i, node in ipairs(nodes) do
      local inner = node_tag(node) == T.ORM_ATTR and node_get(node, "column") or node
      if node_tag(node) == T.ORM_ATTR and (node_tag(inner) == T.COLUMN or node_get(node, "kind") == E.ORM_ATTR_HYBRID)
      then keys[i] = node_get(node, "name")
      elseif node_tag(inner) == T.COLUMN then keys[i] = node_get(inner, "key_name") or node_get(inner, "name")
      elseif node_tag(inner) == T.LABEL then keys[i] = node_get(inner, "name") end
    end
    return keys
  end
  local found = core.selected_keys(core.node(T.SELECT, { columns = nodes, label_style = state.label_style }))
  for i in ipairs(nodes) do keys[i] = found[i] or nil end
  return keys
end

--- Gives result columns the names of the attributes that they were selected by.
function plan.relabel(columns, state)
  local items = {}
  each_column_item(state.items, function(item)
    if item.index and columns[item.index] and item.relabelled ~= false then items[#items + 1] = item end
  end)
  local keys = #items > 0 and keys_of(items, state) or items
  for i, item in ipairs(items) do
    local column = columns[item.index]
    if keys[i] then column.key = keys[i] end
    item.key = keys[i]
    if node_tag(item.node) == T.ORM_ATTR then column.objects[#column.objects + 1] = item.node end
  end
end

-- --- programs ------------------------------------------------------------------------------------

-- Column nodes → { source, decoder }.
local function resolver(self)
  return function(node, slot)
    local at
    if self.sources then at = self.sources[node] else at = self.state.position[node] end
    if not at then return nil end
    local column = self.entry.columns[at]
    local type_node = not self.by_name and column and column.type or node_type(node)
    return { source = at, slot = slot,
      decoder = slot_decoder(type_node, self.dialect, self.entry.json, column and column.objects or { node }) }
  end
end

local function entity_program(spec, resolve, bits)
  local out = { kind = spec.kind, parent = spec.parent, parent_slot = spec.parent_slot, keys = {}, classes = {},
    partial_keys = spec.mapper.allow_partial_pks ~= false and #spec.mapper.pk_slots > 1, track_new = bits % 2 == 1,
    track_refreshed = bits % 4 >= 2, track_all = bits >= 4 }
  for i, node in ipairs(spec.keys) do out.keys[i] = resolve(node) end
  if spec.discriminator then out.discriminator = resolve(spec.discriminator) end
  for i, class in ipairs(spec.classes) do
    local columns = {}
    for _, column in ipairs(class.columns) do columns[#columns + 1] = resolve(column.node, column.slot) end
    out.classes[i] = { columns = columns, array_size = class.array_size }
  end
  return out
end

-- Does anybody listen to objects of this class being loaded or refreshed?
local function listens(spec, name)
  local list = spec.mappers_below
  for i = 1, #list do
    local dispatch = list[i].instance_dispatch
    if dispatch and dispatch[name] then return true end
  end
  return false
end

-- Loads of "auto" need the other objects of the result, which costs; so it is asked once.
local function has_auto(spec)
  if spec.auto == nil then
    spec.auto = false
    for _, each in ipairs(spec.mapper.self_and_descendants) do
      if each.registry and each.registry.default_lazy == "auto" then spec.auto = true end
      for _, prop in ipairs(each.props) do
        if prop.kind == "relationship" and prop.lazy == "auto" then spec.auto = true end
      end
    end
    local tree = spec.tree
    if tree then
      if tree.rel_any and tree.rel_any.strategy == "auto" or tree.defaults.rel
        and tree.defaults.rel.strategy == "auto" then
        spec.auto = true
      end
      for _, child in pairs(tree.rel) do
        if child.strategy == "auto" then spec.auto = true end
      end
    end
  end
  return spec.auto
end

-- What must be collected of an entity's objects, as a number: 1 new ones, 2 refreshed ones, 4 all. `forgets`: what the
-- statement does not bring is emptied in objects that are refreshed, unless another of its entities brings it. `lazy`:
-- loaders follow for new objects only.
local function flags_of(spec, loaded, forgets, lazy)
  local bits = (spec.wants_all or forgets) and 4 or 0
  if loaded or listens(spec, "load") or lazy and spec.wants_all then bits = bits + 1 end
  local refresh = listens(spec, "refresh")
  if refresh then return 7 end -- those that are not new and not complete are told too
  if forgets then bits = bits + 2 end
  return bits
end

-- What C runs over the rows; see csrc/bind/populate.h.
local function make_program(self)
  local list = {}
  local resolve = self.resolve
  for i, spec in ipairs(self.specs) do
    if spec.kind == "value" then
      local source = self.sources and self.sources[spec.node] or spec.at
      local column = self.entry.columns[source]
      local type_node = not self.by_name and column and column.type or node_type(spec.node)
      local objects = column and column.objects or { spec.node }
      list[i] = { kind = "value", keys = { { source = source,
        decoder = type_node and result_shape.decoder(type_node, objects, self.dialect, self.entry.json) or nil } } }
    else
      list[i] = entity_program(spec, resolve, spec.bits)
    end
  end
  return core.populate_program(list)
end

--- Notes in the specs what must be collected for those who listen at present; returns it as one number.
function plan.set_flags(self, session, how)
  local loaded = session.dispatch.loaded_as_persistent ~= nil
  local forgets, lazy = how.populate_existing and true or false, how.lazy
  local specs, sum = self.specs, 0
  for i = 1, #specs do
    local spec = specs[i]
    if spec.kind ~= "value" then
      local bits = flags_of(spec, loaded, forgets, lazy)
      spec.bits = bits
      sum = sum * 8 + bits
    end
  end
  return sum
end

--- The populate program of a plan for those who listen at present. Second result: nothing is to be done after the rows.
function plan.program(self, session, how)
  local sum = plan.set_flags(self, session, how)
  local program = self.programs[sum]
  if not program then
    program = make_program(self)
    self.programs[sum] = program
  end
  return program, sum == 0 and self.simple
end

-- --- entities of a run ---------------------------------------------------------------------------

-- Class numbers by discriminator; 0 is a class of the hierarchy that is not of this entity. An object that is refreshed
-- keeps its class whatever the row says.
local function idents_of(spec)
  if not spec.discriminator or #spec.classes < 2 and spec.fixed then return nil end
  local index, idents = {}, {}
  for i, class in ipairs(spec.classes) do index[class.mapper] = i end
  for identity, mapper in pairs(spec.mapper.polymorphic_map) do idents[identity] = index[mapper] or 0 end
  for i, class in ipairs(spec.classes) do
    if class.mapper.polymorphic_identity ~= nil then idents[class.mapper.polymorphic_identity] = i end
  end
  return idents
end

-- Raises for a row whose discriminator makes it no object of this entity.
local function unknown_of(spec)
  local function refuse(key, how, ...)
    local values = core.identity_values(key) or { key }
    for i = 1, #values do values[i] = exc.show_value(values[i]) end
    exc.raise("InvalidRequestError", "Row with identity key (<class '%s'>, (%s%s), None) can't be loaded into an " ..
      "object; the polymorphic discriminator column '%s' " .. how, spec.mapper.base.class_name,
      table.concat(values, ", "), #values == 1 and "," or "", tostring(spec.mapper.polymorphic_on), ...)
  end
  return function(value, key)
    if value == nil then refuse(key, "is NULL") end
    local other = spec.mapper.polymorphic_map[value]
    if other then
      refuse(key, "refers to %s, which is not a sub-mapper of the requested %s", tostring(other),
        tostring(spec.mapper))
    end
    exc.raise("InvalidRequestError", "No such polymorphic_identity '%s' is defined", tostring(value))
  end
end

-- The classes whose objects have the relationship that an eager spec fills, as a set; nil if all of its parent's have
-- it. Sibling classes use the same slots for other attributes, and a concrete class has a relationship of its own.
local function owners_of(spec, parent)
  local owners, all = {}, true
  for _, class in ipairs(parent.classes) do
    local has = class.mapper:isa(spec.prop.parent) and class.mapper.prop[spec.prop.key] == spec.prop
    owners[class.mapper.class] = has or nil
    all = all and has
  end
  return not all and owners or nil
end

-- All that can be said of an entity without a row.
local function finish_spec(spec, parent)
  spec.mappers_below = spec.mapper.self_and_descendants
  spec.wants_all = #spec.post > 0 or has_auto(spec) or polymorphic_load.wanted(spec.mapper, spec.tree)
  spec.class_list = {}
  for i, class in ipairs(spec.classes) do spec.class_list[i] = class.mapper.class end
  for _, class in ipairs(spec.classes) do
    if class.mapper.identity_base ~= spec.mapper.identity_base then spec.bases = {} end
  end
  if spec.bases then
    for i, class in ipairs(spec.classes) do spec.bases[i] = class.mapper.identity_base end
  end
  spec.idents = idents_of(spec)
  spec.unknown = unknown_of(spec)
  spec.owners = parent and owners_of(spec, parent)
  if not spec.idents then spec.discriminator = nil end
  if spec.kind == "collection" and spec.prop.adapter and spec.prop.adapter.kind == "list"
    and not spec.prop.adapter.new then
    spec.collection_meta = spec.prop.collection_meta
  end
end

-- --- making one ----------------------------------------------------------------------------------

-- The label of a plain column, other than those before it.
local function column_label(self, item, taken)
  local compiled = self.entry.columns[item.index]
  local key = item.key or item.label
  if item.key then
    taken[key] = true
    return key, compiled
  end
  if key == nil then
    local node = item.column
    key = node_tag(node) == T.COLUMN and (node_get(node, "key_name") or node_get(node, "name")) or compiled
      and compiled.key or node_tag(node) == T.FUNCTION and node_get(node, "name")
  end
  key = key or "column"
  local label, number = key, 0
  while taken[label] do
    number = number + 1
    label = key .. "_" .. number
  end
  taken[label] = true
  return label, compiled
end

-- The row that the program sees: labels and the objects by which a value may be asked for.
local function shape_of(self)
  local columns, taken = {}, {}
  for i, item in ipairs(self.items) do
    local objects = { item.node }
    local key = item.label
    if item.kind == "entity" then
      objects[#objects + 1] = item.mapper.class
      key = key or false
    elseif item.kind == "column" then
      local compiled
      key, compiled = column_label(self, item, taken)
      objects[#objects + 1] = item.column
      for _, object in ipairs(compiled and compiled.objects or {}) do objects[#objects + 1] = object end
    end
    columns[i] = { key = key == nil and "column_" .. i or key, objects = objects }
  end
  return result_shape.make(columns, self.dialect, nil, true, self.entry.json)
end

--- A plan of a lowered statement and its compiled entry.
function plan.from_state(stmt, state, entry, dialect)
  local self = { entry = entry, state = state, items = state.items, specs = state.specs, programs = {}, stmt = stmt,
    dialect = dialect.name, entities = 0, multi_row = state.multi_row, refused = state.refused, object_options = {},
    criteria_nodes = lower_criteria.propagated(state.criteria),
    post_criteria_nodes = lower_criteria.propagated(state.criteria, true) }
  self.resolve = resolver(self)
  for _, spec in ipairs(state.specs) do
    if spec.kind ~= "value" then
      self.entities = self.entities + 1
      finish_spec(spec, spec.parent and state.specs[spec.parent])
    end
  end
  self.rows = self.entities == 0 and not plan.has_groups(state.items)
  self.single = #state.items == 1 and state.items[1].kind == "entity"
  self.simple = self.single and #self.specs == 1 and not self.multi_row and self.criteria_nodes == nil
    and self.specs[1].tree == nil and not self.specs[1].wants_all and not self.refused
  self.quick = self.simple and entry.info ~= nil and not entry.info.has_post_compile and not entry.twins
  if not self.rows then self.shape = shape_of(self) end
  return self
end

--- Makes a plan. `how`: see lower_select.lower.
function plan.make(stmt, dialect, schema_map, how)
  local lowered = lowering.statement(stmt, how)
  local entry = execute.compile(stmt, dialect, nil, false, schema_map, lowered)
  return plan.from_state(stmt, lowered.state, entry, dialect)
end

--- Are there bundles or composites among the items?
function plan.has_groups(items)
  for _, item in ipairs(items) do
    if item.items then return true end
  end
  return false
end

--- The plan of a statement on a connection, from the cache or made anew. Second result: was it cached?
function plan.of(stmt, conn, all_options)
  local cache = all_options.compiled_cache
  if cache == nil then cache = conn.engine._compiled_cache end
  if cache == false or cache == null then cache = nil end
  local dialect, schema_map = conn.dialect, all_options.schema_translate_map
  local key = execute.key_of(stmt, dialect.name, nil, nil, schema_map) .. "\4"
  local found = cache and execute.cache_get(cache, key)
  if found then return found, true end
  found = plan.make(stmt, dialect, schema_map, all_options._lower)
  if cache then execute.cache_put(cache, key, found) end
  return found, cache and false or nil
end

plan.shape_of = shape_of
return plan
