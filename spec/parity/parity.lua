-- What the Lua programs of this folder stand on: the same names as parity.py.
--
--   parity.engine(options)   an engine on an empty database; its statements are recorded
--   parity.say(...)          one line
--   parity.step(title)       one line "== title", after the statements recorded so far
--   parity.sql()             the statements since the last look, indented; in one spelling for all databases
--   parity.forget()          drops them instead
--   parity.error(fn)         calls fn and says the class of the error that it raises ("Exception" for any that is
--                            not alchemoon's), or "no error"
--   parity.refused(fn)       the same where the error is Python's own (AttributeError, TypeError): says "refused"
--   parity.fmt(value)        how say() writes a value
--   parity.is_postgresql
--   parity.list(...)         a Python list: nil is kept
--   parity.map(items, fn)    [fn(x) for x in items]: of a list, a collection or a result
--   parity.map_rows(items, fn)   the same with fn(a, b, ...) for every row
--   parity.collect(items, fn)    the same without the nils
--   parity.sorted(items)
--
-- PARITY_URL names the database. Statements that follow each other and differ in their parameters only are
-- one line, since how many rows travel together is a driver's business; so is the RETURNING of an INSERT.
-- Objects of a session stay: when one that nobody holds is forgotten is the collector's business. Warnings are silent.
local am = require "alchemoon"

collectgarbage() -- LuaJIT's collector, stopped in the middle of a round, may go on by itself
collectgarbage "stop"
am.logging.set_handler(function(record)
  if record.level ~= am.logging.WARNING then io.stderr:write(am.logging.format(record), "\n") end
end)

local parity = {}
local RANGE = getmetatable(am.Range(1, 2))
local url = assert(os.getenv "PARITY_URL", "PARITY_URL is not set")
local log = {}

parity.is_postgresql = url:match("^postgresql") ~= nil

local fmt
local EMPTY = { IdentitySet = true, ["alchemoon.json.array"] = true } -- lists that may be empty

local function fmt_list(list, first, last)
  local parts = {}
  for i = first, last do parts[#parts + 1] = fmt(list[i], true) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function fmt_map(pairs_of)
  local parts = {}
  for _, pair in ipairs(pairs_of) do parts[#parts + 1] = fmt(pair[1]) .. ": " .. fmt(pair[2], true) end
  table.sort(parts)
  return #parts == 0 and "[]" or "{" .. table.concat(parts, ", ") .. "}"
end

-- A list with its length in n, not a map that has such a key.
local function is_packed(value)
  if type(value.n) ~= "number" then return false end
  for k in pairs(value) do
    if k ~= "n" and type(k) ~= "number" then return false end
  end
  return true
end

local function fmt_plain_table(value)
  if is_packed(value) then return fmt_list(value, 1, value.n) end
  if #value > 0 then return fmt_list(value, 1, #value) end
  local pairs_of = {}
  for k, v in pairs(value) do pairs_of[#pairs_of + 1] = { k, v } end
  return fmt_map(pairs_of)
end

local function member(value, name)
  local ok, found = pcall(function() return value[name] end)
  return ok and found ~= nil and found or nil
end

local function fmt_number(value)
  if value == math.floor(value) and math.abs(value) < 1e15 then return ("%d"):format(value) end
  if math.type and math.type(value) == "integer" then return ("%d"):format(value) end
  return ("%.12g"):format(value)
end

local function fmt_object(value, name)
  if name == "alchemoon.Row" then return fmt_list(value, 1, #value) end
  if name == "am.timedelta" then return "timedelta(" .. fmt(value:total_seconds()) .. ")" end
  if name == "am.date" or name == "am.datetime" or name == "am.time" then return value:isoformat() end
  if name == "History" then
    return ("History(%s, %s, %s)"):format(fmt_plain_table(value.added or {}), fmt_plain_table(value.unchanged or {}),
      fmt_plain_table(value.deleted or {}))
  end
  if type(value) ~= "table" then return (tostring(value):gsub("%s+", " ")) end
  local found, state = pcall(am.inspect, value)
  if found and member(state, "is_instance") then return "<" .. state.class_.__name__ .. ">" end
  if found and member(state, "is_mapper") then return value.__name__ end
  if name == "set" then
    local parts = {}
    for _, item in ipairs(value) do parts[#parts + 1] = fmt(item, true) end
    table.sort(parts)
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  if member(value, "items") then
    local pairs_of = {}
    for k, v in value:items() do pairs_of[#pairs_of + 1] = { k, v } end
    return fmt_map(pairs_of)
  end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = fmt(item, true) end
  if #parts > 0 or name == "list" or EMPTY[name] then return "[" .. table.concat(parts, ", ") .. "]" end
  return (tostring(value):gsub("%s+", " "))
end

--- How say() writes a value.
function fmt(value, nested)
  if value == nil or value == am.null then return "None" end
  local kind = type(value)
  if kind == "boolean" then return value and "True" or "False" end
  if kind == "number" then return fmt_number(value) end
  if kind == "cdata" then return (tostring(value):gsub("LL$", "")) end
  if kind == "string" then
    if value:find("[^\t\n\r\32-\126\128-\255]") then
      return "b'" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end) .. "'"
    end
    return nested and "'" .. value .. "'" or value
  end
  local meta = debug.getmetatable(value)
  if meta == nil and kind == "table" then return fmt_plain_table(value) end
  return fmt_object(value, meta and rawget(meta, "__name"))
end
parity.fmt = fmt

--- A list as Python has it: None is kept.
function parity.list(...) return { n = select("#", ...), ... } end

local function each(items, fn)
  local meta = debug.getmetatable(items)
  if type(items) == "function" or meta and meta.__call then
    for item in items do fn(item) end
  else
    for i = 1, meta == nil and items.n or #items do fn(items[i]) end
  end
end

--- [fn(x) for x in items], of a list, a collection or a result.
function parity.map(items, fn)
  local out = { n = 0 }
  each(items, function(item)
    out.n = out.n + 1
    out[out.n] = fn(item)
  end)
  return out
end

--- [fn(a, b, ...) for a, b, ... in items]: of rows or lists.
function parity.map_rows(items, fn)
  return parity.map(items, function(item)
    if getmetatable(item) == nil then return fn((table.unpack or unpack)(item, 1, item.n)) end
    return fn(item:unpack())
  end)
end

--- Like map, without the nils.
function parity.collect(items, fn)
  local out = {}
  each(items, function(item) out[#out + 1] = fn(item) end)
  return out
end

--- A sorted copy.
function parity.sorted(items)
  local out = parity.collect(items, function(item) return item end)
  table.sort(out, function(a, b) return fmt(a, true) < fmt(b, true) end)
  return out
end

local function write(line)
  io.stdout:write(line, "\n")
  io.stdout:flush()
end

function parity.say(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = fmt((select(i, ...))) end
  write(table.concat(parts, " "))
end

-- A parameter, whatever form the driver wants it in.
local function plain(value)
  if type(value) == "boolean" then return value and "1" or "0" end
  if getmetatable(value) == RANGE then return (tostring(value):gsub("T(%d%d:)", " %1")) end
  local text = fmt(value)
  if text:match("^%d%d%d%d%-%d%d%-%d%dT") then text = text:gsub("T", " ", 1) end
  return (text:gsub("(%d%d:%d%d:%d%d)%.000000", "%1"))
end

-- The values in the order of the placeholders, which PostgreSQL numbers.
local function in_order(text, params)
  local list = {}
  if text:find("%$%d") then
    for place in text:gmatch("%$(%d+)") do list[#list + 1] = plain(params[tonumber(place)]) end
  else
    for i = 1, params.n or #params do list[i] = plain(params[i]) end
  end
  return list
end

local function rows_of(text, params, many)
  if params == nil then return { {} } end
  if many and type(params[1]) == "table" and getmetatable(params[1]) == nil then
    local rows = {}
    for i, row in ipairs(params) do rows[i] = in_order(text, row) end
    return rows
  end
  return { in_order(text, params) }
end

-- The text with "?" for placeholders, and a list of rows.
local function statement(text, params, many)
  text = text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  local rows = rows_of(text, params, many)
  text = text:gsub("%$%d+::[A-Z]+[A-Z ]*", "?"):gsub("%$%d+", "?")
  local head, columns, source = text:match("^INSERT INTO (%S+) %(([^)]*)%) (.*)$")
  if head and (source:match("^VALUES %(%?") or source:match("^SELECT .*unnest%(")) then
    local tail = text:match(" ON CONFLICT.*$")
    if tail then tail = tail:gsub(" RETURNING .*$", "") end
    local size = select(2, columns:gsub(",", "")) + 1
    local split = {}
    for _, row in ipairs(rows) do
      local count = (not tail and #row % size == 0) and math.max(1, math.floor(#row / size)) or 1
      local width = #row / count
      for i = 1, count do
        local part = {}
        for k = 1, width do part[k] = row[(i - 1) * width + k] end
        split[#split + 1] = part
      end
    end
    return ("INSERT INTO %s (%s)%s"):format(head, columns, tail or ""), split
  end
  if text:match("^INSERT") then text = text:gsub(" RETURNING .*$", "") end
  return text, rows
end

local function record(engine)
  am.event.listen(engine, "before_cursor_execute", function(_, _, text, params, _, many)
    if text:find("pg_catalog.", 1, true) then return end -- how the catalog is asked is the dialect's business
    local sql, rows = statement(text, params, many)
    local last = log[#log]
    if last and last[1] == sql and (sql:match("^INSERT") or sql:match("^UPDATE") or sql:match("^DELETE")) then
      for _, row in ipairs(rows) do table.insert(last[2], row) end
    else
      log[#log + 1] = { sql, rows }
    end
  end)
  for _, name in ipairs { "begin", "commit", "rollback" } do
    am.event.listen(engine, name, function() log[#log + 1] = { name:upper(), {} } end)
  end
end

--- Drops the statements since the last look.
function parity.forget() log = {} end

--- The statements since the last look.
function parity.sql()
  local seen = log
  log = {}
  for _, entry in ipairs(seen) do
    local line = "  " .. entry[1]
    for _, row in ipairs(entry[2]) do
      if #row > 0 then line = line .. " (" .. table.concat(row, ", ") .. ")" end
    end
    write(line)
  end
end

function parity.step(title)
  parity.sql()
  write("== " .. title)
end

--- Calls fn and says the class of the error that it raises, which is returned.
function parity.error(fn)
  local ok, e = pcall(fn)
  if ok then return parity.say("no error") end
  parity.say("error", type(e) == "table" and e.name or "Exception")
  return e
end

--- Calls fn, where Python raises an error of its own.
function parity.refused(fn) parity.say(pcall(fn) and "no error" or "refused") end

local function empty(engine)
  engine:begin(function(conn)
    local schemas = conn:exec_driver_sql(
      "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"):scalars():all()
    for _, name in ipairs(schemas) do conn:exec_driver_sql(('DROP SCHEMA "%s" CASCADE'):format(name)) end
    conn:exec_driver_sql("CREATE SCHEMA public")
  end)
end

--- An engine on an empty database. `other`: the URL of another one, which is not emptied.
function parity.engine(options, other)
  if not other and parity.is_postgresql then
    local cleaner = am.create_engine(url, { poolclass = am.NullPool })
    empty(cleaner)
    cleaner:dispose()
  end
  local engine = am.create_engine(other or url, options)
  record(engine)
  return engine
end

return parity
