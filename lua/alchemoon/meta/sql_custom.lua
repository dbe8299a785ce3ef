---@meta _
--- What editors know of the names of alchemoon.sql.custom in `am`.

---@class alchemoon
local am = {}


--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.AnsiFunction(spec) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.BaseDDLElement(spec) end

am.DDLElement = am.BaseDDLElement

am.ExecutableDDLElement = am.BaseDDLElement

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.GenericFunction(spec) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ReturnTypeFromArgs(spec) end

--- Gives a class a text: compiles(class, fn) everywhere, compiles(class, "sqlite", ..., fn) on those dialects.
--- fn(element, compiler, kw) returns the SQL; nil renders nothing.
---@param cls table
---@param ... any   names of dialects, then the function
---@return function fn
function am.compiles(cls, ...) end

--- Takes back everything that compiles() was told about a class.
---@param cls table
function am.deregister(cls) end

return am
