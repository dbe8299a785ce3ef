--- Inspector: `am.inspect(engine or connection)`.
--
-- Answers are kept until clear_cache; what is asked with checkfirst (create_all) always goes to the database.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local inspection = require "alchemoon.inspection"
local item = require "alchemoon.schema.item"
local named = require "alchemoon.named"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local reflection = {}
local DIALECTS = { sqlite = "alchemoon.reflection.sqlite", postgresql = "alchemoon.reflection.postgresql" }

local Inspector = { __name = "alchemoon.Inspector" }
---@class alchemoon.Inspector
local methods = {}
local fields = {}
Inspector.__index = function(self, key)
  local method = methods[key]
  if method then return method end
  local field = fields[key]
  if field then return field(self) end
  if type(key) == "string" and key:sub(1, 1) ~= "_" then
    local known = {}
    for name in pairs(methods) do known[name] = true end
    for name in pairs(fields) do known[name] = true end
    exc.raise("ArgumentError", "Inspector object has no attribute '%s'%s", key, options.hint(key, known))
  end
end
Inspector.__tostring = function(self) return "Inspector(" .. self.dialect.name .. ")" end

local function catalogue_of(dialect)
  local module = DIALECTS[dialect.name]
  if not module then exc.raise("NotSupportedError", "the \"%s\" dialect cannot be inspected", dialect.name) end
  return require(module)
end

local function new(bind)
  return setmetatable({ bind = bind, engine = bind.engine or bind, dialect = bind.dialect,
    _catalogue = catalogue_of(bind.dialect), _cache = {}, _memo = {} }, Inspector)
end

local function is_bind(value)
  if type(value) ~= "table" and type(value) ~= "userdata" or core.node_tag(value) then return false end
  local mt = getmetatable(value)
  local name = type(mt) == "table" and rawget(mt, "__name")
  return name == "alchemoon.Engine" or name == "alchemoon.Connection"
end
inspection.register(is_bind, new)
inspection.register(function(value) return getmetatable(value) == Inspector end, function(value) return value end)

-- --- asking ---------------------------------------------------------------------------------------------

-- query(sql, params) returns all rows; query:memo(key, fn) keeps what several questions need until clear_cache.
local QUERY = {}
QUERY.__call = function(self, sql, params)
  local result = self.conn:exec_driver_sql(sql, params)
  return result.returns_rows and result:all() or {}
end
QUERY.__index = { memo = function(self, key, fn)
  local memo = self.inspector._memo
  if memo[key] == nil then memo[key] = fn(self) end
  return memo[key]
end }

--- Calls fn(query) where query(sql, params) returns all rows: on the connection, or on one taken from the engine.
function methods:_with_query(fn)
  if self._query then return fn(self._query) end
  local function on(conn)
    local query = setmetatable({ conn = conn, inspector = self }, QUERY)
    rawset(self, "_query", query)
    local ok, answer = pcall(fn, query)
    rawset(self, "_query", nil)
    if not ok then error(answer, 0) end
    return answer
  end
  if self.bind.engine then return on(self.bind) end
  local answer
  self.bind:connect(function(conn) answer = on(conn) end)
  return answer
end

--- Calls fn() while the catalogue may ask for all tables of the schema at once.
function methods:_in_bulk(schema, fn)
  return self:_with_query(function(query)
    local begin = self._catalogue.bulk
    if not begin or self._bulk then return fn() end
    rawset(self, "_bulk", begin(query, schema))
    local ok, answer = pcall(fn)
    rawset(self, "_bulk", nil)
    if not ok then error(answer, 0) end
    return answer
  end)
end

local function ask(self, what, ...)
  local fn = self._catalogue[what]
  if what:sub(1, 4) == "has_" then rawset(self, "_memo", {}) end
  if not fn then
    exc.raise("NotSupportedError", "the \"%s\" dialect does not support %s", self.dialect.name, what:gsub("_", " "))
  end
  local a, b = ...
  return self:_with_query(function(query) return fn(query, a, b) end)
end

-- Kept answer, or a new one.
local function cached(self, what, a, b)
  local key = what .. "\0" .. tostring(a) .. "\0" .. tostring(b)
  if self._cache[key] == nil then
    local answer = ask(self, what, a, b)
    self._cache[key] = answer == nil and false or answer
  end
  return self._cache[key] or nil
