---@meta _
--- What editors know of am.mariadb.

---@class alchemoon
local am = {}


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

--- The dialect for compile{ dialect = … }.
---@param opts {paramstyle: string?, label_length: integer?, max_identifier_length: integer?}?
---@return table
function am.mariadb.dialect(opts) end

--- INSERT into a Table or mapped class, with the words of this dialect; tostring() shows them.
---@param into table
---@return table statement
function am.mariadb.insert(into) end

--- MATCH (columns) AGAINST (expression): match(a, b, { against = "text", in_boolean_mode = true }).
---@param ... any
---@return alchemoon.ColumnElement
function am.mariadb.match(...) end

---@type string
am.mariadb.name = nil

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.mariadb.update(what) end

return am
