--- A legacy Query as a part of other statements: subquery, CTE, value, EXISTS, and UNION with other queries.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local instance = require "alchemoon.orm.instance"
local lower_items = require "alchemoon.orm.lower_items"
local lower_select = require "alchemoon.orm.lower_select"
local options = require "alchemoon.options"
local orm_flags = require "alchemoon.orm.orm_flags"
local query_events = require "alchemoon.orm.query_events"
local query_legacy = require "alchemoon.orm.query_legacy"
local select_module = require "alchemoon.sql.select"
local statements = require "alchemoon.sql.statements"
local types = require "alchemoon.types"

local query_statement = {}
local T, E = core.tags, core.enums
local node_get, node_with = core.node_get, core.node_with
local unpack = table.unpack or unpack
local Query = query_legacy.Query
---@class alchemoon.Query
local methods = Query.methods
local fields = Query.fields

-- A SELECT from a UNION of queries, with the UNION's columns in the place of those of the entities. `as_part`: it
-- becomes one of another UNION, which has the deferred columns, too.
function query_statement.settled(stmt, style, as_part)
  local flags = node_get(stmt, "orm")
  if not flags or not flags.base_alias then return nil end
  instance.configure()
  return lower_select.lower(stmt, { for_subquery = as_part, eager = false, base_alias = true, no_single = true,
    legacy = true, label_style = style, options = as_part and {} or nil }).statement
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
  local stmt = query_statement.settled(self.stmt, style) or node_with(self.stmt, { label_style = style })
  if next(self.opts) ~= nil then stmt = stmt:execution_options(self.opts) end
  if self._set then stmt = stmt:params(self._set) end
  return stmt
end
fields.selectable = fields.statement
fields.whereclause = function(self) return self.stmt.whereclause end
fields.column_descriptions = function(self) return self.stmt.column_descriptions end
--- Is it a Query of one thing of a mapped class: of the class, or of an attribute?
fields.is_single_entity = function(self)
  local columns = node_get(self.stmt, "columns")
  local tag = #columns == 1 and core.node_tag(columns[1])
  return not self._tuples and (tag == T.ORM_ENTITY or tag == T.ORM_ATTR)
end

--- Are its results objects?
function query_statement.is_of_objects(self)
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

local function one_literal() return core.node(T.COLUMN, { name = "1", literal = 1 }, types.INTEGER) end

--- EXISTS (SELECT 1 ...).
---@return any
function methods:exists()
  select_only(self)
  local inner = node_with(fields.statement(methods.enable_eagerloads(self, false)), { columns = { one_literal() },
    order_by = node_get(self.stmt, "limit") == nil and false or nil })
  local entity = query_legacy.first_entity(self)
  if not entity then
    local first = node_get(self.stmt, "columns")[1]
    entity = first and lower_items.first_entity(first)
  end
  if entity and (#node_get(inner, "froms") == 0 or #node_get(inner, "joins") > 0) then
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

--- The statement that the query runs, eager loading included, compiled as statements are: `compile{ dialect = … }`.
---@param opts table?
---@return alchemoon.Compiled
function methods:compile(opts) return query_events.compiled(self).stmt:compile(opts) end

-- --- UNION and the like --------------------------------------------------------------------------

local function labelled(value)
  if type(value) == "table" and value.stmt and value.opts then
    local q = query_events.compiled(methods.enable_eagerloads(value, false))
    local stmt = query_statement.settled(q.stmt, E.LABEL_STYLE_TABLENAME_PLUS_COL, true)
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
  return query_legacy.with_stmt(self, stmt)
end

for _, name in ipairs { "union", "union_all", "intersect", "intersect_all", "except_", "except_all" } do
  methods[name] = function(self, ...)
    local list = { labelled(self) }
    for i = 1, select("#", ...) do list[i + 1] = labelled((select(i, ...))) end
    local compound = statements.compound(name, unpack(list))
    return from_selectable(self, compound:subquery())
  end
end

return query_statement
