--- An engine that runs nothing: every statement goes to a function of the user. For `create_all` as a script.
local Dialect = require "alchemoon.engine.dialect"
local exc = require "alchemoon.exc"
local url_module = require "alchemoon.engine.url"

local Mock = { __name = "alchemoon.MockConnection" }
Mock.__index = Mock

--- Statements are handed over, not run; there is no result.
function Mock:execute(statement, params, opts) return self._executor(statement, params, opts) end
Mock.scalar, Mock.scalars = Mock.execute, Mock.execute
--- It is its own connection, and has no transactions.
function Mock:connect(fn)
  if fn then return fn(self) end
  return self
end
Mock.begin = Mock.connect
function Mock:execution_options() return self end
function Mock.commit() end
function Mock.rollback() end
function Mock.close() end
function Mock._merge_options() return {} end

local mock = {}

--- `create_mock_engine("postgresql://", function(element) print(element:compile{ dialect = "postgresql" }) end)`
---@param url any        a URL that names the dialect; nothing is connected
---@param executor function   called with the statement, its parameters and its options
---@return table engine
function mock.create_mock_engine(url, executor)
  if type(executor) ~= "function" then
    exc.raise("ArgumentError", "create_mock_engine() needs a function that takes statements, got %s", type(executor))
  end
  local parsed = url_module.make_url(url)
  local dialect = Dialect.new(Dialect.class(parsed:_resolve_driver()), {})
  return setmetatable({ url = parsed, dialect = dialect, name = dialect.name, _executor = executor, _is_mock = true,
    _execution_options = {} }, Mock)
end

return mock
