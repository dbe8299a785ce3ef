---@meta _
--- What editors know of am.postgresql.

---@class alchemoon
local am = {}


am.postgresql = {}

am.postgresql.ARRAY = am.ARRAY

--- All(value, array, { operator = "gt" }): the older form of all_.
---@param value any
---@param array any
---@param opts table?
---@return alchemoon.ColumnElement
function am.postgresql.All(value, array, opts) end

--- Any(value, array, { operator = "gt" }), All(...): the older form of any_ and all_.
---@param value any
---@param array any
---@param opts table?   operator
---@return alchemoon.ColumnElement
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

--- The dialect for compile{ dialect = … }.
---@param opts {paramstyle: string?, label_length: integer?, max_identifier_length: integer?}?
---@return table
function am.postgresql.dialect(opts) end

--- hstore(key, value) or hstore(keys, values) of PostgreSQL.
---@param ... any
---@return alchemoon.ColumnElement
function am.postgresql.hstore(...) end

--- INSERT into a Table or mapped class, with the words of this dialect; tostring() shows them.
---@param into table
---@return table statement
function am.postgresql.insert(into) end

---@type string
am.postgresql.name = nil

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

return am
