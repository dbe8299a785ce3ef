--- A SELECT of entities becomes a SELECT of columns (SQLAlchemy's ORMSelectCompileState).
--
-- The state gathers, from what the columns clause selects (lower_items.lua): FROM clauses with joins, column lists
-- (`primary`, and `secondary` for what eager joins add), specs of entities (lower_entity.lua), conditions.
-- lower_statement.lua builds the statement from it.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local lists = require "alchemoon.lists"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_eager = require "alchemoon.orm.lower_eager"
local lower_entity = require "alchemoon.orm.lower_entity"
local lower_items = require "alchemoon.orm.lower_items"
local lower_joins = require "alchemoon.orm.lower_joins"
local lower_statement = require "alchemoon.orm.lower_statement"
local lower_union = require "alchemoon.orm.lower_union"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"

local lower_select = {}
local T, E = core.tags, core.enums
local node_get, node_tag, node_with, node_replace = core.node_get, core.node_tag, core.node_with, core.node_replace
local each_entity = lower_items.each_entity

local State = {}
State.__index = State

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

-- The adapter of what was joined for a column as an attribute of a mapper: that of the mapper itself, else that of the
-- last hierarchy which has the column's table, if the mapper is of its line. Second result: its entry (loads_with).
local function joined_adapter(self, mapper, column)
  local owner = node_tag(column) == T.COLUMN and node_get(column, "table") or false
  local by_table
  for _, one in ipairs(self.joined_adapters) do
    if one.mappers[mapper] then return one.adapt, one end
    by_table = by_table or one.tables[owner] and one
  end
  if by_table and (mapper:isa(by_table.mapper) or by_table.mapper:isa(mapper)) then return by_table.adapt, by_table end
  return nil
end

-- The column that stands for an attribute of a class with a subquery of its own; that of this subquery if there is
-- none.
local function of_table_column(one, attribute, column)
  local columns = info.prop(attribute).columns
  local own = columns[1]
  for _, each in ipairs(columns) do
    if each == column then own = column end
  end
  return one.strict(own) or column
end

-- For a column that stands for itself: classes that are always selected from a subquery of their own have no other
-- columns; of what else was joined only attributes are meant, except in a query that is adapted as a whole.
local function column_adapter_of(self, column)
  for _, one in ipairs(self.joined_adapters) do
    if (one.is_polymorphic or self.from_alias) and one.tables[node_get(column, "table") or false] then
      return one.adapt
    end
  end
  return nil
end

-- Columns of a class that is selected from another table than its own refer to that one.
local adapt_to_joined
function adapt_to_joined(self, node, mapper)
  return node_replace(node, function(at)
    local tag = node_tag(at)
    if tag == T.ORM_ATTR then
      local column, entity = node_get(at, "column"), node_get(at, "entity")
      if not column or not entity or info.is_aliased(entity) then return nil end
      local adapt, one = joined_adapter(self, info.mapper(entity), column)
      local with = one and info.mapper(entity).with_polymorphic
      if one and (one.of_subclass or with and with[2]) then
        if node_get(at, "kind") ~= E.ORM_ATTR_COLUMN then return adapt_to_joined(self, column, mapper) end
        return of_table_column(one, at, column)
      end
      if adapt then return adapt(column) end
      if node_tag(column) ~= T.COLUMN then return nil end
      adapt = column_adapter_of(self, column)
      return adapt and adapt(column) or column
    elseif tag == T.COLUMN then
      local adapt = mapper and joined_adapter(self, mapper, at) or column_adapter_of(self, at)
      return adapt and adapt(at) or at
    elseif tag == T.ORM_ENTITY then
      return at -- as it stands in correlate() or FROM; nothing inside it is meant
    end
    return nil
  end)
end

--- An expression as it stands in the statement. `mapper`: whose attributes its columns are.
function State:adapt_expression(node, mapper)
  if self.from_alias then node = self.from_alias(column_adapter.plain(node, self.from_alias_exact)) end
  if self.joined_adapters then node = adapt_to_joined(self, node, mapper) end
  return node
end

--- From now on attributes of `mappers`, and those whose columns are of `tables`, are what was joined for `mapper`:
-- { mapper, mappers, tables, adapt, strict, is_polymorphic, of_subclass }, the last two for the subquery that its class
-- is always selected from, and for the tables of a class below such a one.
function State:loads_with(joined)
  self.joined_adapters = self.joined_adapters or {}
  table.insert(self.joined_adapters, 1, joined)
end

--- The adapters to what was joined for a mapper; nil when its own tables were.
function State:adapters_of(mapper)
  for _, one in ipairs(self.joined_adapters or {}) do
    if one.mappers[mapper] and not one.of_subclass then return one.adapt, one.strict end
  end
  return nil
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

-- The first entity gets what was said about the statement as a whole (`only`, `fixed`).
local function setup_entity(self, item)
  local entity, mapper = item.entity, item.mapper
  local adapt, strict
  local aliased = info.is_aliased(entity)
  local from = lower_entity.selectable(entity)
  if aliased or mapper.with_polymorphic and mapper.with_polymorphic[2] then
    adapt, strict = column_adapter.of_entity(entity, from)
  else
    adapt, strict = self:adapters_of(mapper)
  end
  adapt, strict = self:wrap_adapter(adapt, strict)
  local primary = self.primary_item == item
  item.spec = lower_entity.setup(self, {
    kind = "root", mapper = mapper, entity = entity, adapt = adapt, strict = strict, check_adapt = aliased,
    collection = self.primary, selectable = from, mappers = lower_entity.mappers_of(entity),
    tree = self.trees(entity), path = path.root(mapper, self.base_path, entity), only = primary and self.only or nil,
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

local function as_is(node) return node end

-- A column says by its entity what belongs into FROM.
local function setup_column(self, item)
  local function adapt(expression) return self:adapt_expression(expression) end
  local node = item.node
  if self.joined_adapters then
    local is_hybrid = node_tag(node) == T.ORM_ATTR and node_get(node, "kind") == E.ORM_ATTR_HYBRID
    node = is_hybrid and node_with(node, { column = adapt(node_get(node, "column")) }) or adapt(node)
  end
  node = lower_items.selected(node, self.joined_adapters and as_is or adapt)
  if not self.known[node] then self.known[node] = node end
  self.primary[#self.primary + 1] = node
  item.column, item.index = node, #self.primary
  self.specs[#self.specs + 1] = { kind = "value", node = node, at = #self.primary, index = #self.specs + 1 }
  item.spec = self.specs[#self.specs]
  if item.join then self.fallback[#self.fallback + 1] = column_adapter.plain(item.join) end
  if item.entity then
    self.extra_entities[#self.extra_entities + 1] = item.entity
    local from = lower_entity.selectable(item.entity)
    if intersects(node, from) then self.fallback[#self.fallback + 1] = from end
  end
end

-- A subquery selects what its own columns say, so that those of its alias keep their meaning.
local function setup_subquery(self)
  for _, node in ipairs(core.selected_columns(self.stmt)) do
    node = lower_items.selected(node, function(expression)
      return self.from_alias and self:adapt_expression(expression) or expression
    end, true)
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

-- Each entity once; those that a join brought in have theirs in its ON.
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
      if not self.refresh and not self.no_criteria then
        for _, criterion in ipairs(lower_criteria.for_entity(self.criteria, entity)) do
          list[#list + 1] = column_adapter.plain(criterion)
        end
      end
      for _, criterion in ipairs(list) do
        if adapt then criterion = adapt(criterion) end
        where[#where + 1] = self:adapt_expression(criterion, mapper)
      end
      local single = not self.no_single and lower_criteria.single(mapper, adapt)
      if single then where[#where + 1] = self:adapt_expression(single, mapper) end
    end
  end
  return where
end

local function is_star(node)
  local tag = node_tag(node)
  return tag == T.COLUMN and node_get(node, "literal") ~= 0 and node_get(node, "name") == "*"
    or tag == T.TEXT and node_get(node, "text") == "*"
end

--- The error of "*" beside other things.
function lower_select.refuse_star()
  exc.raise("CompileError", "Can't generate ORM query that includes multiple expressions at the same time as '*'; "
    .. "query for '*' alone if present")
end

local function check_star(items)
  if #items < 2 then return end
  for _, item in ipairs(items) do
    if item.kind == "column" and is_star(item.node) then lower_select.refuse_star() end
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

local function is_limited(stmt)
  return node_get(stmt, "limit") ~= nil or node_get(stmt, "offset") ~= nil or node_get(stmt, "distinct") ~= 0
    or #node_get(stmt, "distinct_on") > 0 or #node_get(stmt, "group_by") > 0
end

local function first_of_kind(items, kind)
  for _, item in ipairs(items) do
    if item.kind == kind then return item end
  end
  return nil
end

-- All that one lowering collects. `how` comes from loaders; a program's own statement has none.
local function new_state(stmt, how)
  local items = lower_items.of(node_get(stmt, "columns"))
  return setmetatable({
    stmt = stmt, items = items, primary_item = first_of_kind(items, "entity"), limited = is_limited(stmt),
    primary = {}, secondary = {}, known = {}, odd = {}, specs = {}, from_clauses = {}, joined_edges = {},
    polymorphic_roots = {}, extra_entities = {}, join_entities = {}, fallback = {}, create_joins = {},
    eager_starts = {}, eager_order = {}, eager_order_by = {}, eager = how.eager ~= false, criteria = how.criteria,
    for_subquery = how.for_subquery, base_path = how.base_path, refresh = how.refresh, only = how.only,
    fixed = how.fixed, no_single = how.no_single,
    no_criteria = how.no_criteria, legacy = how.legacy, no_joins = how.no_joins, no_defaults = how.no_defaults,
    selects_order = how.selects_order, stored_only = how.stored_only, of_dml = how.of_dml,
    label_style = how.label_style or node_get(stmt, "label_style"), for_update = lower_statement.for_update(stmt),
    complete = how.complete, expressions = how.tree and expressions_of(stmt),
  }, State)
end

-- The loader options of each entity; a loader gives those of the only entity that it selects.
local function trees_of(self, how)
  if how.tree then
    local given = how.tree
    return function(entity)
      if entity == self.items[1].entity or self.primary_item
        and entity == self.primary_item.entity then return given end
      return nil
    end
  end
  local entities, seen, count = {}, {}, 0
  each_entity(self.items, function(entity, item)
    if item.kind ~= "entity" then return end
    count = count + 1
    if not seen[entity] then
      seen[entity] = true
      entities[#entities + 1] = entity
    end
  end)
  local former = {} -- of before with_only_columns(): their options are without effect
  for _, memo in ipairs(node_get(self.stmt, "memoized")) do
    each_entity(lower_items.of(node_get(memo, "columns")), function(entity) former[#former + 1] = entity end)
  end
  return option_tree.build(how.options or option_tree.of_statement(self.stmt), entities, how.lenient, former,
    count)
end

-- Joins of a statement, those from before with_only_columns() first, which belong to its former columns.
local function add_joins(self)
  for _, former in ipairs(node_get(self.stmt, "memoized")) do
    local items = self.items
    self.items = lower_items.of(node_get(former, "columns"))
    lower_joins.add(self, node_get(former, "joins"))
    self.items = items
  end
  lower_joins.add(self, node_get(self.stmt, "joins"))
end

-- The clauses whose expressions follow what FROM became.
local function adapt_clauses(self, adapt_secondary)
  local stmt = self.stmt
  self.where = self:adapt_list(node_get(stmt, "where"))
  self.order_by = lists.copy(self:adapt_list(node_get(stmt, "order_by")))
  if adapt_secondary and self.of_secondary then -- of a loader, whose order may name the association table
    for i, item in ipairs(self.order_by) do self.order_by[i] = self.of_secondary(item) end
  end
  self.group_by = self:adapt_list(node_get(stmt, "group_by"))
  self.having = self:adapt_list(node_get(stmt, "having"))
  self.distinct_on = self:adapt_list(node_get(stmt, "distinct_on"))
end

local function refuse_without_columns(self)
  if #self.primary > 0 then return end
  if self.only then
    exc.raise("InvalidRequestError", "No column-based properties specified for refresh operation. Use "
      .. "session.expire() to reload collections and related items.")
  end
  exc.raise("InvalidRequestError", "Query contains no columns with which to SELECT from.")
end

-- A statement that names no FROM selects from what its columns come from.
local function use_fallback_froms(self)
  if #self.from_clauses > 0 then return end
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

--- Lowers one SELECT. `how`: options and tree (loader options), eager (false: no eager joins), for_subquery, criteria,
-- label_style, only (names of attributes), fixed (an object is refreshed), base_path, legacy, base_alias (all columns
-- come from the subquery in FROM), no_single, no_criteria (nothing is added for entities outside of joins), no_joins
-- (no joined eager loading), complete (an entity whose conditions hold already), stored_only (no column properties that
-- are expressions: RETURNING).
---@return table state   with `statement`, `items`, `specs`, `position`
function lower_select.lower(stmt, how)
  how = how or {}
  local self = new_state(stmt, how)
  check_star(self.items)
  self.trees = trees_of(self, how)
  if how.base_alias then self.from_alias, self.from_alias_exact = lower_union.adapter(node_get(stmt, "froms")[1]) end
  each_entity(self.items, function(entity) lower_joins.polymorphic_root(self, entity) end)
  read_froms(self, node_get(stmt, "froms"))
  add_joins(self)
  adapt_clauses(self, how.adapt_secondary)
  if self.for_subquery then setup_subquery(self) else setup_items(self, self.items) end
  lower_eager.create_all(self)
  self.where = lists.joined(self.where, extra_criteria(self))
  refuse_without_columns(self)
  use_fallback_froms(self)
  lower_statement.build(self)
  for _, spec in ipairs(self.specs) do
    if spec.kind ~= "value" then lower_entity.finish(spec) end
  end
  return self
end

return lower_select