end

-- (name, {schema =}) or (name, schema)
local function schema_of(method, opts)
  if opts == nil or type(opts) == "string" then return opts end
  return options.read(method, opts, { schema = true }).schema
end

local function check_name(method, name)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "%s: the name of a table is needed, got %s", method, type(name))
  end
  return name
end

local function of_schema(name, what)
  methods[name] = function(self, opts) return cached(self, what, schema_of(name, opts)) end
end
local function of_table(name, what)
  methods[name] = function(self, table_name, opts)
    return cached(self, what, check_name(name, table_name), schema_of(name, opts))
  end
end

of_schema("get_table_names", "table_names")
of_schema("get_view_names", "view_names")
of_schema("get_materialized_view_names", "materialized_view_names")
of_schema("get_foreign_table_names", "foreign_table_names")
of_schema("get_sequence_names", "sequence_names")
of_schema("get_enums", "enums")
of_schema("get_domains", "domains")
of_table("get_columns", "columns")
of_table("get_pk_constraint", "pk_constraint")
of_table("get_foreign_keys", "foreign_keys")
of_table("get_indexes", "indexes")
of_table("get_unique_constraints", "unique_constraints")
of_table("get_check_constraints", "check_constraints")
of_table("get_exclude_constraints", "exclude_constraints")
of_table("get_table_comment", "table_comment")
of_table("get_table_options", "table_options")
of_table("get_table_oid", "table_oid")
of_table("get_view_definition", "view_definition")

--- Names of the temporary tables of this connection.
---@return string[]
function methods:get_temp_table_names() return cached(self, "temp_table_names") end

--- Names of the temporary views of this connection.
---@return string[]
function methods:get_temp_view_names() return cached(self, "temp_view_names") end

--- Names of all schemas.
---@return string[]
function methods:get_schema_names() return cached(self, "schema_names") end

--- Is there a table or view of that name?
---@param name string
---@param opts table?   schema
---@return boolean
function methods:has_table(name, opts)
  return cached(self, "has_table", check_name("has_table", name), schema_of("has_table", opts)) or false
end

--- Is there a schema of that name?
---@param name string
---@return boolean
function methods:has_schema(name) return cached(self, "has_schema", check_name("has_schema", name)) or false end

--- Is there a sequence of that name?
---@param name string
---@param opts table?   schema
---@return boolean
function methods:has_sequence(name, opts)
  return cached(self, "has_sequence", check_name("has_sequence", name), schema_of("has_sequence", opts)) or false
end

--- Is there an enum or domain of that name?
---@param name string
---@param opts table?   schema
---@return boolean
function methods:has_type(name, opts)
  return cached(self, "has_type", check_name("has_type", name), schema_of("has_type", opts)) or false
end

--- Has the table an index of that name?
---@param table_name string
---@param index_name string
---@param opts table?   schema
---@return boolean
function methods:has_index(table_name, index_name, opts)
  local schema = schema_of("has_index", opts)
  if not self:has_table(table_name, schema) then return false end
  for _, index in ipairs(self:get_indexes(table_name, schema)) do
    if index.name == index_name then return true end
  end
  return false
end

-- What create_all asks.
function methods:_has_table_now(name, schema) return ask(self, "has_table", name, schema) end
function methods:_has_sequence_now(name, schema) return ask(self, "has_sequence", name, schema) end
function methods:_has_type_now(name, schema) return ask(self, "has_type", name, schema) end

function fields:default_schema_name() return cached(self, "default_schema_name") end
function fields:info_cache() return rawget(self, "_cache") end

--- Forgets all kept answers.
function methods:clear_cache()
  rawset(self, "_cache", {})
  rawset(self, "_memo", {})
end

-- --- several tables at once ----------------------------------------------------------------------------------

reflection.ObjectKind = { TABLE = "TABLE", VIEW = "VIEW", MATERIALIZED_VIEW = "MATERIALIZED_VIEW",
  ANY_VIEW = "ANY_VIEW", ANY = "ANY" }
reflection.ObjectScope = { DEFAULT = "DEFAULT", TEMPORARY = "TEMPORARY", ANY = "ANY" }

