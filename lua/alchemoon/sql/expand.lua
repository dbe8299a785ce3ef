--- Post-compile binds: what stands in the text for the values of an IN list, or for a literal, at execution.
--
-- The compiled text carries a mark per such bind. For each execution this file writes what replaces it
-- (placeholders, literals, or an empty set) and the values that follow.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local NULL = require "alchemoon.null"
local NULLTYPE = core.node_get(require("alchemoon.types").NULLTYPE, "kind")
local expand = {}

local IN = {}
for _, op in ipairs(core.operators()) do
  if op.name == "in_" or op.name == "not_in" then IN[op.id] = op.name end
end

-- One word per column, with its number from 0 for those that are named.
local function columns_like(pattern, count)
  local list = {}
  for i = 1, count do list[i] = (pattern:gsub("#", tostring(i - 1))) end
  return table.concat(list, ", ")
end

-- SQL of a set without members: `types` are the types of its columns.
local function empty_set(dialect, types)
  local count = math.max(1, #types)
  if dialect == "sqlite" then
    local ones = columns_like("1", count)
    return ("SELECT %s FROM (SELECT %s) WHERE 1!=1"):format(ones, ones)
  elseif dialect == "postgresql" then
    local nulls = {}
    for i = 1, count do
      local untyped = not types[i] or core.node_get(types[i], "kind") == NULLTYPE
      nulls[i] = ("CAST(NULL AS %s)"):format(untyped and "INTEGER" or types[i]:compile { dialect = dialect })
    end
    return ("SELECT %s WHERE 1!=1"):format(table.concat(nulls, ", "))
  elseif dialect == "mysql" or dialect == "mariadb" then
    return ("SELECT %s FROM (SELECT %s) as _empty_set WHERE 1!=1"):format(columns_like("_in_#", count),
      columns_like("1 AS _in_#", count))
  end
  return ("SELECT %s WHERE 1!=1"):format(columns_like("1", count))
end

--- Text for an empty list of `bind`. SQLite's is a set, also within IN.
local function empty_text(bind, dialect)
  local op = dialect ~= "sqlite" and IN[core.node_get(bind.bind, "expand_op")]
  local tuple_types = bind.tuple_types
  if not op then return empty_set(dialect, tuple_types or { bind.type }) end
  local row = "NULL"
  if tuple_types then row = "(" .. columns_like("NULL", #tuple_types) .. ")" end
  return row .. (op == "not_in" and ") OR (1 = 1" or ") AND (1 != 1")
end

expand.empty_text = empty_text

local function is_tuple(value)
  return type(value) == "table" and (value[1] ~= nil or value.n) and getmetatable(value) == nil
end

-- The types of the members where values are tuples; of a parameter without a type, the values themselves say so.
local function holds_tuples(bind, values)
  if bind.tuple_types then return bind.tuple_types end
  if is_tuple(values[1]) and bind.type and core.node_get(bind.type, "kind") == NULLTYPE then return {} end
  return nil
end

--- A parameter's name as a placeholder shows it.
expand.escaped = core.bind_text_name

--- Placeholders and parameters for all post-compile binds of one execution.
-- entry: { binds = compiled:binds(), positions = compiled:positions(), paramstyle =, dialect = }; `value_of(index)`
-- gives the Lua value of a bind; `literal(type, value)` spells one.
---@return table texts     bind index → text
---@return table expanded  bind index → list of values (flat)
---@return table names     bind index → list of parameter names, in the order of the values
---@return table types     bind index → list of types, for tuples
function expand.expand(entry, value_of, literal)
  local texts, expanded, names, types = {}, {}, {}, {}
  local style, number = entry.paramstyle, 0
  local seen = {}
  for _, index in ipairs(entry.positions) do
    local bind = entry.binds[index]
    if not seen[index] and not bind.expanding and not bind.literal_execute then number = number + 1 end
    seen[index] = true
  end
  local function placeholder(name)
    if style == "qmark" then return "?" end
    if style == "format" then return "%s" end
    if style == "pyformat" then return "%(" .. expand.escaped(name) .. ")s" end
    if style == "numeric" then
      number = number + 1
      return "$" .. number
    end
    return ":" .. expand.escaped(name)
  end
  local done = {}
  for _, index in ipairs(entry.positions) do
    local bind = entry.binds[index]
    if (bind.expanding or bind.literal_execute) and not done[index] then
      done[index] = true
      local value = value_of(index)
      local flat, flat_names, parts, flat_types = {}, {}, {}, {}
      if bind.literal_execute and not bind.expanding then
        texts[index] = literal(bind.type, value)
      else
        if type(value) ~= "table" then
          exc.raise("ArgumentError", "'expanding' parameter '%s' needs a list of values, got %s", bind.name,
            type(value))
        end
        local function one(item, item_type, name)
          if bind.literal_execute then return literal(item_type, item) end
          flat[#flat + 1] = item == nil and NULL or item
          flat_names[#flat_names + 1], flat_types[#flat_types + 1] = name, item_type
          return placeholder(name)
        end
        local tuple_types = holds_tuples(bind, value)
        for i = 1, #value do
          local item = value[i]
          if tuple_types and is_tuple(item) then
            local inner = {}
            for k = 1, math.max(#tuple_types, item.n or #item) do
              inner[k] = one(item[k], tuple_types[k] or bind.type, ("%s_%d_%d"):format(bind.name, i, k))
            end
            parts[i] = "(" .. table.concat(inner, ", ") .. ")"
          else
            parts[i] = one(item, bind.type, ("%s_%d"):format(bind.name, i))
            if bind.before then parts[i] = bind.before .. parts[i] .. bind.after end
          end
        end
        if #parts == 0 then texts[index] = empty_text(bind, entry.dialect)
        else
          local text = table.concat(parts, ", ")
          if tuple_types and entry.dialect == "sqlite" then text = "VALUES " .. text end
          texts[index] = text
        end
      end
      expanded[index], names[index], types[index] = flat, flat_names, flat_types
    end
  end
  return texts, expanded, names, types
end

return expand
