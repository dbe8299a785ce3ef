--- The schema room: what it adds to `am`.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local named = require "alchemoon.named"
local named_types = require "alchemoon.schema.named_types"
local columns = require "alchemoon.sql.columns"
local inspection = require "alchemoon.inspection"
local create = require "alchemoon.schema.create"
local column = require "alchemoon.schema.column"
local constraint = require "alchemoon.schema.constraint"
local ddl = require "alchemoon.schema.ddl"
local default = require "alchemoon.schema.default"
local events = require "alchemoon.schema.events"
local foreign_key = require "alchemoon.schema.foreign_key"
local index = require "alchemoon.schema.index"
local item = require "alchemoon.schema.item"
local metadata = require "alchemoon.schema.metadata"
local naming = require "alchemoon.schema.naming"
local options = require "alchemoon.options"
local sort = require "alchemoon.schema.sort"
local tables = require "alchemoon.schema.table"
local types = require "alchemoon.types"

local reflection = require "alchemoon.reflection"

local SENTINEL = { default = true, omit_from_statements = true, name = true, type_ = true }
--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
local function insert_sentinel(name, sql_type, opts)
  if opts == nil and options.is_options(sql_type) and not types.is_type(sql_type) then
    sql_type, opts = nil, sql_type
  end
  if opts == nil and options.is_options(name) then name, opts = nil, name end
  opts = options.check("insert_sentinel", opts, SENTINEL) or {}
  return column.Column(name or opts.name, sql_type or opts.type_ or types.public.Integer, {
    insert_sentinel = true, default = opts.default, _omit_from_statements = opts.omit_from_statements ~= false,
  })
end

local schema = {
  insert_sentinel = insert_sentinel, orm_insert_sentinel = insert_sentinel,
  MetaData = metadata.MetaData, Table = tables.Table, Column = column.Column, mapped_column = column.Column,
  ForeignKey = foreign_key.ForeignKey, Index = index.Index,
  Constraint = constraint.Constraint, PrimaryKeyConstraint = constraint.PrimaryKeyConstraint,
  ForeignKeyConstraint = constraint.ForeignKeyConstraint, UniqueConstraint = constraint.UniqueConstraint,
  CheckConstraint = constraint.CheckConstraint, ExcludeConstraint = constraint.ExcludeConstraint,
  Sequence = default.Sequence, Identity = default.Identity, Computed = default.Computed,
  FetchedValue = default.FetchedValue, DefaultClause = default.DefaultClause, ColumnDefault = default.ColumnDefault,
  sort_tables = sort.sort_tables, sort_tables_and_constraints = sort.sort_tables_and_constraints,
  inspect = inspection.inspect,
  BLANK_SCHEMA = default.BLANK_SCHEMA, conv = item.conv,
  quoted_name = named.arguments("quoted_name", { "value", "quote" }, 1, 2, item.quoted_name),
}

-- What something is: am.Table.is(x), as am.Select.is(x) tells of SQL elements. Tables and columns are those of a
-- schema: those of am.table() and am.column() are none.
for name, is in pairs {
  MetaData = { "METADATA" }, Table = { "TABLE", "metadata" }, Column = { "COLUMN", "schema" },
  ForeignKey = { "FOREIGN_KEY" }, Index = { "INDEX" }, Constraint = { "CONSTRAINT" }, Sequence = { "SEQUENCE" },
  Identity = { "IDENTITY" }, Computed = { "COMPUTED" },
} do
  local tag, field = is[1], is[2]
  schema[name].is = function(value)
    return item.is_tag(value, tag) and (field == nil or core.node_get(value, field) ~= nil)
  end
end

events.class(schema.MetaData, nil, "METADATA")
events.class(schema.Table, nil, "TABLE")
events.class(schema.Column, nil, "COLUMN")
events.class(schema.ForeignKey, nil, "FOREIGN_KEY")
events.class(schema.Index, nil, "INDEX")
events.class(schema.Sequence, nil, "SEQUENCE")
events.class(schema.Constraint, nil, "CONSTRAINT")
events.class(schema.PrimaryKeyConstraint, schema.Constraint, "CONSTRAINT", item.PRIMARY_KEY)
events.class(schema.ForeignKeyConstraint, schema.Constraint, "CONSTRAINT", item.FOREIGN_KEY)
events.class(schema.UniqueConstraint, schema.Constraint, "CONSTRAINT", item.UNIQUE)
events.class(schema.CheckConstraint, schema.Constraint, "CONSTRAINT", item.CHECK)
events.class(schema.ExcludeConstraint, schema.Constraint, "CONSTRAINT", item.EXCLUDE)

naming.classes.ix, naming.classes.pk, naming.classes.fk = schema.Index, schema.PrimaryKeyConstraint,
  schema.ForeignKeyConstraint
naming.classes.uq, naming.classes.ck = schema.UniqueConstraint, schema.CheckConstraint
metadata.methods.reflect = function(node, bind, opts)
  return require("alchemoon.reflection.table").metadata(node, bind, opts)
end
schema.Inspector, schema.ObjectKind, schema.ObjectScope = reflection.Inspector, reflection.ObjectKind,
  reflection.ObjectScope
default.create, index.create = create, create
tables.methods.exists = create.table_exists
tables.methods.create, tables.methods.drop = create.create_table, create.drop_table
metadata.methods.create_all, metadata.methods.drop_all = create.create_all, create.drop_all
metadata.properties.sorted_tables = function(node)
  return columns.list(sort.sort_tables(sort.by_key(core.node_get(node, "tables"))))
end
for name, constructor in pairs(ddl.constructors) do schema[name] = constructor end
class.extend("TYPE", { methods = {
  --- Creates a named type (PostgreSQL ENUM, DOMAIN); nothing elsewhere.
  create = function(node, bind, opts) named_types.run(node, "create", bind, named_types.checkfirst(opts)) end,
  drop = function(node, bind, opts) named_types.run(node, "drop", bind, named_types.checkfirst(opts)) end,
} })

-- am.schema: the same names in a room of their own.
local all = {}
for name, value in pairs(schema) do all[name] = value end
schema.schema = all

return schema
