--- Column adaptation: the column of an alias or subquery that stands for a column of what is inside it.
local core = require "alchemoon.core"

local adapt = {}
local tags = core.tags

local CORRELATION = { "correlate", "correlate_except" }

-- Is it said to be selected from here, and so not to be found outside? That it stays, as what any() and has() join.
local function is_own_from(select_node, name, item)
  if name ~= "correlate_except" then return false end
  for _, own in ipairs(core.node_get(select_node, "froms")) do
    if own == item then return true end
  end
  return false
end

--- A nested SELECT that names tables of which `from` is made in its correlate(): it names `from` instead. nil if it
-- names none. mapped: of tables that `from` is made of only these are meant.
function adapt.correlated(select_node, from, mapped)
  local changes
  for _, name in ipairs(CORRELATION) do
    local list, changed = core.node_get(select_node, name), false
    for i, item in ipairs(list) do
      local tag = core.node_tag(item)
      if item ~= from and (tag == tags.TABLE or tag == tags.ORM_ENTITY)
        and not is_own_from(select_node, name, item) then
        local plain = tag == tags.ORM_ENTITY and core.node_get(item, "from") or item
        local meant = mapped == nil or core.from_derived(mapped, plain)
        if meant and plain ~= from and core.from_derived(from, plain) then list[i], changed = from, true end
      end
    end
    if changed then
      changes = changes or {}
      changes[name] = list
    end
  end
  return changes and core.node_with(select_node, changes)
end

local anonymous = setmetatable({}, { __mode = "k" })
local bits = require "alchemoon.bits"

-- The expression with parameters of its own: those that may have any name get another one than the original's. A nested
-- SELECT stays as it is.
local function with_own_parameters(expression)
  return core.node_replace(expression, function(at)
    local tag = core.node_tag(at)
    if tag == tags.SELECT then return at end
    if tag ~= tags.BIND then return nil end
    return bits.has(core.node_get(at, "options"), core.enums.BIND_UNIQUE) and core.node_with(at, {}) or at
  end)
end

--- What an aliased class makes of a labelled expression: the adapted expression under a made-up name, the same one for
-- everybody who asks.
function adapt.anonymous_label(from, label, change)
  local known = anonymous[from]
  if not known then
    known = {}
    anonymous[from] = known
  end
  local found = known[label]
  if not found then
    found = with_own_parameters(change(core.node_get(label, "element"))):label()
    known[label] = found
  end
  return found
end

--- A function node → node in which every column is exchanged for the one of `from` that stands for it (and kept when
-- there is none). `equal(column)` may name another column that is kept equal to it, to be tried as well. mapped: given
-- for an aliased class, what the class is mapped to.
function adapt.columns(from, equal, mapped)
  local function one(column)
    local found = core.corresponding_column(from, column, true)
    if found == nil and equal then
      for _, other in ipairs(equal(column) or {}) do
        found = core.corresponding_column(from, other, true)
        if found then break end
      end
    end
    return found or column
  end
  local visit
  local function inside(node) return core.node_replace(node, visit) end
  function visit(at)
    if at == from then return from end -- as it stands in correlate(); nothing inside it is meant
    local tag = core.node_tag(at)
    if tag == tags.COLUMN then return one(at) end
    if mapped and tag == tags.LABEL then return adapt.anonymous_label(from, at, inside) end
    if tag == tags.SELECT then
      local other = adapt.correlated(at, from, mapped)
      if other then return core.node_replace(other, visit) end
    end
    return nil
  end
  return function(node)
    if core.node_tag(node) == tags.COLUMN then return one(node) end
    return core.node_replace(node, visit)
  end
end

--- The same by name, for selectables that were not made from the mapped table.
function adapt.by_name(from, inner)
  return function(node)
    if core.node_tag(node) ~= tags.COLUMN then return inner(node) end
    local found = inner(node)
    if found ~= node then return found end
    return core.from_column(from, node.key) or node
  end
end

return adapt
