--- PostgreSQL's named types (ENUM, DOMAIN): created before the tables that use them and dropped after them.
local core = require "alchemoon.core"
local options = require "alchemoon.options"
local item = require "alchemoon.schema.item"
local ddl = require "alchemoon.schema.ddl"

local named_types = {}
local tags, E = core.tags, core.enums

local KIND = {}
for _, info in ipairs(core.type_kinds()) do KIND[info.id] = info.key end

-- The type as PostgreSQL sees it: behind decorators, variants and arrays.
local function underlying(type_)
  while type_ do
    for _, variant in ipairs(core.node_get(type_, "variants")) do
      if core.node_get(variant, "dialect") == "postgresql" then return underlying(core.node_get(variant, "impl")) end
    end
    local key = KIND[core.node_get(type_, "kind")]
    if key ~= "DECORATOR" and key ~= "ARRAY" then return type_, key end
    type_ = core.node_get(type_, "item")
  end
end

--- The named type that a column's type needs, or nil. `asked_for`: also one that tables leave alone (create_type).
function named_types.of(type_, asked_for)
  local found, key = underlying(type_)
  if not found then return nil end
  local bits = core.node_get(found, "options")
  if item.has(bits, E.TYPE_NO_CREATE_TYPE) and not asked_for then return nil end
  if key == "ENUM" and not item.has(bits, E.TYPE_NO_NATIVE) or key == "PG_ENUM" or key == "DOMAIN" then
    return found, key == "DOMAIN" and "domain" or "enum"
  end
end

local function types_of_table(table_, found)
  for _, column in ipairs(core.node_get(table_, "columns")) do
    local type_, what = named_types.of(core.node_type(column))
    if type_ then found[#found + 1] = { type_, what } end
  end
  return found
end

local function types_of(target)
  if core.node_tag(target) == tags.TABLE then return types_of_table(target, {}) end
  local found = {}
  if core.node_tag(target) == tags.METADATA then
    for _, table_ in ipairs(core.node_get(target, "tables")) do types_of_table(table_, found) end
    local extra = item.peek(target)
    for _, own in ipairs(extra and extra.types or {}) do
      local type_, what = named_types.of(own)
      if type_ then found[#found + 1] = { type_, what } end
    end
  end
  return found
end

local function key_of(type_) return (core.node_get(type_, "schema") or "") .. "." .. (core.node_get(type_,
  "name") or "") end

local function exists(runner, type_, what)
  local name = core.node_get(type_, "name")
  if name == nil then return false end
  return runner:inspector():_has_type_now(name, runner:schema_of(type_), what)
end

local function make_of(what, verb)
  local name = (verb == "create" and "Create" or "Drop") .. (what == "domain" and "DomainType" or "EnumType")
  return ddl.constructors[name]
end

-- A type that was given a metadata belongs to that: a single table makes it only with checkfirst and never drops it.
local function is_of_metadata(runner, target, type_, verb)
  if core.node_tag(target) ~= tags.TABLE or runner.in_metadata or not type_.metadata then return false end
  return verb == "drop" or not runner.checkfirst
end

-- Each type once per create_all or drop_all.
local function each(runner, target, verb)
  for _, pair in ipairs(types_of(target)) do
    local type_, what = pair[1], pair[2]
    local key = key_of(type_)
    if not runner.seen[key] and not is_of_metadata(runner, target, type_, verb) then
      runner.seen[key] = true
      local there = runner.checkfirst and exists(runner, type_, what)
      if not runner.checkfirst or there == (verb == "drop") then runner:run(make_of(what, verb)(type_)) end
    end
  end
end

local function concerned(runner, target)
  if runner.dialect.name ~= "postgresql" then return false end
  local tag = core.node_tag(target)
  return tag == tags.METADATA or tag == tags.TABLE
end

--- Before CREATE TABLE, or before all tables of a metadata.
function named_types.before_create(runner, target)
  if concerned(runner, target) then each(runner, target, "create") end
end

--- After all tables of a metadata are gone. A single dropped table takes its types along only without checkfirst, when
-- nothing else was asked to look after them.
function named_types.after_drop(runner, target)
  if not concerned(runner, target) then return end
  if core.node_tag(target) == tags.TABLE and runner.in_metadata then return end
  each(runner, target, "drop")
end

function named_types.checkfirst(opts) return options.read("create", opts, { checkfirst = options.TRUE }).checkfirst end

--- type:create(bind, { checkfirst = true }) and type:drop.
function named_types.run(type_, verb, bind, checkfirst)
  local create = require "alchemoon.schema.create"
  create.with_connection("type:" .. verb, bind, function(conn)
    local found, what = named_types.of(type_, true)
    if not found or conn.dialect.name ~= "postgresql" then return end
    local runner = create.new_runner(conn, checkfirst ~= false)
    local there = runner.checkfirst and exists(runner, found, what)
    if not runner.checkfirst or there == (verb == "drop") then runner:run(make_of(what, verb)(found)) end
  end)
end

return named_types
