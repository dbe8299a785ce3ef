--- A SELECT of entities becomes a SELECT of columns (SQLAlchemy's ORMSelectCompileState).
--
-- The state gathers: FROM clauses with joins, column lists (`primary`, and `secondary` for what eager joins add), specs
-- of entities (lower_entity.lua), conditions. `finish` builds the statement; if rows of a limited or distinct SELECT
-- would be multiplied by eager joins, it is wrapped into a subquery and the joins stand outside.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_eager = require "alchemoon.orm.lower_eager"
local lower_entity = require "alchemoon.orm.lower_entity"
local lower_joins = require "alchemoon.orm.lower_joins"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"
local selectable = require "alchemoon.sql.selectable"
local statements = require "alchemoon.sql.statements"

local lower_select = {}
local T, E = core.tags, core.enums
local node_get, node_tag, node_with, node_replace = core.node_get, core.node_tag, core.node_with, core.node_replace

local State = {}
State.__index = State

-- --- result entities -----------------------------------------------------------------------------

local function first_entity(node)
  local tag = node_tag(node)
  if tag == T.ORM_ATTR then return node_get(node, "entity") end
  if tag == T.ORM_ENTITY or coerce.IS_SELECT[tag] or not column_adapter.is_orm(node) then return nil end
  if tag == T.COLUMN then return nil end
  for _, child in ipairs(core.node_children(node)) do
    local found = first_entity(child)
    if found then return found end
  end
  return nil
end

local function label_of(node)
  local tag = node_tag(node)
  if tag == T.ORM_ATTR then return node_get(node, "name") end
  return nil
end

local add_item

local function add_bundle(state, list, node)
  local item = { kind = "bundle", node = node, label = node_get(node, "name"), items = {}, bundle = node_get(node,
    "extra") }
  for _, member in ipairs(node_get(node, "columns")) do add_item(state, item.items, member) end
  list[#list + 1] = item
end

local function add_attribute(state, list, node)
  local kind = node_get(node, "kind")
  local entity = node_get(node, "entity")
  if kind == E.ORM_ATTR_RELATIONSHIP then -- its join condition
    local condition = coerce.relationship(node)
    if not info.is_aliased(entity) then condition = condition:label(node_get(node, "name")) end
    list[#list + 1] = { kind = "column", node = condition, entity = entity, label = node_get(node, "name") }
    return
  end
  if kind == E.ORM_ATTR_COMPOSITE then
    local prop = info.prop(node)
    local item = { kind = "composite", node = node, label = node_get(node, "name"), items = {}, prop = prop,
      entity = entity }
    for _, member in ipairs(prop:parts(info.mapper(entity))) do
      add_item(state, item.items, require("alchemoon.orm.entity").attribute(entity, member))
    end
    list[#list + 1] = item
    return
  end
  local column = node_get(node, "column")
  local tag = node_tag(column)
  if kind == E.ORM_ATTR_HYBRID and tag ~= T.COLUMN and tag ~= T.LABEL and tag ~= T.FUNCTION then
    node = core.node(T.LABEL, { name = node_get(node, "name"), element = node }, core.node_type(node))
  end
  list[#list + 1] = { kind = "column", node = node, entity = entity, label = label_of(node) }
end

function add_item(state, list, node)
  local tag = node_tag(node)
  if tag == T.ORM_ENTITY then
    local mapper = info.mapper(node)
    local label = mapper.class_name
    if info.is_aliased(node) then label = node_get(node, "name") end -- without a name it has no key in rows
    list[#list + 1] = { kind = "entity", node = node, entity = node, mapper = mapper, label = label }
  elseif tag == T.ORM_BUNDLE then
    add_bundle(state, list, node)
  elseif tag == T.ORM_ATTR then
    add_attribute(state, list, node)
  elseif coerce.IS_FROM[tag] then
    for _, column in ipairs((core.from_columns(node))) do list[#list + 1] = { kind = "column", node = column } end
  else
    list[#list + 1] = { kind = "column", node = node, entity = first_entity(node) }
  end
end

--- What a columns clause selects, as items { kind = "entity" | "column" | "bundle" | "composite", ... }.
function lower_select.items(raw)
  local list = {}
  for _, node in ipairs(raw) do add_item(nil, list, node) end
  return list
end

local function each_entity(items, fn)
  for _, item in ipairs(items) do
    if item.items then each_entity(item.items, fn)
    elseif item.entity then fn(item.entity, item) end
  end
end

-- --- columns -------------------------------------------------------------------------------------

--- Adds a column to a list unless the statement has it; returns the node that stands for it.
function State:add(collection, node)
  local known = self.known[node]
  if known then return known end
  if node_tag(node) ~= T.COLUMN then
    for _, other in ipairs(self.odd) do
      if other == node then return other end
    end
    self.odd[#self.odd + 1] = node
  end
  self.known[node] = node
  collection[#collection + 1] = node
  return node
end

--- Adapters on top of the one for the whole statement.
function State:wrap_adapter(adapt, strict)
  local whole = self.from_alias
  if not whole then return adapt, strict end
  if not adapt then return whole, whole end
  return function(node) return whole(adapt(node)) end, function(node)
    local found = strict(node)
    return found and whole(found)
  end
end

--- An expression as it stands in the statement.
function State:adapt_expression(node)
  if self.from_alias then node = self.from_alias(column_adapter.plain(node, self.from_alias_exact)) end
  if self.joined_adapters then
    node = node_replace(node, function(at)
      local tag = node_tag(at)
      for _, one in ipairs(self.joined_adapters) do
        if tag == T.ORM_ATTR then
          local entity = node_get(at, "entity")
          if node_get(at, "column") and not info.is_aliased(entity) and one.mappers[info.mapper(entity)] then
            return one.adapt(node_get(at, "column"))
          end
        elseif tag == T.COLUMN and one.tables[node_get(at, "table") or false] then return one.adapt(at) end
      end
      return tag == T.COLUMN and at or nil
    end)
  end
  return node
end

--- From now on columns of these mappers and tables are those of what was joined.
function State:loads_with(mappers, tables, adapt)
  self.joined_adapters = self.joined_adapters or {}
  table.insert(self.joined_adapters, 1, { mappers = mappers, tables = tables, adapt = adapt })
end

function State:adapt_list(list)
  if not self.from_alias and not self.joined_adapters then return list end
  local out = {}
  for i, node in ipairs(list) do out[i] = self:adapt_expression(node) end
  return out
end

-- --- FROM ----------------------------------------------------------------------------------------

--- Indexes of the FROM clauses in which an element stands.
function State:matching_clauses(from)
  local found, exact = {}, {}
  local wanted = core.from_objects(from)
  for i, clause in ipairs(self.from_clauses) do
    local surface, hit = {}, false
    for _, part in ipairs(core.from_objects(clause.node)) do surface[part] = true end
    for _, part in ipairs(wanted) do
      hit = hit or surface[part] or core.from_derived(clause.node, part)
    end
    if hit then
      found[#found + 1] = i
      local all = true
      for _, part in ipairs(wanted) do all = all and surface[part] end
      if all or surface[from] then exact[#exact + 1] = i end
    end
  end
  if #found > 1 and #exact > 0 then return exact end
  return found
end

--- The sides to which a join may be added when FROM is still empty.
function State:entity_sides()
  local list = {}
  for _, item in ipairs(self.items) do
    if item.entity then
      list[#list + 1] = lower_joins.side_of(item.entity)
    elseif item.kind == "column" then
      local from = core.from_objects(item.node)[1]
      if from then list[#list + 1] = { from = from } end
    else
      each_entity(item.items or {}, function(entity) list[#list + 1] = lower_joins.side_of(entity) end)
    end
  end
  return list
end

local function read_froms(self, froms)
  for _, node in ipairs(froms) do
    if node_tag(node) == T.ORM_ENTITY then
      self.from_clauses[#self.from_clauses + 1] = { node = lower_entity.selectable(node), entity = node }
      self.extra_entities[#self.extra_entities + 1] = node
    elseif node_tag(node) == T.JOIN and node_get(node, "entity") then
      self.from_clauses[#self.from_clauses + 1] = { node = column_adapter.plain(node_with(node, { entity = false })),
        entity = node_get(node, "entity") }
    else
      self.from_clauses[#self.from_clauses + 1] = { node = column_adapter.plain(node) }
    end
  end
end

-- --- entities ------------------------------------------------------------------------------------

function State:nests()
  return self.multi_row and self.limited
end

--- Joined eager loading of a relationship; see lower_eager.lua.
function State:join_eager(spec, prop, child) return lower_eager.setup(self, spec, prop, child) end

local function setup_entity(self, item)
  local entity, mapper = item.entity, item.mapper
  local adapt, strict
  local aliased = info.is_aliased(entity)
  local from = lower_entity.selectable(entity)
  if aliased or mapper.with_polymorphic and mapper.with_polymorphic[2] then
    adapt, strict = column_adapter.of_entity(entity, from)
  end
  adapt, strict = self:wrap_adapter(adapt, strict)
  local primary = self.primary_item == item
  item.spec = lower_entity.setup(self, {
    kind = "root", mapper = mapper, entity = entity, adapt = adapt, strict = strict, check_adapt = aliased,
    collection = self.primary, selectable = from, mappers = lower_entity.mappers_of(entity),
    tree = self.trees(entity), path = path.root(mapper, self.base_path), only = primary and self.only or nil,
    fixed = primary and self.fixed or nil,
  })
  self.extra_entities[#self.extra_entities + 1] = entity
  self.fallback[#self.fallback + 1] = from
end

local function intersects(node, from)
  local set = {}
  for _, part in ipairs(core.from_objects(from)) do set[part] = true end
  for _, part in ipairs(core.from_objects(node)) do
    if set[part] then return true end
  end
  return false
end

local function setup_column(self, item)
  local node = item.node
  if node_tag(node) == T.ORM_ATTR then node = node_get(node, "column") end
  node = self:adapt_expression(node)
  if not self.known[node] then self.known[node] = node end
  self.primary[#self.primary + 1] = node
  item.column, item.index = node, #self.primary
  self.specs[#self.specs + 1] = { kind = "value", node = node, at = #self.primary, index = #self.specs + 1 }
  item.spec = self.specs[#self.specs]
  if item.entity then
    self.extra_entities[#self.extra_entities + 1] = item.entity
    local from = lower_entity.selectable(item.entity)
    if intersects(node, from) then self.fallback[#self.fallback + 1] = from end
  end
end

-- A subquery selects what its own columns say, so that those of its alias keep their meaning.
local function setup_subquery(self)
  for _, node in ipairs(core.selected_columns(self.stmt)) do
    if node_tag(node) == T.ORM_ATTR then node = node_get(node, "column") end
    node = self.from_alias and self:adapt_expression(node) or node
    self.primary[#self.primary + 1] = node
    self.known[node] = node
  end
  each_entity(self.items, function(entity, item)
    self.extra_entities[#self.extra_entities + 1] = entity
    local from = lower_entity.selectable(entity)
    if item.kind == "entity" or intersects(item.node, from) then self.fallback[#self.fallback + 1] = from end
  end)
end

local function setup_items(self, items)
  for _, item in ipairs(items) do
    if item.kind == "entity" then setup_entity(self, item)
    elseif item.kind == "column" then setup_column(self, item)
    else setup_items(self, item.items) end
  end
end

-- --- conditions ----------------------------------------------------------------------------------

local function extra_criteria(self)
  local done = {}
  local where = {}
  for _, clause in ipairs(self.from_clauses) do -- what joins begin with
    if clause.entity then self.extra_entities[#self.extra_entities + 1] = clause.entity end
  end
  for _, entity in ipairs(self.extra_entities) do
    if not done[entity] and not self.join_entities[entity] and entity ~= self.complete then
      done[entity] = true
      local mapper = info.mapper(entity)
      local adapt
      if info.is_aliased(entity) then adapt = column_adapter.of_entity(entity, lower_entity.selectable(entity)) end
      local list = {}
      if not self.refresh then
        for _, criterion in ipairs(lower_criteria.for_entity(self.criteria, entity, nil, false)) do
          list[#list + 1] = column_adapter.plain(criterion)
        end
      end
      for _, criterion in ipairs(list) do
        if adapt then criterion = adapt(criterion) end
        where[#where + 1] = self:adapt_expression(criterion)
      end
      local single = not self.no_single and lower_criteria.single(mapper, adapt)
      if single then where[#where + 1] = self:adapt_expression(single) end
    end
  end
  return where
end

-- --- the statement -------------------------------------------------------------------------------

local KEPT = { "limit", "offset", "fetch", "fetch_options", "distinct", "prefixes", "suffixes", "hints", "ctes",
  "correlate", "correlate_mode", "correlate_except" }

local function plain_list(list)
  local out = {}
  for i, node in ipairs(list) do
    out[i] = node_tag(node) == T.ORM_ENTITY and lower_entity.selectable(node) or node
  end
  return out
end

-- An entity over several tables correlates with each of them.
local function correlated(list)
  local out = {}
  for _, node in ipairs(plain_list(list)) do
    for _, from in ipairs(node_tag(node) == T.JOIN and core.from_objects(node) or { node }) do out[#out + 1] = from end
  end
  return out
end

local function false_if_empty(list) return #list > 0 and list or false end

local function base_fields(self)
  local stmt = self.stmt
  local fields = { label_style = self.label_style }
  for _, name in ipairs(KEPT) do
    local value = node_get(stmt, name)
    if type(value) == "table" then
      value = false_if_empty(name:find("^correlate") and correlated(value) or plain_list(value))
    end
    if value == nil then value = false end
    fields[name] = value
  end
  fields.where = false_if_empty(self.where)
  fields.group_by = false_if_empty(self.group_by)
  fields.having = false_if_empty(self.having)
  fields.distinct_on = false_if_empty(self.distinct_on)
  fields.for_update = self.for_update or false
  return fields
end

local function make_select(fields)
  local clean = {}
  for name, value in pairs(fields) do
    if value ~= false then clean[name] = value end
  end
  return core.node(T.SELECT, clean)
end

local function concat(a, b)
  local out = {}
  for _, item in ipairs(a) do out[#out + 1] = item end
  for _, item in ipairs(b) do out[#out + 1] = item end
  return out
end

local function number_columns(self)
  self.position = {}
  for _, list in ipairs { self.primary, self.primary_as_added or {} } do
    for i, node in ipairs(list) do self.position[node] = self.position[node] or i end
  end
  local offset = self.secondary_offset or #self.primary
  for i, node in ipairs(self.secondary) do self.position[node] = self.position[node] or offset + i end
end

local function simple_statement(self)
  local fields = base_fields(self)
  fields.columns = concat(self.primary, self.secondary)
  local froms, held = {}, {} -- eager joins come last, with the elements of FROM that they hold
  for _, start in ipairs(self.eager_order) do held[start.clause or 0] = true end
  for i, clause in ipairs(self.from_clauses) do
    if not held[i] then froms[#froms + 1] = clause.node end
  end
  for _, start in ipairs(self.eager_order) do froms[#froms + 1] = lower_eager.build(start.join) end
  fields.froms = false_if_empty(froms)
  fields.order_by = false_if_empty(concat(self.order_by, self.eager_order_by))
  return make_select(fields)
end

-- The expression of an item of ORDER BY, without the label reference around it.
local function unwrapped(item)
  if node_tag(item) == T.LABEL_REFERENCE then
    return node_get(item, "element") or item
  end
  return item
end

local function without_modifiers(node)
  while true do
    local tag = node_tag(node)
    if tag == T.UNARY and node_get(node, "modifier") ~= 0 then node = node_get(node, "element")
    elseif tag == T.LABEL_REFERENCE and node_get(node, "element") then node = node_get(node, "element")
    elseif tag == T.LABEL and node_tag(node_get(node, "element")) ~= T.SCALAR_SELECT then
      node = node_get(node, "element")
    elseif tag == T.GROUPING then node = node_get(node, "element")
    elseif tag == T.ORM_ATTR and node_get(node, "column") then node = node_get(node, "column")
    else return node end
  end
end

-- What ORDER BY needs and the columns clause lacks.
local function order_columns(self)
  local extra = {}
  for _, item in ipairs(self.order_by) do
    local node = without_modifiers(unwrapped(item))
    local known = self.known[node] ~= nil
    for _, list in ipairs { self.primary, extra } do
      for _, other in ipairs(list) do
        local inner = node_tag(other) == T.LABEL and node_get(other, "element") or other
        known = known or other == node or inner == node
      end
    end
    if not known and node_tag(node) ~= T.LABEL_REFERENCE and node_tag(node) ~= T.TEXT then extra[#extra + 1] = node end
  end
  return extra
end

-- Columns and ORDER BY without attributes; what stands in both is one node in both, so that labels are found.
local function plain_columns(self)
  local pairs_, columns = {}, {}
  for i, node in ipairs(self.primary) do
    local plain = column_adapter.plain(node)
    columns[i] = plain
    if plain ~= node then
      pairs_[#pairs_ + 1] = { node, plain }
      self.known[plain] = plain
    end
  end
  for i, item in ipairs(self.order_by) do
    self.order_by[i] = column_adapter.plain(item, pairs_)
  end
  self.primary_as_added = self.primary
  return columns
end

-- NULL in a condition is not the column of that value.
local CONSTANT = { [T.NULL] = true, [T.TRUE] = true, [T.FALSE] = true }

local function compound_statement(self)
  local fields = base_fields(self)
  self.primary = plain_columns(self)
  local extra = order_columns(self)
  local inner_columns = concat(self.primary, extra)
  local froms = {}
  for _, clause in ipairs(self.from_clauses) do froms[#froms + 1] = clause.node end
  fields.columns, fields.froms = inner_columns, false_if_empty(froms)
  fields.order_by = false_if_empty(self.order_by)
  local inner = selectable.new_alias(make_select(fields), "SUBQUERY", nil)
  local outer_columns = core.from_columns(inner)
  local exact = {}
  for i, node in ipairs(inner_columns) do
    if not CONSTANT[node_tag(node)] then exact[#exact + 1] = { node, outer_columns[i] } end
  end
  local adapt = column_adapter.new(inner, nil, exact)
  self.secondary_offset = #outer_columns
  local from = inner
  for _, start in ipairs(self.eager_order) do
    from = lower_eager.moved(start.join, start.from, from, adapt)
  end
  local order_by = {}
  for i, item in ipairs(self.order_by) do order_by[i] = adapt(unwrapped(item)) end
  local outer = { columns = concat(outer_columns, self.secondary), froms = { lower_eager.build(from) },
    label_style = self.label_style, order_by = false_if_empty(concat(order_by, self.eager_order_by)) }
  if self.for_update and #node_get(self.for_update, "of") == 0 then outer.for_update = self.for_update end
  return make_select(outer)
end

-- Legacy queries add the columns of ORDER BY to a DISTINCT.
local function distinct_columns(self)
  if not self.legacy or node_get(self.stmt, "distinct") == 0 or #self.distinct_on > 0 then return end
  for _, node in ipairs(order_columns(self)) do self.primary[#self.primary + 1] = node end
end

local function for_update_of(stmt)
  local node = node_get(stmt, "for_update")
  if node == nil then return nil end
  local of = node_get(node, "of")
  if #of == 0 then return node end
  return node_with(node, { of = plain_list(of) })
end

-- What a UNION of queries selects beside columns of tables: pairs { expression, its column in the subquery }. They
-- are found by their places in the first query, which may be such a UNION itself.
local function union_expressions(from)
  local element = node_tag(from) == T.ALIAS and node_get(from, "element")
  if not element or node_tag(element) ~= T.COMPOUND then return {} end
  local first, columns, pairs_ = node_get(element, "selects")[1], core.from_columns(from), {}
  local source = node_tag(first) == T.SELECT and node_get(first, "froms")[1]
  local below = source and union_expressions(source) or {}
  for i, node in ipairs(core.selected_columns(first)) do
    local inner = node_tag(node) == T.ORM_ATTR and node_get(node, "column") or node
    if columns[i] and (node_tag(inner) ~= T.COLUMN or node_get(inner, "table") == nil) then
      pairs_[#pairs_ + 1] = { inner, columns[i] }
      if node_tag(inner) == T.LABEL then pairs_[#pairs_ + 1] = { node_get(inner, "element"), columns[i] } end
    end
    for _, pair in ipairs(below) do
      if pair[2] == inner then pairs_[#pairs_ + 1] = { pair[1], columns[i] } end
    end
  end
  return pairs_
end

-- To the columns of the subquery that a UNION of queries is. Second result: union_expressions.
local function base_adapter(from)
  local exact = union_expressions(from)
  local adapt = column_adapter.new(from, nil, exact)
  return function(node)
    if node == nil then return nil end
    for _, pair in ipairs(exact) do
      if pair[1] == node then return pair[2] end
    end
    return adapt(node)
  end, exact
end

local function is_star(node)
  local tag = node_tag(node)
  return tag == T.COLUMN and node_get(node, "literal") ~= 0 and node_get(node, "name") == "*"
    or tag == T.TEXT and node_get(node, "text") == "*"
end

local function check_star(items)
  if #items < 2 then return end
  for _, item in ipairs(items) do
    if item.kind == "column" and is_star(item.node) then
      exc.raise("CompileError", "Can't generate ORM query that includes multiple expressions at the same time as '*'; "
        .. "query for '*' alone if present")
    end
  end
end

-- What options gave a loader's template (with_expression(), and_()), and what stands for it in a statement with other
-- values.
local function expressions_of(stmt)
  local map
  for _, node in ipairs(node_get(stmt, "options")) do
    local option = node_tag(node) == T.ORM_OPTION and node_get(node, "option")
    local list = option and option.expressions
    if list then
      map = {}
      for i, expression in ipairs(node_get(node, "children")) do map[list[i]] = expression end
    end
  end
  return map
end

local function new_state(stmt, how)
  return setmetatable({
    stmt = stmt, items = lower_select.items(node_get(stmt, "columns")), primary = {}, secondary = {}, known = {},
    odd = {}, specs = {}, from_clauses = {}, joined_edges = {}, polymorphic_roots = {}, extra_entities = {},
    join_entities = {}, fallback = {}, create_joins = {},
    eager_starts = {}, eager_order = {}, eager_order_by = {}, eager = how.eager ~= false, criteria = how.criteria,
    for_subquery = how.for_subquery, base_path = how.base_path, refresh = how.refresh, only = how.only,
    fixed = how.fixed, no_single = how.no_single, legacy = how.legacy, no_joins = how.no_joins,
    label_style = how.label_style or node_get(stmt, "label_style"), for_update = for_update_of(stmt),
    complete = how.complete, expressions = how.tree and expressions_of(stmt),
  }, State)
end

local function is_limited(stmt)
  return node_get(stmt, "limit") ~= nil or node_get(stmt, "offset") ~= nil or node_get(stmt, "distinct") ~= 0
    or #node_get(stmt, "distinct_on") > 0 or #node_get(stmt, "group_by") > 0
end

local function trees_of(self, how)
  if how.tree then
    local given = how.tree
    return function(entity)
      if entity == self.items[1].entity or self.primary_item
        and entity == self.primary_item.entity then return given end
      return nil
    end
  end
  local entities, seen = {}, {}
  each_entity(self.items, function(entity, item)
    if item.kind == "entity" and not seen[entity] then
      seen[entity] = true
      entities[#entities + 1] = entity
    end
  end)
  local former = {} -- of before with_only_columns(): their options are without effect
  for _, memo in ipairs(node_get(self.stmt, "memoized")) do
    each_entity(lower_select.items(node_get(memo, "columns")), function(entity) former[#former + 1] = entity end)
  end
  return option_tree.build(how.options or option_tree.of_statement(self.stmt), entities, how.lenient, former)
end

--- Lowers one SELECT. `how`: options and tree (loader options), eager (false: no eager joins), for_subquery, criteria,
-- label_style, only (names of attributes), fixed (an object is refreshed), base_path, legacy, base_alias (all columns
-- come from the subquery in FROM), no_single, no_joins (no joined eager loading), complete (an entity whose conditions
-- hold already).
---@return table state   with `statement`, `items`, `specs`, `position`
function lower_select.lower(stmt, how)
  how = how or {}
  local self = new_state(stmt, how)
  check_star(self.items)
  self.limited = is_limited(stmt)
  for _, item in ipairs(self.items) do
    if item.kind == "entity" then
      self.primary_item = item
      break
    end
  end
  self.trees = trees_of(self, how)
  if how.base_alias then self.from_alias, self.from_alias_exact = base_adapter(node_get(stmt, "froms")[1]) end
  each_entity(self.items, function(entity) lower_joins.polymorphic_root(self, entity) end)
  read_froms(self, node_get(stmt, "froms"))
  for _, former in ipairs(node_get(stmt, "memoized")) do -- joins from before with_only_columns()
    local items = self.items
    self.items = lower_select.items(node_get(former, "columns"))
    lower_joins.add(self, node_get(former, "joins"))
    self.items = items
  end
  lower_joins.add(self, node_get(stmt, "joins"))
  self.where = self:adapt_list(node_get(stmt, "where"))
  self.order_by = concat(self:adapt_list(node_get(stmt, "order_by")), {})
  if how.adapt_secondary and self.of_secondary then -- of a loader, whose order may name the association table
    for i, item in ipairs(self.order_by) do self.order_by[i] = self.of_secondary(item) end
  end
  self.group_by = self:adapt_list(node_get(stmt, "group_by"))
  self.having = self:adapt_list(node_get(stmt, "having"))
  self.distinct_on = self:adapt_list(node_get(stmt, "distinct_on"))
  if self.for_subquery then setup_subquery(self) else setup_items(self, self.items) end
  lower_eager.create_all(self)
  for _, criterion in ipairs(extra_criteria(self)) do self.where = concat(self.where, { criterion }) end
  if #self.primary == 0 then
    if self.only then
      exc.raise("InvalidRequestError", "No column-based properties specified for refresh operation. Use "
        .. "session.expire() to reload collections and related items.")
    end
    exc.raise("InvalidRequestError", "Query contains no columns with which to SELECT from.")
  end
  if #self.from_clauses == 0 then
    local seen = {}
    for _, from in ipairs(self.fallback) do
      if not seen[from] then
        seen[from] = true
        self.from_clauses[#self.from_clauses + 1] = { node = from }
      end
    end
    for _, start in ipairs(self.eager_order) do -- the join holds the entity
      for i, clause in ipairs(self.from_clauses) do
        if clause.node == start.from and not self:nests() then
          start.clause = i
          break
        end
      end
    end
  end
  if self.multi_row and self.adding_joins and self.limited then
    self.statement = compound_statement(self)
  else
    distinct_columns(self)
    self.statement = simple_statement(self)
  end
  number_columns(self)
  for _, spec in ipairs(self.specs) do
    if spec.kind ~= "value" then lower_entity.finish(spec) end
  end
  return self
end

lower_select.each_entity, lower_select.first_entity = each_entity, first_entity
lower_select.statements = statements
return lower_select
