-- Statements as they reach the database, in one spelling for all databases.
--
--   local log = executed.record(engine)
--   session:flush()
--   assert.same({ "INSERT INTO users (name) VALUES (?) RETURNING id [ann]" }, log:take())
--
-- White space is one blank, placeholders are "?", RETURNING has no table names; BEGIN, COMMIT, ROLLBACK stand alone.
-- `{ params = false }` leaves the values out. log:count() looks without taking;
-- executed.count(engine, fn) gives the number of statements of one call.
local am = require "alchemoon"

local executed = {}
local Log = {}
Log.__index = Log

local function show(value)
  if type(value) == "string" then return value end
  if value == nil or tostring(value):match("^userdata: %(?[nN]") then return "NULL" end
  if type(value) == "table" and getmetatable(value) == nil then
    local parts = {}
    for i = 1, value.n or #value do parts[i] = show(value[i]) end
    return table.concat(parts, ", ")
  end
  if type(value) == "number" and value % 1 == 0 then return ("%d"):format(value) end
  return tostring(value)
end

-- The parameters of many VALUES come as one list.
local function split_rows(params, text)
  local count = select(2, text:gsub("%), %(", "")) + 1
  local size, rows = (params.n or #params) / count, {}
  for i = 1, count do
    rows[i] = { n = size }
    for k = 1, size do rows[i][k] = params[(i - 1) * size + k] end
  end
  return rows
end

local function show_rows(params, many, text)
  if params == nil then return "" end
  if not many then return show(params) end
  if type(params[1]) ~= "table" or getmetatable(params[1]) ~= nil then params = split_rows(params, text) end
  local rows = {}
  for i, row in ipairs(params) do rows[i] = "(" .. show(row) .. ")" end
  return table.concat(rows, " ")
end

local function normal(sql)
  sql = sql:gsub("%s+", " "):gsub("%$%d+", "?")
  local head, tail = sql:match("^(.- RETURNING )(.*)$")
  if head then sql = head .. tail:gsub("[%w_]+%.([%w_]+)", "%1") end
  return sql
end

--- Records what an engine executes. `opts.transactions`: BEGIN, COMMIT, ROLLBACK and savepoints too.
function executed.record(engine, opts)
  local log = setmetatable({ list = {}, params = opts == nil or opts.params ~= false }, Log)
  am.event.listen(engine, "before_cursor_execute", function(_, _, sql, params, _, many)
    local text = normal(sql)
    if text:match("SAVEPOINT") then
      if not (opts and opts.transactions) then return end
      text = text:gsub("sa_savepoint_%d+", "s")
      log.list[#log.list + 1] = text
      return
    end
    local shown = log.params and show_rows(params, many, text) or ""
    log.list[#log.list + 1] = shown ~= "" and text .. " [" .. shown .. "]" or text
  end)
  if opts and opts.transactions then
    for _, name in ipairs { "begin", "commit", "rollback" } do
      am.event.listen(engine, name, function() log.list[#log.list + 1] = name:upper() end)
    end
  end
  return log
end

--- What was executed since the last take.
function Log:take()
  local list = self.list
  self.list = {}
  return list
end

--- How many there are since the last take, which stay.
function Log:count() return #self.list end

--- The number of statements that fn executes.
function executed.count(engine, fn)
  local log = executed.record(engine)
  fn()
  return #log:take()
end

return executed
