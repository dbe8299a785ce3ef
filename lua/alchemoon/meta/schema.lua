---@meta _
--- What editors know of the names of alchemoon.schema in `am`.

---@class alchemoon
local am = {}


--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.AddConstraint(element, opts) end

---@type table
am.BLANK_SCHEMA = {}

--- CheckConstraint(condition, { name =, ... }): the condition as text or as an expression.
---@param sqltext any
---@param opts table?
---@return any
function am.CheckConstraint(sqltext, opts) end

--- am.Column([name,] [type,] ForeignKey ..., { primary_key, nullable, unique, index, default, server_default, ... })
---@param ... any
---@return any
function am.Column(...) end

--- am.ColumnDefault(value, expression or function, { for_update }): what `default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
function am.ColumnDefault(arg, opts) end

--- am.Computed(expression, { persisted }): GENERATED ALWAYS AS (expression).
---@param sqltext any
---@param opts table?
---@return any
function am.Computed(sqltext, opts) end

--- The kinds of constraints have this as their parent; it makes none itself.
function am.Constraint() end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateColumn(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateDomainType(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateEnumType(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateIndex(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateSchema(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateSequence(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.CreateTable(element, opts) end

--- am.DDL(text, context): a statement of one's own, for events and execute(); %(table)s and its like are filled in.
---@param text string
---@param context table?
---@param more table?
---@return any
function am.DDL(text, context, more) end

--- am.DefaultClause(text or expression, { for_update }): what `server_default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
function am.DefaultClause(arg, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropColumnComment(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropConstraint(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropConstraintComment(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropDomainType(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropEnumType(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropIndex(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropSchema(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropSequence(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropTable(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.DropTableComment(element, opts) end

--- ExcludeConstraint({column or expression, "operator"}, ..., {using=, where=, ops=})
---@param ... any
---@return any
function am.ExcludeConstraint(...) end

--- am.FetchedValue{ for_update }: the database makes the value by means that the table does not say.
---@param ... any
---@return any
function am.FetchedValue(...) end

--- am.ForeignKey("table.column" or a Column, { ondelete, onupdate, name, use_alter, ... })
---@param spec any
---@param opts table?
---@return any
function am.ForeignKey(spec, opts) end

--- A ForeignKeyConstraint given as lists of local columns and of what they refer to.
---@param local_columns any[]
---@param referred any[]   "table.column" texts or Columns
---@param opts table?   name, onupdate, ondelete, deferrable, initially, use_alter, match, link_to_name ...
---@return any
function am.ForeignKeyConstraint(local_columns, referred, opts) end

--- am.Identity{ always, start, increment, on_null, ... }: GENERATED AS IDENTITY.
---@param ... any
---@return any
function am.Identity(...) end

--- am.Index(name, column, ..., { unique, postgresql_where, postgresql_using, ... })
---@param name string?
---@param ... any
---@return any
function am.Index(name, ...) end

--- What a database holds.
---@param bind alchemoon.Engine|alchemoon.Connection
---@return alchemoon.Inspector
function am.Inspector(bind) end

--- am.MetaData{ schema, naming_convention, quote_schema, info }: tables that belong together.
---@param ... any
---@return any
function am.MetaData(...) end

---@type table
am.ObjectKind = {}

---@type table
am.ObjectScope = {}

--- PrimaryKeyConstraint(column, ..., { name =, ... }): columns by name or as Columns.
---@param ... any
---@return any
function am.PrimaryKeyConstraint(...) end

--- am.Sequence(name, { start, increment, schema, metadata, data_type, ... })
---@param name string
---@param ... any
---@return any
function am.Sequence(name, ...) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.SetColumnComment(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.SetConstraintComment(element, opts) end

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.SetTableComment(element, opts) end

--- am.Table(name, metadata, columns, constraints and indexes ..., { schema, autoload_with, extend_existing, ... })
---@param name string
---@param metadata any   a MetaData
---@param ... any
---@return any
function am.Table(name, metadata, ...) end

--- UniqueConstraint(column, ..., { name =, deferrable =, initially =, ... })
---@param ... any
---@return any
function am.UniqueConstraint(...) end

--- am.conv("name"): a constraint name to which no naming convention is applied any more.
---@param text string
---@return any
function am.conv(text) end

--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
function am.insert_sentinel(name, sql_type, opts) end

--- The inspector of an engine or connection, the mapper of a class, the state of an object ...
---@param value any
---@param opts {raiseerr: boolean?}?
function am.inspect(value, opts) end

am.mapped_column = am.Column

--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
function am.orm_insert_sentinel(name, sql_type, opts) end

--- am.quoted_name("Name", true): a name with a wish about its quotes. Without a wish it is the plain string.
---@param text string
---@param quote boolean?   nil: where the dialect needs it
---@return any
function am.quoted_name(text, quote) end

am.schema = {}

am.schema.AddConstraint = am.AddConstraint

am.schema.BLANK_SCHEMA = am.BLANK_SCHEMA

am.schema.CheckConstraint = am.CheckConstraint

am.schema.Column = am.Column

am.schema.ColumnDefault = am.ColumnDefault

am.schema.Computed = am.Computed

am.schema.Constraint = am.Constraint

am.schema.CreateColumn = am.CreateColumn

am.schema.CreateDomainType = am.CreateDomainType

am.schema.CreateEnumType = am.CreateEnumType

am.schema.CreateIndex = am.CreateIndex

am.schema.CreateSchema = am.CreateSchema

am.schema.CreateSequence = am.CreateSequence

am.schema.CreateTable = am.CreateTable

am.schema.DDL = am.DDL

am.schema.DefaultClause = am.DefaultClause

am.schema.DropColumnComment = am.DropColumnComment

am.schema.DropConstraint = am.DropConstraint

am.schema.DropConstraintComment = am.DropConstraintComment

am.schema.DropDomainType = am.DropDomainType

am.schema.DropEnumType = am.DropEnumType

am.schema.DropIndex = am.DropIndex

am.schema.DropSchema = am.DropSchema

am.schema.DropSequence = am.DropSequence

am.schema.DropTable = am.DropTable

am.schema.DropTableComment = am.DropTableComment

am.schema.ExcludeConstraint = am.ExcludeConstraint

am.schema.FetchedValue = am.FetchedValue

am.schema.ForeignKey = am.ForeignKey

am.schema.ForeignKeyConstraint = am.ForeignKeyConstraint

am.schema.Identity = am.Identity

am.schema.Index = am.Index

am.schema.Inspector = am.Inspector

am.schema.MetaData = am.MetaData

am.schema.ObjectKind = am.ObjectKind

am.schema.ObjectScope = am.ObjectScope

am.schema.PrimaryKeyConstraint = am.PrimaryKeyConstraint

am.schema.Sequence = am.Sequence

am.schema.SetColumnComment = am.SetColumnComment

am.schema.SetConstraintComment = am.SetConstraintComment

am.schema.SetTableComment = am.SetTableComment

am.schema.Table = am.Table

am.schema.UniqueConstraint = am.UniqueConstraint

--- am.conv("name"): a constraint name to which no naming convention is applied any more.
---@param text string
---@return any
function am.schema.conv(text) end

--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
function am.schema.insert_sentinel(name, sql_type, opts) end

--- The inspector of an engine or connection, the mapper of a class, the state of an object ...
---@param value any
---@param opts {raiseerr: boolean?}?
function am.schema.inspect(value, opts) end

am.schema.mapped_column = am.Column

--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
function am.schema.orm_insert_sentinel(name, sql_type, opts) end

--- am.quoted_name("Name", true): a name with a wish about its quotes. Without a wish it is the plain string.
---@param text string
---@param quote boolean?   nil: where the dialect needs it
---@return any
function am.schema.quoted_name(text, quote) end

--- am.sort_tables(tables, { skip_fn =, extra_dependencies = }): parents first; tables of a cycle stand in the given
--- order.
---@param tables any[]
---@param opts table?   skip_fn, extra_dependencies
---@return any[]
function am.schema.sort_tables(tables, opts) end

--- am.sort_tables_and_constraints(tables, { filter_fn = }).
---@param tables any[]
---@param opts table?   filter_fn
---@return any[] lists of a table and its constraints
function am.schema.sort_tables_and_constraints(tables, opts) end

--- am.sort_tables(tables, { skip_fn =, extra_dependencies = }): parents first; tables of a cycle stand in the given
--- order.
---@param tables any[]
---@param opts table?   skip_fn, extra_dependencies
---@return any[]
function am.sort_tables(tables, opts) end

--- am.sort_tables_and_constraints(tables, { filter_fn = }).
---@param tables any[]
---@param opts table?   filter_fn
---@return any[] lists of a table and its constraints
function am.sort_tables_and_constraints(tables, opts) end

return am
