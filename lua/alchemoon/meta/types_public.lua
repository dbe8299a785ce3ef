---@meta _
--- What editors know of the names of alchemoon.types.public in `am`.

---@class alchemoon
local am = {}


--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.ARRAY(...) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.BigInteger(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Boolean(...) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Double(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.ENUM(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Enum(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.FLOAT(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Float(...) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.LargeBinary(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MACADDR(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MACADDR8(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MONEY(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.MatchType(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.NCHAR(...) end

---@type userdata
am.NULLTYPE = nil

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

--- am.PickleType{ pickler = { dumps = function(value) … end, loads = function(bytes) … end }, impl, comparator } → a
--- type class. nil is NULL; `comparator(a, b)` says whether a stored value is unchanged.
---@param opts table
---@return table
function am.PickleType(opts) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.SMALLINT(...) end

---@type userdata
am.STRINGTYPE = nil

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.SmallInteger(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.String(...) end

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

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Text(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Time(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.TupleType(...) end

--- `am.TypeDecorator{ impl = am.String, process_bind_param = function(value, dialect) ... end, ... }` → a type class.
--- Arguments of a call of the class go to the constructor of `impl`.
---@param spec table
---@return table
function am.TypeDecorator(spec) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.UUID(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.Unicode(...) end

--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
function am.UnicodeText(...) end

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

return am
