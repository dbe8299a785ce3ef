--- Paths in the graph of revisions, and the rows of the version table along them: methods of RevisionMap.
local exc = require "alchemoon.migrate.errors"
local revision_ids = require "alchemoon.migrate.revision_ids"
local sorted_keys = require("alchemoon.keys").sorted

--- Adds the methods; the two functions raise the errors that both files share.
return function(RevisionMap, multiple_heads, no_such)

local filter_branch, split_label = RevisionMap.filter_branch, RevisionMap.split_label

-- --- paths ------------------------------------------------------------------------------------------------

--- The ids of `wanted` from the newest to the oldest; a branch is followed as long as possible.
function RevisionMap:newest_first(wanted)
  local inside, waiting, ready = revision_ids.set(wanted), {}, {}
  for _, id in ipairs(sorted_keys(inside)) do
    local above = 0
    for _, up in ipairs(self.by_id[id].all_nextrev) do
      if inside[up] then above = above + 1 end
    end
    waiting[id] = above
    if above == 0 then ready[#ready + 1] = id end
  end
  local order = {}
  while #ready > 0 do
    local id = table.remove(ready, 1)
    order[#order + 1] = id
    local at = 1
    for _, down in ipairs(self.by_id[id].all_down) do
      if inside[down] then
        waiting[down] = waiting[down] - 1
        if waiting[down] == 0 then
          table.insert(ready, at, down)
          at = at + 1
        end
      end
    end
  end
  return order
end

local function reversed(list)
  local out = {}
  for i = #list, 1, -1 do out[#out + 1] = list[i] end
  return out
end

local function without(list, taken)
  local drop, kept = revision_ids.set(taken), {}
  for _, id in ipairs(list) do
    if not drop[id] then kept[#kept + 1] = id end
  end
  return kept
end

--- Targets of an upgrade from `current`: "+2" counts from where the database is.
function RevisionMap:upgrade_targets(current, target)
  local label, rest = nil, target
  if type(target) == "string" and not self.by_id[target] then label, rest = split_label(target) end
  local count = type(rest) == "string" and rest:match "^%+(%d+)$"
  if not count then return self:resolve(target) end
  local from = self:tips(current, true)
  if label then from = filter_branch(self, from, label) end
  if #from > 1 then
    exc.raise("RevisionError", "Ambiguous upgrade from multiple current revisions")
  end
  local id, enough = self:walk(from[1], tonumber(count), label)
  if not enough then
    exc.raise("RevisionError", "Relative revision %s didn't produce %s migrations", target, count)
  end
  return { id }
end

--- What an upgrade from `current` (ids) to `target` runs, in order.
function RevisionMap:upgrade_path(current, target)
  for _, id in ipairs(current) do
    if not self.by_id[id] then no_such(id) end
  end
  local targets = self:upgrade_targets(current, target)
  local needed = without(self:ancestors(targets, true), self:ancestors(current, true))
  return reversed(self:newest_first(needed))
end

-- "-2" counts from where the database is, on the branch that is named.
local function downgrade_target(self, current, target)
  local label, rest = split_label(target)
  if self.by_id[target] then label, rest = nil, target end
  local count = rest:match "^%-(%d+)$"
  if not count then return label, self:resolve(target) end
  local from = self:tips(current, true)
  if label then
    from = filter_branch(self, from, label)
    if #from == 0 then -- the branch was run as a dependency of another
      from = self:tips(filter_branch(self, self:ancestors(current, true), label))
    end
  end
  if #from > 1 then exc.raise("RevisionError", "Ambiguous walk") end
  local id, enough = self:walk(from[1], -tonumber(count), label)
  if not enough or #from == 0 then
    exc.raise("RevisionError", "Relative revision %s didn't produce %s migrations", target, count)
  end
  return label, { id }, from[1]
end

--- What a downgrade from `current` to `target` undoes, in order.
function RevisionMap:downgrade_path(current, target)
  for _, id in ipairs(current) do
    if not self.by_id[id] then no_such(id) end
  end
  local label, ids, from = downgrade_target(self, current, target)
  local active = self:ancestors(current, true)
  if #ids > 1 then multiple_heads(ids, target) end
  local roots
  if ids[1] == nil then
    roots = self:bases()
    if label then roots = filter_branch(self, roots, label) end
  else
    if not revision_ids.set(active)[ids[1]] then
      exc.raise("RangeNotAncestorError", "Destination %s is not a valid downgrade target from current head(s)", target)
    end
    roots = self.by_id[ids[1]].nextrev
    if (label or from) and #roots > 1 then roots = filter_branch(self, roots, label or from) end
  end
  local inside = revision_ids.set(active)
  local undone = {}
  for _, id in ipairs(self:descendants(roots, true)) do
    if inside[id] then undone[#undone + 1] = id end
  end
  return self:newest_first(undone)
end

--- Revisions between two identifiers for listings, newest first. Nil: all the way.
function RevisionMap:range(lower, upper)
  local uppers = upper == nil and self:heads() or self:resolve(upper)
  local found = self:ancestors(uppers, false)
  if lower ~= nil then
    local lowers = self:resolve(lower)
    local inside = revision_ids.set(found)
    for _, id in ipairs(lowers) do
      if not inside[id] then
        exc.raise("RangeNotAncestorError", "Requested range %s:%s does not refer to ancestor/descendant revisions " ..
          "along the same branch", lower, upper or "")
      end
    end
    if #lowers > 0 then
      local above = revision_ids.set(self:descendants(lowers))
      local kept = {}
      for _, id in ipairs(found) do
        if above[id] then kept[#kept + 1] = id end
      end
      found = kept
    end
  end
  return self:newest_first(found)
end

-- --- the version table's rows ---------------------------------------------------------------------------------

local function minus(list, set)
  local kept = {}
  for _, id in ipairs(list) do
    if not set[id] then kept[#kept + 1] = id end
  end
  return kept
end

--- Rows after `id` was run: sorted ids that go away, and whether `id` is new.
function RevisionMap:after_upgrade(heads, id)
  local parents = revision_ids.set(self.by_id[id].all_down)
  local gone = {}
  for _, head in ipairs(heads) do
    if parents[head] then gone[#gone + 1] = head end
  end
  table.sort(gone)
  return gone, { id }
end

--- Rows after `id` was undone: what goes, and what comes.
function RevisionMap:after_downgrade(heads, id)
  local others = minus(heads, { [id] = true })
  local implied = revision_ids.set(self:ancestors(others, true))
  local back = minus(self:tips(self.by_id[id].all_down, true), implied)
  table.sort(back)
  return { id }, back
end

--- Rows after a stamp with `targets` (resolved ids): what goes, what comes.
function RevisionMap:after_stamp(heads, targets, label)
  local gone, come = {}, {}
  if #targets == 0 then
    for _, head in ipairs(heads) do
      if not label or not self.by_id[head] or self:in_branch(head, label) then gone[#gone + 1] = head end
    end
    return gone, come
  end
  local present = revision_ids.set(heads)
  for _, id in ipairs(targets) do
    local implied = false
    for _, head in ipairs(heads) do
      if head ~= id and self.by_id[head] and self:related(head, id, true) then gone[#gone + 1] = head end
      if head == id then implied = true end
    end
    if not implied and not present[id] then come[#come + 1] = id end
  end
  local unique, seen = {}, revision_ids.set(targets)
  for _, id in ipairs(gone) do
    if not seen[id] then unique[#unique + 1] = id end
    seen[id] = true
  end
  return unique, come
end

end
