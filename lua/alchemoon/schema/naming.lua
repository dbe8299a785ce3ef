--- Naming conventions: the name of a constraint or index that was given none.
--
-- A convention is a text with tokens, "%(table_name)s_%(column_0_name)s_key", found under the prefix of the kind ("ix",
-- "uq", "ck", "fk", "pk") or under its class. Tokens of one's own are functions(constraint, table) in the same table.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local item = require "alchemoon.schema.item"

local naming = {}
local tags = core.tags
local PREFIX = { [item.PRIMARY_KEY] = "pk", [item.FOREIGN_KEY] = "fk", [item.UNIQUE] = "uq", [item.CHECK] = "ck" }

naming.classes = {} -- prefix → constructor, filled by the files that define them
naming.DEFAULT = { ix = "ix_%(column_0_label)s" }

local function prefix_of(const)
  if core.node_tag(const) == tags.INDEX then return "ix" end
  return PREFIX[core.node_get(const, "kind")]
end

local function bits_field(const) return core.node_tag(const) == tags.INDEX and "flags" or "options" end

local function is_fk(const)
  return core.node_tag(const) == tags.CONSTRAINT and core.node_get(const, "kind") == item.FOREIGN_KEY
end

local function columns_of(const)
  if core.node_tag(const) == tags.INDEX then
    local list = {}
    for i, column in ipairs(const.columns) do list[i] = column end
    return list
  end
  return core.node_get(const, "columns")
end

local column_token = {}
function column_token.name(const, _, i)
  local column = columns_of(const)[i + 1]
  return column and column.name or ""
end
function column_token.key(const, _, i)
  local column = columns_of(const)[i + 1]
  return column and column.key or ""
end
function column_token.label(const, table_, i)
  local column = columns_of(const)[i + 1]
  if not column then return "" end
  local schema = core.node_get(table_, "schema")
  local label = core.node_get(table_, "name") .. "_" .. column.name
  return schema and (schema:gsub("%.", "_") .. "_" .. label) or label
end

local function referred(const, i)
  local key = core.node_get(const, "elements")[i + 1]
  if not key then return nil end
  local words = {}
  for word in key.target_fullname:gmatch("[^.]+") do words[#words + 1] = word end
  return words
end

local function bad_token(key)
  exc.raise("InvalidRequestError", "Naming convention: unknown token '%%(%s)s'", key)
end

-- "column_0_name", "referred_column_0_name": kind is what follows, i the position from 0.
local function indexed(const, table_, referring, kind, i)
  if referring then
    local key = kind == "name" and core.node_get(const, "elements")[i + 1]
    if not key then return nil end
    local resolved, column = pcall(function() return key.column end)
    if resolved and column then return column.name end
    local words = referred(const, i)
    return words[#words]
  end
  local token = column_token[kind]
  return token and token(const, table_, i)
end

-- A function of the convention wins over the built-in tokens.
local function token(const, table_, convention, given, key)
  local own = convention[key]
  if type(own) == "function" then return tostring(own(const, table_)) end
  if key == "table_name" then return core.node_get(table_, "name") end
  if key == "constraint_name" then
    if given == nil then
      exc.raise("InvalidRequestError",
        "Naming convention including %(constraint_name)s token requires that constraint is explicitly named.")
    end
    return given
  end
  if key == "referred_table_name" then
    local words = referred(const, 0) or bad_token(key)
    return words[#words - 1]
  end
  local referring, number, many, kind = key:match("^(.-)column_(%d+)(_?N?)_(%a+)$")
  if not number then bad_token(key) end
  referring = referring == "referred_"
  if many == "" then return indexed(const, table_, referring, kind, tonumber(number)) or bad_token(key) end
  local parts = {}
  local count = #(is_fk(const) and core.node_get(const, "elements") or columns_of(const))
  for i = 0, count - 1 do parts[i + 1] = indexed(const, table_, referring, kind, i) or bad_token(key) end
  return table.concat(parts, many == "_N" and "_" or "")
end

local function convention_for(const, metadata)
  local extra = item.peek(metadata)
  local conventions = extra and extra.naming or naming.DEFAULT
  local prefix = prefix_of(const)
  if not prefix then return nil end
  local cls = naming.classes[prefix]
  local text = conventions[prefix]
  if text == nil and cls then text = conventions[cls] end
  return text, conventions
end

--- The name by convention, or nil when the given one stays.
---@return string?
function naming.name_for(const, table_)
  local flags = core.node_get(const, bits_field(const))
  if item.has(flags, item.CONV) or item.has(flags, item.NO_NAME) then return nil end
  local text, conventions = convention_for(const, core.node_get(table_, "metadata"))
  if type(text) ~= "string" then return nil end
  local given = core.node_get(const, "name")
  if given ~= nil and not text:find("%(constraint_name)", 1, true) then return nil end
  if given == nil and item.has(flags, item.TYPE_BOUND) and text:find("%(constraint_name)", 1, true) then
    core.node_set(const, "options", item.with(flags, item.NEEDS_NAME)) -- an error where it is written
    return nil
  end
  return (text:gsub("%%%((.-)%)s", function(key) return token(const, table_, conventions, given, key) end))
end

--- Gives a constraint or index its name by convention, if there is one for it.
function naming.apply(const, table_)
  local name = naming.name_for(const, table_)
  if name == nil then return end
  local field = bits_field(const)
  core.node_set(const, "name", name)
  core.node_set(const, field, item.with(core.node_get(const, field), item.CONV))
end

return naming
