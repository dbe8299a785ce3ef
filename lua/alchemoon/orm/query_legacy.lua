--- The legacy Query: session:query(User):filter(...):all(), on top of select().
--
-- A Query is immutable: every generative method returns a new one over a new SELECT. `stmt` has the label style of
-- Query, which names columns users_id; `opts` are execution options, `set` the parameters. Here: what a Query is made
-- of. query_statement.lua makes a part of another statement of it, query_results.lua executes it, query_bulk.lua has
-- its UPDATE and DELETE.
local coerce = require "alchemoon.sql.coerce"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local execution_options = require "alchemoon.execution_options"
local info = require "alchemoon.orm.attr_info"
local lower_items = require "alchemoon.orm.lower_items"
local options = require "alchemoon.options"
local orm_flags = require "alchemoon.orm.orm_flags"
local query_events = require "alchemoon.orm.query_events"
local select_module = require "alchemoon.sql.select"
local states = require "alchemoon.orm.states"
local usage = require "alchemoon.usage"

local query_legacy = {}
local T, E = core.tags, core.enums
local node_get, node_with = core.node_get, core.node_with
local unpack = table.unpack or unpack

local Query = { __name = "Query" }
query_legacy.Query = Query
query_events.class(Query)
---@class alchemoon.Query
local methods = {}
local fields = {}
Query.methods, Query.fields = methods, fields

-- The object at a place, of which the first is 1.
local function at_place(self, place)
  if place < 1 then
    exc.raise("ArgumentError", "negative indexes are not accepted by SQL index / slice operators: the places of a "
      .. "Query count from 1, got %s; order_by(column:desc()) lets the last come first.", tostring(place))
  end
  return methods.slice(self, place - 1, place):all()[1]
end

