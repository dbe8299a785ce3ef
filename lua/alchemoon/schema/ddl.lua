--- DDL elements: CreateTable, DropIndex, DDL("...") and the others; how they run on a connection.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local constraint = require "alchemoon.schema.constraint"
local index = require "alchemoon.schema.index"
local default = require "alchemoon.schema.default"
local item = require "alchemoon.schema.item"

local ddl = {}
local tags, kinds = core.tags, core.ddl_kinds
local HAS_INCLUDE, CASCADE = 1, 2

ddl.constructors = {}

local function check_element(what, element, tag)
  if tag and core.node_tag(element) ~= tags[tag] then
    exc.raise("ArgumentError", "%s: a %s is needed, got %s", what, tag:sub(1, 1) .. tag:sub(2):lower(),
      core.node_tag(element) and tostring(element) or type(element))
  end
end

-- A constructor for one kind: spec.tag is what it takes, spec.options the valid keys.
local function define(name, kind, spec)
  --- The statement of that name for a schema item.
  ---@param element any
  ---@param opts table?   if_not_exists, if_exists, cascade ... as the statement has them
  ---@return any
  ddl.constructors[name] = item.constructor(name, function(element, opts)
    check_element(name, element, spec.tag)
    opts = options.read(name, opts, spec.options or {})
    local fields = { kind = kinds[kind], if_flag = (opts.if_exists or opts.if_not_exists) and 1 or 0, options = 0 }
    if spec.text then
      if not item.is_name(element) then exc.raise("ArgumentError", "%s: a name is needed, got %s", name,
        type(element)) end
      fields.text = element
    else
      fields.element = element
    end
    if opts.cascade then fields.options = CASCADE end
    if spec.finish then spec.finish(fields, element, opts) end
    return core.node(tags.DDL, fields)
  end, { compile_tags = { tags.DDL }, is = function(value)
    return item.is_tag(value, "DDL") and core.node_get(value, "kind") == kinds[kind]
  end })
end

local EXISTS, NOT_EXISTS = { if_exists = true }, { if_not_exists = true }

define("CreateTable", "CREATE_TABLE", { tag = "TABLE",
  options = { if_not_exists = true, include_foreign_key_constraints = true },
  finish = function(fields, _, opts)
    if opts.include_foreign_key_constraints then
      fields.include, fields.options = opts.include_foreign_key_constraints, fields.options + HAS_INCLUDE
    end
  end })
define("DropTable", "DROP_TABLE", { tag = "TABLE", options = EXISTS })
define("CreateColumn", "CREATE_COLUMN", { tag = "COLUMN" })
define("CreateIndex", "CREATE_INDEX", { tag = "INDEX", options = NOT_EXISTS })
define("DropIndex", "DROP_INDEX", { tag = "INDEX", options = EXISTS })
define("CreateSequence", "CREATE_SEQUENCE", { tag = "SEQUENCE", options = NOT_EXISTS })
define("DropSequence", "DROP_SEQUENCE", { tag = "SEQUENCE", options = EXISTS })
define("CreateSchema", "CREATE_SCHEMA", { text = true, options = NOT_EXISTS })
define("DropSchema", "DROP_SCHEMA", { text = true, options = { if_exists = true, cascade = true } })
define("SetTableComment", "SET_TABLE_COMMENT", { tag = "TABLE" })
define("DropTableComment", "DROP_TABLE_COMMENT", { tag = "TABLE" })
define("SetColumnComment", "SET_COLUMN_COMMENT", { tag = "COLUMN" })
define("DropColumnComment", "DROP_COLUMN_COMMENT", { tag = "COLUMN" })
define("SetConstraintComment", "SET_CONSTRAINT_COMMENT", { tag = "CONSTRAINT" })
define("DropConstraintComment", "DROP_CONSTRAINT_COMMENT", { tag = "CONSTRAINT" })

-- A constraint that is added or dropped by itself no longer stands in CREATE TABLE.
local function isolate(_, element, opts)
  if opts.isolate_from_table == false then return end
  core.node_set(element, "options", item.with(core.node_get(element, "options"), item.ISOLATED))
end
define("AddConstraint", "ADD_CONSTRAINT", { tag = "CONSTRAINT", options = { isolate_from_table = true },
  finish = isolate })
define("DropConstraint", "DROP_CONSTRAINT", { tag = "CONSTRAINT", finish = isolate,
  options = { cascade = true, if_exists = true, isolate_from_table = true } })

define("CreateEnumType", "CREATE_TYPE", { tag = "TYPE" })
define("DropEnumType", "DROP_TYPE", { tag = "TYPE", options = EXISTS })
define("DropDomainType", "DROP_DOMAIN", { tag = "TYPE", options = { if_exists = true, cascade = true } })
define("CreateDomainType", "CREATE_DOMAIN", { tag = "TYPE", finish = function(fields, element)
  local facts = core.node_get(element, "extra") or {}
  local given = { not_null = facts.not_null or nil, constraint_name = facts.constraint_name, default = facts.default }
  if facts.check ~= nil then given.check = default.expression(facts.check) end
  fields.include = item.dialect_options(given)
end })

-- --- DDL("text") ------------------------------------------------------------------------------------

--- am.DDL(text, context): a statement of one's own, for events and execute(); %(table)s and its like are filled in.
---@param text string
---@param context table?
---@param more table?
---@return any
ddl.constructors.DDL = item.constructor("DDL", function(text, context, more)
  if type(text) ~= "string" then
    exc.raise("ArgumentError", "Expected a string or unicode SQL statement, got '%s'", tostring(text))
  end
  local opts = { context = context }
  if options.is_options(context) and context.context ~= nil then opts = context end
  opts = options.read("DDL", opts, { context = true })
  if more then opts = options.read("DDL", more, { context = true }) end
  return core.node(tags.DDL, { kind = kinds.TEXT, text = text, include = item.dialect_options(opts.context) })
end)

