--- UPDATE and DELETE of what a legacy Query finds.
local aliased = require "alchemoon.orm.aliased"
local core = require "alchemoon.core"
local dml = require "alchemoon.sql.dml"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local options = require "alchemoon.options"
local query_events = require "alchemoon.orm.query_events"
local query_legacy = require "alchemoon.orm.query_legacy"
local query_results = require "alchemoon.orm.query_results"
local usage = require "alchemoon.usage"

local node_get = core.node_get
local unpack = table.unpack or unpack
---@class alchemoon.Query
local methods = query_legacy.Query.methods

local UPDATE = { synchronize_session = true, update_args = true }
local DELETE = { synchronize_session = true, delete_args = true }

local JOINS = "join(), outerjoin(), select_from(), or from_self()"
-- Clauses of a SELECT that an UPDATE or DELETE has no place for, and what makes them.
local REFUSED = { { "limit", "limit()" }, { "offset", "offset()" }, { "order_by", "order_by()" },
  { "group_by", "group_by()" }, { "distinct", "distinct()" }, { "distinct_on", "distinct()" }, { "froms", JOINS },
  { "joins", JOINS } }

-- Clauses that an UPDATE or DELETE could not keep are refused instead of being dropped.
local function check_bulk(self, name)
  for _, clause in ipairs(REFUSED) do
    local value = node_get(self.stmt, clause[1])
    if value ~= nil and value ~= 0 and (type(value) ~= "table" or #value > 0) then
      exc.raise("InvalidRequestError", "Can't call Query.update() or Query.delete() when %s has been called", clause[2])
    end
  end
  if #node_get(self.stmt, "columns") > 1 then
    exc.raise("ArgumentError", "Query.%s() takes a query of one class, not of several", name)
  end
  local entity = query_legacy.first_entity(self)
  if not entity then
    local first = node_get(self.stmt, "columns")[1]
    if first ~= nil and core.node_tag(first) == core.tags.TABLE then return first end
    exc.raise("ArgumentError", "Query.%s() needs a mapped class or a table", name)
  end
  if info.is_aliased(entity) then return aliased.of_entity(entity) end
  return info.mapper(entity).class
end

-- Query's own events get the context with everything that is known when they fire.
local function run_bulk(context, stmt, opts, event_name)
  local self = context.query
  local where = node_get(self.stmt, "where")
  if #where > 0 then stmt = stmt:where(unpack(where)) end
  local execution = {}
  for name, value in pairs(self.opts) do execution[name] = value end
  execution.synchronize_session = opts.synchronize_session
  local session = query_results.session_of(self)
  local result = session:execute(stmt, self._set or {}, execution)
  local listeners = session.dispatch[event_name]
  if listeners then
    context.session, context.statement, context.result = session, stmt, result
    context.rowcount, context.context = result.rowcount, result.context
    event.fire(listeners, context)
  end
  return result.rowcount
end

-- What listeners of an UPDATE or DELETE are told: query, mapper, values.
local function bulk_context(self, name, values)
  check_bulk(self, name)
  local entity = query_legacy.first_entity(self)
  local context = { query = self, mapper = entity and info.mapper(entity), values = values }
  query_events.bulk("before_compile_" .. name, context)
  return context, check_bulk(context.query, name)
end

-- synchronize_session may be given by itself: query:delete("fetch"). am.null: nothing is synchronized.
local function read_options(name, opts, valid)
  if type(opts) == "string" or opts == false then opts = { synchronize_session = opts } end
  local given = options.read(name, opts, valid)
  if opts and opts.synchronize_session == core.null then given.synchronize_session = false end
  return given
end

-- The dialect's options of a statement; that values stand in a list says already that their order matters.
local function with_args(stmt, args)
  local rest = {}
  for name, value in pairs(args or {}) do
    if name ~= "preserve_parameter_order" then rest[name] = value end
  end
  return next(rest) ~= nil and stmt:with_dialect_options(rest) or stmt
end

--- UPDATE of the rows that the query finds; returns how many there were.
---@param values table
---@param opts table|string|false?   synchronize_session, update_args; or what synchronize_session is to be
---@return integer
function methods:update(values, opts)
  usage.check_arguments("query:update", "table", values)
  opts = read_options("update", opts, UPDATE)
  local context, cls = bulk_context(self, "update", values)
  local stmt = dml.update(cls)
  values = context.values
  if values[1] ~= nil then stmt = stmt:ordered_values(unpack(values)) else stmt = stmt:values(values) end
  return run_bulk(context, with_args(stmt, opts.update_args), opts, "after_bulk_update")
end

--- DELETE of the rows that the query finds; returns how many there were.
---@param opts table|string|false?   synchronize_session, delete_args; or what synchronize_session is to be
---@return integer
function methods:delete(opts)
  opts = read_options("delete", opts, DELETE)
  local context, cls = bulk_context(self, "delete")
  local stmt = dml.delete(cls)
  return run_bulk(context, with_args(stmt, opts.delete_args), opts, "after_bulk_delete")
end
