---@meta _
--- What editors know of am.sqlite.

---@class alchemoon
local am = {}


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

--- The dialect for compile{ dialect = … }.
---@param opts {paramstyle: string?, label_length: integer?, max_identifier_length: integer?}?
---@return table
function am.sqlite.dialect(opts) end

--- INSERT into a Table or mapped class, with the words of this dialect; tostring() shows them.
---@param into table
---@return table statement
function am.sqlite.insert(into) end

---@type string
am.sqlite.name = nil

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.sqlite.update(what) end

return am
