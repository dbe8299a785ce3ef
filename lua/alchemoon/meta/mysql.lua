---@meta _
--- What editors know of am.mysql.

---@class alchemoon
local am = {}


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

--- The dialect for compile{ dialect = … }.
---@param opts {paramstyle: string?, label_length: integer?, max_identifier_length: integer?}?
---@return table
function am.mysql.dialect(opts) end

--- INSERT into a Table or mapped class, with the words of this dialect; tostring() shows them.
---@param into table
---@return table statement
function am.mysql.insert(into) end

--- MATCH (columns) AGAINST (expression): match(a, b, { against = "text", in_boolean_mode = true }).
---@param ... any
---@return alchemoon.ColumnElement
function am.mysql.match(...) end

---@type string
am.mysql.name = nil

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.mysql.update(what) end

return am
