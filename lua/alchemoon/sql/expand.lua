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

-- The values of a tuple: a list, or a row of another result.
local function is_tuple(value)
  if type(value) == "userdata" then return core.is_row(value) end
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

-- Is the bind's text known only when the statement runs?
local function is_late(bind) return bind.expanding or bind.literal_execute end

-- A function that gives the placeholder of a name. The numbers of lists follow those of all other parameters.
local function placeholders(entry)
  local style, number, seen = entry.paramstyle, 0, {}
  for _, index in ipairs(entry.positions) do
    if not seen[index] and not is_late(entry.binds[index]) then number = number + 1 end
    seen[index] = true
  end
  return function(name)
    if style == "qmark" then return "?" end
    if style == "format" then return "%s" end
    if style == "pyformat" then return "%(" .. expand.escaped(name) .. ")s" end
    if style == "numeric" then
      number = number + 1
      return "$" .. number
    end
    return ":" .. expand.escaped(name)
  end
end

-- The text of one value of a list: a literal is spelled, all else becomes a parameter in run.out.
local function member(run, bind, value, value_type, name)
  if bind.literal_execute then return run.literal(value_type, value) end
  local out = run.out
  local n = #out.values + 1
  out.values[n], out.names[n], out.types[n] = value == nil and NULL or value, name, value_type
  return run.placeholder(name)
end

local function tuple_text(run, bind, tuple, i, types)
  local inner = {}
  local count = type(tuple) == "table" and tuple.n or #tuple
  for k = 1, math.max(#types, count) do
    inner[k] = member(run, bind, tuple[k], types[k] or bind.type, ("%s_%d_%d"):format(bind.name, i, k))
  end
  return "(" .. table.concat(inner, ", ") .. ")"
end

local function list_text(run, bind, values)
  if type(values) ~= "table" then
    exc.raise("ArgumentError", "'expanding' parameter '%s' needs a list of values, got %s", bind.name, type(values))
  end
  local tuple_types, parts = holds_tuples(bind, values), {}
  for i = 1, #values do
    local value = values[i]
    if tuple_types and is_tuple(value) then
      parts[i] = tuple_text(run, bind, value, i, tuple_types)
    else
      parts[i] = member(run, bind, value, bind.type, ("%s_%d"):format(bind.name, i))
      if bind.before then parts[i] = bind.before .. parts[i] .. bind.after end
    end
  end
  if #parts == 0 then return empty_text(bind, run.dialect) end
  local text = table.concat(parts, ", ")
  if tuple_types and run.dialect == "sqlite" then return "VALUES " .. text end
  return text
end

--- Placeholders and parameters for all post-compile binds of one execution.
-- entry: { binds = compiled:binds(), positions = compiled:positions(), paramstyle =, dialect = }; `value_of(index)`
-- gives the Lua value of a bind; `literal(type, value)` spells one.
---@return table texts     bind index → text
---@return table expanded  bind index → list of values (flat)
---@return table names     bind index → list of parameter names, in the order of the values
---@return table types     bind index → list of types, for tuples
function expand.expand(entry, value_of, literal)
  local texts, expanded, names, types = {}, {}, {}, {}
  local run = { placeholder = placeholders(entry), literal = literal, dialect = entry.dialect }
  for _, index in ipairs(entry.positions) do
    local bind = entry.binds[index]
    if is_late(bind) and not texts[index] then
      local value, out = value_of(index), { values = {}, names = {}, types = {} }
      run.out = out
      texts[index] = bind.expanding and list_text(run, bind, value) or literal(bind.type, value)
      expanded[index], names[index], types[index] = out.values, out.names, out.types
    end
  end
  return texts, expanded, names, types
end

return expand
