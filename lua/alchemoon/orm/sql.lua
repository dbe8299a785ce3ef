--- The few pieces of SQL that mapping itself needs: joins between tables, and the columns of a condition.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local coerce = require "alchemoon.sql.coerce"
local lists = require "alchemoon.lists"
local operators = require "alchemoon.sql.operators"

local sql = {}
local tags = core.tags
local op = operators.op

function sql.join(left, right, condition, outer)
  return core.join(left, right, condition, outer and true or false, false)
end

function sql.outerjoin(left, right, condition) return sql.join(left, right, condition, true) end

--- AND of a list of conditions; nil for none.
function sql.and_(list)
  if #list == 0 then return nil end
  if #list == 1 then return list[1] end
  return operators.conjunction(op.and_, list)
end

--- AND of a condition and of a list of others.
function sql.and_all(first, rest) return sql.and_(lists.joined({ first }, rest)) end

--- The name of a FROM element for messages.
---@param from any
---@return string
function sql.table_name(from)
  local tag = core.node_tag(from)
  if tag == tags.TABLE then return from.fullname or core.node_get(from, "name") end
  if tag == tags.ALIAS then return core.node_get(from, "name") or "%(anonymous alias)s" end
  return tag == tags.JOIN and "Join object" or tostring(from)
end

