---@meta _
--- What editors know of `am`: made by `make meta` from the annotations in the source. Nothing loads this file.

---@class alchemoon
local am = {}


--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.ARRAY(...) end

---@type table
am.AbstractConcreteBase = {}

--- The statement of that name for a schema item.
---@param element any
---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
---@return any
function am.AddConstraint(element, opts) end

---@type table
am.Alias = {}

---@type table
am.AliasedReturnsRows = {}

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.AnsiFunction(spec) end

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.AssertionPool(creator, opts) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BIGINT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BINARY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BIT(...) end

---@type table
am.BLANK_SCHEMA = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BLOB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BOOLEAN(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BYTEA(...) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.BaseDDLElement(spec) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BigInteger(...) end

---@type table
am.BinaryExpression = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.BindParameter(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Boolean(...) end

---@type table
am.BooleanClauseList = {}

--- am.Bundle(name, column, …, { single_entity, create_row_processor = function(bundle, labels) → function(values) →
--- value })
---@param name string
---@param ... any
---@return any
function am.Bundle(name, ...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.CHAR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.CIDR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.CITEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.CLOB(...) end

---@type table
am.CTE = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Case(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Cast(...) end

--- CheckConstraint(condition, { name =, ... }): the condition as text or as an expression.
---@param sqltext any
---@param opts table?
---@return any
function am.CheckConstraint(sqltext, opts) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ClauseElement(spec) end

--- ClauseList(a, b, { operator =, group = }): expressions with a comma, or another operator, between them.
---@param ... any
---@return alchemoon.ColumnElement
function am.ClauseList(...) end

--- am.Column([name,] [type,] ForeignKey ..., { primary_key, nullable, unique, index, default, server_default, ... })
---@param ... any
---@return any
function am.Column(...) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ColumnClause(spec) end

--- am.ColumnDefault(value, expression or function, { for_update }): what `default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
function am.ColumnDefault(arg, opts) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ColumnElement(spec) end

--- A comparator over an expression: what stands for a hybrid in SQL.
---@param expression any
---@return table
function am.Comparator(expression) end

---@type table
am.CompoundSelect = {}

--- am.Computed(expression, { persisted }): GENERATED ALWAYS AS (expression).
---@param sqltext any
---@param opts table?
---@return any
function am.Computed(sqltext, opts) end

---@type table
am.ConcreteBase = {}

---@type table
am.Connection = {}

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DATE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DATEMULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DATERANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DATETIME(...) end

--- am.DDL(text, context): a statement of one's own, for events and execute(); %(table)s and its like are filled in.
---@param text string
---@param context table?
---@param more table?
---@return any
function am.DDL(text, context, more) end

am.DDLElement = am.BaseDDLElement

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DECIMAL(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DOMAIN(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DOUBLE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DOUBLE_PRECISION(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Date(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.DateTime(...) end

--- am.DefaultClause(text or expression, { for_update }): what `server_default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
function am.DefaultClause(arg, opts) end

---@type table
am.DeferredReflection = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Delete(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Double(...) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.ENUM(...) end

---@type table
am.EXT_SKIP = {}

---@type table
am.Engine = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Enum(...) end

--- ExcludeConstraint({column or expression, "operator"}, ..., {using=, where=, ops=})
---@param ... any
---@return any
function am.ExcludeConstraint(...) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.Executable(spec) end

am.ExecutableDDLElement = am.BaseDDLElement

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Exists(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Extract(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.FLOAT(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.False_(...) end

--- am.FetchedValue{ for_update }: the database makes the value by means that the table does not say.
---@param ... any
---@return any
function am.FetchedValue(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Float(...) end

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

---@type table
am.FromClause = {}

---@type table
am.FromGrouping = {}

---@type table
am.Function = {}

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.FunctionElement(spec) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.FunctionFilter(...) end

---@type table
am.GenerativeSelect = {}

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.GenericFunction(spec) end

---@type table
am.Grouping = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.HSTORE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INET(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INT4MULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INT4RANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INT8MULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INT8RANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INTEGER(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.INTERVAL(...) end

--- am.Identity{ always, start, increment, on_null, ... }: GENERATED AS IDENTITY.
---@param ... any
---@return any
function am.Identity(...) end

--- am.Index(name, column, ..., { unique, postgresql_where, postgresql_using, ... })
---@param name string?
---@param ... any
---@return any
function am.Index(name, ...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Insert(...) end

--- What a database holds.
---@param bind alchemoon.Engine|alchemoon.Connection
---@return alchemoon.Inspector
function am.Inspector(bind) end

---@type table
am.InstrumentedList = {}

---@type table
am.InstrumentedSet = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Integer(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Interval(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.JSON(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.JSONB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.JSONPATH(...) end

am.JSONPathType = am.JSONPATH

---@type table
am.Join = {}

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.KeyFuncDict(fn, opts) end

---@type number
am.LABEL_STYLE_DEFAULT = nil

---@type number
am.LABEL_STYLE_DISAMBIGUATE_ONLY = nil

---@type number
am.LABEL_STYLE_LEGACY_ORM = nil

---@type number
am.LABEL_STYLE_NONE = nil

---@type number
am.LABEL_STYLE_TABLENAME_PLUS_COL = nil

---@type table
am.Label = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.LargeBinary(...) end

---@type table
am.Lateral = {}

--- An option that starts at an entity: am.Load(User):selectinload(User.posts).
---@param entity any   a class or an alias
---@return alchemoon.Load
function am.Load(entity) end

---@type table
am.LoaderCallableStatus = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MACADDR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MACADDR8(...) end

---@type string
am.MANYTOMANY = nil

---@type string
am.MANYTOONE = nil

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MONEY(...) end

--- am.Mapped("str", …): the other arguments are those of am.Column (without a type).
---@param name string
---@param ... any
---@return any
function am.Mapped(name, ...) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.MappedCollection(fn, opts) end

---@type table
am.Mapper = {}

---@type table
am.MappingResult = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MatchType(...) end

--- am.MetaData{ schema, naming_convention, quote_schema, info }: tables that belong together.
---@param ... any
---@return any
function am.MetaData(...) end

--- am.MultiRange{ range, ... }: a list of ranges that knows it is one.
---@param list alchemoon.Range[]?
---@return alchemoon.Range[]
function am.MultiRange(list) end

---@type table
am.Mutable = {}

---@type table
am.MutableComposite = {}

--- A value of the class.
---@param value table?
---@return table
function am.MutableDict(value) end

--- A value of the class.
---@param value table?
---@return table
function am.MutableList(value) end

--- A value of the class.
---@param value table?
---@return table
function am.MutableSet(value) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NCHAR(...) end

---@type table
am.NO_KEY = {}

---@type table
am.NO_VALUE = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NUMERIC(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NUMMULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NUMRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NVARCHAR(...) end

---@type table
am.NestedTransaction = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Null(...) end

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.NullPool(creator, opts) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NullType(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Numeric(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.OID(...) end

---@type string
am.ONETOMANY = nil

---@type table
am.OP_APPEND = {}

---@type table
am.OP_BULK_REPLACE = {}

---@type table
am.OP_MODIFIED = {}

---@type table
am.OP_REMOVE = {}

---@type table
am.OP_REPLACE = {}

---@type table
am.ObjectKind = {}

---@type table
am.ObjectScope = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Over(...) end

---@type string
am.PASSIVE_NO_FETCH = nil

---@type string
am.PASSIVE_NO_FETCH_RELATED = nil

---@type string
am.PASSIVE_NO_INITIALIZE = nil

---@type table
am.PASSIVE_NO_RESULT = {}

---@type string
am.PASSIVE_OFF = nil

---@type string
am.PASSIVE_ONLY_PERSISTENT = nil

---@type table
am.PassiveFlag = {}

--- am.PickleType{ pickler = { dumps = function(value) … end, loads = function(bytes) … end }, impl, comparator } → a
--- type class. nil is NULL; `comparator(a, b)` says whether a stored value is unchanged.
---@param opts table
---@return table
function am.PickleType(opts) end

---@type table
am.Pool = {}

--- PrimaryKeyConstraint(column, ..., { name =, ... }): columns by name or as Columns.
---@param ... any
---@return any
function am.PrimaryKeyConstraint(...) end

---@type table
am.Query = {}

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.QueuePool(creator, opts) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.REAL(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.REGCLASS(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.REGCONFIG(...) end

--- am.Range(lower, upper, bounds, empty): bounds "[)", "[]", "()" or "(]"; nil is unbounded.
---@param lower any
---@param upper any
---@param bounds string?
---@param empty boolean?
---@return alchemoon.Range
function am.Range(lower, upper, bounds, empty) end

---@type table
am.Result = {}

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ReturnTypeFromArgs(spec) end

---@type table
am.RootTransaction = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.SMALLINT(...) end

---@type table
am.ScalarResult = {}

---@type table
am.ScalarSelect = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Select(...) end

---@type table
am.SelectBase = {}

--- am.Sequence(name, { start, increment, schema, metadata, data_type, ... })
---@param name string
---@param ... any
---@return any
function am.Sequence(name, ...) end

--- am.Session(bind, opts, fn): a session; with fn, fn(session) is called and the session closed.
---@param ... any   bind, autoflush, expire_on_commit, info, binds, twophase, query_cls ...
---@return alchemoon.Session|any
function am.Session(...) end

---@type table
am.SessionTransaction = {}

---@type table
am.SessionTransactionOrigin = {}

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

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.SingletonThreadPool(creator, opts) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.SmallInteger(...) end

--- A pool over a function that opens driver connections.
---@param creator function
---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
---@return alchemoon.Pool
function am.StaticPool(creator, opts) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.String(...) end

---@type table
am.Subquery = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TIME(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TIMESTAMP(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSMULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSQUERY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSTZMULTIRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSTZRANGE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TSVECTOR(...) end

--- am.Table(name, metadata, columns, constraints and indexes ..., { schema, autoload_with, extend_existing, ... })
---@param name string
---@param metadata any   a MetaData
---@param ... any
---@return any
function am.Table(name, metadata, ...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TableClause(...) end

---@type table
am.TableSample = {}

---@type table
am.TableValuedAlias = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Text(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TextClause(...) end

---@type table
am.TextualSelect = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Time(...) end

---@type table
am.Transaction = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.True_(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Tuple(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TupleType(...) end

---@type table
am.TwoPhaseTransaction = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TypeCoerce(...) end

--- `am.TypeDecorator{ impl = am.String, process_bind_param = function(value, dialect) ... end, ... }` → a type class.
--- Arguments of a call of the class go to the constructor of `impl`.
---@param spec table
---@return table
function am.TypeDecorator(spec) end

--- URLs are made by am.URL.create{ … } and am.make_url(text).
function am.URL() end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.UUID(...) end

---@type table
am.UnaryExpression = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Unicode(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.UnicodeText(...) end

--- UniqueConstraint(column, ..., { name =, deferrable =, initially =, ... })
---@param ... any
---@return any
function am.UniqueConstraint(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Update(...) end

---@type table
am.UpdateBase = {}

--- An option that carries a value to the events of executions.
---@param payload any
---@param opts table?   propagate_to_loaders
---@return alchemoon.UserDefinedOption
function am.UserDefinedOption(payload, opts) end

--- `am.UserDefinedType{ get_col_spec = function(self) return "MONEY" end, ... }` → a type class. `self` is
--- a table with the call's options as fields and its arguments at [1], [2] ...
---@param spec table
---@return table
function am.UserDefinedType(spec) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Uuid(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.VARBINARY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.VARCHAR(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Values(...) end

---@type table
am.ValuesBase = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.WithinGroup(...) end

--- PostgreSQL: the argument of an aggregate with ORDER BY inside the parentheses.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.aggregate_order_by(value, ...) end

--- Another name for a FROM element, for a statement as a subquery.
---@param value any
---@param name string?
---@param opts table?
---@return any
function am.alias(value, name, opts) end

--- am.aliased(User, { name, flat, adapt_on_names }), am.aliased(User, subquery, { … }); a table gets an alias of its
--- own.
---@param element any
---@param ... any
---@return any
function am.aliased(element, ...) end

--- The expression's method of that name as a function.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.all_(value, ...) end

--- The conditions, joined by AND or OR.
---@param ... any
---@return alchemoon.ColumnElement
function am.and_(...) end

--- The expression's method of that name as a function.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.any_(value, ...) end

--- A PostgreSQL array literal: array{1, 2, col}.
---@param list any[]
---@param opts table?   type_
---@return alchemoon.ColumnElement
function am.array(list, opts) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.array_agg(...) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.asc(value, ...) end

--- am.association_proxy(target_collection, attr, { creator, create_on_none_assignment, cascade_scalar_deletes, … })
---@param target string   the relationship's name
---@param value_attr string   what is shown of each object
---@param opts table?   creator, getset_factory, proxy_factory, create_on_none_assignment, info ...
---@return any
function am.association_proxy(target, value_attr, opts) end

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
---@param name string
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.attribute_keyed_dict(name, opts) end

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
---@param name string
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.attribute_mapped_collection(name, opts) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.autoload(...) end

--- am.automap_base(declarative base, { of declarative_base }); a MetaData may stand in place of the base.
---@param given table?
---@param opts table?
---@return table
function am.automap_base(given, opts) end

--- am.backref(name, { relationship options })
---@param name string
---@param opts table?
---@return any
function am.backref(name, opts) end

--- The expression's method of that name as a function.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.between(value, ...) end

--- A named parameter: bindparam("name", value, type, {...}). Without a value one must be given at execution.
---@param key string?
---@param ... any
---@return alchemoon.ColumnElement
function am.bindparam(key, ...) end

--- The expression's method of that name as a function.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.bitwise_not(value, ...) end

--- `case({cond, v}, ..., { else_ = x })`; with `value =` the conditions are values to compare with.
---@param ... any
---@return alchemoon.ColumnElement
function am.case(...) end

--- CAST(value AS type); try_cast: NULL instead of an error, where the database has it.
---@param value any
---@param sql_type any
---@return alchemoon.ColumnElement
function am.cast(value, sql_type) end

--- am.class_mapper(cls, { configure = false })
--- Raises UnmappedClassError.
---@param cls table
---@param opts table?
---@return alchemoon.Mapper
function am.class_mapper(cls, opts) end

--- The name of the class for a table: the table's.
function am.classname_for_table(_, tablename) end

--- Forgets all mappers of all registries.
function am.clear_mappers() end

--- Closes every session of this Lua state.
function am.close_all_sessions() end

--- value COLLATE name
---@param value any
---@param name string
---@return alchemoon.ColumnElement
function am.collate(value, name) end

---@type table
am.collection = {}

--- am.collection_adapter(obj.children)
function am.collection_adapter(collection) end

--- A column by name only, without a table.
---@param name string
---@param sql_type any
---@param opts table?   is_literal
---@return alchemoon.ColumnElement
function am.column(name, sql_type, opts) end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a key text.
function am.column_keyed_dict(given, opts) end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a key text.
function am.column_mapped_collection(given, opts) end

--- am.column_property(expression, ..., { deferred, group, active_history, ... })
---@param ... any
---@return any
function am.column_property(...) end

--- The columns of a FROM element, a mapped class, a statement, a constraint or an index, in order.
---@param value any
---@return any
function am.columns(value) end

--- Gives a class a text: compiles(class, fn) everywhere, compiles(class, "sqlite", ..., fn) on those dialects.
--- fn(element, compiler, kw) returns the SQL; nil renders nothing.
---@param cls table
---@param ... any   names of dialects, then the function
---@return function fn
function am.compiles(cls, ...) end

--- am.composite(make, "a", "b" or Columns ..., { active_history, deferred, group, comparator_factory, info })
---@param make table|function   the class, or what makes a value of the columns'
---@param ... any
---@return any
function am.composite(make, ...) end

--- Configures all mappers now, instead of when they are first used.
function am.configure_mappers() end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.contains_eager(...) end

--- am.conv("name"): a constraint name to which no naming convention is applied any more.
---@param text string
---@return any
function am.conv(text) end

--- Ready-made ordering functions: places from 0, from 1, from a number.
function am.count_from_0(index) end

--- Places counted from 1.
---@param index integer
---@return integer
function am.count_from_1(index) end

--- A function that counts places from a number.
---@param start integer
---@return fun(index:integer):integer
function am.count_from_n_factory(start) end

--- An engine for a database URL. Connects when it is first used.
---@param url string|userdata
---@param opts table?
---@return alchemoon.Engine
function am.create_async_engine(url, opts) end

--- An engine for a database URL. Connects when it is first used.
---@param url string|userdata
---@param opts table?
---@return alchemoon.Engine
function am.create_engine(url, opts) end

--- `create_mock_engine("postgresql://", function(element) print(element:compile{ dialect = "postgresql" }) end)`
---@param url any        a URL that names the dialect; nothing is connected
---@param executor function   called with the statement, its parameters and its options
---@return table engine
function am.create_mock_engine(url, executor) end

--- A CTE of a SELECT or of an INSERT, UPDATE, DELETE with RETURNING.
---@param value any
---@param name string?
---@param opts table?   recursive, nesting
---@return any
function am.cte(value, name, opts) end

--- An operator as a function of two operands: `local within = am.custom_op("<@"); within(a, b)`.
---@param text string
---@param opts table?   those of `op()`; natural_self_precedent: a op b op c needs no parentheses; eager_grouping: in
---                      parentheses inside any other operator
---@return function
function am.custom_op(text, opts) end

--- am.date(year, month, day)
---@param ... any
---@return alchemoon.Date
function am.date(...) end

--- am.datetime(year, month, day, hour, minute, ...)
---@param ... any
---@return alchemoon.Datetime
function am.datetime(...) end

--- An exact decimal number of a text or an integer.
---@param value any
---@return alchemoon.Decimal
function am.decimal(value) end

--- am.declarative_base{ metadata, naming_convention, cls, name, default_lazy, type_annotation_map, ... }
---@param opts table?
---@return table
function am.declarative_base(opts) end

--- am.declared_attr(function(cls) … end); `.cascading` for every subclass anew, `.directive` for __x__ names.
---@param fn fun(cls:table):any
---@return any
function am.declared_attr(fn) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.defaultload(...) end

--- For columns, the last of a path.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.defer(...) end

--- am.deferred(column, ..., { group, raiseload })
---@param ... any
---@return any
function am.deferred(...) end

--- am.del_attribute(obj, key): the value is forgotten; a flush writes NULL.
---@param obj table
---@param key string
function am.del_attribute(obj, key) end

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.delete(from) end

--- Takes back everything that compiles() was told about a class.
---@param cls table
function am.deregister(cls) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.desc(value, ...) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.distinct(value, ...) end

--- A relationship with lazy = "dynamic": its attribute is a query.
---@param target any
---@param opts table?
---@return any
function am.dynamic_loader(target, opts) end

--- create_engine from a table with a prefix: { ["sqlalchemy.url"] = ..., ["sqlalchemy.echo"] = "true" }.
---@param config table
---@param prefix string?
function am.engine_from_config(config, prefix, extra) end

am.event = {}

--- Is this function registered for that target and event?
---@return boolean
function am.event.contains(target, name, fn) end

--- Calls every function of a list (node[name]; nil is allowed) with the same arguments.
function am.event.fire(list, ...) end

--- Registers a listener. Options: once, retval, propagate, insert (before the others), named (one table).
---@param target any
---@param name string
---@param fn function
---@param opts table?
---@return function fn
function am.event.listen(target, name, fn, opts) end

--- listens_for(target, name, opts) returns a function that registers its argument and returns it.
---@param target any
---@param name string
---@param opts table?
---@return function
function am.event.listens_for(target, name, opts) end

--- A new node under `parents`: list of { node, "all" | "propagate" | "own" }; an "own" one stands for the node itself
--- before it was made.
---@param parents table?
---@return table
function am.event.node(parents) end

--- A family may adapt listeners: hook(def, target, fn, opts) returns the function to be called in its place, and
--- whether the room calls it "early" (dispatch.lua).
---@param family string
---@param hook function
function am.event.register_hook(family, hook) end

--- Tells that targets of `family` are found by `resolve(target, create)`: the node of the target, or nil if it is none
--- of this room's. With create = false a target without listeners may answer nil.
---@param family string
---@param resolve function
function am.event.register_target(family, resolve) end

--- Takes a listener away.
---@param target any
---@param name string
---@param fn function
function am.event.remove(target, name, fn) end

am.exc = {}

---@type alchemoon.Error
am.exc.AmbiguousForeignKeysError = {}

---@type alchemoon.Error
am.exc.ArgumentError = {}

---@type alchemoon.Error
am.exc.AwaitRequired = {}

---@type alchemoon.Error
am.exc.CircularDependencyError = {}

---@type alchemoon.Error
am.exc.CompileError = {}

---@type alchemoon.Error
am.exc.ConstraintColumnNotFoundError = {}

---@type alchemoon.Error
am.exc.DBAPIError = {}

---@type alchemoon.Error
am.exc.DataError = {}

---@type alchemoon.Error
am.exc.DatabaseError = {}

---@type alchemoon.Error
am.exc.DetachedInstanceError = {}

---@type alchemoon.Error
am.exc.DisconnectionError = {}

---@type alchemoon.Error
am.exc.DuplicateColumnError = {}

---@type alchemoon.Error
am.exc.Error = {}

---@type alchemoon.Error
am.exc.FlushError = {}

---@type alchemoon.Error
am.exc.IdentifierError = {}

---@type alchemoon.Error
am.exc.IllegalStateChangeError = {}

---@type alchemoon.Error
am.exc.IntegrityError = {}

---@type alchemoon.Error
am.exc.InterfaceError = {}

---@type alchemoon.Error
am.exc.InternalError = {}

---@type alchemoon.Error
am.exc.InvalidRequestError = {}

---@type alchemoon.Error
am.exc.InvalidatePoolError = {}

---@type alchemoon.Error
am.exc.LoaderStrategyException = {}

---@type alchemoon.Error
am.exc.MappedAnnotationError = {}

---@type alchemoon.Error
am.exc.MemoryError = {}

---@type alchemoon.Error
am.exc.MissingGreenlet = {}

---@type alchemoon.Error
am.exc.MultipleResultsFound = {}

---@type alchemoon.Error
am.exc.NoForeignKeysError = {}

---@type alchemoon.Error
am.exc.NoInspectionAvailable = {}

---@type alchemoon.Error
am.exc.NoReferenceError = {}

---@type alchemoon.Error
am.exc.NoReferencedColumnError = {}

---@type alchemoon.Error
am.exc.NoReferencedTableError = {}

---@type alchemoon.Error
am.exc.NoResultFound = {}

---@type alchemoon.Error
am.exc.NoSuchColumnError = {}

---@type alchemoon.Error
am.exc.NoSuchModuleError = {}

---@type alchemoon.Error
am.exc.NoSuchTableError = {}

---@type alchemoon.Error
am.exc.NotSupportedError = {}

---@type alchemoon.Error
am.exc.ObjectDeletedError = {}

---@type alchemoon.Error
am.exc.ObjectDereferencedError = {}

---@type alchemoon.Error
am.exc.ObjectNotExecutableError = {}

---@type alchemoon.Error
am.exc.OperationalError = {}

---@type alchemoon.Error
am.exc.PendingRollbackError = {}

---@type alchemoon.Error
am.exc.ProgrammingError = {}

---@type alchemoon.Error
am.exc.ResourceClosedError = {}

am.exc.SQLAlchemyError = am.exc.Error

---@type alchemoon.Error
am.exc.StaleDataError = {}

---@type alchemoon.Error
am.exc.StatementError = {}

---@type alchemoon.Error
am.exc.TimeoutError = {}

---@type alchemoon.Error
am.exc.UnboundExecutionError = {}

---@type alchemoon.Error
am.exc.UnmappedClassError = {}

---@type alchemoon.Error
am.exc.UnmappedColumnError = {}

---@type alchemoon.Error
am.exc.UnmappedError = {}

---@type alchemoon.Error
am.exc.UnmappedInstanceError = {}

---@type alchemoon.Error
am.exc.UnreflectableTableError = {}

---@type alchemoon.Error
am.exc.UnsupportedCompilationError = {}

---@type alchemoon.Error
am.exc.define = {}

---@type alchemoon.Error
am.exc.format_params = {}

---@type alchemoon.Error
am.exc.is = {}

---@type alchemoon.Error
am.exc.raise = {}

---@type alchemoon.Error
am.exc.show_value = {}

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.except_(...) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.except_all(...) end

--- EXISTS (SELECT ...): of a SELECT, a scalar subquery, or of columns as for select().
---@param ... any
---@return alchemoon.ColumnElement
function am.exists(...) end

--- EXTRACT(field FROM value)
---@param field string
---@param value any
---@return alchemoon.ColumnElement
function am.extract(field, value) end

--- false, or 0 = 1 where a database has no such word.
---@return alchemoon.ColumnElement
function am.false_() end

--- An aggregate over the rows that fulfil the conditions.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.filter(value, ...) end

--- am.flag_dirty(obj): the session looks at it in the next flush.
---@param obj table
function am.flag_dirty(obj) end

--- am.flag_modified(obj, key)
--- Raises InvalidRequestError if it is not loaded.
---@param obj table
---@param key string
function am.flag_modified(obj, key) end

--- The expression, marked for a primaryjoin.
---@param expression any
---@return any
function am.foreign(expression) end

--- SQL functions by name: am.func.count(), am.func.lower(text) ...
---@type table<string, fun(...:any):alchemoon.Function>
am.func = {}

--- An aggregate over the rows that fulfil the conditions.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.funcfilter(value, ...) end

--- Makes a relationship() or a backref(); one's own may return nil to leave it out, or change `kw` and call this.
function am.generate_relationship(_, _, return_fn, attrname, _, referred_cls, kw) end

--- am.get_attribute(obj, key)
---@param obj table
---@param key string
---@return any
function am.get_attribute(obj, key) end

--- am.get_history(obj, key, passive) or (obj, key, { passive = }): added, unchanged, deleted.
---@param obj table
---@param key string
---@param passive any   am.PASSIVE_*, else what is loaded
---@return alchemoon.History
function am.get_history(obj, key, passive) end

--- Does the class inherit from another mapped class?
---@param cls table
---@return boolean
function am.has_inherited_table(cls) end

--- am.has_parent(cls, obj, key)
---@param cls table
---@param obj table
---@param key string
---@return boolean
function am.has_parent(cls, obj, key) end

--- hstore(key, value) or hstore(keys, values) of PostgreSQL.
---@param ... any
---@return alchemoon.ColumnElement
function am.hstore(...) end

--- am.hybrid_method(fn, { expression })
---@param fn fun(self:table, ...):any
---@param opts table?   expression
---@return any
function am.hybrid_method(fn, opts) end

--- am.hybrid_property(fn, { setter, expression, update_expression, comparator })
---@param fn fun(self:table):any   of an object, or of the class
---@param opts table?   setter, deleter, expression, update_expression, comparator
---@return any
function am.hybrid_property(fn, opts) end

--- am.identity_key(cls, key) / am.identity_key{ instance = obj } → { class, { values }, token }.
---@param ... any
---@return any[] the class, the primary key, the identity token
function am.identity_key(...) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.immediateload(...) end

--- am.index_property("data", "key", { default, mutable }): obj.attr reads and writes obj.data.key.
---@param attr_name string
---@param index any
---@param opts table?   default, mutable, datatype (a function that makes an empty value), onebased
---@return any
function am.index_property(attr_name, index, opts) end

--- am.init_collection(obj, key): an empty collection, as a loader would begin with.
---@param obj table
---@param key string
---@return table the collection's adapter
function am.init_collection(obj, key) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.insert(into) end

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

--- An exact integer from digits or from any integer value: a Lua integer; on LuaJIT a number up to 2^53 and
--- `int64_t` cdata beyond; on plain Lua 5.1 a number or, beyond 2^53, its digits.
---@param value integer|string|any
---@return any
function am.int64(value) end

--- The decimal digits of an exact integer, without the LL that LuaJIT's tostring adds.
---@param value any
---@return string
function am.int64_tostring(value) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.intersect(...) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.intersect_all(...) end

--- left JOIN right ON condition; the condition is made from foreign keys when there is none.
--- Raises NoForeignKeysError or AmbiguousForeignKeysError without a condition.
---@param left any
---@param right any
---@param onclause any
---@param opts table?   isouter, full
---@return any
function am.join(left, right, onclause, opts) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.joinedload(...) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.keyfunc_mapping(fn, opts) end

--- An expression with a name.
---@param name string?
---@param value any
---@return alchemoon.ColumnElement
function am.label(name, value) end

--- A statement from a function. Statements are found in the cache by their shape, so there is nothing to gain by
--- the function; it is here for programs that were ported.
---@param fn function
---@return userdata statement
function am.lambda_stmt(fn) end

--- A statement as a FROM element that may refer to those before it.
---@param value any
---@param name string?
---@return any
function am.lateral(value, name) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.lazyload(...) end

--- A value as a bound parameter.
---@param value any
---@param sql_type any
---@param opts table?   literal_execute
---@return alchemoon.ColumnElement
function am.literal(value, sql_type, opts) end

--- Text that is rendered as it is, in the place of a column.
---@param text string
---@param sql_type any
---@return alchemoon.ColumnElement
function am.literal_column(text, sql_type) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.load_only(...) end

am.logging = {}

---@type number
am.logging.CRITICAL = nil

---@type number
am.logging.DEBUG = nil

---@type number
am.logging.ERROR = nil

---@type number
am.logging.INFO = nil

---@type number
am.logging.WARNING = nil

--- The level in force for a name: its own, or the nearest parent's; WARNING if none is set.
---@param name string
---@return string
function am.logging.effective_level(name) end

--- One line of text, without newline: "2026-11-21 12:00:00,123 INFO alchemoon.engine.Engine message".
---@param record table
---@return string
function am.logging.format(record) end

--- The logger of that name (one per name).
---@param name string
---@return alchemoon.Logger
function am.logging.getLogger(name) end

--- A logger for one engine or pool: `echo` true shows INFO, "debug" also DEBUG, false or nil follows the levels.
---@param name string
---@param echo boolean|string|nil
---@return alchemoon.Logger
function am.logging.instance(name, echo) end

--- Replaces the handler; nil brings back the default one. Returns the handler that was in force.
---@param fn function?   function(record)
---@return function
function am.logging.set_handler(fn) end

--- Sets the level of a logger and of all below it ("alchemoon.engine"); nil removes the setting.
---@param name string
---@param level integer?
function am.logging.set_level(name, level) end

--- am.make_transient(obj): it forgets session and identity; its loaded values and its history stay.
---@param obj table
function am.make_transient(obj) end

--- am.make_transient_to_detached(obj): an object that was never stored is taken for one that is, by its primary key.
---@param obj table
function am.make_transient_to_detached(obj) end

--- Text or URL to URL.
---@param text string|userdata
---@return userdata
function am.make_url(text) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.mapped_collection(fn, opts) end

am.mapped_column = am.Column

am.mariadb = {}

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.BIGINT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.BINARY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.BIT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.BLOB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.BOOLEAN(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.CHAR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.DATE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.DATETIME(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.DECIMAL(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.DOUBLE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.ENUM(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.FLOAT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.INET4(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.INET6(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.INTEGER(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.JSON(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.LONGBLOB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.LONGTEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.MEDIUMBLOB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.MEDIUMINT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.MEDIUMTEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.NCHAR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.NUMERIC(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.NVARCHAR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.REAL(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.SET(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.SMALLINT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TIME(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TIMESTAMP(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TINYBLOB(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TINYINT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.TINYTEXT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.VARBINARY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.VARCHAR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.mariadb.YEAR(...) end

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.mariadb.delete(from) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.mariadb.insert(into) end

--- MATCH (columns) AGAINST (expression): match(a, b, { against = "text", in_boolean_mode = true }).
---@param ... any
---@return alchemoon.ColumnElement
function am.mariadb.match(...) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.mariadb.update(what) end

--- A frozen result whose objects are the session's own: am.merge_frozen_result(session, statement, frozen, { load = }).
--- With load = false nothing is asked of the database. Call what is returned for a result.
---@param session alchemoon.Session
---@param statement any
---@param frozen table      from result:freeze()
---@param opts {load: boolean?}?
function am.merge_frozen_result(session, statement, frozen, opts) end

am.mysql = {}

am.mysql.BIGINT = am.mariadb.BIGINT

am.mysql.BINARY = am.mariadb.BINARY

am.mysql.BIT = am.mariadb.BIT

am.mysql.BLOB = am.mariadb.BLOB

am.mysql.BOOLEAN = am.mariadb.BOOLEAN

am.mysql.CHAR = am.mariadb.CHAR

am.mysql.DATE = am.mariadb.DATE

am.mysql.DATETIME = am.mariadb.DATETIME

am.mysql.DECIMAL = am.mariadb.DECIMAL

am.mysql.DOUBLE = am.mariadb.DOUBLE

am.mysql.ENUM = am.mariadb.ENUM

am.mysql.FLOAT = am.mariadb.FLOAT

am.mysql.INET4 = am.mariadb.INET4

am.mysql.INET6 = am.mariadb.INET6

am.mysql.INTEGER = am.mariadb.INTEGER

am.mysql.JSON = am.mariadb.JSON

am.mysql.LONGBLOB = am.mariadb.LONGBLOB

am.mysql.LONGTEXT = am.mariadb.LONGTEXT

am.mysql.MEDIUMBLOB = am.mariadb.MEDIUMBLOB

am.mysql.MEDIUMINT = am.mariadb.MEDIUMINT

am.mysql.MEDIUMTEXT = am.mariadb.MEDIUMTEXT

am.mysql.NCHAR = am.mariadb.NCHAR

am.mysql.NUMERIC = am.mariadb.NUMERIC

am.mysql.NVARCHAR = am.mariadb.NVARCHAR

am.mysql.REAL = am.mariadb.REAL

am.mysql.SET = am.mariadb.SET

am.mysql.SMALLINT = am.mariadb.SMALLINT

am.mysql.TEXT = am.mariadb.TEXT

am.mysql.TIME = am.mariadb.TIME

am.mysql.TIMESTAMP = am.mariadb.TIMESTAMP

am.mysql.TINYBLOB = am.mariadb.TINYBLOB

am.mysql.TINYINT = am.mariadb.TINYINT

am.mysql.TINYTEXT = am.mariadb.TINYTEXT

am.mysql.VARBINARY = am.mariadb.VARBINARY

am.mysql.VARCHAR = am.mariadb.VARCHAR

am.mysql.YEAR = am.mariadb.YEAR

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.mysql.delete(from) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.mysql.insert(into) end

--- MATCH (columns) AGAINST (expression): match(a, b, { against = "text", in_boolean_mode = true }).
---@param ... any
---@return alchemoon.ColumnElement
function am.mysql.match(...) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.mysql.update(what) end

--- The name of a collection: "other_collection".
function am.name_for_collection_relationship(_, _, referred_cls) end

--- The name of a many-to-one: that of the other class in lower case.
function am.name_for_scalar_relationship(_, _, referred_cls) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.noload(...) end

--- NOT value; a comparison by its opposite.
---@param value any
---@return alchemoon.ColumnElement
function am.not_(value) end

---@type userdata
am.null = nil

--- NULL
---@return alchemoon.ColumnElement
function am.null_() end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.nulls_first(value, ...) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.nulls_last(value, ...) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.nullsfirst(value, ...) end

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.nullslast(value, ...) end

--- am.object_mapper(obj)
--- Raises UnmappedInstanceError.
---@param obj table
---@return alchemoon.Mapper
function am.object_mapper(obj) end

--- am.object_session(obj)
---@param obj table
---@return alchemoon.Session?
function am.object_session(obj) end

--- The conditions, joined by AND or OR.
---@param ... any
---@return alchemoon.ColumnElement
function am.or_(...) end

--- am.ordering_list("position", { count_from, ordering_func, reorder_on_append }): for collection_class. The function
--- gets the place of an item, counted from 0 as the database's own.
---@param name string   the attribute that holds the place
---@param opts table?   count_from, ordering_func, reorder_on_append
---@return any
function am.ordering_list(name, opts) end

--- A column whose only use is to tell rows apart that were inserted together. Statements leave it out unless it is
--- named; rows of one INSERT come back in order without it, so it is here for schemas that have one already.
---@param name string?
---@param sql_type any?   INTEGER without one
---@param opts {default: any, omit_from_statements: boolean}?
---@return userdata column
function am.orm_insert_sentinel(name, sql_type, opts) end

--- left LEFT OUTER JOIN right ON condition.
---@param left any
---@param right any
---@param onclause any
---@param opts table?
---@return any
function am.outerjoin(left, right, onclause, opts) end

--- A parameter through which a procedure returns a value.
---@param key string
---@param sql_type any
---@return alchemoon.ColumnElement
function am.outparam(key, sql_type) end

--- A window over an aggregate: over(element, { partition_by =, order_by =, rows = {-1, 0}, range_ =, groups = }).
---@param value any
---@param opts table?   partition_by, order_by, rows, range_, groups
---@return alchemoon.ColumnElement
function am.over(value, opts) end

--- am.polymorphic_union({ employee = employees, manager = managers }, "type", "pjoin"): a UNION ALL of tables in which
--- every one has all columns, and a column with the name under which it was given. A list of { name, table } keeps its
--- order.
---@param tables table<string, any>
---@param type_name string?
---@param aliasname string?
---@param opts table?   cast_nulls
---@return any
function am.polymorphic_union(tables, type_name, aliasname, opts) end

am.postgresql = {}

am.postgresql.ARRAY = am.ARRAY

--- All(value, array, { operator = "gt" }): the older form of all_.
---@param value any
---@param array any
---@param opts table?
---@return alchemoon.ColumnElement
function am.postgresql.All(value, array, opts) end

--- Any(value, array, { operator = "gt" }), All(...): the older form of any_ and all_.
function am.postgresql.Any(value, array, opts) end

am.postgresql.BIGINT = am.BIGINT

am.postgresql.BIT = am.BIT

am.postgresql.BOOLEAN = am.BOOLEAN

am.postgresql.BYTEA = am.BYTEA

am.postgresql.CHAR = am.CHAR

am.postgresql.CIDR = am.CIDR

am.postgresql.CITEXT = am.CITEXT

am.postgresql.CreateDomainType = am.CreateDomainType

am.postgresql.CreateEnumType = am.CreateEnumType

am.postgresql.DATE = am.DATE

am.postgresql.DATEMULTIRANGE = am.DATEMULTIRANGE

am.postgresql.DATERANGE = am.DATERANGE

am.postgresql.DOMAIN = am.DOMAIN

am.postgresql.DOUBLE_PRECISION = am.DOUBLE_PRECISION

am.postgresql.DropDomainType = am.DropDomainType

am.postgresql.DropEnumType = am.DropEnumType

am.postgresql.ENUM = am.ENUM

am.postgresql.ExcludeConstraint = am.ExcludeConstraint

am.postgresql.FLOAT = am.FLOAT

am.postgresql.HSTORE = am.HSTORE

am.postgresql.INET = am.INET

am.postgresql.INT4MULTIRANGE = am.INT4MULTIRANGE

am.postgresql.INT4RANGE = am.INT4RANGE

am.postgresql.INT8MULTIRANGE = am.INT8MULTIRANGE

am.postgresql.INT8RANGE = am.INT8RANGE

am.postgresql.INTEGER = am.INTEGER

am.postgresql.INTERVAL = am.INTERVAL

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.postgresql.JSON(...) end

am.postgresql.JSONB = am.JSONB

am.postgresql.JSONPATH = am.JSONPATH

am.postgresql.JSONPathType = am.JSONPATH

am.postgresql.MACADDR = am.MACADDR

am.postgresql.MACADDR8 = am.MACADDR8

am.postgresql.MONEY = am.MONEY

am.postgresql.MultiRange = am.MultiRange

am.postgresql.NUMERIC = am.NUMERIC

am.postgresql.NUMMULTIRANGE = am.NUMMULTIRANGE

am.postgresql.NUMRANGE = am.NUMRANGE

am.postgresql.OID = am.OID

am.postgresql.REAL = am.REAL

am.postgresql.REGCLASS = am.REGCLASS

am.postgresql.REGCONFIG = am.REGCONFIG

am.postgresql.Range = am.Range

am.postgresql.SMALLINT = am.SMALLINT

am.postgresql.TEXT = am.TEXT

am.postgresql.TIME = am.TIME

am.postgresql.TIMESTAMP = am.TIMESTAMP

am.postgresql.TSMULTIRANGE = am.TSMULTIRANGE

am.postgresql.TSQUERY = am.TSQUERY

am.postgresql.TSRANGE = am.TSRANGE

am.postgresql.TSTZMULTIRANGE = am.TSTZMULTIRANGE

am.postgresql.TSTZRANGE = am.TSTZRANGE

am.postgresql.TSVECTOR = am.TSVECTOR

am.postgresql.UUID = am.UUID

am.postgresql.VARCHAR = am.VARCHAR

--- PostgreSQL: the argument of an aggregate with ORDER BY inside the parentheses.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.postgresql.aggregate_order_by(value, ...) end

--- A PostgreSQL array literal: array{1, 2, col}.
---@param list any[]
---@param opts table?   type_
---@return alchemoon.ColumnElement
function am.postgresql.array(list, opts) end

am.postgresql.array_agg = am.array_agg

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.postgresql.delete(from) end

--- hstore(key, value) or hstore(keys, values) of PostgreSQL.
---@param ... any
---@return alchemoon.ColumnElement
function am.postgresql.hstore(...) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.postgresql.insert(into) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.phraseto_tsquery(...) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.plainto_tsquery(...) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.to_tsquery(...) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.to_tsvector(...) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.ts_headline(...) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.postgresql.update(what) end

--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.postgresql.websearch_to_tsquery(...) end

--- am.query_expression(default), am.query_expression{ default_expr = … }: an attribute that am.with_expression fills.
---@param default any
---@param opts table?
---@return any
function am.query_expression(default, opts) end

--- am.quoted_name("Name", true): a name with a wish about its quotes. Without a wish it is the plain string.
---@param text string
---@param quote boolean?   nil: where the dialect needs it
---@return any
function am.quoted_name(text, quote) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.raiseload(...) end

--- A reactor. Options: on_error = function(error, task, traceback) (default: am.logging), poller = "epoll" or "poll".
---@param opts table?
---@return alchemoon.Reactor
function am.reactor(opts) end

--- am.reconstructor(function(self) … end): called for every object that is loaded from the database.
---@param fn fun(self:table)
---@return any
function am.reconstructor(fn) end

--- am.registry{ metadata, class_registry, constructor, type_annotation_map }
---@param opts table?
---@return alchemoon.registry
function am.registry(opts) end

--- am.relationship(target, { … }); the target is a class, a name, or a function that returns one of these.
---@param target any
---@param ... any
---@return any
function am.relationship(target, ...) end

--- The expression, marked for a primaryjoin.
---@param expression any
---@return any
function am.remote(expression) end

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

--- am.scoped_session(factory, { scopefunc = })
function am.scoped_session(factory, opts) end

--- A SELECT of columns, expressions and entities.
---@param ... any
---@return alchemoon.Select
function am.select(...) end

--- am.selectin_polymorphic(Employee, { Manager, Engineer })
---@param base table
---@param list table[]
---@return alchemoon.Load
function am.selectin_polymorphic(base, list) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.selectinload(...) end

--- am.sessionmaker(bind, { Session options, class_ = })
function am.sessionmaker(...) end

--- am.set_attribute(obj, key, value): as an assignment, events included.
---@param obj table
---@param key string
---@param value any
function am.set_attribute(obj, key, value) end

--- am.set_committed_value(obj, key, value): the value as if it had been loaded; no events, no history.
---@param obj table
---@param key string
---@param value any
function am.set_committed_value(obj, key, value) end

--- A part of an ARRAY or JSON value, for col:at().
---@param start integer?
---@param stop integer?
---@param step integer?
---@return any
function am.slice(start, stop, step) end

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

am.sqlite = {}

am.sqlite.BLOB = am.BLOB

am.sqlite.BOOLEAN = am.BOOLEAN

am.sqlite.CHAR = am.CHAR

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.sqlite.DATE(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.sqlite.DATETIME(...) end

am.sqlite.DECIMAL = am.DECIMAL

am.sqlite.FLOAT = am.FLOAT

am.sqlite.INTEGER = am.INTEGER

am.sqlite.JSON = am.JSON

am.sqlite.NUMERIC = am.NUMERIC

am.sqlite.REAL = am.REAL

am.sqlite.SMALLINT = am.SMALLINT

am.sqlite.TEXT = am.TEXT

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.sqlite.TIME(...) end

am.sqlite.TIMESTAMP = am.TIMESTAMP

am.sqlite.VARCHAR = am.VARCHAR

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.sqlite.delete(from) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.sqlite.insert(into) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.sqlite.update(what) end

--- A subquery of a SELECT.
---@param value any
---@param name string?
---@return any
function am.subquery(value, name) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.subqueryload(...) end

--- am.synonym("name", { map_column, descriptor, comparator_factory, info })
---@param name string
---@param opts table?
---@return any
function am.synonym(name, opts) end

--- am.synonym_for("name", function(self) … end, { map_column }): a synonym that instances read through the function.
---@param name string
---@param get fun(self:table):any
---@param opts table?
---@return any
function am.synonym_for(name, get, opts) end

--- A table by name, with columns made by am.column().
---@param name string
---@param ... any
---@return any
function am.table(name, ...) end

--- A random part of a table's rows.
---@param value any
---@param sampling any
---@param opts table?   name, seed
---@return any
function am.tablesample(value, sampling, opts) end

--- A text with parameters. In it `\:` is a colon, and `::` is left alone.
---@param sql string
---@return any
function am.text(sql) end

--- am.time(hour, minute, second, microsecond)
---@param ... any
---@return alchemoon.Time
function am.time(...) end

--- am.timedelta{ days, hours, minutes, seconds, ... }
---@param ... any
---@return alchemoon.Timedelta
function am.timedelta(...) end

--- true, or 1 = 1 where a database has no such word.
---@return alchemoon.ColumnElement
function am.true_() end

--- CAST(value AS type); try_cast: NULL instead of an error, where the database has it.
---@param value any
---@param sql_type any
---@return alchemoon.ColumnElement
function am.try_cast(value, sql_type) end

--- (a, b, ...): to be compared with other tuples.
---@param ... any
---@return alchemoon.ColumnElement
function am.tuple_(...) end

--- An expression that counts as another type, without a word of SQL.
---@param value any
---@param sql_type any
---@return alchemoon.ColumnElement
function am.type_coerce(value, sql_type) end

--- am.undefer(attribute, ...): deferred columns are loaded at once.
---@param ... any
---@return alchemoon.Load
function am.undefer(...) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.undefer_group(...) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.union(...) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.union_all(...) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.update(what) end

--- A random UUID.
---@return string
function am.uuid4() end

--- A UUID that begins with the time: such keys come in order.
---@return string
function am.uuid7() end

--- am.validates("a", "b", function(self, key, value) … end, { include_removes, include_backrefs })
---@param ... any
---@return any
function am.validates(...) end

--- values(am.column("a", am.Integer), ..., { name = "v" }):data{ {1, "x"}, {2, "y"} }
---@param ... any
---@return any
function am.values(...) end

--- am.was_deleted(obj): did a flush delete its row?
---@param obj table
---@return boolean
function am.was_deleted(obj) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.with_expression(...) end

--- am.with_loader_criteria(Class, condition or function(cls), { include_aliases, propagate_to_loaders, loader_only })
---@param target any   a class or a mixin
---@param criterion any   a condition, or a function of the class that makes one
---@param opts table?   include_aliases, propagate_to_loaders
---@return any
function am.with_loader_criteria(target, criterion, opts) end

--- am.with_parent(ann, User.posts, { from_entity }): the rows that ann's relationship holds.
---@param obj table
---@param attribute any
---@param opts table?   from_entity
---@return alchemoon.ColumnElement
function am.with_parent(obj, attribute, opts) end

--- am.with_polymorphic(Employee, { Manager, Engineer } or "*", { aliased, flat, innerjoin, selectable, polymorphic_on,
--- name }): an
--- entity with the columns of subclasses; `entity.Manager` has the attributes of that subclass.
---@param base table
---@param given table[]|string
---@param ... any
---@return any
function am.with_polymorphic(base, given, ...) end

--- An ordered-set aggregate: within_group(func.percentile_cont(0.5), t.c.x:desc()).
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.within_group(value, ...) end

am.AsyncAdaptedQueuePool = am.QueuePool

am.AsyncSession = am.Session

--- The session of an object, or nil.
---@param obj table
---@return alchemoon.Session?
function am.async_object_session(obj) end

--- am.scoped_session(factory, { scopefunc = })
function am.async_scoped_session(factory, opts) end

--- am.sessionmaker(bind, { Session options, class_ = })
function am.async_sessionmaker(...) end

---@class alchemoon.UpdateBase : alchemoon.ClauseElement
local UpdateBase = {}

--- CTEs that are written although nothing refers to them.
---@param ... any
---@return any
function UpdateBase:add_cte(...) end

--- A common table expression: cte("name", { recursive =, nesting = }).
---@param name string?
---@param opts table?
---@return any
function UpdateBase:cte(name, opts) end

--- Server-made values are not fetched: defaults are part of the statement.
---@return any
function UpdateBase:inline() end

--- Parameters are given to a SELECT; what is written is said with values().
function UpdateBase:params() end

--- Words behind INSERT, UPDATE or DELETE.
---@param ... any
---@return any
function UpdateBase:prefix_with(...) end

--- Fetch server-made values of the row: with RETURNING where there is one, else afterwards.
---@param ... any
---@return any
function UpdateBase:return_defaults(...) end

--- RETURNING: columns, expressions, tables or mapped classes that come back per row.
---@return table statement
function UpdateBase:returning(...) end

--- A text for one table and dialect ("*": all), as the dialect places hints.
---@param text string
---@param selectable any
---@param dialect string?
---@return any
function UpdateBase:with_hint(text, selectable, dialect) end

---@class alchemoon.FilteredUpdateBase : alchemoon.UpdateBase
local FilteredUpdateBase = {}

--- WHERE: conditions joined by AND, with those given before.
---@param ... any
---@return any
function FilteredUpdateBase:filter(...) end

--- WHERE by names of the table's columns.
---@param values table<string, any>
---@return any
function FilteredUpdateBase:filter_by(values) end

--- WHERE: conditions joined by AND, with those given before.
---@param ... any
---@return any
function FilteredUpdateBase:where(...) end

--- What one dialect offers beyond the others.
---@param opts table   names begin with the dialect's: mysql_limit ...
---@return any
function FilteredUpdateBase:with_dialect_options(opts) end

---@class alchemoon.Insert : alchemoon.UpdateBase
local Insert = {}

--- INSERT INTO t (names) SELECT ...
---@param names any[]   column names or columns
---@param selectable table
---@param opts {include_defaults: boolean}?
function Insert:from_select(names, selectable, opts) end

--- ON CONFLICT DO NOTHING (PostgreSQL, SQLite).
---@param opts {constraint: any, index_elements: any[], index_where: any}?
function Insert:on_conflict_do_nothing(opts) end

--- ON CONFLICT DO UPDATE SET (PostgreSQL, SQLite); `stmt.excluded` is the row that was to be inserted. SQLite alone can
--- do without a constraint and index_elements: the compiler refuses that elsewhere.
---@param opts {constraint: any, index_elements: any[], index_where: any, set_: table, where: any}
function Insert:on_conflict_do_update(opts) end

--- ON DUPLICATE KEY UPDATE (MySQL): a table, a list of pairs, or both.
---@param set any
---@return alchemoon.Insert
function Insert:on_duplicate_key_update(set) end

--- VALUES: one table of column = value (or values by position), or a list of such tables.
---@param values table
---@return table statement
function Insert:values(values, ...) end

---@class alchemoon.Update : alchemoon.FilteredUpdateBase
local Update = {}

--- SET in exactly this order: pairs {column, value}.
---@param ... any
---@return alchemoon.Update
function Update:ordered_values(...) end

--- SET: a table of column = value, or a list of pairs {column, value}; their order is that of the table's columns.
---@param values table
---@return alchemoon.Update
function Update:values(values) end

---@class alchemoon.Delete : alchemoon.FilteredUpdateBase
local Delete = {}

return am
