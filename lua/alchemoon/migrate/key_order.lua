--- Which foreign keys cannot go and come where Alembic puts them, with the other changes of their table.
--
-- A key goes before everything (`early_keys`) if the table it refers to is dropped, or loses what the key stands on
-- before its own table's turn; it comes after everything (`late_keys`) if it refers to what a later table gets.
local core = require "alchemoon.core"
local item = require "alchemoon.schema.item"
local render = require "alchemoon.migrate.render"

local key_order = {}

local function count_of(list) return list and #list or 0 end

local function changes_type(lists)
  for _, op in ipairs(lists.alter) do
    if op.modify_type then return true end
  end
  return false
end

local function has_drops(lists)
  for _, op in ipairs(lists.named) do
    if op.op == "drop_index" or op.op == "drop_constraint" then return true end
  end
  return count_of(lists.drop) + count_of(lists.drop_constraints) + count_of(lists.renames) > 0 or changes_type(lists)
end

local function has_news(lists)
  return count_of(lists.named) + count_of(lists.add) + count_of(lists.add_constraints) + count_of(lists.renames) > 0
    or changes_type(lists)
end

local function target_of(run, op)
  return run.key_of(run:plain_schema(op.referent_schema), op.referent_table)
end

-- Moves the operations that `is_moved` to a list of their own.
local function move(lists, from, to, is_moved)
  local kept, moved = {}, {}
  for _, op in ipairs(lists[from]) do
    if is_moved(op) then moved[#moved + 1] = op else kept[#kept + 1] = op end
  end
  lists[from], lists[to] = kept, moved
end

--- Takes keys out of the lists of their tables. `keys`: the tables in the order of their turns.
function key_order.settle(run, keys, lists_of)
  local turn = {}
  for i, key in ipairs(keys) do turn[key] = i end
  for i, key in ipairs(keys) do
    local lists = lists_of[key]
    local own_type = changes_type(lists)
    move(lists, "drop_keys", "early_keys", function(op)
      local target = target_of(run, op)
      target = run.new_names[target] or target
      if not run.wanted[target] or own_type then return true end
      return turn[target] ~= nil and turn[target] <= i and has_drops(lists_of[target])
    end)
    move(lists, "add_keys", "late_keys", function(op)
      local target = target_of(run, op)
      return turn[target] ~= nil and turn[target] > i and has_news(lists_of[target])
    end)
  end
end

-- Keys of the tables to which a table refers.
local function targets_of(table_)
  local list = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    for _, spec in ipairs(core.node_get(node, "kind") == item.FOREIGN_KEY and render.foreign_specs(node) or {}) do
      list[#list + 1] = spec:match "^(.*)%.[^.]+$"
    end
  end
  return list
end

--- Does a table that stays refer to one that is dropped, where keys cannot be dropped alone?
function key_order.holds_dropped(run)
  if run.alters then return false end
  for key, found in pairs(run.found) do
    if run.wanted[key] or run.renamed_from[key] then
      for _, target in ipairs(targets_of(found)) do
        if run.found[target] and not run.wanted[target] and not run.renamed_from[target] then return true end
      end
    end
  end
  return false
end

return key_order
