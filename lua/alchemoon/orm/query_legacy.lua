--- The legacy Query: session:query(User):filter(...):all(), on top of select().
--
-- A Query is immutable: every generative method returns a new one over a new SELECT. `stmt` has the label style of
-- Query, which names columns users_id; `opts` are execution options, `set` the parameters.
local access = require "alchemoon.orm.access"
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local options = require "alchemoon.options"
local orm_flags = require "alchemoon.orm.orm_flags"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local query_events = require "alchemoon.orm.query_events"
local select_module = require "alchemoon.sql.select"

local query_legacy = {}
local T, E = core.tags, core.enums
local node_get, node_with = core.node_get, core.node_with
local unpack = table.unpack or unpack
local null = core.null

local Query = { __name = "Query" }
query_legacy.Query = Query
query_events.class(Query)
---@class alchemoon.Query
local methods = {}
local fields = {}
Query.methods, Query.fields = methods, fields

Query.__index = function(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  local field = fields[key]
  if field then return field(self) end
  if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  local names = {}
  for name in pairs(methods) do names[name] = true end
  for name in pairs(fields) do names[name] = true end
  local near = options.nearest(key, names)
  return exc.raise("ArgumentError", "Query object has no attribute '%s'%s", key,
    near and ("; did you mean '%s'?"):format(near) or "")
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

--- A query over the entities and columns.
function Query.new(session, ...)
  local stmt = node_with(select_module.select(...), { label_style = E.LABEL_STYLE_LEGACY_ORM,
    orm = orm_flags.of { legacy = true } })
  return setmetatable({ session = session, stmt = stmt, opts = {} }, Query)
end

--- A query over a SELECT that is there already.
function query_legacy.wrap(session, stmt, metatable)
  stmt = node_with(stmt, { label_style = E.LABEL_STYLE_LEGACY_ORM, orm = orm_flags.of { legacy = true } })
  return setmetatable({ session = session, stmt = stmt, opts = {} }, metatable or Query)
end

-- --- what may be called when ---------------------------------------------------------------------

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

-- Nothing may have been said yet but what is selected.
local function check_bare(self, name)
  if self._unchecked then return end
  local stmt = self.stmt
  local said = node_get(stmt, "from_statement") or node_get(stmt, "limit") or node_get(stmt, "offset")
    or node_get(stmt, "distinct") ~= 0
  for _, field in ipairs { "where", "froms", "joins", "group_by", "order_by", "distinct_on" } do
    said = said or #node_get(stmt, field) > 0
  end
  if said then
    exc.raise("InvalidRequestError", "Query.%s() being called on a Query with existing criterion. ", name)
  end
end

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
  check(self, "filter_by", true)
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
  if type(statement) == "table" and getmetatable(statement) == Query then statement = statement.statement end
  return with_stmt(self, self.stmt:from_statement(statement))
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
  if type(opts) ~= "table" then exc.raise("ArgumentError", "execution_options() needs a table") end
  return with_option(self, opts)
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
function methods:yield_per(count) return with_option(self, { yield_per = count }) end

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
function methods:with_session(session) return copy(self, { session = session }) end

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

-- --- as a statement ------------------------------------------------------------------------------

local function first_entity(self)
  for _, node in ipairs(node_get(self.stmt, "columns")) do
    if core.node_tag(node) == T.ORM_ENTITY then return node end
  end
  return nil
end

-- The relationship of an object's class that leads to the class of a query.
local function relating(self, obj)
  local mapper, entity = access.mapper_of(obj), first_entity(self)
  local target = entity and info.mapper(entity)
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "relationship" and prop.mapper == target then return mapper.class[prop.key] end
  end
  return exc.raise("InvalidRequestError", "Could not locate a property which relates instances of class '%s' to "
    .. "instances of class '%s'", mapper.class_name, target and target.class_name or "?")
end

--- with_parent(obj, User.posts): the objects that obj's relationship holds; without attribute, the first relationship
-- that leads to the query's class.
---@param obj table
---@param attribute any
---@return alchemoon.Query
function methods:with_parent(obj, attribute)
  if attribute == nil then attribute = relating(self, obj) end
  return methods.filter(self, require("alchemoon.orm.relationship_comparator").with_parent(obj, attribute))
end

-- A SELECT from a UNION of queries, with the UNION's columns in the place of those of the entities.
local function settled(stmt, style)
  local flags = node_get(stmt, "orm")
  if not flags or not flags.base_alias then return nil end
  local lower_select = require "alchemoon.orm.lower_select"
  require("alchemoon.orm.instance").configure()
  return lower_select.lower(stmt, { for_subquery = true, eager = false, base_alias = true, no_single = true,
    legacy = true, label_style = style, options = {} }).statement
end

-- Some methods make something of the SELECT, which a Query over another statement does not have.
local function select_only(self)
  if self._unchecked or not node_get(self.stmt, "from_statement") then return end
  exc.raise("InvalidRequestError", "Can't call this method on a Query that uses from_statement()")
end

--- The SELECT, with plain names of columns.
function fields.statement(self)
  self = query_events.compiled(self)
  local style = node_get(self.stmt, "label_style")
  if style == E.LABEL_STYLE_LEGACY_ORM then style = E.LABEL_STYLE_DISAMBIGUATE_ONLY end
  local stmt = settled(self.stmt, style) or node_with(self.stmt, { label_style = style })
  if next(self.opts) ~= nil then stmt = stmt:execution_options(self.opts) end
  if self._set then stmt = stmt:params(self._set) end
  return stmt
end
fields.selectable = fields.statement
fields.whereclause = function(self) return self.stmt.whereclause end
fields.column_descriptions = function(self) return self.stmt.column_descriptions end
fields.is_single_entity = function(self)
  local columns = node_get(self.stmt, "columns")
  return #columns == 1 and core.node_tag(columns[1]) == T.ORM_ENTITY
end

--- As a part of another statement: columns are named users_id there, as the Query's own are.
function methods:__clause_element__()
  if node_get(self.stmt, "label_style") ~= E.LABEL_STYLE_LEGACY_ORM then return fields.statement(self) end
  return fields.statement(methods.with_labels(self))
end

local SUBQUERY = { name = true, with_labels = false, reduce_columns = false }

--- The query as a FROM element.
---@param name string?
---@param opts table?
---@return any
function methods:subquery(name, opts)
  if options.is_options(name) and opts == nil then name, opts = nil, name end
  opts = options.read("subquery", opts, SUBQUERY)
  select_only(self)
  local q = methods.enable_eagerloads(self, false)
  if opts.with_labels then q = methods.with_labels(q) end
  local stmt = fields.statement(q)
  if opts.reduce_columns then stmt = stmt:reduce_columns() end
  return stmt:subquery(name or opts.name)
end

--- The query as a common table expression.
---@param ... any   name, options
---@return any
function methods:cte(...)
  select_only(self)
  return fields.statement(methods.enable_eagerloads(self, false)):cte(...)
end

--- The query as a value.
---@return any
function methods:scalar_subquery()
  select_only(self)
  return fields.statement(methods.enable_eagerloads(self, false)):scalar_subquery()
end
methods.as_scalar = methods.scalar_subquery

--- The query as a value with a name.
---@param name string
---@return any
function methods:label(name) return methods.scalar_subquery(self):label(name) end

local function one_literal() return core.node(T.COLUMN, { name = "1", literal = 1 },
  require("alchemoon.types").INTEGER) end

--- EXISTS (SELECT 1 ...).
---@return any
function methods:exists()
  select_only(self)
  local inner = node_with(fields.statement(methods.enable_eagerloads(self, false)), { columns = { one_literal() },
    order_by = node_get(self.stmt, "limit") == nil and false or nil })
  local entity = first_entity(self)
  if not entity then
    local first = node_get(self.stmt, "columns")[1]
    entity = first and require("alchemoon.orm.lower_items").first_entity(first)
  end
  if entity and #node_get(inner, "froms") == 0 and #node_get(inner, "joins") == 0 then
    inner = core.node_append(inner, "froms", entity)
  elseif entity and #node_get(inner, "joins") > 0 then
    inner = core.node_append(inner, "froms", entity)
  end
  return select_module.exists(inner)
end

-- The text for the database of the session, if it has one.
Query.__tostring = function(self)
  local bind = self.session and self.session.bind
  local dialect = bind and (bind.dialect or bind.engine and bind.engine.dialect)
  self = query_events.compiled(self)
  if not dialect then return tostring(self.stmt) end
  return self.stmt:compile({ dialect = dialect.name }).sql
end

-- --- UNION and the like --------------------------------------------------------------------------

local function labelled(value)
  if type(value) == "table" and value.stmt and value.opts then
    local q = query_events.compiled(methods.enable_eagerloads(value, false))
    local stmt = settled(q.stmt, E.LABEL_STYLE_TABLENAME_PLUS_COL)
      or node_with(q.stmt, { label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL })
    return value._set and stmt:params(value._set) or stmt
  end
  return coerce.statement(value)
end

-- The same entities, selected from a subquery.
local function from_selectable(self, from)
  local stmt = node_with(select_module.select(), { columns = node_get(self.stmt, "columns"), froms = { from },
    options = node_get(self.stmt, "options"), label_style = E.LABEL_STYLE_LEGACY_ORM,
    orm = orm_flags.with(node_get(self.stmt, "orm"), { base_alias = true }) })
  return with_stmt(self, stmt)
end

for _, name in ipairs { "union", "union_all", "intersect", "intersect_all", "except_", "except_all" } do
  methods[name] = function(self, ...)
    local list = { labelled(self) }
    for i = 1, select("#", ...) do list[i + 1] = labelled((select(i, ...))) end
    local compound = require("alchemoon.sql.statements").compound(name, unpack(list))
    return from_selectable(self, compound:subquery())
  end
end

-- --- results -------------------------------------------------------------------------------------

local function session_of(self)
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
  local opts = next(self.opts) ~= nil and self.opts or nil
  local result = session_of(self):execute(self.stmt, self._set or {}, opts)
  if not self._tuples and (fields.is_single_entity(self) or bundle_of_one(self)) then result = result:scalars() end
  if has_entities(self) and not self.opts.yield_per then result = result:unique() end
  return result
end
query_legacy.execute = execute

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
  check(self, "get", true)
  if #node_get(self.stmt, "where") > 0 or #node_get(self.stmt, "joins") > 0 or #node_get(self.stmt, "order_by") > 0 then
    exc.raise("InvalidRequestError", "Query.get() being called on a Query with existing criterion. ")
  end
  local entity = first_entity(self)
  if not entity or not fields.is_single_entity(self) then
    exc.raise("InvalidRequestError", "get() can only be used against a single mapped class.")
  end
  local given = {}
  for _, node in ipairs(node_get(self.stmt, "options")) do given[#given + 1] = node_get(node, "option") end
  local extra = { options = #given > 0 and given or nil, populate_existing = self.opts.populate_existing }
  return session_of(self):get(info.mapper(entity).class, ident, next(extra) ~= nil and extra or nil)
end

--- How many rows there are.
---@return integer
function methods:count()
  local inner = query_events.compiled(methods.enable_eagerloads(self, false))
  local from = (settled(inner.stmt, E.LABEL_STYLE_TABLENAME_PLUS_COL)
    or node_with(inner.stmt, { label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL })):subquery()
  local star = core.node(T.COLUMN, { name = "*", literal = 1 }, require("alchemoon.types").NULLTYPE)
  local count = require("alchemoon.sql.func").func.count(star)
  local stmt = node_with(select_module.select(count):select_from(from),
    { label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL })
  for _, option in ipairs(lower_criteria.of(self.stmt) or {}) do -- they hold inside of the subquery
    stmt = core.node_append(stmt, "options", option.node)
  end
  local entity = first_entity(self)
  return session_of(self):execute(stmt, self._set or {}, { execution_options = self.opts,
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
function methods:values(...)
  local q = methods.with_entities(self, ...)
  return execute(q)
end
--- value(column): its first value.
---@param column any
---@return any
function methods:value(column)
  local row = execute(methods.with_entities(self, column)):first()
  if row == nil then return nil end
  return row[1]
end

-- --- UPDATE, DELETE ------------------------------------------------------------------------------

local UPDATE = { synchronize_session = true, update_args = true }
local DELETE = { synchronize_session = true, delete_args = true }

local function check_bulk(self, name)
  for _, clause in ipairs { { "limit", "limit()" }, { "offset", "offset()" }, { "order_by", "order_by()" },
    { "group_by", "group_by()" }, { "froms", "join(), outerjoin(), select_from(), or from_self()" },
    { "joins", "join(), outerjoin(), select_from(), or from_self()" } } do
    local value = node_get(self.stmt, clause[1])
    if value ~= nil and (type(value) ~= "table" or #value > 0) then
      exc.raise("InvalidRequestError", "Can't call Query.update() or Query.delete() when %s has been called", clause[2])
    end
  end
  local entity = first_entity(self)
  if not entity then exc.raise("InvalidRequestError", "Query.%s() needs a mapped class", name) end
  if info.is_aliased(entity) then return require("alchemoon.orm.aliased").of_entity(entity) end
  return info.mapper(entity).class
end

local function run_bulk(context, stmt, opts, event_name)
  local self = context.query
  local where = node_get(self.stmt, "where")
  if #where > 0 then stmt = stmt:where(unpack(where)) end
  local execution = {}
  for name, value in pairs(self.opts) do execution[name] = value end
  execution.synchronize_session = opts.synchronize_session
  local session = session_of(self)
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
  local context = { query = self, mapper = info.mapper(first_entity(self)), values = values }
  query_events.bulk("before_compile_" .. name, context)
  return context, check_bulk(context.query, name)
end

--- UPDATE of the rows that the query finds; returns how many there were.
---@param values table
---@param opts table?   synchronize_session, update_args
---@return integer
function methods:update(values, opts)
  opts = options.read("update", opts, UPDATE)
  local context, cls = bulk_context(self, "update", values)
  local stmt = require("alchemoon.sql.dml").update(cls)
  values = context.values
  if values[1] ~= nil then stmt = stmt:ordered_values(unpack(values)) else stmt = stmt:values(values) end
  if opts.update_args then stmt = stmt:with_dialect_options(opts.update_args) end
  return run_bulk(context, stmt, opts, "after_bulk_update")
end

--- DELETE of the rows that the query finds; returns how many there were.
---@param opts table?   synchronize_session, delete_args
---@return integer
function methods:delete(opts)
  opts = options.read("delete", opts, DELETE)
  local context, cls = bulk_context(self, "delete")
  local stmt = require("alchemoon.sql.dml").delete(cls)
  if opts.delete_args then stmt = stmt:with_dialect_options(opts.delete_args) end
  return run_bulk(context, stmt, opts, "after_bulk_delete")
end

query_legacy.public = { Query = Query }
return query_legacy
