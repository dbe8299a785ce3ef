--- What every statement has in common: options of execution, loader options, text, execution.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local exc = require "alchemoon.exc"
local execution_options = require "alchemoon.execution_options"

local node_get, node_with, node_append = core.node_get, core.node_with, core.node_append

local statement = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function merged(old, new)
  local all = {}
  for k, v in pairs(old or {}) do all[k] = v end
  for k, v in pairs(new) do all[k] = v end
  return all
end

-- `stmt + function(s) return s:where(...) end`, as lambda_stmt()'s statements are built on.
local function add_step(self, step)
  if type(step) ~= "function" or type(self) ~= "userdata" then
    exc.raise("ArgumentError", "a statement can be added to with a function only, which gets the statement and "
      .. "returns another; got %s", type(type(self) == "userdata" and step or self))
  end
  return step(self)
end

local Executable = class.define("Executable", {
  metamethods = { __tostring = function(self) return self:_text() end, __add = add_step },
})
statement.Executable = Executable

-- Options that a connection has before any statement, and no statement for itself.
local OF_CONNECTIONS = {
  isolation_level = "'isolation_level' execution option may only be specified on Connection.execution_options(), or "
    .. "per-engine using the isolation_level argument to create_engine().",
  compiled_cache = "'compiled_cache' execution option may only be specified on Connection.execution_options(), not per "
    .. "statement.",
}

--- A statement with these execution options in addition.
---@param opts table
function Executable.methods:execution_options(opts)
  execution_options.check(opts)
  for name, message in pairs(OF_CONNECTIONS) do
    if opts[name] ~= nil then exc.raise("ArgumentError", "%s", message) end
  end
  return node_with(self, { execution_options = merged(node_get(self, "execution_options"), opts) })
end

---@return table
function Executable.methods:get_execution_options()
  return merged(nil, node_get(self, "execution_options") or {})
end

--- Loader options and other options of the ORM.
function Executable.methods:options(...)
  local list = {}
  for i = 1, select("#", ...) do
    local option = select(i, ...)
    if type(option) == "table" and option._as_node then option = option:_as_node() end
    local tag = core.node_tag(option)
    if tag ~= core.tags.ORM_OPTION then
      exc.raise("ArgumentError", "options() needs loader options such as am.selectinload(User.posts), got %s",
        tag and "the expression " .. tostring(option) or type(option))
    end
    list[i] = option
  end
  if #list == 0 then return require("alchemoon.sql.coerce").itself(self, "options") end
  return node_append(self, "options", unpack(list))
end

--- The statement that `fn` makes of this one: `stmt + fn`.
---@param fn function
function Executable.methods:add_criteria(fn) return add_step(self, fn) end

--- The text and parameters for a dialect; see `alchemoon.sql.compiled`.
---@param opts table?   or an engine or connection for its dialect, with the options behind it
function Executable.methods:compile(opts, more)
  return require("alchemoon.sql.compiled").compile(self, opts, more)
end

function Executable.methods:_text()
  return require("alchemoon.sql.compiled").text(self)
end

--- Runs the statement on a connection; called by Connection:execute. The first call puts the real function in place.
function Executable.methods:_execute_on(conn, params, opts)
  local run = require("alchemoon.sql.execute").run
  Executable.methods._execute_on = run
  return run(self, conn, params, opts)
end

-- What a statement is, for listeners. A plain text is none of them: nobody knows what is in it.
for name, kinds in pairs {
  is_select = { "SELECT", "COMPOUND", "TEXTUAL_SELECT" }, is_text = { "TEXTUAL_SELECT" }, is_insert = { "INSERT" },
  is_update = { "UPDATE" }, is_delete = { "DELETE" }, is_dml = { "INSERT", "UPDATE", "DELETE" },
} do
  local is_one = {}
  for _, kind in ipairs(kinds) do is_one[core.tags[kind]] = true end
  Executable.properties[name] = function(self) return is_one[core.node_tag(self)] or false end
end

return statement
