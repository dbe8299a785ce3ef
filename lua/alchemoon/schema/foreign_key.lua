--- ForeignKey: what one column refers to. Names are resolved when they are needed.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local exc = require "alchemoon.exc"
local default = require "alchemoon.schema.default"
local item = require "alchemoon.schema.item"
local roles = require "alchemoon.sql.roles"
local usage = require "alchemoon.usage"

local foreign_key = {}
local tags = core.tags

-- What a ForeignKey hands on to its constraint.
local SHARED = { "name", "onupdate", "ondelete", "deferrable", "initially", "match", "use_alter", "comment" }
local OPTIONS = { link_to_name = true, info = true }
for _, key in ipairs(SHARED) do OPTIONS[key] = true end
foreign_key.SHARED = SHARED
foreign_key.DIALECT = { postgresql_not_valid = true }

--- The column that a specification is about: a Column, or nil for a text.
function foreign_key.referred(spec)
  local element = type(spec) == "table" and spec.__clause_element__
  if element then spec = element(spec) end
  if core.node_tag(spec) == tags.ORM_ATTR then spec = core.node_get(spec, "column") end
  if core.node_tag(spec) == tags.COLUMN then return spec end
  if type(spec) == "string" and spec ~= "" then return nil end
  return roles.refuse(roles.DDL_REFERRED, spec)
end

--- A FOREIGN_KEY node for a text or a Column.
function foreign_key.node(spec, link_to_name)
  local target = foreign_key.referred(spec)
  local fields = { options = link_to_name and item.LINK_TO_NAME or 0 }
  if target then
    local from = core.node_get(target, "table")
    if from and core.node_tag(from) ~= tags.TABLE then
      exc.raise("ArgumentError", "ForeignKey received Column not bound to a Table, got: %s",
        core.from_description(from))
    end
    fields.target = target
  else
    fields.spec = spec
  end
  return core.node(tags.FOREIGN_KEY, fields)
end

--- am.ForeignKey("table.column" or a Column, { ondelete, onupdate, name, use_alter, ... })
---@param spec any
---@param opts table?
---@return any
local function make(spec, opts)
  local known, dialect = item.read("ForeignKey", opts, OPTIONS, foreign_key.DIALECT)
  item.check_name("ForeignKey", known.name)
  local fk = foreign_key.node(spec, known.link_to_name)
  local extra = item.extra(fk)
  extra.info, known.info = known.info, nil
  extra.opts, extra.dialect = known, item.plain(dialect)
  return fk
end

foreign_key.ForeignKey = item.constructor("ForeignKey", make)

--- The ForeignKey, which belongs to a column from now on and cannot be given to another one.
function foreign_key.given_away(fk)
  local extra = item.extra(fk)
  if extra.given_away then exc.raise("InvalidRequestError", "This ForeignKey already has a parent !") end
  extra.given_away = true
  return fk
end

local function shared(name)
  return function(fk)
    local constraint = core.node_get(fk, "constraint")
    if constraint then return constraint[name] end
    local extra = item.peek(fk)
    local value = extra and extra.opts and extra.opts[name]
    if name == "use_alter" then return value == true end
    return item.text(value)
  end
end

-- schema, table, column of the text form; column nil when only a table was named.
local function tokens(spec)
  local words = {}
  for word in (spec .. "."):gmatch("(.-)%.") do words[#words + 1] = word end
  if #words == 1 then return nil, words[1], nil end
  local column, table_ = words[#words], words[#words - 1]
  local schema = #words > 2 and table.concat(words, ".", 1, #words - 2) or nil
  return schema, table_, column
end
foreign_key.tokens = tokens

-- nil while a Column that was given is not in a table yet.
local function colspec(fk)
  local target = core.node_get(fk, "column") or core.node_get(fk, "target")
  if not target then return core.node_get(fk, "spec") end
  local from = core.node_get(target, "table")
  if not from then return nil end
  return from.fullname .. "." .. target.key
end
foreign_key.colspec = colspec

--- The text form with another schema (default.BLANK_SCHEMA: none) or table name.
function foreign_key.colspec_for(fk, schema, table_name)
  local spec = colspec(fk)
  if schema == nil and table_name == nil then return spec end
  local own_schema, name, column = tokens(spec)
  name = table_name or name
  if schema == default.BLANK_SCHEMA then own_schema = nil
  elseif schema ~= nil then own_schema = schema end
  local text = column and name .. "." .. column or name
  return own_schema and own_schema .. "." .. text or text
end

--- A ForeignKey with the same meaning and no parent.
function foreign_key.copy(fk, schema)
  if not core.node_tag(fk) then exc.raise_not_a_method("copy", "foreign_key") end
  if schema ~= nil and schema ~= default.BLANK_SCHEMA then usage.check_type("copy", "string", schema) end
  local extra = item.peek(fk) or {}
  local opts = {}
  for _, key in ipairs(SHARED) do
    local value = fk[key]
    if value ~= nil and value ~= false then opts[key] = value end
  end
  if fk.deferrable == false then opts.deferrable = false end
  local target = core.node_get(fk, "column") or core.node_get(fk, "target")
  local spec = target
  if not target or core.node_get(target, "table") then spec = foreign_key.colspec_for(fk, schema) end
  local fresh = foreign_key.node(spec, item.has(core.node_get(fk, "options"), item.LINK_TO_NAME))
  local own = item.extra(fresh)
  own.opts, own.dialect, own.info = opts, extra.dialect, item.copy_info(extra)
  return fresh
end

local properties = {
  column = function(fk) return core.foreign_key_column(fk) end,
  parent = function(fk) return core.node_get(fk, "parent") end,
  constraint = function(fk) return core.node_get(fk, "constraint") end,
  target_fullname = colspec,
  link_to_name = function(fk) return item.has(core.node_get(fk, "options"), item.LINK_TO_NAME) end,
  info = item.info,
  dialect_kwargs = item.dialect_kwargs, dialect_options = item.nested_options,
}
for _, name in ipairs(SHARED) do properties[name] = shared(name) end

class.define("ForeignKey", {
  tags = { "FOREIGN_KEY" },
  properties = properties,
  methods = {
    --- Does it refer to a column of that FROM element?
    references = function(fk, from)
      local column = core.foreign_key_column(fk)
      return core.node_get(column, "table") == from
    end,
    --- The column of `from` that it refers to, or nil.
    get_referent = function(fk, from)
      local column = core.foreign_key_column(fk)
      if core.node_get(column, "table") == from then return column end
      local find = from.corresponding_column
      return find and find(from, column) or nil
    end,
    copy = foreign_key.copy,
    _copy = foreign_key.copy,
  },
  metamethods = { __tostring = function(fk) return ("ForeignKey('%s')"):format(tostring(colspec(fk))) end },
})

return foreign_key
