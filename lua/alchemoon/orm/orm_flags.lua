--- What a statement says about its lowering beyond its clauses: the `orm` field of a SELECT.
--
-- A field of that kind is compared by identity, so equal flags must be one table.
local core = require "alchemoon.core"

local orm_flags = {}
local T = core.tags

local known = {}

--- Is there something of the ORM in a statement, so that it must be lowered before it is compiled? UPDATE and DELETE of
-- a class may get conditions although no attribute stands in them.
function orm_flags.needs_lowering(stmt)
  local _, _, is_orm = core.node_flags(stmt)
  local tag = core.node_tag(stmt)
  return is_orm or (tag == T.UPDATE or tag == T.DELETE) and core.node_get(stmt, "orm") ~= nil
end

--- { legacy, no_eager, base_alias, for_statement, no_single, selects_order, eager_order } → the one table for this
-- combination. selects_order: what ORDER BY names is selected, too; eager_order: ORDER BY is that of a relationship, by
-- which the rows are loaded, and stays where a subquery would leave it away.
function orm_flags.of(flags)
  local names = {}
  for name, value in pairs(flags) do
    if value then names[#names + 1] = name end
  end
  table.sort(names)
  local key = table.concat(names, ",")
  local found = known[key]
  if not found then
    found = {}
    for _, name in ipairs(names) do found[name] = true end
    known[key] = found
  end
  return found
end

--- The flags of `old` with others exchanged.
function orm_flags.with(old, changes)
  local flags = {}
  for name, value in pairs(old or {}) do flags[name] = value end
  for name, value in pairs(changes) do flags[name] = value end
  return orm_flags.of(flags)
end

return orm_flags
