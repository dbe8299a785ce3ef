---@meta _
--- What editors know of the names of alchemoon.engine in `am`.

---@class alchemoon
local am = {}


--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.AssertionPool(creator, opts) end

---@type table
am.Connection = {}

---@type table
am.Engine = {}

---@type table
am.MappingResult = {}

---@type table
am.NestedTransaction = {}

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.NullPool(creator, opts) end

---@type table
am.Pool = {}

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.QueuePool(creator, opts) end

---@type table
am.Result = {}

---@type table
am.RootTransaction = {}

---@type table
am.ScalarResult = {}

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.SingletonThreadPool(creator, opts) end

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.StaticPool(creator, opts) end

---@type table
am.Transaction = {}

---@type table
am.TwoPhaseTransaction = {}

--- URLs are made by am.URL.create{ … } and am.make_url(text).
function am.URL() end

--- An engine for a database URL. Connects when it is first used.
---@param url string|userdata
---@param opts table?   pool_size, pool_pre_ping, echo, isolation_level, reactor ...: all are in docs/options.md
---@return alchemoon.Engine
function am.create_async_engine(url, opts) end

--- An engine for a database URL. Connects when it is first used.
---@param url string|userdata
---@param opts table?   pool_size, pool_pre_ping, echo, isolation_level, reactor ...: all are in docs/options.md
---@return alchemoon.Engine
function am.create_engine(url, opts) end

--- `create_mock_engine("postgresql://", function(element) print(element:compile{ dialect = "postgresql" }) end)`
---@param url any        a URL that names the dialect; nothing is connected
---@param executor function   called with the statement, its parameters and its options
---@return table engine
function am.create_mock_engine(url, executor) end

--- create_engine from a table with a prefix: { ["sqlalchemy.url"] = ..., ["sqlalchemy.echo"] = "true" }.
---@param config table
---@param prefix string?   "sqlalchemy." unless another one is given
---@param extra table?     further options, which win
---@return alchemoon.Engine
function am.engine_from_config(config, prefix, extra) end

--- Text or URL to URL.
---@param text string|userdata
---@return userdata
function am.make_url(text) end

am.AsyncAdaptedQueuePool = am.QueuePool

--- create_engine from a table with a prefix: { ["sqlalchemy.url"] = ..., ["sqlalchemy.echo"] = "true" }.
---@param config table
---@param prefix string?   "sqlalchemy." unless another one is given
---@param extra table?     further options, which win
---@return alchemoon.Engine
function am.async_engine_from_config(config, prefix, extra) end

return am
