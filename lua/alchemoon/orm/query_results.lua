--- What a legacy Query finds: it is executed by its session, as a SELECT with the label style of queries.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local frozen_result = require "alchemoon.orm.frozen_result"
local func = require("alchemoon.sql.func").func
local info = require "alchemoon.orm.attr_info"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local options = require "alchemoon.options"
local orm_flags = require "alchemoon.orm.orm_flags"
local query_events = require "alchemoon.orm.query_events"
local query_legacy = require "alchemoon.orm.query_legacy"
local query_statement = require "alchemoon.orm.query_statement"
local select_module = require "alchemoon.sql.select"
local types = require "alchemoon.types"
local usage = require "alchemoon.usage"

local query_results = {}
local portion_of = require("alchemoon.execution_options").portion_of
local T, E = core.tags, core.enums
local node_get, node_with = core.node_get, core.node_with
local null = core.null
local Query = query_legacy.Query
---@class alchemoon.Query
local methods = Query.methods

--- The session of a query, which it must have.
---@param self alchemoon.Query
---@return alchemoon.Session
function query_results.session_of(self)
  if not self.session then
    exc.raise("InvalidRequestError", "This Query is not bound to a Session")
  end
  return self.session
end

local function has_entities(self)
  for _, node in ipairs(node_get(self.stmt, "columns")) do
    if core.node_tag(node) == T.ORM_ENTITY then return true end
  end
  return false
end

local function bundle_of_one(self)
  local columns = node_get(self.stmt, "columns")
  local extra = #columns == 1 and core.node_tag(columns[1]) == T.ORM_BUNDLE and node_get(columns[1], "extra")
  return type(extra) == "table" and extra.single_entity == true
end

-- The result: scalars for a single entity, without repetitions if there are entities.
local function execute(self)
  self = query_events.compiled(self)
  if #node_get(self.stmt, "columns") == 0 then
    exc.raise("InvalidRequestError", "Query contains no columns with which to SELECT from.")
  end
  local opts = next(self.opts) ~= nil and self.opts or nil
  local result = query_results.session_of(self):execute(self.stmt, self._set or {}, opts)
  if not self._tuples and (query_statement.is_of_objects(self) or bundle_of_one(self)) then
    result = result:scalars()
  end
  if has_entities(self) and not portion_of(self.opts) then result = result:unique() end
  return result
end

--- All objects or rows as a list.
---@return table[]
function methods:all() return execute(self):all() end

--- The first object or row, or nil.
---@return any
function methods:first()
  if node_get(self.stmt, "from_statement") then return execute(self):first() end
  return execute(methods.limit(self, 1)):first()
end

--- The only object or row.
-- Raises NoResultFound or MultipleResultsFound.
---@return any
function methods:one() return execute(self):one() end

--- The only object or row, or nil.
-- Raises MultipleResultsFound.
---@return any
function methods:one_or_none() return execute(self):one_or_none() end

--- First column of the only row; nil if there is none.
-- Raises MultipleResultsFound.
---@return any
function methods:scalar()
  local list = methods.all(self)
  if #list == 0 then return nil end
  if #list > 1 then
    exc.raise("MultipleResultsFound", "Multiple rows were found when exactly one was required")
  end
  local value = list[1]
  if core.is_row(value) then return value[1] end
  if value == null then return nil end
  return value
end

--- The object with that primary key.
---@param ident any
---@return table?
function methods:get(ident)
  query_legacy.check_bare(self, "get", true)
  local entity = query_legacy.first_entity(self)
  if not entity or not query_statement.is_of_objects(self) then
    exc.raise("InvalidRequestError", "get() can only be used against a single mapped class.")
  end
  local given = {}
  for _, node in ipairs(node_get(self.stmt, "options")) do given[#given + 1] = node_get(node, "option") end
  local extra = { options = #given > 0 and given or nil, populate_existing = self.opts.populate_existing,
    with_for_update = node_get(self.stmt, "for_update"),
    execution_options = next(self.opts) ~= nil and self.opts or nil }
  return query_results.session_of(self):get(info.mapper(entity).class, ident, next(extra) ~= nil and extra or nil)
end

--- merge_result(objects or rows, { load = }): what another session or a cache gave, as this query's session has it.
---@param results any[]
---@param opts {load: boolean?}?
---@return fun():any
function methods:merge_result(results, opts)
  usage.check_arguments("query:merge_result", "table", results)
  opts = options.read("merge_result", opts, { load = options.TRUE })
  local single, rows, i = query_statement.is_of_objects(self), {}, 0
  for k, found in ipairs(results) do rows[k] = single and { found } or found end
  local merged = frozen_result.merged_rows(query_results.session_of(self), rows, opts.load)
  return function()
    i = i + 1
    local row = merged[i]
    return single and row and row[1] or row
  end
end

--- How many rows there are.
---@return integer
function methods:count()
  local inner = query_events.compiled(methods.enable_eagerloads(self, false))
  local from = (query_statement.settled(inner.stmt, E.LABEL_STYLE_TABLENAME_PLUS_COL)
    or node_with(inner.stmt, { label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL })):subquery()
  local star = core.node(T.COLUMN, { name = "*", literal = 1 }, types.NULLTYPE)
  local stmt = node_with(select_module.select(func.count(star)):select_from(from),
    { label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL, orm = orm_flags.of { legacy = true } })
  for _, option in ipairs(lower_criteria.of(self.stmt) or {}) do -- they hold inside of the subquery
    stmt = core.node_append(stmt, "options", option.node)
  end
  local entity = query_legacy.first_entity(self)
  return query_results.session_of(self):execute(stmt, self._set or {}, { execution_options = self.opts,
    bind_arguments = entity and { mapper = info.mapper(entity) } or nil }):scalar()
end

-- Iteration: for user in query do. The rows are fetched when a loop begins.
Query.__call = function(self, _, control)
  if control == nil then rawset(self, "_rows", execute(self)) end
  local rows = rawget(self, "_rows")
  if not rows then return nil end
  local value = rows()
  if value == nil then rawset(self, "_rows", nil) end
  return value
end

--- values(column, ...): rows of these columns instead.
---@param ... any
---@return alchemoon.Result
function methods:values(...) return execute(methods.with_entities(self, ...)) end

--- value(column): its first value.
---@param column any
---@return any
function methods:value(column)
  local row = execute(methods.with_entities(self, column)):first()
  if row == nil then return nil end
  return row[1]
end

return query_results
