--- Which statements reach the database: recorded, counted, compared.
--
-- BEGIN, COMMIT and ROLLBACK do not count; savepoints count only with { savepoints = true }. Texts are compared without
-- regard to white space.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local statements = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

---@class alchemoon.StatementLog
---@field list table[]   { text =, params =, executemany = }
local Log = {}
Log.__index = Log

local function squeezed(text) return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")) end

local function is_savepoint(text)
  return text:find("^SAVEPOINT ") or text:find("^RELEASE SAVEPOINT ") or text:find("^ROLLBACK TO SAVEPOINT ")
end

--- Is it an engine or a connection, whose statements can be heard? Raises if not.
---@param what string   the function that was called, for the message
---@param engine any
function statements.check_engine(what, engine)
  if type(engine) == "table" and engine.dialect and engine.dispatch then return end
  local remedy = ""
  if type(engine) == "table" and not engine.dialect and engine.get_bind then
    remedy = "; a session's is session:get_bind()"
  elseif type(engine) == "string" then remedy = "; am.create_engine() makes one of a URL" end
  exc.raise("ArgumentError", "%s: an engine or connection is needed, got %s%s", what,
    type(engine) == "table" and tostring(engine) or type(engine), remedy)
end

--- Records what an engine (or a connection) executes from here on, until stop().
---@param engine table
---@param opts {savepoints: boolean?}?
---@return alchemoon.StatementLog
function statements.record(engine, opts)
  statements.check_engine("record", engine)
  opts = options.read("record", opts, { savepoints = false })
  local log = setmetatable({ list = {}, _engine = engine }, Log)
  function log._listener(_, _, text, params, _, executemany)
    text = squeezed(text)
    if opts.savepoints or not is_savepoint(text) then
      log.list[#log.list + 1] = { text = text, params = params, executemany = executemany }
    end
  end
  event.listen(engine, "before_cursor_execute", log._listener)
  return log
end

--- The texts since the last take; the log is empty afterwards.
---@return string[]
function Log:take()
  local texts = {}
  for i, entry in ipairs(self.list) do texts[i] = entry.text end
  self.list = {}
  return texts
end

--- Ends the recording.
function Log:stop()
  if self._listener then event.remove(self._engine, "before_cursor_execute", self._listener) end
  self._listener = nil
end

local function finish(log, ok, ...)
  log:stop()
  if ok then return log, ... end
  return error((...), 0)
end

-- fn's log and results.
local function watched(what, engine, fn, opts)
  statements.check_engine(what, engine)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "%s: a function is needed, got %s", what, type(fn)) end
  local log = statements.record(engine, opts)
  return finish(log, pcall(fn))
end

--- How many statements fn() executes on the engine; further results are those of fn.
---@param engine table
---@param fn function
---@return integer, any ...
function statements.count(engine, fn, opts)
  local results = { watched("count_statements", engine, fn, opts) }
  return #results[1].list, unpack(results, 2)
end

local function listing(list)
  if #list == 0 then return "  (none)" end
  local lines = {}
  for i, text in ipairs(list) do lines[i] = ("  %d: %s"):format(i, text) end
  return table.concat(lines, "\n")
end

--- Raises unless fn() executes exactly `expected` statements; the results of fn.
---@param engine table
---@param expected integer
---@param fn function
function statements.assert_count(engine, expected, fn, opts)
  if type(expected) ~= "number" then
    exc.raise("ArgumentError", "assert_statement_count(engine, number, function): the number is %s", type(expected))
  end
  local results = { watched("assert_statement_count", engine, fn, opts) }
  local texts = results[1]:take()
  if #texts ~= expected then
    error(("expected %d statement(s), got %d:\n%s"):format(expected, #texts, listing(texts)), 2)
  end
  return unpack(results, 2)
end

local function matches(text, wanted)
  if type(wanted) == "function" then return wanted(text) end
  wanted = squeezed(wanted)
  if wanted:sub(-4) == " ..." then return text:sub(1, #wanted - 3) == wanted:sub(1, -4) end
  return text == wanted
end

--- Raises unless fn() executes exactly these statements in this order. An entry is a text, a text that ends in " ..."
-- (the beginning of one), or a function(text) → boolean.
---@param engine table
---@param fn function
---@param expected table
function statements.assert_executed(engine, fn, expected, opts)
  local results = { watched("assert_executed", engine, fn, opts) }
  local texts = results[1]:take()
  local wrong = #texts ~= #expected and math.min(#texts, #expected) + 1 or nil
  for i = 1, math.min(#texts, #expected) do
    if not matches(texts[i], expected[i]) then
      wrong = i
      break
    end
  end
  if wrong then
    local wanted = {}
    for i, entry in ipairs(expected) do wanted[i] = type(entry) == "string" and squeezed(entry) or "(a function)" end
    error(("statement %d is not the expected one\nexpected:\n%s\ngot:\n%s"):format(wrong, listing(wanted),
      listing(texts)), 2)
  end
  return unpack(results, 2)
end

return statements
