--- From a statement with entities to one of columns. Done once per structural key; plan.lua keeps what comes out.
--
-- The top SELECT is rebuilt (lower_select.lua). SELECTs below it keep their nodes, because columns of subqueries and
-- CTEs refer to them: for each one that has something of the ORM in it a stand-in with the same columns is made, which
-- the compiler renders instead (am_compile_options.stand_ins).
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local column_adapter = require "alchemoon.orm.column_adapter"
local dml = require "alchemoon.sql.dml"
local instance = require "alchemoon.orm.instance"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_select = require "alchemoon.orm.lower_select"
local select_of = require("alchemoon.sql.select").select

local lowering = {}
local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag
local is_orm = column_adapter.is_orm
local unpack = table.unpack or unpack

-- --- nested statements ---------------------------------------------------------------------------

local function contains(node, wanted, seen)
  if node == wanted then return true end
  if seen[node] then return false end
  seen[node] = true
  if node_tag(node) == T.COLUMN then
    local from = node_get(node, "table")
    return from ~= nil and contains(from, wanted, seen)
  end
  for _, child in ipairs(core.node_children(node)) do
    if contains(child, wanted, seen) then return true end
  end
  return false
end

-- The criteria without those that the SELECT is itself a part of.
local function outside(criteria, select_node)
  local list
  for i, option in ipairs(criteria) do
    for _, condition in pairs(option.by_mapper) do
      if contains(condition, select_node, {}) then
        if not list then list = { unpack(criteria, 1, i - 1) } end
        option = nil
        break
      end
    end
    if list and option then list[#list + 1] = option end
  end
  return list or criteria
end

local function stand_in(select_node, criteria)
  criteria = criteria and outside(criteria, select_node)
  local flags = node_get(select_node, "orm")
  return lower_select.lower(select_node, { for_subquery = true, eager = false, criteria = criteria, options = {},
    legacy = flags and flags.legacy, selects_order = flags and flags.selects_order }).statement
end

-- Collects pairs (SELECT, stand-in) of everything below a node.
local function collect(node, criteria, into, seen)
  if seen[node] then return end
  local tag = node_tag(node)
  if not is_orm(node) and not criteria then return end
  if tag == T.COLUMN then
    local from = node_get(node, "table")
    if from and node_tag(from) == T.ALIAS then collect(from, criteria, into, seen) end
    return
  end
  if tag == T.TABLE or tag == T.ORM_OPTION then return end
  seen[node] = true
  if tag == T.SELECT and is_orm(node) then
    local known = false
    for i = 1, #into, 2 do known = known or into[i] == node end
    if known then return end
    into[#into + 1] = node
    into[#into + 1] = stand_in(node, criteria)
  end
  for _, child in ipairs(core.node_children(node)) do collect(child, criteria, into, seen) end
end

--- The stand-ins for all SELECTs below a statement and below what it was lowered to: a flat list of pairs.
function lowering.stand_ins(stmt, criteria, lowered)
  local into, seen = {}, {}
  for _, node in ipairs { stmt, lowered } do
    for _, child in ipairs(core.node_children(node)) do collect(child, criteria, into, seen) end
  end
  return #into > 0 and into or nil
end

-- --- whole statements ----------------------------------------------------------------------------

local function label_style(stmt, how)
  local style = node_get(stmt, "label_style")
  if style == E.LABEL_STYLE_LEGACY_ORM then
    return how.for_statement and E.LABEL_STYLE_DISAMBIGUATE_ONLY or E.LABEL_STYLE_TABLENAME_PLUS_COL
  end
  return style
end

-- RETURNING of entities where nobody makes objects of the rows: UPDATE and DELETE of a class return what an object
-- would be loaded from, other statements all columns.
local function with_flat_returning(stmt, tag)
  if tag ~= T.INSERT and tag ~= T.UPDATE and tag ~= T.DELETE then return stmt end
  if tag == T.INSERT or node_get(stmt, "orm") == nil then return dml.with_flat_returning(stmt) end
  local items = node_get(stmt, "returning")
  for _, item in ipairs(items) do
    if node_tag(item) == T.ORM_ENTITY then
      local query = select_of(unpack(items))
      local state = lower_select.lower(query, { no_joins = true, stored_only = true })
      return core.node_with(stmt, { returning = node_get(state.statement, "columns") })
    end
  end
  return stmt
end

local HAS_OPTIONS = { [T.SELECT] = true, [T.COMPOUND] = true, [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }

-- The classes of a statement are configured; errors of others wait for those who use them.
local function configure(stmt)
  if not instance.pending.any then return end
  core.node_replace(stmt, function(node)
    local tag = node_tag(node)
    local entity = tag == T.ORM_ENTITY and node or tag == T.ORM_ATTR and node_get(node, "entity")
    if entity then instance.configure(node_get(entity, "mapper")) end
    return nil
  end)
end

--- Lowers a statement: { node =, stand_ins =, bind_copies =, state = } (`state` only for a SELECT; `bind_copies`:
-- lower_criteria.of). `how`: see lower_select.lower.
function lowering.statement(stmt, how)
  configure(stmt)
  how = how or {}
  local tag = node_tag(stmt)
  local criteria = how.criteria
  if criteria == nil and HAS_OPTIONS[tag] then criteria = lower_criteria.of(stmt) end
  if tag ~= T.SELECT then
    local lowered = (tag == T.UPDATE or tag == T.DELETE) and lower_criteria.with_dml_criteria(stmt) or stmt
    return { node = with_flat_returning(lowered, tag), stand_ins = lowering.stand_ins(stmt, criteria),
      bind_copies = criteria and criteria.copies }
  end
  local other = node_get(stmt, "from_statement")
  if other ~= nil then
    local lowered = lowering.statement(other, { for_statement = true, criteria = criteria })
    return { node = lowered.node, stand_ins = lowered.stand_ins, bind_copies = criteria and criteria.copies }
  end
  local options = {}
  for name, value in pairs(how) do options[name] = value end
  local flags = node_get(stmt, "orm")
  if flags then
    options.legacy, options.base_alias = flags.legacy, flags.base_alias
    options.no_criteria = flags.base_alias -- the SELECTs within have them
    if flags.no_eager then options.eager, options.options = false, {} end -- no loader option counts then
    options.no_single = options.no_single or flags.base_alias or flags.no_single
  end
  options.criteria, options.label_style = criteria, how.label_style or label_style(stmt, how)
  local state = lower_select.lower(stmt, options)
  return { node = state.statement, stand_ins = lowering.stand_ins(stmt, criteria, state.statement), state = state,
    bind_copies = criteria and criteria.copies }
end

lowering.coerce = coerce
return lowering
