--- How a dialect writes names: `engine.dialect.identifier_preparer`, and `compiler.preparer` inside am.compiles.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local node_get, T = core.node_get, core.tags

local preparer = {}

---@class alchemoon.IdentifierPreparer
---@field dialect table
---@field initial_quote string
---@field final_quote string
---@field escape_quote string
---@field omit_schema boolean
local Preparer = { __name = "alchemoon.IdentifierPreparer", omit_schema = false }
Preparer.__index = Preparer

-- A name as the dialect writes it; `wish` is the quote = of who gave the name: true, false or nil.
local function written(self, name, wish)
  local given = wish ~= nil and { name, quote = wish } or name
  if self._raw then return self._raw:quote(given) end
  return core.node(T.COLUMN, { name = given }):compile({ dialect = self.dialect.name }).sql
end

local function check_name(method, name)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "identifier_preparer:%s: a name is needed, got %s", method, coerce.describe(name))
  end
  return name
end

-- The name that an element has, with the quoting that was asked for.
local function name_of(self, method, element, field)
  local node = coerce.element(element) or element
  if core.node_tag(node) == nil then
    exc.raise("ArgumentError", "identifier_preparer:%s: an SQL element with a name is needed, got %s", method,
      coerce.describe(element))
  end
  field = field or "name"
  local name = node_get(node, field)
  if name == nil and field == "name" then name = node.name end -- one that was made up
  return name ~= nil and written(self, name, core.node_quote(node, field)) or nil, node
end

--- A name, in quotes where the dialect needs them: reserved words, capital letters, blanks.
---@param ident string
---@return string
function Preparer:quote(ident) return written(self, check_name("quote", ident)) end

--- The same for a schema's name.
---@param schema string
---@return string
function Preparer:quote_schema(schema) return written(self, check_name("quote_schema", schema)) end
--- The same.
---@param name string
---@return string
function Preparer:format_schema(name) return written(self, check_name("format_schema", name)) end
--- The same for the name of a collation.
---@param collation_name string
---@return string
function Preparer:format_collation(collation_name)
  return written(self, check_name("format_collation", collation_name))
end
--- The same for the name of a label.
---@param name string
---@return string
function Preparer:format_label_name(name) return written(self, check_name("format_label_name", name)) end
--- The same for the name of a savepoint.
---@param savepoint string
---@return string
function Preparer:format_savepoint(savepoint) return written(self, check_name("format_savepoint", savepoint)) end

--- A name in quotes, needed or not.
---@param value string
---@return string
function Preparer:quote_identifier(value) return written(self, check_name("quote_identifier", value), true) end

