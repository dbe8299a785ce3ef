--- From the columns of a class to those of what it is selected from: an alias, a join of aliases, a subquery.
--
-- An adapter is a function node → node. A column without counterpart is left as it is; one that the inheritance of the
-- class keeps equal to another (`mapper.inherit_pairs`) may be found by that one.
local adapt_module = require "alchemoon.orm.adapt"
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local select_columns = require "alchemoon.orm.select_columns"

local column_adapter = {}
local T = core.tags
local node_get, node_tag, node_replace = core.node_get, core.node_tag, core.node_replace

-- column → list of columns that are equal by inheritance
local function equivalents_of(mapper)
  local map = {}
  local function add(a, b)
    map[a] = map[a] or {}
    table.insert(map[a], b)
  end
  for _, each in ipairs(mapper and mapper.self_and_descendants or {}) do
    for _, pair in ipairs(each.inherit_pairs or {}) do
      add(pair[1], pair[2])
      add(pair[2], pair[1])
    end
  end
  local at = mapper
  while at do
    for _, pair in ipairs(at.inherit_pairs or {}) do
      add(pair[1], pair[2])
      add(pair[2], pair[1])
    end
    at = at.inherits
  end
  return map
end
column_adapter.equivalents_of = equivalents_of

-- The column of `from` for one column, by way of its equivalents if need be.
local function find(from, column, equivalents, seen)
  local found = core.corresponding_column(from, column, true)
  if found then return found end
  seen = seen or {}
  seen[column] = true
  for _, other in ipairs(equivalents[column] or {}) do
    if not seen[other] then
      found = find(from, other, equivalents, seen)
      if found then return found end
    end
  end
  return nil
end

--- An adapter to the columns of `from`. `mapper`: whose inheritance counts. `exact`: expressions that are themselves
-- columns of `from` (pairs { expression, column }). `by_label`: labelled expressions that `from` selects are taken from
-- there; for an aliased class in the place of its class they are computed once more.
function column_adapter.new(from, mapper, exact, by_name, is_alias, by_label)
  local known, own = {}, {}
  local equivalents = equivalents_of(mapper)
  local function mark(part)
    local tag = node_tag(part)
    if tag == T.JOIN then
      mark(node_get(part, "left"))
      mark(node_get(part, "right"))
    elseif tag == T.FROM_GROUPING then mark(node_get(part, "element"))
    else own[part] = true end
  end
  mark(from)
  local function column(node)
    local found = known[node]
    if found ~= nil then return found end
    local owner = node_get(node, "table")
    if owner ~= nil and own[owner] then found = node else found = find(from, node, equivalents) or false end
    if not found and by_name then found = core.from_column(from, core.node_get(node, "name")) or false end
    known[node] = found
    return found
  end
  local visit
  local function inside(node) return node_replace(node, visit) end
  local function one(node)
    local tag = node_tag(node)
    if tag == T.COLUMN then return column(node) or node end
    if exact then
      for _, pair in ipairs(exact) do
        if pair[1] == node then return pair[2] end
      end
    end
    if tag == T.ORM_ATTR then
      local inner = node_get(node, "column")
      if inner and node_tag(inner) == T.COLUMN then return column(inner) or nil end
    end
    local selected = by_label and tag == T.LABEL and select_columns.counterpart(from, node)
    if selected then return selected end
    if is_alias and tag == T.LABEL then return adapt_module.anonymous_label(from, node, inside) end
    if tag == T.SELECT then
      local other = adapt_module.correlated(node, from)
      if other then return node_replace(other, visit) end
    end
    return nil
  end
  visit = one
  local function adapt(node)
    if node == nil then return nil end
    if node_tag(node) == T.COLUMN then return column(node) or node end
    return node_replace(node, one)
  end
  --- The counterpart of a column, or nil.
  local function strict(node)
    if node_tag(node) == T.COLUMN then return column(node) or nil end
    return node_replace(node, one)
  end
  return adapt, strict
end

--- The adapter to what an aliased entity is selected from. An alias of an alias adapts twice.
function column_adapter.of_entity(entity, from)
  local extra = node_get(entity, "extra")
  local mapper = node_get(entity, "mapper")
  local adapt, strict = column_adapter.new(from or node_get(entity, "from"), mapper, nil, extra and extra.by_name, true)
  local inner = extra and extra.nested
  if not inner then return adapt, strict end
  local inner_adapt, inner_strict = column_adapter.of_entity(inner)
  return function(node) return adapt(inner_adapt(node)) end, function(node)
    local found = inner_strict(node)
    return found and (strict(found) or found) -- what only the inner alias has is selected from there
  end
end

local IS_DML = { [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }

--- An expression without attributes and entities of the ORM. `known`: pairs { node, what it has become }. Statements in
-- it stay what they are: columns refer to the CTEs and subqueries that are made of them.
function column_adapter.plain(node, known)
  if node == nil or not column_adapter.is_orm(node) then return node end
  return node_replace(node, function(at)
    local tag = node_tag(at)
    for _, pair in ipairs(known or {}) do
      if pair[1] == at then return pair[2] end
    end
    if tag == T.ORM_ATTR then return node_get(at, "column") end
    if tag == T.ORM_ENTITY then return node_get(at, "from") end
    if coerce.IS_SELECT[tag] or IS_DML[tag] and at ~= node then return at end
    return nil
  end)
end

--- Has the node something of the ORM in it?
function column_adapter.is_orm(node)
  local _, _, has_orm = core.node_flags(node)
  return has_orm
end

return column_adapter
