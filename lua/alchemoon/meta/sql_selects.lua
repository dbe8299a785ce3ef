---@meta _
--- What editors know of the names of alchemoon.sql.selects in `am`.

---@class alchemoon
local am = {}


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

--- Another name for a FROM element, for a statement as a subquery.
---@param value any
---@param name string?
---@param opts table?
---@return any
function am.alias(value, name, opts) end

--- The columns of a FROM element, mapped class, mapper, statement, collection, constraint or index, in order.
---@param value any
---@return any
function am.columns(value) end

--- A CTE of a SELECT or of an INSERT, UPDATE, DELETE with RETURNING.
---@param value any
---@param name string?
---@param opts table?   recursive, nesting
---@return any
function am.cte(value, name, opts) end

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

--- A statement as a FROM element that may refer to those before it.
---@param value any
---@param name string?
---@return any
function am.lateral(value, name) end

--- left LEFT OUTER JOIN right ON condition.
---@param left any
---@param right any
---@param onclause any
---@param opts table?
---@return any
function am.outerjoin(left, right, onclause, opts) end

--- A SELECT of columns, expressions and entities.
---@param ... any
---@return alchemoon.Select
function am.select(...) end

--- A subquery of a SELECT.
---@param value any
---@param name string?
---@return any
function am.subquery(value, name) end

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

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.union(...) end

--- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
---@param ... any
---@return alchemoon.SelectBase
function am.union_all(...) end

--- values(am.column("a", am.Integer), ..., { name = "v" }):data{ {1, "x"}, {2, "y"} }
---@param ... any
---@return any
function am.values(...) end

return am
