---@meta _
--- What editors know of the names of alchemoon.sql.expression in `am`.

---@class alchemoon
local am = {}


--- PostgreSQL: the argument of an aggregate with ORDER BY inside the parentheses.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.aggregate_order_by(value, ...) end

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

--- The expression's method of that name as a function; a string is the name of a label.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.asc(value, ...) end

--- value BETWEEN lower AND upper
---@param value any
---@param ... any   lower, upper, { symmetric = true }
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

--- `case({cond, v}, ..., { else_ = x })`; with `value =` the conditions are values to compare with, also
--- given as one table { [value] = result } or, in an order, { { value, result }, ... }.
---@param ... any
---@return alchemoon.ColumnElement
function am.case(...) end

--- CAST(value AS type); try_cast: NULL instead of an error, where the database has it.
---@param value any
---@param sql_type any
---@return alchemoon.ColumnElement
function am.cast(value, sql_type) end

--- value COLLATE name
---@param value any
---@param name string
---@return alchemoon.ColumnElement
function am.collate(value, name) end

--- A column by name only, without a table.
---@param name string
---@param sql_type any
---@param opts table?   is_literal
---@return alchemoon.ColumnElement
function am.column(name, sql_type, opts) end

--- An operator as a function of two operands: `local within = am.custom_op("<@"); within(a, b)`. `operate()` takes it,
--- and a comparator's operate() hears it.
---@param text string
---@param opts table?   those of `op()`; natural_self_precedent: a op b op c needs no parentheses; eager_grouping: in
---                      parentheses inside any other operator
---@return alchemoon.CustomOp
function am.custom_op(text, opts) end

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

--- SQL functions by name: am.func.count(), am.func.lower(text) ...
---@type table<string, fun(...:any):alchemoon.Function>
am.func = {}

--- An aggregate over the rows that fulfil the conditions.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.funcfilter(value, ...) end

--- hstore(key, value) or hstore(keys, values) of PostgreSQL.
---@param ... any
---@return alchemoon.ColumnElement
function am.hstore(...) end

--- An expression with a name.
---@param name string?
---@param value any
---@param opts table?   type_: what the label counts as
---@return alchemoon.ColumnElement
function am.label(name, value, opts) end

--- A statement from a function. Statements are found in the cache by their shape, so there is nothing to gain by
--- the function; it is here for programs that were ported.
---@param fn function
---@return userdata statement
function am.lambda_stmt(fn) end

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

--- The conditions, joined by AND or OR.
---@param ... any
---@return alchemoon.ColumnElement
function am.or_(...) end

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

--- A part of an ARRAY or JSON value, for col:at().
---@param start integer?
---@param stop integer?
---@param step integer?
---@return any
function am.slice(start, stop, step) end

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

--- An ordered-set aggregate: within_group(func.percentile_cont(0.5), t.c.x:desc()).
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function am.within_group(value, ...) end

return am
