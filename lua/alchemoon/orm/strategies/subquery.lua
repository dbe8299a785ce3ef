--- subquery: one more SELECT, which joins the target to the statement that was executed, as a subquery.
--
-- Below a subquery loader the path goes on from the same statement: `ctx.subquery` = { stmt, entity, steps, reached,
-- params, origin }, where `reached` is the alias that its loader brought, if it was one.
local core = require "alchemoon.core"
local aliased = require "alchemoon.orm.aliased"
local attr_info = require "alchemoon.orm.attr_info"
local column_adapter = require "alchemoon.orm.column_adapter"
local entities = require "alchemoon.orm.entity"
local loader_statements = require "alchemoon.orm.loader_statements"
local lower_select = require "alchemoon.orm.lower_select"
local orm_flags = require "alchemoon.orm.orm_flags"
local path = require "alchemoon.orm.path"
local select_module = require "alchemoon.sql.select"
local selectin = require "alchemoon.orm.strategies.selectin"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"

local subquery = {}
local E = core.enums
local node_get, node_tag, node_with = core.node_get, core.node_tag, core.node_with
local null = symbols.null
local unpack = table.unpack or unpack

-- Local columns of a relationship as properties of the class that it hangs on, in a fixed order.
local function local_props(prop)
  local list, seen = {}, {}
  for _, pair in ipairs(prop.local_remote_pairs) do
    local slot = prop.parent.column_slot[pair[1]]
    if slot and not seen[slot] then
      seen[slot] = true
      list[#list + 1] = prop.parent.prop_at[slot]
    end
  end
  return list
end

local function key_columns(from)
  if node_tag(from) == core.tags.TABLE then return node_get(from.primary_key, "columns") end
  return from.primary_key
end

-- Do the columns hold the whole primary key of whatever they are selected from?
local function covers_primary_key(columns)
  local present, froms = {}, {}
  for _, column in ipairs(columns) do
    present[column] = true
    froms[node_get(column, "table")] = true
  end
  for from in pairs(froms) do
    for _, key in ipairs(key_columns(from) or {}) do
      if not present[key] then return false end
    end
  end
  return true
end

-- All entities that a statement selects, or columns of.
local function entities_of(stmt, first)
  local list, seen = { first }, { [first] = true }
  for _, item in ipairs(node_get(stmt, "columns")) do
    local tag = node_tag(item)
    local entity = tag == core.tags.ORM_ENTITY and item or tag == core.tags.ORM_ATTR and attr_info.entity(item)
    if entity and not seen[entity] then
      seen[entity] = true
      list[#list + 1] = entity
    end
  end
  return list
end

-- The statement that was executed, reduced to the columns that the first relationship joins by.
local function embedded(stmt, entity, first)
  local columns, plain = {}, {}
  local is_alias = attr_info.is_aliased(entity)
  local holder = is_alias and entity or first.parent.entity -- a base's relationship is joined by the base's columns
  local of_tables = holder ~= entity and first.parent.with_polymorphic and first.parent.with_polymorphic[2]
  for i, prop in ipairs(local_props(first)) do
    -- a base that is selected from a subquery of its own is not what the statement selects
    columns[i] = of_tables and prop.columns[1] or entities.attribute(holder, prop)
    plain[i] = is_alias and node_get(columns[i], "column") or prop.columns[1]
  end
  local fields = { columns = columns, options = false, label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL,
    correlate_mode = E.CORRELATE_EXPLICIT, correlate = false }
  if #node_get(stmt, "froms") == 0 then fields.froms = entities_of(stmt, entity) end
  local distinct = first.distinct_target_key
  if distinct == nil then distinct = not covers_primary_key(plain) end
  local flags = node_get(stmt, "orm")
  local is_limited = node_get(stmt, "limit") ~= nil or node_get(stmt, "offset") ~= nil or node_get(stmt, "fetch") ~= nil
  -- PostgreSQL refuses DISTINCT with an order by what is not selected
  if not is_limited and (distinct or not (flags and flags.eager_order)) then fields.order_by = false end
  if distinct then fields.distinct = 1 end
  if distinct or node_get(stmt, "distinct") ~= 0 then -- what it is ordered by must be selected
    fields.orm = orm_flags.with(flags, { selects_order = true })
  end
  local within = node_with(stmt, fields)
  if flags and flags.base_alias then -- a Query's UNION: the columns are those that it gives
    within = lower_select.lower(within, { for_subquery = true, eager = false, options = {}, legacy = flags.legacy,
      base_alias = true, no_single = true, no_criteria = true, selects_order = distinct }).statement
  end
  return within:subquery()
end

-- What the relationship of a later step hangs on: the alias that was loaded, or an anonymous one of the class.
local function parent_of(steps, i)
  if steps[i].entity then return steps[i].entity end
  local target, owner = steps[i - 1].prop.mapper, steps[i].prop.parent
  return aliased.aliased((target:isa(owner) and target or owner).class).__entity__
end

-- SELECT target, keys FROM (statement) JOIN ... along the path. Second result: the entity of the statement, whose
-- conditions stand within it.
local function statement_of(root, steps, target, criteria)
  local first, last = steps[1].prop, steps[#steps].prop
  local left = aliased.aliased(first.parent.class, embedded(root.stmt, root.entity, first)).__entity__
  local parent = left
  local joins = {}
  for i = 2, #steps do
    local nearer = parent_of(steps, i)
    joins[#joins + 1] = entities.attribute(parent, steps[i - 1].prop):of_type(nearer)
    parent = nearer
  end
  local columns, mapper = { target }, attr_info.mapper(parent)
  local is_below = mapper:isa(last.parent) -- else it is with_polymorphic() of a base
  for _, prop in ipairs(local_props(last)) do -- a subclass has a key of its own
    columns[#columns + 1] = entities.attribute(parent, is_below and mapper.prop[prop.key] or prop)
  end
  local stmt = loader_statements.base_select(columns, { options = criteria })
  for _, step in ipairs(joins) do stmt = stmt:join(step) end
  stmt = select_module.join_spec(stmt, "join", nil, target, entities.attribute(parent, last))
  if last.order_by and #last.order_by > 0 then
    local adapt = attr_info.is_aliased(target) and column_adapter.of_entity(target)
    local order_by = {}
    for i, item in ipairs(last.order_by) do order_by[i] = adapt and adapt(column_adapter.plain(item)) or item end
    stmt = node_with(stmt, { order_by = order_by })
  end
  return stmt, left
end

local function template_of(loader, root, steps, ctx)
  if loader.subquery_template then return loader.subquery_template end
  local target = selectin.target_of(loader)
  local mapper = attr_info.mapper(target)
  local options = loader_statements.criteria_options(ctx.criteria_nodes, loader.child, target, true)
  local stmt, left = statement_of(root, steps, target, #options > 0 and options or nil)
  local is_named = attr_info.is_aliased(target) and not (loader.child and loader.child.of_classes)
  local made = template.new(stmt, { tree = selectin.tree_for(loader), options = {}, no_single = true,
    complete = left, adapt_secondary = true,
    base_path = path.extend(loader.spec.path, loader.prop, mapper, is_named and target or nil) })
  made.has_values = true
  loader.subquery_template = made
  return made
end

local function key_of(obj, props)
  local values = {}
  for i, prop in ipairs(props) do
    local value = rawget(obj, prop.slot)
    if value == nil then
      value = obj[prop.key]
      if value == nil then value = null end
    end
    if value == null and #props == 1 then return nil end
    values[i] = value
  end
  return core.identity_key(unpack(values, 1, #props))
end

-- The embedded statement may give an object several rows, by a join say; each of its items then came as often.
local function without_repetitions(groups)
  for _, list in pairs(groups) do
    local seen, n = {}, 0
    for i = 1, #list do
      local item = list[i]
      list[i] = nil
      if not seen[item] then
        seen[item], n = true, n + 1
        list[n] = item
      end
    end
  end
end

-- All steps from the statement that was executed to what a loader brings.
local function steps_to(loader, root)
  local steps = {}
  for i, step in ipairs(root.steps) do steps[i] = step end
  local own = path.steps(loader.spec.path)
  own[#own + 1] = { prop = loader.prop, entity = loader.spec.path.entity }
  own[1].entity = own[1].entity or root.reached
  for _, step in ipairs(own) do steps[#steps + 1] = step end
  return steps
end

-- The objects that have the attribute already.
local function loaded_before(objects, slot)
  local set = {}
  for _, obj in ipairs(objects) do set[obj] = rawget(obj, slot) ~= nil or nil end
  return set
end

--- Loads a relationship of objects by a subquery. What is found wins over what the statement itself left in an object
-- that it met again, such as the nothing of "noload".
function subquery.load(session, objects, loader, ctx)
  local slot = loader.prop.slot
  local before = loaded_before(objects, slot)
  local root = ctx.subquery
  if not root then
    local first = loader.spec.root or loader.spec
    root = { stmt = ctx.plan.stmt, entity = first.entity, steps = {}, params = ctx.params, origin = ctx.origin }
  end
  local steps = steps_to(loader, root)
  local made = template_of(loader, root, steps, ctx)
  local groups, trail = {}, ctx.trail and path.trail(ctx.trail, made.how.base_path)
  template.fetch(session, made, root.params, {
    mapper = attr_info.mapper(selectin.target_of(loader)), options = ctx.options, origin = root.origin,
    token = ctx.token, is_relationship_load = true, path = made.how.base_path, user_options = ctx.user_options,
    trail = trail, run = { trail = trail, user_options = ctx.user_options, owned = loader.prop.uselist,
      groups = groups, populate_existing = ctx.populate_existing, token = ctx.token, origin = root.origin,
      options = ctx.options,
      subquery = { stmt = root.stmt, entity = root.entity, steps = steps, reached = made.how.base_path.entity,
        params = root.params, origin = root.origin } },
  })
  without_repetitions(groups)
  local keys = local_props(loader.prop)
  local used = {}
  for _, obj in ipairs(objects) do
    local key = key_of(obj, keys)
    local list = key ~= nil and groups[key] or nil
    if list and used[list] and loader.prop.uselist then
      local own = {}
      for i = 1, #list do own[i] = list[i] end
      list = own
    end
    if list then used[list] = true end
    if not before[obj] and session.modified[obj] == nil then rawset(obj, slot, nil) end
    selectin.attach(session, obj, loader.prop, list, ctx.populate_existing)
  end
end

return subquery
