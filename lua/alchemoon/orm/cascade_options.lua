--- Cascade options: "save-update, merge" as a set with fields save_update, merge, delete, …, which is also the sorted
-- list of their names.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local warn = require "alchemoon.orm.warn"

local cascade = {}

local NAMES = { ["save-update"] = "save_update", merge = "merge", delete = "delete", expunge = "expunge",
  ["delete-orphan"] = "delete_orphan", ["refresh-expire"] = "refresh_expire" }
local ALL = { "save-update", "merge", "refresh-expire", "expunge", "delete" }
local VIEWONLY_ALLOWED = { expunge = true, ["refresh-expire"] = true, none = true, merge = true }

local Set = { __name = "CascadeOptions" }
Set.__index = Set
for _, field in pairs(NAMES) do Set[field] = false end

function Set:contains(name) return self[NAMES[name] or name] == true end

local ORDER = { "delete", "delete-orphan", "expunge", "merge", "refresh-expire", "save-update" }
function Set:__tostring() return ("CascadeOptions('%s')"):format(table.concat(self, ",")) end

--- Parses what the user gave: a text, a list of names, nil (the default), false (none).
function cascade.parse(given, viewonly)
  local words = {}
  if given == nil then
    words = viewonly and { "merge" } or { "save-update", "merge" }
  elseif given == false then words = {}
  elseif type(given) == "table" then
    for i, word in ipairs(given) do words[i] = word end
  elseif type(given) == "string" then
    for word in given:gmatch("[^,]+") do
      word = word:match("^%s*(.-)%s*$")
      if word ~= "" then words[#words + 1] = word end
    end
  else
    exc.raise("ArgumentError", "relationship: cascade must be a text like \"all, delete-orphan\", got %s", type(given))
  end
  local self = setmetatable({}, Set)
  local none, wrong = false, {}
  for _, word in ipairs(words) do
    if word == "all" then
      for _, name in ipairs(ALL) do self[NAMES[name]] = true end
    elseif word == "none" then none = true
    elseif NAMES[word] then self[NAMES[word]] = true
    else wrong[#wrong + 1] = tostring(word) end
  end
  if #wrong > 0 then
    exc.raise("ArgumentError", "Invalid cascade option(s): '%s'%s", table.concat(wrong, "', '"),
      options.suggestion(wrong[1], NAMES))
  end
  if none then
    for _, name in pairs(NAMES) do self[name] = nil end
  end
  if viewonly then
    for _, name in ipairs(ORDER) do
      if not VIEWONLY_ALLOWED[name] then self[NAMES[name]] = nil end
    end
  end
  for _, name in ipairs(ORDER) do
    if self[NAMES[name]] then self[#self + 1] = name end
  end
  if self.delete_orphan and not self.delete then
    warn "The 'delete-orphan' cascade option requires 'delete'."
  end
  return self
end

return cascade
