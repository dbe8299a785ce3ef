--- Rewriter: changes the operations that autogenerate found, class by class.
--
--   local writer = migrate.Rewriter()
--   writer:rewrites(migrate.ops.AddColumnOp, function(context, revision, op) ... return op end)
--   return { process_revision_directives = writer, ... }         -- in alchemoon.lua
--
-- The function gives one operation, a list of them (also an empty one), or nil for none.
local exc = require "alchemoon.migrate.errors"
local ops = require "alchemoon.migrate.ops"

local Rewriter = { __name = "alchemoon.migrate.Rewriter" }
Rewriter.__index = Rewriter

local function new() return setmetatable({ functions = {}, chained = {} }, Rewriter) end

--- Registers fn(context, revision, op) for operations of a class.
function Rewriter:rewrites(cls, fn)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "Rewriter.rewrites: a function is needed") end
  self.functions[cls] = fn
  return fn
end

--- A Rewriter that runs this one and then the other (a Rewriter or a function).
function Rewriter:chain(other)
  local joined = new()
  for cls, fn in pairs(self.functions) do joined.functions[cls] = fn end
  for i, one in ipairs(self.chained) do joined.chained[i] = one end
  joined.chained[#joined.chained + 1] = other
  return joined
end

local function function_for(self, directive)
  for _, cls in ipairs(ops.classes_of(directive)) do
    if self.functions[cls] then return self.functions[cls] end
  end
end

local function as_list(value)
  if value == nil then return {} end
  if ops.is(value) then return { value } end
  return value
end

-- What stands in for a directive.
local function rewritten(self, context, revision, directive)
  local fn = function_for(self, directive)
  local seen = rawget(directive, "_mutations")
  if not fn or seen and seen[self] then return { directive } end
  local list = as_list(fn(context, revision, directive))
  for _, one in ipairs(list) do
    local kept = {}
    for key in pairs(rawget(one, "_mutations") or {}) do kept[key] = true end
    kept[self] = true
    one._mutations = kept
  end
  return list
end

local traverse

local function traverse_list(self, context, revision, directives)
  local all = {}
  for _, directive in ipairs(directives) do
    for _, one in ipairs(rewritten(self, context, revision, directive)) do
      traverse(self, context, revision, one)
      all[#all + 1] = one
    end
  end
  for i = math.max(#all, #directives), 1, -1 do directives[i] = all[i] end
end

local function only(self, context, revision, directive, what)
  local list = rewritten(self, context, revision, directive)
  if #list ~= 1 then exc.raise("CommandError", "Can only return single object for %s traverse", what) end
  traverse(self, context, revision, list[1])
  return list[1]
end

function traverse(self, context, revision, directive)
  if ops.is(directive, ops.MigrationScript) then
    directive.upgrade_ops = only(self, context, revision, directive.upgrade_ops, "UpgradeOps")
    directive.downgrade_ops = only(self, context, revision, directive.downgrade_ops, "DowngradeOps")
  elseif ops.is(directive, ops.OpContainer) then
    traverse_list(self, context, revision, directive.ops)
  end
end

--- What process_revision_directives calls.
function Rewriter:process_revision_directives(context, revision, directives)
  traverse_list(self, context, revision, directives)
end

function Rewriter.__call(self, context, revision, directives)
  self:process_revision_directives(context, revision, directives)
  for _, one in ipairs(self.chained) do one(context, revision, directives) end
end

return setmetatable(Rewriter, { __call = new, __name = "class" })
