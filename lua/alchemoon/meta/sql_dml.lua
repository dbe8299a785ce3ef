---@meta _
--- What editors know of the names of alchemoon.sql.dml in `am`.

---@class alchemoon
local am = {}


--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function am.delete(from) end

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function am.insert(into) end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function am.update(what) end

--- The statement with RETURNING of entities replaced by all columns of what they are selected from: what it returns
--- to those who do not make objects of it.
---@param statement userdata
---@return userdata
function am.with_flat_returning(statement) end

---@class alchemoon.UpdateBase : alchemoon.ClauseElement
local UpdateBase = {}

--- CTEs that are written although nothing refers to them.
---@param ... any
---@return any
function UpdateBase:add_cte(...) end

--- The statement as a common table expression; an entity in RETURNING is all its columns.
---@param ... any
---@return any
function UpdateBase:cte(...) end

--- Server-made values are not fetched: defaults are part of the statement.
---@return any
function UpdateBase:inline() end

--- Parameters are given to a SELECT; what is written is said with values().
function UpdateBase:params() end

--- Words behind INSERT, UPDATE or DELETE.
---@param ... any
---@return any
function UpdateBase:prefix_with(...) end

--- Fetch server-made values of the row: with RETURNING where there is one, else afterwards. `supplemental_cols` come
--- back besides, server-made or not.
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

--- WHERE by names of the table's columns, of a class by names of its attributes.
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
