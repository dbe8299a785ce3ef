--- The graph of revisions: heads, bases, branches, and what identifiers mean.
--
-- Each node is the table of one migration (`revision`, `down_revision`, `depends_on`, `branch_labels`) with lists
-- added: down (its parents), needs (resolved depends_on), all_down (both), nextrev and all_nextrev (upwards).
-- Lists are sorted, so that every answer has one order.
local exc = require "alchemoon.migrate.errors"
local revision_ids = require "alchemoon.migrate.revision_ids"
local sorted_keys = require("alchemoon.keys").sorted

local RevisionMap = { __name = "alchemoon.RevisionMap" }
RevisionMap.__index = RevisionMap

local function quoted(list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = "'" .. value .. "'" end
  return table.concat(parts, ", ")
end

local function check_node(node)
  local id = node.revision
  if type(id) ~= "string" or id == "" then
    exc.raise("RevisionError", "%s: 'revision' must be a string, got %s", tostring(node.path), type(id))
  end
  local bad = id:match "[@%-+:]"
  if bad then
    exc.raise("RevisionError", "Character(s) '%s' not allowed in revision identifier '%s'", bad, id)
  end
end

-- --- building --------------------------------------------------------------------------------------

-- What a revision answers about its place, as Alembic's Revision does.
local PLACE = {
  is_head = function(node) return #node.nextrev == 0 end,
  is_base = function(node) return #node.down == 0 end,
  is_branch_point = function(node) return #node.nextrev > 1 end,
  is_merge_point = function(node) return #node.down > 1 end,
  dependencies = function(node) return node.depends_on end,
}

local function wrapped(given)
  return { __index = function(node, key)
    local place = PLACE[key]
    if place then return place(node) end
    return given[key]
  end }
end

-- The given tables stay as they are; links of the graph stand in what wraps them.
local function add_all(self, nodes)
  for _, given in ipairs(nodes) do
    check_node(given)
    local known = self.by_id[given.revision]
    if known then
      exc.raise("RevisionError", "Revision %s is present more than once: %s and %s", given.revision,
        tostring(known.path or "?"), tostring(given.path or "?"))
    end
    local node = { down = revision_ids.list(given.down_revision), labels = {}, nextrev = {}, all_nextrev = {} }
    setmetatable(node, wrapped(given))
    self.by_id[given.revision] = node
    self.nodes[#self.nodes + 1] = node
    self.order[node] = #self.nodes
  end
end

local function map_labels(self)
  for _, node in ipairs(self.nodes) do
    for _, label in ipairs(revision_ids.list(node.branch_labels)) do
      local known = self.by_label[label]
      if known or self.by_id[label] then
        exc.raise("RevisionError", "Branch name '%s' in revision %s already used by revision %s", label, node.revision,
          (known or self.by_id[label]).revision)
      end
      self.by_label[label] = node
      node.labels[label] = true
    end
  end
end

local function parent_of(self, node, id, what)
  local found = self.by_id[id]
  if found then return found end
  return exc.raise("RevisionError", "Revision %s referenced from %s (%s) is not present; restore its file, or point " ..
    "%s of %s at a revision that exists", id, tostring(node.path or node.revision), what, what, node.revision)
end

-- Parents and dependencies get to know their children; `all_` counts both.
local function link(self)
  for _, node in ipairs(self.nodes) do
    node.needs = {}
    for i, id in ipairs(revision_ids.list(node.depends_on)) do
      local found = self.by_label[id] or parent_of(self, node, id, "depends_on")
      node.needs[i] = found.revision
    end
    node.all_down = {}
    local seen = {}
    local function take(id, field)
      local parent = self.by_id[id]
      if field then table.insert(parent.nextrev, node.revision) end
      if not seen[id] then
        seen[id] = true
        table.insert(node.all_down, id)
        table.insert(parent.all_nextrev, node.revision)
      end
    end
    for _, id in ipairs(node.down) do
      parent_of(self, node, id, "down_revision")
      take(id, true)
    end
    for _, id in ipairs(node.needs) do take(id) end
  end
  for _, node in ipairs(self.nodes) do
    table.sort(node.nextrev)
    table.sort(node.all_nextrev)
  end
end

-- Every node whose parents are all removed is removed; what is left is on a cycle or above one.
local function check_cycles(self, field, back, word)
  local left, queue, count = {}, {}, 0
  for _, node in ipairs(self.nodes) do
    left[node.revision] = #node[field]
    count = count + 1
    if #node[field] == 0 then queue[#queue + 1] = node end
  end
  local at = 1
  while queue[at] do
    local node = queue[at]
    at, count = at + 1, count - 1
    left[node.revision] = nil
    for _, id in ipairs(node[back]) do
      left[id] = left[id] - 1
      if left[id] == 0 then queue[#queue + 1] = self.by_id[id] end
    end
  end
  if count == 0 then return end
  -- from above the cycle step down through what is left until a node comes again
  local id, seen, path = sorted_keys(left)[1], {}, {}
  while not seen[id] do
    seen[id] = true
    path[#path + 1] = id
    for _, parent in ipairs(self.by_id[id][field]) do
      if left[parent] then
        id = parent
        break
      end
    end
  end
  while path[1] ~= id do table.remove(path, 1) end
  table.sort(path)
  local self_word = word == "" and "Self-loop" or "Dependency self-loop"
  if #path == 1 then
    exc.raise("CycleDetected", "%s is detected in revisions (%s)", self_word, path[1])
  end
  exc.raise("CycleDetected", "%s is detected in revisions (%s)", word == "" and "Cycle" or "Dependency cycle",
    table.concat(path, ", "))
end

-- A label counts for everything above its revision, and below it down to where the branch begins.
local function spread_labels(self)
  for label, node in pairs(self.by_label) do
    for _, above in ipairs(self:descendants({ node.revision })) do self.by_id[above].labels[label] = true end
    local at = node
    while at and #at.all_nextrev <= 1 and #at.down <= 1 do
      at.labels[label] = true
      at = at.down[1] and self.by_id[at.down[1]]
    end
  end
end

--- A map of the migrations in `nodes` (a list; its order does not matter).
---@param nodes table[]
---@param opts table?   { no_cycle_check = true }
function RevisionMap.new(nodes)
  local self = setmetatable({ nodes = {}, by_id = {}, by_label = {}, order = {} }, RevisionMap)
  add_all(self, nodes)
  table.sort(self.nodes, function(a, b) return a.revision < b.revision end)
  map_labels(self)
  link(self)
  check_cycles(self, "down", "nextrev", "")
  check_cycles(self, "all_down", "all_nextrev", "Dependency ")
  spread_labels(self)
  return self
end

-- --- the shape --------------------------------------------------------------------------------------

local function pick(self, test)
  local list = {}
  for _, node in ipairs(self.nodes) do
    if test(node) then list[#list + 1] = node.revision end
  end
  return list
end

--- Revisions that no other one follows.
function RevisionMap:heads() return pick(self, function(node) return #node.nextrev == 0 end) end
--- Heads that no other revision depends on either: what the version table holds when all is run.
function RevisionMap:real_heads() return pick(self, function(node) return #node.all_nextrev == 0 end) end
--- Revisions that follow no other one.
function RevisionMap:bases() return pick(self, function(node) return #node.down == 0 end) end
--- Revisions that several others follow.
function RevisionMap:branch_points() return pick(self, function(node) return #node.nextrev > 1 end) end

-- Breadth first from all of `ids`, each revision once.
local function closure(self, ids, field, without_start)
  local seen, queue, found = {}, {}, {}
  for _, id in ipairs(ids) do
    if self.by_id[id] and not seen[id] then
      seen[id] = true
      queue[#queue + 1] = id
    end
  end
  local starts = #queue
  local at = 1
  while queue[at] do
    if at > starts or not without_start then found[#found + 1] = queue[at] end
    for _, id in ipairs(self.by_id[queue[at]][field]) do
      if not seen[id] then
        seen[id] = true
        queue[#queue + 1] = id
      end
    end
    at = at + 1
  end
  return found
end

--- Everything below the given revisions, themselves included; `with_dependencies` follows depends_on too.
function RevisionMap:ancestors(ids, with_dependencies)
  return closure(self, ids, with_dependencies and "all_down" or "down")
end
--- Everything above the given revisions, themselves included.
function RevisionMap:descendants(ids, with_dependencies)
  return closure(self, ids, with_dependencies and "all_nextrev" or "nextrev")
end

function RevisionMap:is_branch_point(id) return #self.by_id[id].nextrev > 1 end
function RevisionMap:is_merge_point(id) return #self.by_id[id].down > 1 end

--- Does one of them lie above the other?
function RevisionMap:related(a, b, with_dependencies)
  local function above(one, other)
    return revision_ids.set(self:ancestors({ one }, with_dependencies))[other]
  end
  return above(a, b) or above(b, a) or false
end

--- The ids among `ids` that no other of them implies.
function RevisionMap:tips(ids, with_dependencies)
  local kept = {}
  for _, id in ipairs(ids) do
    local others = {}
    for _, other in ipairs(ids) do
      if other ~= id then others[#others + 1] = other end
    end
    local below = revision_ids.set(self:ancestors(others, with_dependencies))
    if not below[id] then kept[#kept + 1] = id end
  end
  return kept
end

-- --- identifiers ---------------------------------------------------------------------------------------

local function multiple_heads(ids, argument)
  exc.raise("MultipleHeads", "Multiple head revisions are present for given argument '%s'; please specify a specific "
    .. "target revision, '<branchname>@%s' to narrow to a specific head, or 'heads' for all heads", argument,
    argument, quoted(ids))
end

local function no_such(id)
  exc.raise("ResolutionError", "Can't locate revision identified by '%s'", id)
end

-- One revision from an id or the beginning of one; nil for none.
local function by_partial(self, id, label)
  local exact = self.by_id[id]
  if exact then return exact end
  local found = {}
  for _, node in ipairs(self.nodes) do
    if node.revision:sub(1, #id) == id and (not label or self:in_branch(node.revision, label)) then
      found[#found + 1] = node.revision
    end
  end
  if #found > 1 then
    exc.raise("ResolutionError", "Multiple revisions start with '%s': %s%s", id,
      quoted({ found[1], found[2], found[3] }), #found > 3 and "..." or "")
  end
  return found[1] and self.by_id[found[1]]
end

--- Does the revision belong to the branch: a label, or an id whose lineage is meant?
function RevisionMap:in_branch(id, label)
  if self.by_label[label] then
    return self.by_id[id].labels[label] or self:related(id, self.by_label[label].revision)
  end
  local root = self.by_id[label] or by_partial(self, label)
  if not root then no_such(label) end
  return self:related(id, root.revision)
end

local function filter_branch(self, ids, label)
  if not label then return ids end
  if not self.by_label[label] and not by_partial(self, label) then
    no_such(label)
  end
  local kept = {}
  for _, id in ipairs(ids) do
    if self:in_branch(id, label) then kept[#kept + 1] = id end
  end
  return kept
end
RevisionMap.filter_branch = filter_branch

local function split_label(id)
  local label, rest = id:match "^(.-)@(.*)$"
  if label then return label, rest end
  return nil, id
end
RevisionMap.split_label = split_label

local RELATIVE = "^(.-)([+-])(%d+)$"

-- One step from an id (nil is below all bases).
local function step(self, id, up, label)
  local list
  if up then
    list = id and self.by_id[id].nextrev or self:bases()
    if label then list = filter_branch(self, list, label) end
  else
    list = self.by_id[id].down
    if label and #list > 1 then list = filter_branch(self, list, label) end
  end
  if #list > 1 then exc.raise("RevisionError", "Ambiguous walk") end
  return list[1]
end

--- Walks `count` steps (negative: down); second result false if there were not as many.
function RevisionMap:walk(id, count, label)
  for _ = 1, math.abs(count) do
    local following = nil
    if count > 0 or id ~= nil then following = step(self, id, count > 0, label) end
    if following == nil then
      if count < 0 and id ~= nil then id = nil else return id, false end
    else
      id = following
    end
  end
  return id, true
end

--- Resolves an identifier: a list of ids; {} is base.
function RevisionMap:resolve(identifier)
  if identifier == nil then return {} end
  if type(identifier) == "table" then
    local all, seen = {}, {}
    for _, one in ipairs(identifier) do
      for _, id in ipairs(self:resolve(one)) do
        if not seen[id] then
          seen[id] = true
          all[#all + 1] = id
        end
      end
    end
    return all
  end
  if self.by_id[identifier] then return { identifier } end
  local label, rest = split_label(identifier)
  if rest == "base" then return {} end
  if rest == "heads" then return filter_branch(self, self:heads(), label) end
  if rest == "head" then
    local heads = filter_branch(self, self:heads(), label)
    if #heads > 1 then multiple_heads(heads, identifier) end
    if label and #heads == 0 then no_such(identifier) end
    return heads
  end
  local name, sign, count = rest:match(RELATIVE)
  if name and (name ~= "" or label) then
    if name == "" then name = sign == "-" and label .. "@head" or nil
    elseif label then name = label .. "@" .. name end
    return self:resolve_from(name, tonumber(sign .. count), label, identifier)
  end
  if self.by_label[rest] then return { self.by_label[rest].revision } end
  local found = by_partial(self, rest, label)
  if not found then no_such(identifier) end
  if label and not self:in_branch(found.revision, label) then
    exc.raise("ResolutionError", "Revision %s is not a member of branch '%s'", found.revision, label)
  end
  return { found.revision }
end

function RevisionMap:resolve_from(name, count, label, identifier)
  local start = nil
  if name then
    local ids = self:resolve(name)
    if #ids > 1 then multiple_heads(ids, name) end
    start = ids[1]
  end
  local id, enough = self:walk(start, count, label)
  if not enough then
    exc.raise("RevisionError", "Relative revision %s didn't produce %d migrations", identifier, math.abs(count))
  end
  return { id }
end

--- One revision node, or nil for base; several are an error.
function RevisionMap:get_revision(identifier)
  local ids = self:resolve(identifier)
  if #ids > 1 then multiple_heads(ids, identifier) end
  return ids[1] and self.by_id[ids[1]]
end

--- The head, of a branch if one is named; several are an error, none is nil.
function RevisionMap:current_head(label)
  local heads = filter_branch(self, self:heads(), label)
  if #heads > 1 then multiple_heads(heads, label and label .. "@head" or "head") end
  return heads[1]
end

require("alchemoon.migrate.revision_path")(RevisionMap, multiple_heads, no_such)

return RevisionMap
