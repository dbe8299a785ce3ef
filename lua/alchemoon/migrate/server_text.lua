--- PostgreSQL keeps defaults, checks and indexes in its own words: what a model says is put on an empty copy of the
-- table and read back, so that both sides are compared in the server's words. All of it is undone by a savepoint.
--
-- Where the copy cannot be made (no right to make temporary tables, a standby), answers are nil and texts are compared
-- as they stand.
local am = require "alchemoon"
local core = require "alchemoon.core"

local ServerText = {}
ServerText.__index = ServerText

--- The words of the server about one table: `found` is the reflected table, `renames` old column → new column.
function ServerText.new(context, found, renames)
  if context.dialect_name ~= "postgresql" or not context.connection then return nil end
  return setmetatable({ context = context, found = found, renames = renames or {}, kept = {} }, ServerText)
end

local function quoted(self, name) return self.context.impl:quote(name) end
local function here(self) return self.context.impl:table_name(self.found.name, self.found.schema) end
local function copy_name(self) return "pg_temp." .. quoted(self, self.found.name) end

-- Runs fn in a savepoint that is undone; nil when it fails.
local function undone(conn, fn)
  local savepoint = conn:begin_nested()
  local ok, value = pcall(fn)
  savepoint:rollback()
  if ok then return value end
  return nil
end

-- The table's number: the copy hides its name.
local function number_of(self)
  if not self.oid then
    self.oid = self.context.connection:exec_driver_sql(("SELECT %s::regclass::oid::text"):format(
      self.context.impl:literal(here(self)))):scalar()
  end
  return self.oid
end

-- An empty copy of the table, in a savepoint that is rolled back; without the right to make one, false.
local function open(self)
  if self.copy ~= nil then return self.copy end
  local conn = self.context.connection
  number_of(self)
  local ok, savepoint = pcall(conn.begin_nested, conn)
  if not ok then
    self.copy = false
    return false
  end
  self.savepoint = savepoint
  self.copy = pcall(function()
    conn:exec_driver_sql(("CREATE TEMPORARY TABLE %s (LIKE %s)"):format(quoted(self, self.found.name), here(self)))
    for old, new in pairs(self.renames) do
      conn:exec_driver_sql(("ALTER TABLE %s RENAME COLUMN %s TO %s"):format(copy_name(self), quoted(self, old),
        quoted(self, new)))
    end
  end)
  if not self.copy then
    savepoint:rollback()
    self.savepoint = nil
  end
  return self.copy
end

--- Undoes the copy.
function ServerText:close()
  if self.savepoint then self.savepoint:rollback() end
  self.savepoint, self.copy = nil, nil
end

-- One value of a query about the copy after `statement` was run on it.
local function said(self, statement, query)
  if not open(self) then return nil end
  local conn = self.context.connection
  return undone(conn, function()
    for _, one in ipairs(type(statement) == "table" and statement or { statement }) do conn:exec_driver_sql(one) end
    return conn:exec_driver_sql(query):scalar()
  end)
end

-- The same about the table itself: its words with the columns' new names.
local function said_by_table(self, query)
  local text = undone(self.context.connection, function()
    return self.context.connection:exec_driver_sql(query):scalar()
  end)
  for old, new in pairs(self.renames) do
    if type(text) == "string" then
      text = text:gsub("%f[%w_]" .. old:gsub("%p", "%%%0") .. "%f[^%w_]", (new:gsub("%%", "%%%%")))
    end
  end
  return text
end

local function literal(self, text) return self.context.impl:literal(text) end

local DEFAULT = "SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = " ..
  "d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = %s::regclass AND a.attname = %s"

--- Has the column `name` the default `sql`? nil: it cannot be said.
function ServerText:same_default(name, former_name, sql)
  local theirs = said_by_table(self, DEFAULT:format(number_of(self), literal(self, former_name)))
  local ours = said(self, ("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s"):format(copy_name(self), quoted(self, name),
    sql), DEFAULT:format(literal(self, copy_name(self)), literal(self, name)))
  if theirs == nil or ours == nil then return nil end
  return theirs == ours
end

--- Are two constants the same value of a type? nil: it cannot be said.
function ServerText:equal(a, b, type_)
  return said_by_table(self, ("SELECT (%s)::%s = (%s)::%s"):format(a, self.context.impl:type_text(type_), b,
    self.context.impl:type_text(type_)))
end

local CONSTRAINT = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"

-- AddConstraint compiled for the copy.
local function add_text(self, node)
  local compile = { dialect = "postgresql" }
  local text = am.AddConstraint(node, { isolate_from_table = false }):compile(compile).sql
  local rest = text:match "^ALTER TABLE .- (ADD .*)$"
  local name = core.node_get(node, "name")
  if name ~= nil then rest = rest:gsub("^ADD CONSTRAINT .- (%u+)", "ADD CONSTRAINT am_compared %1", 1)
  else rest = rest:gsub("^ADD ", "ADD CONSTRAINT am_compared ", 1) end
  return ("ALTER TABLE %s %s"):format(copy_name(self), rest)
end

--- A check or exclude constraint of the models in the server's words; nil: it cannot be said.
function ServerText:of_constraint(node)
  local text = said(self, add_text(self, node),
    CONSTRAINT:format(literal(self, copy_name(self)), "'am_compared'"))
  return text and (text:gsub(" NOT VALID$", ""))
end

--- A constraint of the table in the server's words.
function ServerText:of_existing(name)
  local text = said_by_table(self, CONSTRAINT:format(number_of(self), literal(self, name)))
  return text and (text:gsub(" NOT VALID$", ""))
end

local INDEX = "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid " ..
  "WHERE i.indrelid = %s::regclass AND c.relname = %s"

local function behind_table(text) return text and text:match " USING (.*)$" end

-- CREATE INDEX compiled for the copy.
local function index_text(self, index)
  local table_ = core.node_get(index, "table")
  local text = am.CreateIndex(index):compile({ dialect = "postgresql" }).sql
  local name = self.context.impl:table_name(table_.name, table_.schema)
  local from, to = text:find(" ON " .. name .. " ", 1, true)
  if not from then return nil end
  local head = text:sub(1, from):gsub(" CONCURRENTLY ", " "):gsub("INDEX .*$", "INDEX am_compared ")
  return head .. "ON " .. copy_name(self) .. text:sub(to)
end

--- Are the two indexes the same in the server's words? nil: it cannot be said.
function ServerText:same_index(found, wanted)
  local statement = index_text(self, wanted)
  local ours = statement and behind_table(said(self, statement, INDEX:format(literal(self, copy_name(self)),
    "'am_compared'")))
  local theirs = behind_table(said_by_table(self, INDEX:format(number_of(self), literal(self, found.name))))
  if ours == nil or theirs == nil then return nil end
  return ours == theirs
end

return ServerText
