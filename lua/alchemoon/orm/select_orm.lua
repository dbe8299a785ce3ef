--- What select() learns from the ORM: joins along relationships, filter_by() on entities, from_statement(),
-- descriptions.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local aliased_class = require "alchemoon.orm.aliased"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local options = require "alchemoon.options"
local select_module = require "alchemoon.sql.select"
local selectable = require "alchemoon.sql.selectable"
local statements = require "alchemoon.sql.statements"

local select_orm = {}
local T = core.tags
local node, node_get, node_tag, node_append = core.node, core.node_get, core.node_tag, core.node_append

-- --- join() --------------------------------------------------------------------------------------

local function got(value)
  if type(value) == "string" then return "'" .. value .. "'" end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  return coerce.describe(value)
end

local target_of
function target_of(value)
  local element = coerce.element(value)
  if element and node_tag(element) == T.ORM_ATTR then return element end -- no relationship: refused when it is lowered
  local from = columns.from_of(value)
  if from then return from end
  if element and not coerce.IS_SELECT[node_tag(element)]
    and (coerce.IS_FROM[node_tag(element)] or node_tag(element) == T.FUNCTION or node_tag(element) == T.ORM_ENTITY) then
    return coerce.from(element)
  end
  local role = "Join target, typically a FROM expression, or ORM relationship attribute"
  if type(value) == "function" then return target_of(coerce.called(value, role)) end
  return exc.raise("ArgumentError", "%s expected, got %s.", role, got(value))
end

local function arguments(fn_name, valid, onclause, opts)
  if opts == nil and options.is_options(onclause) then onclause, opts = nil, onclause end
  opts = options.read(fn_name, opts, valid)
  if onclause ~= nil then
    local element = coerce.element(onclause)
    if not element or not info.is_relationship(element) then
      onclause = selectable.onclause(onclause, fn_name)
    else
      onclause = element
    end
  end
  return onclause, opts
end

--- One JOIN_SPEC more; replaces select.join_spec.
function select_orm.join_spec(self, fn_name, left, target, onclause, opts, outer)
  onclause, opts = arguments(fn_name, outer and selectable.FULL or selectable.JOIN, onclause, opts)
  return node_append(self, "joins", node(T.JOIN_SPEC, {
    target = target_of(target), onclause = onclause or false, left = left or false,
    outer = (outer or opts.isouter) and 1 or 0, full = opts.full and 1 or 0,
  }))
end
select_module.join_spec = select_orm.join_spec

function selectable.orm_join(left, right, onclause, outer, full)
  return require("alchemoon.orm.lower_joins").orm_join(left, right, onclause, outer and true or false,
    full and true or false)
end

-- --- filter_by() ---------------------------------------------------------------------------------

local plain_attribute = select_module.entity_attribute

local function entity_attribute(entity, name)
  local mapper = info.mapper(entity)
  if entity == mapper.entity then return mapper.class[name] end
  return aliased_class.of_entity(entity)[name]
end

--- The attribute that filter_by{ name = … } speaks of; replaces select.entity_attribute.
function select_module.entity_attribute(target, name)
  if node_tag(target) == T.ORM_ATTR then
    if info.is_relationship(target) then
      target = info.of_type(target) or info.prop(target).mapper.entity
    else
      target = info.entity(target)
    end
  end
  if node_tag(target) ~= T.ORM_ENTITY then return plain_attribute(target, name) end
  local mapper = info.mapper(target)
  if not mapper.prop[name] and not mapper.descriptor[name] then
    local from = info.is_aliased(target) and node_get(target, "from") or mapper.local_table
    exc.raise("InvalidRequestError", "%s", ('Entity namespace for "%s" has no property "%s"%s'):format(
      tostring(from), name, options.hint(name, mapper.prop)))
  end
  return entity_attribute(target, name)
end

-- --- from_statement() ----------------------------------------------------------------------------

--- The entities of this SELECT, taken from the rows of another statement. Its own clauses mean nothing to that one.
function select_module.Select.methods:from_statement(statement)
  return core.node_with(self, { from_statement = coerce.row_statement(statement, true), where = false, having = false,
    joins = false, order_by = false, group_by = false, limit = false, offset = false, fetch = false })
end

-- --- final FROM ----------------------------------------------------------------------------------

local plain_final_froms = select_module.Select.methods.get_final_froms

--- FROM elements as they will be listed; those of the statement that the entities come to.
function select_module.Select.methods:get_final_froms()
  local _, _, is_orm = core.node_flags(self)
  if not is_orm then return plain_final_froms(self) end
  return plain_final_froms(require("alchemoon.orm.lowering").statement(self, { for_statement = true }).node)
end
select_module.Select.properties.froms = select_module.Select.methods.get_final_froms

-- --- column_descriptions -------------------------------------------------------------------------

local plain_descriptions = statements.SelectBase.properties.column_descriptions

local function describe_item(item, plain)
  if item.kind == "entity" then
    local aliased = info.is_aliased(item.entity)
    local name, expr = item.label, aliased_class.known_as(item.entity)
    if aliased then name = node_get(item.entity, "name") end -- none without { name = }
    return { name = name, type = item.mapper.class, aliased = aliased, expr = expr, entity = expr }
  end
  local entity = item.entity and aliased_class.known_as(item.entity) or nil
  return { name = item.label or plain and plain.name, type = core.node_type(item.node), expr = item.node,
    aliased = item.kind ~= "bundle" and item.entity ~= nil and info.is_aliased(item.entity), entity = entity }
end

function select_module.Select.properties.column_descriptions(self)
  local _, _, is_orm = core.node_flags(self)
  if not is_orm then return plain_descriptions(self) end
  local lower_items = require "alchemoon.orm.lower_items"
  local out = {}
  for i, item in ipairs(lower_items.of(node_get(self, "columns"))) do
    local plain = item.kind == "column" and plain_descriptions(select_module.select(item.node))[1] or nil
    out[i] = describe_item(item, plain)
  end
  return out
end

return select_orm