local KIND_METHODS = {
  TABLE = { "get_table_names" }, VIEW = { "get_view_names" }, MATERIALIZED_VIEW = { "get_materialized_view_names" },
  ANY_VIEW = { "get_view_names", "get_materialized_view_names" },
  ANY = { "get_table_names", "get_view_names", "get_materialized_view_names" },
}
local TEMPORARY = { get_table_names = "get_temp_table_names", get_view_names = "get_temp_view_names" }

-- Names of the wanted kinds, each once: a temporary table may hide one of the same name.
local function names_for(self, opts)
  local list, seen = {}, {}
  local function take(names)
    for _, name in ipairs(names) do
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = name
      end
    end
  end
  local scope = opts.scope or "DEFAULT"
  local kind = KIND_METHODS[opts.kind or "TABLE"]
  if not kind then exc.raise("ArgumentError", "kind must be a value of am.ObjectKind, got %s", tostring(opts.kind)) end
  for _, method in ipairs(kind) do
    if scope ~= "TEMPORARY" then take(self[method](self, opts.schema)) end
    if scope ~= "DEFAULT" and TEMPORARY[method] then take(self[TEMPORARY[method]](self)) end
  end
  return list
end

local MULTI = { schema = true, filter_names = true, kind = true, scope = true }

-- `get_multi_…`: the same for many tables, from catalogue queries that cover the whole schema.
local function multi(name, single)
  methods[name] = function(self, opts)
    opts = options.read(name, opts, MULTI)
    local wanted
    if opts.filter_names then
      wanted = {}
      for _, known in ipairs(opts.filter_names) do wanted[known] = true end
    end
    local found = {}
    return self:_in_bulk(opts.schema, function()
      for _, table_name in ipairs(names_for(self, opts)) do
        if not wanted or wanted[table_name] then
          local key = item.full_name(opts.schema, table_name)
          found[key] = self[single](self, table_name, opts.schema)
        end
      end
      return found
    end)
  end
end

-- Tables by "schema.name" (or "name" without a schema).
for _, what in ipairs { "columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints",
  "check_constraints",
  "table_comment", "table_options" } do
  multi("get_multi_" .. what, "get_" .. what)
end

--- Tables in order of their foreign keys: a list of { table, { { table, constraint }, ... } } with names; the last
-- entry has no table and holds the constraints of cycles. The name of a constraint without one is am.null.
---@param opts table?   schema
---@return any[]
function methods:get_sorted_table_and_fkc_names(opts)
  local schema = schema_of("get_sorted_table_and_fkc_names", opts)
  local sorted = require("alchemoon.reflection.table").sorted_tables(self, { schema or null })
  for i, entry in ipairs(sorted) do
    local keys = {}
    for k, key in ipairs(entry[2]) do keys[k] = { key[1][2], key[2] } end
    sorted[i] = { entry[1] and entry[1][2], keys }
  end
  return sorted
end

--- The same for several schemas at once, by which keys between schemas count, too: a table is { schema, table }, with
-- am.null for the default schema.
---@param consider_schemas any[]?   default: { am.null }
---@return any[]
function methods:sort_tables_on_foreign_key_dependency(consider_schemas)
  return require("alchemoon.reflection.table").sorted_tables(self, consider_schemas or { null })
end
methods.sort_tables_on_foreign_key_dependency = named.method("sort_tables_on_foreign_key_dependency",
  { "consider_schemas" }, 0, 1, methods.sort_tables_on_foreign_key_dependency)

--- Fills a Table with what the database knows about it.
---@param table_ any
---@param include_columns string[]?
---@param exclude_columns string[]?
---@param resolve_fks boolean?
---@param extend_on any
function methods:reflect_table(table_, include_columns, exclude_columns, resolve_fks, extend_on)
  return require("alchemoon.reflection.table").reflect(self, table_,
    { include = include_columns, exclude = exclude_columns, resolve_fks = resolve_fks ~= false, extend_on = extend_on })
end

local InspectorClass = { __name = "class" }
--- What a database holds.
---@param bind alchemoon.Engine|alchemoon.Connection
---@return alchemoon.Inspector
function InspectorClass.__call(_, bind) return inspection.inspect(bind) end

reflection.Inspector = setmetatable({ from_engine = inspection.inspect, __name = "Inspector" }, InspectorClass)

usage.check_receivers(methods, "inspector", usage.receiver_of(Inspector))

return reflection