Query.__index = function(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  local field = fields[key]
  if field then return field(self) end
  if type(key) == "number" then return at_place(self, key) end
  if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  local names = {}
  for name in pairs(methods) do names[name] = true end
  for name in pairs(fields) do names[name] = true end
  return exc.raise("ArgumentError", "Query object has no attribute '%s'%s", key, options.suggestion(key, names))
end

local function copy(self, changes)
  local fresh = {}
  for name, value in pairs(self) do
    if name ~= "_rows" then fresh[name] = value end
  end
  for name, value in pairs(changes) do fresh[name] = value end
  return setmetatable(fresh, getmetatable(self))
end

local function with_stmt(self, stmt) return copy(self, { stmt = stmt }) end
query_legacy.with_stmt = with_stmt

--- A query over the entities and columns; without a session (nil) until with_session() gives it one.
function Query.new(session, ...)
  local stmt = node_with(select_module.select(...), { label_style = E.LABEL_STYLE_LEGACY_ORM,
    orm = orm_flags.of { legacy = true } })
  return setmetatable({ session = session or false, stmt = stmt, opts = {} }, Query)
end

--- am.Query(entity or list of entities, session or { session = }); the session may follow by with_session().
---@param entities any
---@param session alchemoon.Session|table|nil
---@return alchemoon.Query
local function construct(class, entities, session)
  if options.is_options(session) then session = options.read("Query", session, { session = true }).session end
  local is_list = type(entities) == "table" and getmetatable(entities) == nil
  return class.new(session, unpack(is_list and entities or { entities }))
end
setmetatable(Query, { __call = construct })

-- A class whose queries have the methods `more`, and for what is not there those of `base`.
local function subclass_of(base, more)
  local derived, class = setmetatable(more or {}, { __index = base }), {}
  for name, value in pairs(Query) do class[name] = value end
  class.methods, class.is_query = derived, true
  function class.subclass(further) return subclass_of(derived, further) end
  class.__index = function(self, key)
    local method = derived[key]
    if method ~= nil then return method end
    return Query.__index(self, key)
  end
  function class.new(session, ...) return setmetatable(Query.new(session, ...), class) end
  return setmetatable(class, { __call = construct, __newindex = derived }) -- function Class:method() … end
end

--- A class of queries with more methods, for `query_cls`, given here or afterwards: `function Class:method() … end`.
-- Called with an entity and a session it makes a query.
---@param more table?
---@return table class
function Query.subclass(more) return subclass_of(methods, more) end

local function is_query(value)
  local meta = type(value) == "table" and getmetatable(value)
  return meta == Query or type(meta) == "table" and rawget(meta, "is_query") == true
end
query_legacy.is_query = is_query

--- A query over a SELECT that is there already.
function query_legacy.wrap(session, stmt, metatable)
  stmt = node_with(stmt, { label_style = E.LABEL_STYLE_LEGACY_ORM, orm = orm_flags.of { legacy = true } })
  return setmetatable({ session = session, stmt = stmt, opts = {} }, metatable or Query)
end

-- --- what may be called when ---------------------------------------------------------------------

--- Refuses a method on a query over a full statement, and with `no_limit` on one that has a LIMIT.
local function check(self, name, no_limit)
  if self._unchecked then return end
  if node_get(self.stmt, "from_statement") then
    exc.raise("InvalidRequestError", "Query.%s() being called on a Query with an existing full statement - can't " ..
      "apply criterion.", name)
  end
  if no_limit and (node_get(self.stmt, "limit") ~= nil or node_get(self.stmt, "offset") ~= nil) then
    exc.raise("InvalidRequestError", "Query.%s() being called on a Query which already has LIMIT or OFFSET " ..
      "applied.  Call %s() before limit() or offset() are applied.", name, name)
  end
end

query_legacy.check = check

local CRITERIA = { "where", "froms", "joins", "group_by" }
local ALL_CRITERIA = { "where", "froms", "joins", "group_by", "order_by", "distinct_on" }

-- Nothing may have been said yet but what is selected; `lenient`: an order and DISTINCT do no harm.
local function check_bare(self, name, lenient)
  if self._unchecked then return end
  local stmt = self.stmt
  local said = node_get(stmt, "from_statement") or node_get(stmt, "limit") or node_get(stmt, "offset")
    or not lenient and node_get(stmt, "distinct") ~= 0
  for _, field in ipairs(lenient and CRITERIA or ALL_CRITERIA) do
    said = said or #node_get(stmt, field) > 0
  end
  if said then
    exc.raise("InvalidRequestError", "Query.%s() being called on a Query with existing criterion. ", name)
  end
end

query_legacy.check_bare = check_bare

local function forward(name, no_limit, target)
  methods[name] = function(self, ...)
    check(self, name, no_limit)
    local stmt = self.stmt
    return with_stmt(self, stmt[target or name](stmt, ...))
  end
end

--- filter_by{ name = value }: about what was joined last, or the first entity.
---@param ... table
---@return alchemoon.Query
function methods:filter_by(...)
  check(self, "filter", true)
  local joins, flags = #node_get(self.stmt, "joins"), node_get(self.stmt, "orm")
  local of_union = joins == 0 and flags and flags.base_alias
  if not of_union and (joins == 0 or self._joinpoint ~= joins) then return with_stmt(self, self.stmt:filter_by(...)) end
  local changes = { joins = false }
  if of_union then changes.froms = false end
  local plain = node_with(self.stmt, changes):filter_by(...)
  return with_stmt(self, node_with(self.stmt, { where = node_get(plain, "where") }))
end

for _, name in ipairs { "having", "group_by", "order_by" } do forward(name, true) end
for _, name in ipairs { "limit", "offset", "slice", "distinct", "correlate", "with_for_update", "prefix_with",
  "suffix_with", "with_hint", "with_statement_hint", "add_columns" } do
  forward(name, false)
end
methods.add_column = methods.add_columns

--- What the query selects from, if it cannot be seen from its columns.
---@param ... any   entities or FROM elements
---@return alchemoon.Query
function methods:select_from(...)
  check_bare(self, "select_from")
  return with_stmt(self, self.stmt:select_from(...))
end

-- Options, with those of lists among them in their place.
local function flat_options(into, ...)
  for i = 1, select("#", ...) do
    local option = select(i, ...)
    if type(option) == "table" and getmetatable(option) == nil and #option > 0 then
      flat_options(into, unpack(option))
    else
      into[#into + 1] = option
    end
  end
  return into
end

--- Loader options, also lists of them; they may be given at any time.
---@param ... any
---@return alchemoon.Query
function methods:options(...) return with_stmt(self, self.stmt:options(unpack(flat_options({}, ...)))) end

local ADD_ENTITY = { alias = true }
--- add_entity(Class [, alias]): one more entity; with an alias, selected from it.
---@param entity any
---@param alias any
---@param opts table?
---@return alchemoon.Query
function methods:add_entity(entity, alias, opts)
  if options.is_options(alias) and opts == nil then alias, opts = nil, alias end
  opts = options.read("add_entity", opts, ADD_ENTITY)
  alias = alias or opts.alias
  if alias ~= nil then entity = require("alchemoon.orm.aliased").aliased(entity, alias) end
  return methods.add_columns(self, entity)
end

--- filter(condition, ...): joined by AND.
---@param ... any
---@return alchemoon.Query
function methods:filter(...)
  check(self, "filter", true)
  if select("#", ...) == 0 then return self end
  return with_stmt(self, self.stmt:where(...))
end
methods.where = methods.filter

--- Joins along a relationship, or to an entity with a condition.
---@param target any   a relationship, an entity or a FROM element
---@param ... any   the condition, options
---@return alchemoon.Query
function methods:join(target, ...)
  check(self, "join", true)
  return with_stmt(self, self.stmt:join(target, ...))
end

--- The same as a LEFT OUTER JOIN.
---@param target any
---@param ... any
---@return alchemoon.Query
function methods:outerjoin(target, ...)
  check(self, "outerjoin", true)
  return with_stmt(self, self.stmt:outerjoin(target, ...))
end
--- From now on filter_by() speaks about the first entity again, until something is joined.
---@return alchemoon.Query
function methods:reset_joinpoint() return copy(self, { _joinpoint = #node_get(self.stmt, "joins") }) end

--- The same query with other entities and columns.
---@param ... any
---@return alchemoon.Query
function methods:with_entities(...)
  return with_stmt(self, self.stmt:with_only_columns(...))
end

--- The rows of another statement as entities.
---@param statement any
---@return alchemoon.Query
function methods:from_statement(statement)
  check_bare(self, "from_statement")
  if is_query(statement) then statement = statement.statement end
  return with_stmt(self, self.stmt:from_statement(coerce.row_statement(statement)))
end

-- --- options of execution ------------------------------------------------------------------------

local function with_option(self, changes)
  local opts = {}
  for name, value in pairs(self.opts) do opts[name] = value end
  for name, value in pairs(changes) do opts[name] = value end
  return copy(self, { opts = opts })
end

--- Adds execution options.
---@param opts table
---@return alchemoon.Query
function methods:execution_options(opts)
  return with_option(self, execution_options.check(opts))
end

--- The options in force.
---@return table
function methods:get_execution_options() return self.opts end

--- Rows overwrite what objects of the session hold.
---@return alchemoon.Query
function methods:populate_existing() return with_option(self, { populate_existing = true }) end

--- Rows are fetched by so many at a time.
---@param count integer
---@return alchemoon.Query
function methods:yield_per(count) return with_option(self, execution_options.check{ yield_per = count }) end

--- Does the query flush the session first?
---@param value boolean
---@return alchemoon.Query
function methods:autoflush(value) return with_option(self, { autoflush = value and true or false }) end

--- Are calls in an order that makes no sense errors?
---@param value boolean
---@return alchemoon.Query
function methods:enable_assertions(value) return copy(self, { _unchecked = not value or nil }) end
--- Rows even if there is one entity only (true), or objects (false).
---@param value boolean
---@return alchemoon.Query
function methods:only_return_tuples(value) return copy(self, { _tuples = value and true or false }) end

--- The same query: rows are tuples anyway.
---@return alchemoon.Query
function methods:tuples() return methods.only_return_tuples(self, true) end

--- The same query in another session.
---@param session alchemoon.Session
---@return alchemoon.Query
function methods:with_session(session)
  usage.check_arguments("query:with_session", "table", session)
  return copy(self, { session = session })
end

local function with_flags(self, changes)
  return with_stmt(self, node_with(self.stmt, { orm = orm_flags.with(node_get(self.stmt, "orm"), changes) }))
end

---@param value boolean
---@return alchemoon.Query
function methods:enable_eagerloads(value) return with_flags(self, { no_eager = not value }) end

--- params{ name = value }: values of named parameters.
---@param values table<string, any>
---@return alchemoon.Query
function methods:params(values)
  usage.check_arguments("query:params", "table?", values)
  local set = {}
  for name, value in pairs(self._set or {}) do set[name] = value end
  for name, value in pairs(values or {}) do set[name] = value end
  return copy(self, { _set = set })
end

--- How columns are labelled: one of am.LABEL_STYLE_*.
---@param style integer   one of am.LABEL_STYLE_*
---@return alchemoon.Query
function methods:set_label_style(style) return with_stmt(self, node_with(self.stmt, { label_style = style })) end

--- Columns are labelled table_column.
---@return alchemoon.Query
function methods:with_labels() return methods.set_label_style(self, E.LABEL_STYLE_TABLENAME_PLUS_COL) end
methods.apply_labels = methods.with_labels

--- The first entity among what a query selects, nil if there are columns only.
---@param self alchemoon.Query
---@return userdata?
function query_legacy.first_entity(self)
  for _, node in ipairs(node_get(self.stmt, "columns")) do
    if core.node_tag(node) == T.ORM_ENTITY then return node end
  end
  return nil
end

-- The relationship of an object's class that leads to the class of a query.
local function relating(self, obj)
  local mapper, first = states.mapper_of(obj), node_get(self.stmt, "columns")[1]
  local entity = query_legacy.first_entity(self) or first and lower_items.first_entity(first) -- of a column, its own
  if not entity then
    exc.raise("InvalidRequestError", "with_parent: the query has no entity; name the relationship: " ..
      "query:with_parent(obj, %s.…)", mapper.class_name)
  end
  local target = info.mapper(entity)
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "relationship" and prop.mapper == target then return mapper.class[prop.key] end
  end
  return exc.raise("InvalidRequestError", "Could not locate a property which relates instances of class '%s' to "
    .. "instances of class '%s'", mapper.class_name, target.class_name)
end

--- with_parent(obj, User.posts, from_entity): the objects that obj's relationship holds; without attribute, the first
-- relationship that leads to the query's class. They are looked for among `from_entity` or the query's first entity,
-- if that is an alias.
---@param obj table
---@param attribute any
---@param from_entity any
---@return alchemoon.Query
function methods:with_parent(obj, attribute, from_entity)
  if options.is_options(attribute) then attribute, from_entity = attribute.property, attribute.from_entity end
  if options.is_options(from_entity) then from_entity = from_entity.from_entity end
  if attribute == nil then attribute = relating(self, obj) end
  local entity = from_entity or query_legacy.first_entity(self)
  local node = entity and coerce.element(entity)
  if not node or core.node_get(node, "aliased") == 0 then entity = nil end
  return methods.filter(self, require("alchemoon.orm.relationship_comparator").with_parent(obj, attribute, entity))
end

query_legacy.public = { Query = Query }
return query_legacy