-- --- when and how they run ----------------------------------------------------------------------------

local function rules(node) return core.node_get(node, "extra") end

local function dialect_matches(wanted, name)
  if type(wanted) == "table" then
    for _, one in ipairs(wanted) do
      if one == name then return true end
    end
    return false
  end
  return wanted == name
end

--- Should the element run there? `kw` is what the event passes.
local function should_execute(node, target, bind, kw)
  local only = rules(node)
  if not only then return true end
  local name = bind.dialect.name
  if only.dialect and not dialect_matches(only.dialect, name) then return false end
  if only.callable_ then
    local all = { dialect = bind.dialect, state = only.state }
    for key, value in pairs(kw or {}) do all[key] = value end
    if not only.callable_(node, target, bind, all) then return false end
  end
  return true
end
ddl.should_execute = should_execute

--- The text of a DDL element for a connection.
local function text_for(node, conn, opts)
  local map = opts and opts.schema_translate_map
  if map then map = require("alchemoon.sql.compiled").translate_list(map, conn.dialect.default_schema_name) end
  return core.compile(node, { dialect = conn.dialect.name, schema_translate_map = map,
    max_identifier_length = conn.dialect.max_identifier_length, render_schema_translate = map ~= nil, strict = true,
    literal = ddl.literal(conn.dialect.name) }):text()
end

--- A function that spells literal values in DDL.
function ddl.literal(dialect_name)
  return function(type_, value)
    return require("alchemoon.types.codec").literal(type_, value, dialect_name)
  end
end

local methods = {
  --- Runs on that dialect only, or if callable_(ddl, target, bind, { tables =, state =, checkfirst =, dialect = })
  -- says so.
  execute_if = function(node, opts)
    opts = options.read("execute_if", opts, { dialect = true, callable_ = true, state = true })
    local known = rules(node) -- a class of the user's own, or attributes of such an element
    if known and known.is_custom_class then opts.custom_class = known
    else
      for key, value in pairs(known or {}) do
        if opts[key] == nil then opts[key] = value end
      end
    end
    return core.node_with(node, { extra = opts })
  end,
  --- A copy that is about `target` (what `%(table)s` of a DDL text means).
  against = function(node, target) return core.node_with(node, { element = target }) end,
  compile = function(node, opts) return require("alchemoon.sql.compiled").compile(node, opts) end,
  execution_options = function(node) return node end,
  get_execution_options = function() return {} end,
  _execute_on = function(node, conn, params, opts)
    if params ~= nil and next(params) ~= nil then
      exc.raise("InvalidRequestError", "DDL takes no parameters")
    end
    local all = conn:_merge_options(nil, opts)
    return conn:_run(text_for(node, conn, all), nil, {
      execution_options = all, compiled = node, is_ddl = true, cache_note = "no key 0.00000s" })
  end,
}

local cls = class.define("DDLElement", {
  tags = { "DDL" }, methods = methods,
  properties = {
    element = function(node) return core.node_get(node, "element") or core.node_get(node, "text") end,
    target = function(node) return core.node_get(node, "element") end,
    statement = function(node) return core.node_get(node, "text") end,
    is_ddl = function() return true end,
    dialect = function(node) return (rules(node) or {}).dialect end,
    callable_ = function(node) return (rules(node) or {}).callable_ end,
    state = function(node) return (rules(node) or {}).state end,
  },
  metamethods = {
    __tostring = function(node) return require("alchemoon.sql.compiled").text(node) end,
    -- as a listener: ddl(target, connection, kw)
    __call = function(node, target, bind, kw)
      if type(bind) ~= "table" or not bind.dialect then
        exc.raise("ArgumentError", "a DDL element is called by its event, with a target and a connection; "
          .. "conn:execute(element) runs it")
      end
      if not should_execute(node, target, bind, kw) then return nil end
      return bind:execute(core.node_get(node, "kind") == kinds.TEXT and node:against(target) or node)
    end,
  },
})
ddl.class = cls

-- --- constraint:ddl_if{...}, index:ddl_if{...} -------------------------------------------------------

--- A constraint or index that is created on some dialects only, or when a function says so.
---@param opts table   dialect, callable_, state
---@return any
function ddl.ddl_if(node, opts)
  opts = options.read("ddl_if", opts, { dialect = true, callable_ = true, state = true })
  item.extra(node).ddl_if = opts
  if core.node_tag(node) == tags.INDEX then return node end
  local list = core.node_get(node, "dialect_options")
  local names = type(opts.dialect) == "table" and opts.dialect or { opts.dialect }
  for _, name in ipairs(names) do list[#list + 1] = core.node(tags.OPTION, { name = "ddl_if", text = name }) end
  core.node_set(node, "dialect_options", list)
  return node
end
constraint.class.methods.ddl_if = ddl.ddl_if
index.class.methods.ddl_if = ddl.ddl_if

--- Does a constraint's or index's `ddl_if` allow it on this connection?
function ddl.wanted(node, runner)
  local extra = item.peek(node)
  local only = extra and extra.ddl_if
  if not only then return true end
  if only.dialect and not dialect_matches(only.dialect, runner.dialect.name) then return false end
  if not only.callable_ then return true end
  return only.callable_(node, core.node_get(node, "table"), runner.conn,
    { dialect = runner.dialect, state = only.state, checkfirst = runner.checkfirst }) and true or false
end

return ddl