--- 'schema."Some table"' → { "schema", "Some table" }
---@param identifiers string
---@return string[]
function Preparer:unformat_identifiers(identifiers)
  local parts, at, q = {}, 1, self.initial_quote
  while at <= #identifiers do
    local part = identifiers:match("^[^.]+", at)
    if identifiers:sub(at, at) == q then
      part = ""
      repeat
        local piece = identifiers:match("^" .. q .. "[^" .. q .. "]*" .. q, at + #part)
        part = part .. (piece or "")
      until piece == nil
    end
    part = part ~= nil and part ~= "" and part or identifiers:sub(at, at)
    if part:sub(1, 1) == q and #part > 1 then parts[#parts + 1] = part:sub(2, -2):gsub(q .. q, q)
    elseif part ~= "." then parts[#parts + 1] = part end
    at = at + #part
  end
  return parts
end

local TABLE = { use_schema = options.TRUE, name = true }
--- A table's name with its schema.
---@param table_ any
---@param opts table?   use_schema (true), name (instead of its own)
---@return string
function Preparer:format_table(table_, opts)
  opts = options.read("format_table", opts, TABLE)
  local name, node = name_of(self, "format_table", table_)
  if opts.name then name = written(self, opts.name) end
  local schema = opts.use_schema and core.node_tag(node) == T.TABLE and name_of(self, "format_table", node, "schema")
  return schema and schema .. "." .. name or name
end
Preparer.format_table = named.method("format_table", { "table", "use_schema", "name" }, 1, 1, Preparer.format_table)

--- The names that lead to a table, as a list: { schema, table }.
---@param table_ any
---@param opts table?   use_schema (true)
---@return string[]
function Preparer:format_table_seq(table_, opts)
  opts = options.read("format_table_seq", opts, { use_schema = options.TRUE })
  local name, node = name_of(self, "format_table_seq", table_)
  local schema = opts.use_schema and name_of(self, "format_table_seq", node, "schema")
  return schema and { schema, name } or { name }
end

local COLUMN = { use_table = false, name = true, table_name = true, use_schema = false }
--- A column's name.
---@param column any
---@param opts table?   use_table (false), use_schema (false), name and table_name (instead of its own)
---@return string
function Preparer:format_column(column, opts)
  opts = options.read("format_column", opts, COLUMN)
  local name, node = name_of(self, "format_column", column)
  if core.node_tag(node) == T.COLUMN and node_get(node, "literal") ~= 0 then
    name = opts.name or node_get(node, "name")
  elseif opts.name then
    name = written(self, opts.name)
  end
  if not opts.use_table then return name end
  local of = self:format_table(node_get(node, "table"), { use_schema = opts.use_schema, name = opts.table_name })
  return of .. "." .. name
end
Preparer.format_column = named.method("format_column", { "column", "use_table", "name", "table_name", "use_schema" }, 1,
  1, Preparer.format_column)

--- An index's name.
---@param index any
---@return string
function Preparer:format_index(index) return (name_of(self, "format_index", index)) end

--- A constraint's name; nil if it has none.
---@param constraint any
---@return string?
function Preparer:format_constraint(constraint) return (name_of(self, "format_constraint", constraint)) end

--- A sequence's name with its schema.
---@param sequence any
---@param opts table?   use_schema (true)
---@return string
function Preparer:format_sequence(sequence, opts)
  opts = options.read("format_sequence", opts, { use_schema = options.TRUE })
  local name, node = name_of(self, "format_sequence", sequence)
  local schema = opts.use_schema and name_of(self, "format_sequence", node, "schema")
  return schema and schema .. "." .. name or name
end

--- A label's name.
---@param label any
---@param name string?   instead of its own
---@return string
function Preparer:format_label(label, name)
  return name and written(self, name) or (name_of(self, "format_label", label))
end

--- An alias's name.
---@param alias any
---@param name string?   instead of its own
---@return string
function Preparer:format_alias(alias, name)
  return name and written(self, name) or (name_of(self, "format_alias", alias))
end

--- The name of a type that has one (ENUM, DOMAIN), with its schema.
---@param type_ any
---@param opts table?   use_schema (true)
---@return string
function Preparer:format_type(type_, opts)
  opts = options.read("format_type", opts, { use_schema = options.TRUE })
  local name, node = name_of(self, "format_type", type_)
  if name == nil then
    exc.raise("CompileError", "%s type requires a name.", tostring(self.dialect.name))
  end
  local schema = opts.use_schema and name_of(self, "format_type", node, "schema")
  return schema and schema .. "." .. name or name
end

local function checked(self, name)
  local dialect = self.dialect
  local most = dialect.max_identifier_length or core.max_identifier(dialect.name)
  if most and #name > most then
    exc.raise("IdentifierError", "Identifier '%s' exceeds maximum length of %d characters", name, most)
  end
  return written(self, name)
end
--- An index's name, refused if it is longer than the database takes.
---@param name string
---@return string
function Preparer:truncate_and_render_index_name(name) return checked(self, name) end
--- The same of a constraint.
---@param name string
---@return string
function Preparer:truncate_and_render_constraint_name(name) return checked(self, name) end

usage.check_receivers(Preparer, "preparer", usage.receiver_of(Preparer))

-- A name that is not there is an error, as in Python.
local unknown = usage.unknown_attribute("IdentifierPreparer", {}, Preparer)
setmetatable(Preparer, { __index = function(_, key)
  if type(key) == "string" and key:sub(1, 1) == "_" then return nil end
  return unknown(key)
end })

--- The preparer of a dialect; `raw`: that of a compilation under way.
---@param dialect table   with its name
---@param raw table?
---@return alchemoon.IdentifierPreparer
function preparer.new(dialect, raw)
  local quote = (dialect.name == "mysql" or dialect.name == "mariadb") and "`" or '"'
  return setmetatable({
    dialect = dialect, initial_quote = quote, final_quote = quote, escape_quote = quote, _raw = raw,
  }, Preparer)
end

return preparer
