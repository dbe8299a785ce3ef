--- Order of tables by their foreign keys; cycles are broken where a constraint may be added later.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local item = require "alchemoon.schema.item"
local usage = require "alchemoon.usage"

local sort = {}

local function named(list)
  local names = {}
  for i, table_ in ipairs(list) do names[i] = table_.fullname end
  table.sort(names)
  return table.concat(names, ", ")
end

--- Raises CircularDependencyError with the tables that are in the cycle.
local function circular(tables, numbers, message)
  local cycle = {}
  for i, at in ipairs(numbers) do cycle[i] = tables[at] end
  error(exc.CircularDependencyError(message and message:format(named(cycle))
    or ("Circular dependency detected. (%s)"):format(named(cycle)), { cycles = cycle }), 0)
end
sort.named, sort.circular = named, circular

local function foreign_constraints(table_)
  local found = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "kind") == item.FOREIGN_KEY then found[#found + 1] = node end
  end
  return found
end

local function use_alter(node) return item.has(core.node_get(node, "options"), item.USE_ALTER) end

-- Dependencies that the author declared: table:add_is_dependent_on(other).
local function declared(tables, index, at, edges)
  local extra = item.peek(tables[at])
  local metadata = core.node_get(tables[at], "metadata")
  for _, key in ipairs(extra and extra.depends or {}) do
    local other = core.metadata_table(metadata, key)
    if other and index[other] then edges[#edges + 1] = { index[other], at } end
  end
end

local function referred(node)
  local first = core.node_get(node, "elements")[1]
  return core.node_get(core.foreign_key_column(first), "table")
end

-- The edges of all foreign keys; those left out go to `remaining` (a set).
local function collect(tables, filter, remaining)
  local index, edges, fixed = {}, {}, {}
  for i, table_ in ipairs(tables) do index[table_] = i end
  for i, table_ in ipairs(tables) do
    for _, node in ipairs(foreign_constraints(table_)) do
      if use_alter(node) or filter and filter(node) == true then
        remaining[node] = true
      else
        local parent = index[referred(node)]
        if parent and parent ~= i then edges[#edges + 1] = { parent, i, node } end
      end
    end
    declared(tables, index, i, fixed)
  end
  return edges, fixed
end

local function topological(tables, edges, fixed)
  local pairs_ = {}
  for i, edge in ipairs(fixed) do pairs_[i] = edge end
  for _, edge in ipairs(edges) do pairs_[#pairs_ + 1] = edge end
  return core.topological_sort(#tables, pairs_)
end

-- Takes foreign keys within cycles out, as far as they may be added by ALTER.
local function break_cycles(edges, cycle, filter, remaining)
  local in_cycle, kept = {}, {}
  for _, at in ipairs(cycle) do in_cycle[at] = true end
  for _, edge in ipairs(edges) do
    local removable = in_cycle[edge[1]] and in_cycle[edge[2]] and not (filter and filter(edge[3]) == false)
    if removable then remaining[edge[3]] = true else kept[#kept + 1] = edge end
  end
  return kept
end

-- All removable foreign keys of a table that has lost one leave it together.
local function widen(tables, cycle, filter, remaining)
  for _, at in ipairs(cycle) do
    for _, node in ipairs(foreign_constraints(tables[at])) do
      if not (filter and filter(node) == false) then remaining[node] = true end
    end
  end
end

--- Tables with the foreign keys that can stand in them, then the keys that must come later: a list of { table,
-- constraints }, the last of which has no table. filter(constraint): true leaves it for later, false keeps it, nil
-- lets the cycle decide. Returns nil and the numbers of the tables of a cycle that cannot be broken.
function sort.with_constraints(tables, filter)
  local remaining = {}
  local edges, fixed = collect(tables, filter, remaining)
  local order, cycle = topological(tables, edges, fixed)
  if not order then
    local kept = break_cycles(edges, cycle, filter, remaining)
    if #kept < #edges then
      widen(tables, cycle, filter, remaining)
      local left = {}
      for _, edge in ipairs(kept) do
        if not remaining[edge[3]] then left[#left + 1] = edge end
      end
      kept = left
    end
    order, cycle = topological(tables, kept, fixed)
    if not order then return nil, cycle end
  end
  local result, later = {}, {}
  for i, at in ipairs(order) do
    local inside = {}
    for _, node in ipairs(foreign_constraints(tables[at])) do
      if not remaining[node] then inside[#inside + 1] = node end
    end
    result[i] = { tables[at], inside }
  end
  for _, table_ in ipairs(tables) do
    for _, node in ipairs(foreign_constraints(table_)) do
      if remaining[node] then later[#later + 1] = node end
    end
  end
  result[#result + 1] = { [2] = later }
  return result
end

--- am.sort_tables_and_constraints(tables, { filter_fn = }).
---@param tables any[]
---@param opts table?   filter_fn
---@return any[] lists of a table and its constraints
function sort.sort_tables_and_constraints(tables, opts)
  usage.check_type("sort_tables_and_constraints", "table", tables)
  usage.check_table("sort_tables_and_constraints", opts, "a table of options")
  local result, cycle = sort.with_constraints(tables, opts and opts.filter_fn)
  if not result then circular(tables, cycle) end
  return result
end

--- am.sort_tables(tables, { skip_fn =, extra_dependencies = }): parents first; tables of a cycle stand in the given
-- order.
---@param tables any[]
---@param opts table?   skip_fn, extra_dependencies
---@return any[]
function sort.sort_tables(tables, opts)
  usage.check_type("sort_tables", "table", tables)
  usage.check_table("sort_tables", opts, "a table of options")
  local skip = opts and opts.skip_fn
  local function filter(node)
    if skip then
      for _, fk in ipairs(core.node_get(node, "elements")) do
        if skip(fk) then return true end
      end
    end
    return nil
  end
  local result = sort.with_constraints(tables, filter) or {}
  local list = {}
  for _, pair in ipairs(result) do
    if pair[1] then list[#list + 1] = pair[1] end
  end
  return list
end

function sort.by_key(tables)
  local sorted = {}
  for i, table_ in ipairs(tables) do sorted[i] = table_ end
  table.sort(sorted, function(a, b) return a.key < b.key end)
  return sorted
end

return sort