local function collect_tables(from, into)
  local tag = core.node_tag(from)
  if tag == tags.JOIN then
    collect_tables(core.node_get(from, "left"), into)
    collect_tables(core.node_get(from, "right"), into)
  elseif tag == tags.FROM_GROUPING then
    collect_tables(core.node_get(from, "element"), into)
  else
    into[#into + 1] = from
    into[from] = true
  end
  return into
end

--- The tables and aliases that a FROM element joins; also usable as a set.
function sql.tables_of(from) return collect_tables(from, {}) end

--- All tables, aliases and subqueries inside of a FROM element, itself included, as a set.
function sql.tables_inside(from)
  local found = {}
  core.node_replace(from, function(node)
    local tag = core.node_tag(node)
    if tag == tags.TABLE or tag == tags.ALIAS then found[node] = true end
    return nil
  end)
  return found
end

--- Does the column belong to one of the FROM elements of that set?
function sql.has_column(tables, column)
  if core.node_tag(column) ~= tags.COLUMN then return false end
  local from = core.node_get(column, "table")
  return from ~= nil and tables[from] == true
end

--- Primary key columns of an alias or subquery: those whose origin is one.
function sql.primary_key_of(from)
  local list = {}
  for _, column in ipairs(require("alchemoon.sql.columns").all(from)) do
    if column.primary_key then list[#list + 1] = column end
  end
  return list
end

--- All COLUMNs below an expression in order, each once, with ANNOTATED marks seen through.
function sql.columns_in(node, into)
  into = into or {}
  local tag = core.node_tag(node)
  if tag == tags.COLUMN then
    if not into[node] then
      into[node] = true
      into[#into + 1] = node
    end
  elseif tag == tags.ORM_ATTR then
    local column = core.node_get(node, "column")
    if column then sql.columns_in(column, into) end
  elseif tag then
    for _, child in ipairs(core.node_children(node)) do sql.columns_in(child, into) end
  end
  return into
end

-- --- joins by foreign keys --------------------------------------------------------------------------------------

--- The table column that a column of an alias or subquery stands for; the column itself if it is one.
function sql.base_column(column)
  local at = column
  while core.node_tag(at) == tags.COLUMN do
    local inner = core.node_get(at, "proxies")[1]
    if inner == nil then return at end
    at = inner
  end
  return column
end

-- List of { fk, referring column }.
local function foreign_keys_of(tables)
  local list = {}
  for _, from in ipairs(tables) do
    local columns = core.node_tag(from) == tags.TABLE and core.node_get(from, "columns") or core.from_columns(from)
    for _, column in ipairs(columns) do
      local schema = core.node_get(sql.base_column(column), "schema")
      for _, fk in ipairs(schema and core.node_get(schema, "foreign_keys") or {}) do list[#list + 1] = { fk,
        column } end
    end
  end
  return list
end

-- A key that refers to nothing matters where it names one of the tables that are being joined.
local function check_missing(err, tables)
  if not exc.is(err, exc.NoReferenceError) then error(err, 0) end
  local name = err.table_name or err.message:match("table '([^']*)' has no column named")
    or err.message:match("could not find table '([^']*)'")
  for _, from in ipairs(tables) do
    if name ~= nil and core.node_get(from, "name") == name then error(err, 0) end
  end
end

-- The referred column if it lies in `tables`.
local function referent(fk, tables)
  local ok, column = pcall(core.foreign_key_column, fk)
  if not ok then return check_missing(column, tables) end
  if sql.has_column(tables, column) then return column end
  for _, from in ipairs(tables) do
    if core.node_tag(from) ~= tags.TABLE then
      local found = core.corresponding_column(from, column)
      if found then return found end
    end
  end
  return nil
end

--- Has one column a foreign key to another (aliases seen through)?
function sql.refers(a, b)
  a, b = sql.base_column(a), sql.base_column(b)
  local schema = core.node_get(a, "schema")
  for _, fk in ipairs(schema and core.node_get(schema, "foreign_keys") or {}) do
    local ok, column = pcall(core.foreign_key_column, fk)
    if ok and column == b then return true end
  end
  return false
end

-- constraint → list of { referred, referring }, in order.
local function scan(left_tables, b_tables, consider)
  local found, order = {}, {}
  local function add(fk, column, parent)
    local owner = core.node_get(fk, "constraint") or fk
    if not found[owner] then
      found[owner] = {}
      order[#order + 1] = owner
    end
    table.insert(found[owner], { column, parent })
  end
  local function take(fks, tables)
    for _, pair in ipairs(fks) do
      local fk, parent = pair[1], pair[2]
      if not consider or consider[parent] then
        local column = referent(fk, tables)
        if column then add(fk, column, parent) end
      end
    end
  end
  take(foreign_keys_of(b_tables), left_tables)
  local same = #left_tables == #b_tables
  for i = 1, #left_tables do same = same and left_tables[i] == b_tables[i] end
  if not same then take(foreign_keys_of(left_tables), b_tables) end
  return found, order
end

-- Keys that the caller named decide; else several that say the same count as one.
local function trim(found, order, consider)
  if consider then
    local kept = {}
    for _, owner in ipairs(order) do
      local all, n = true, 0
      for _, pair in ipairs(found[owner]) do
        if not consider[pair[2]] then all = false end
        n = n + 1
      end
      if all and n == #consider then kept[#kept + 1] = owner end
    end
    if #kept > 0 then order = kept end
  end
  if #order > 1 then
    local first, same = found[order[1]], true
    for i = 2, #order do
      local other = found[order[i]]
      same = same and #other == #first
      for k = 1, #first do
        same = same and other[k] and other[k][1] == first[k][1] and other[k][2] == first[k][2]
      end
    end
    if same then order = { order[1] } end
  end
  return order
end

local function describe(from)
  if core.node_tag(from) == tags.TABLE then return core.node_get(from, "name") end
  local parts = {}
  for i, t in ipairs(sql.tables_of(from)) do parts[i] = core.node_get(t, "name") or "?" end
  return "Join object on " .. table.concat(parts, " and ")
end

--- The condition by which two FROM elements are joined, from their foreign keys. `subset`: part of `a` that is tried
-- first; `consider`: the only columns that count as foreign keys (list and set).
function sql.join_condition(a, b, subset, consider)
  local a_tables, b_tables = sql.tables_of(a), sql.tables_of(b)
  local found, order
  for _, left in ipairs { subset and sql.tables_of(subset) or false, a_tables } do
    if left then
      found, order = scan(left, b_tables, consider)
      if #order > 0 then break end
    end
  end
  if #order > 1 then order = trim(found, order, consider) end
  if #order == 0 then
    exc.raise("NoForeignKeysError", "Can't find any foreign key relationships between '%s' and '%s'.", describe(a),
      describe(b))
  elseif #order > 1 then
    exc.raise("AmbiguousForeignKeysError", "Can't determine join between '%s' and '%s'; tables have more than one " ..
      "foreign key constraint relationship between them. Please specify the 'onclause' of this join explicitly.",
      describe(a), describe(b))
  end
  local list = {}
  for i, pair in ipairs(found[order[1]]) do list[i] = sql.eq(pair[1], pair[2]) end
  return sql.and_(list)
end

--- left = right, both columns.
function sql.eq(left, right) return operators.compare(left, op.eq, right) end

--- The two sides of a comparison: of an operator, or of a function with as_comparison(); nil for other nodes.
function sql.sides(node)
  local tag = core.node_tag(node)
  if tag == tags.BINARY then return core.node_get(node, "left"), core.node_get(node, "right") end
  if tag ~= tags.FUNCTION_AS_BINARY then return nil end
  local arguments = core.node_get(core.node_get(node, "function"), "clauses")
  return arguments[core.node_get(node, "left_index")], arguments[core.node_get(node, "right_index")]
end

-- --- shapes of conditions ------------------------------------------------------------------------------------------

--- Calls fn(binary) for every comparison in a condition.
function sql.each_binary(node, fn)
  if core.node_tag(node) == tags.BINARY then fn(node) end
  for _, child in ipairs(core.node_children(node)) do sql.each_binary(child, fn) end
end

--- The items of a conjunction.
function sql.conjuncts(node, into)
  into = into or {}
  local tag = core.node_tag(node)
  if tag == tags.GROUPING then return sql.conjuncts(core.node_get(node, "element"), into) end
  if tag == tags.CLAUSE_LIST and core.node_get(node, "op") == op.and_ then
    for _, item in ipairs(core.node_get(node, "items")) do sql.conjuncts(item, into) end
  else
    into[#into + 1] = node
  end
  return into
end

--- Pairs { left, right } of columns that a condition equates.
function sql.equated_pairs(condition)
  local pairs_ = {}
  sql.each_binary(condition, function(binary)
    if core.node_get(binary, "op") == op.eq then
      local left, right = sql.column_of(core.node_get(binary, "left")), sql.column_of(core.node_get(binary, "right"))
      if left and right then pairs_[#pairs_ + 1] = { left, right } end
    end
  end)
  return pairs_
end

--- Those of such pairs whose value goes from one to the other, as { referred, referring }: foreign keys say which, or
-- the set `referring` in their place.
function sql.synchronize_pairs(equated, referring)
  local list = {}
  local function refers(a, b)
    if referring then return referring[a] and (a == b or not referring[b]) end
    return sql.refers(a, b)
  end
  for _, pair in ipairs(equated) do
    if refers(pair[1], pair[2]) then list[#list + 1] = { pair[2], pair[1] }
    elseif refers(pair[2], pair[1]) then list[#list + 1] = pair end
  end
  return list
end

--- The COLUMN behind a mark or an attribute; nil for anything else.
function sql.column_of(node)
  local tag = core.node_tag(node)
  if tag == tags.ANNOTATED then return sql.column_of(core.node_get(node, "element")) end
  if tag == tags.ORM_ATTR then return sql.column_of(core.node_get(node, "column")) end
  if tag == tags.COLUMN then return node end
  return nil
end

--- core.node_replace that goes round the insides of columns: the FROM element of a column stays what it is.
function sql.replace(tree, fn)
  return core.node_replace(tree, function(at)
    local fresh = fn(at)
    if fresh == nil and core.node_tag(at) == tags.COLUMN then return at end
    return fresh
  end)
end

--- A tree without ORM attributes: the columns that they stand for instead; marks are kept.
function sql.plain(node)
  return sql.replace(node, function(at)
    if core.node_tag(at) == tags.ORM_ATTR then return core.node_get(at, "column") or at end
    return nil
  end)
end

--- A tree without marks.
function sql.unmarked(node)
  return sql.replace(node, function(at)
    if core.node_tag(at) == tags.ANNOTATED then return sql.unmarked(core.node_get(at, "element")) end
    return nil
  end)
end

sql.coerce = coerce
sql.op = op
return sql
