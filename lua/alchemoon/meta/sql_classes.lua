---@meta _
--- What editors know of the names of alchemoon.sql.classes in `am`.

---@class alchemoon
local am = {}


---@type table
am.Alias = {}

---@type table
am.AliasedReturnsRows = {}

---@type table
am.BinaryExpression = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.BindParameter(...) end

---@type table
am.BooleanClauseList = {}

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

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ClauseElement(spec) end

--- ClauseList(a, b, { operator =, group = }): expressions with a comma, or another operator, between them.
---@param ... any
---@return alchemoon.ColumnElement
function am.ClauseList(...) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ColumnClause(spec) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.ColumnElement(spec) end

---@type table
am.CompoundSelect = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Delete(...) end

--- A class of constructs of one's own; am.compiles says how it is written.
---@param spec table   what the class has; inherit_cache, type ...
---@return table
function am.Executable(spec) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Exists(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Extract(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.False_(...) end

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

---@type table
am.Grouping = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Insert(...) end

---@type table
am.Join = {}

---@type table
am.Label = {}

---@type table
am.Lateral = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Null(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Over(...) end

---@type table
am.ScalarSelect = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Select(...) end

---@type table
am.SelectBase = {}

---@type table
am.Subquery = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TableClause(...) end

---@type table
am.TableSample = {}

---@type table
am.TableValuedAlias = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TextClause(...) end

--- TextualSelect(text, columns, { positional }): what text:columns() makes, whose columns have the text's order.
---@param text alchemoon.TextClause
---@param list any[]   columns
---@param opts table?   positional (false: columns are found by name)
---@return alchemoon.ClauseElement
function am.TextualSelect(text, list, opts) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.True_(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Tuple(...) end

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.TypeCoerce(...) end

---@type table
am.UnaryExpression = {}

--- A construct of this class, as the function of its name in small letters makes it.
---@param ... any
---@return alchemoon.ClauseElement
function am.Update(...) end

---@type table
am.UpdateBase = {}

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

return am
