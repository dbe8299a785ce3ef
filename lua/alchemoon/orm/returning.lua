--- RETURNING of ORM statements: objects and values from rows that were read already.
--
-- A SELECT of what RETURNING names is lowered, only to learn which columns its entities need; the statement returns
-- those, and each row becomes objects of the session as a loaded one would.
local bundle_row = require "alchemoon.orm.bundle_row"
local core = require "alchemoon.core"
local entity_result = require "alchemoon.orm.entity_result"
local exc = require "alchemoon.exc"
local instance = require "alchemoon.orm.instance"
local load = require "alchemoon.orm.load"
local lowering = require "alchemoon.orm.lowering"
local plan_module = require "alchemoon.orm.plan"
local symbols = require "alchemoon.orm.symbols"
local user_option = require "alchemoon.orm.user_option"

local returning = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local unpack = table.unpack or unpack -- luacheck: ignore 113

--- The lowered form of a list of entities and columns, without eager joins: there is nothing to join to. `stored_only`:
-- without column properties that are expressions, which RETURNING leaves out.
function returning.lower(stmt, stored_only)
  return lowering.statement(core.node_with(stmt, { from_statement = false }),
    { no_joins = true, stored_only = stored_only, of_dml = stored_only }).state
end

--- A SELECT of what a statement's RETURNING names, with the statement's loader options, and its lowered form.
function returning.query(statement)
  local items = node_get(statement, "returning")
  local query = require("alchemoon.sql.select").select(unpack(items))
  for _, option in ipairs(node_get(statement, "options") or {}) do query = query:options(option) end
  return query, returning.lower(query, true)
end

-- The names by which a column of the mapping may be found.
local function names_of(node)
  if node_tag(node) == T.LABEL then return { node_get(node, "name") } end
  if node_tag(node) ~= T.COLUMN then return {} end
  local name, from = node_get(node, "name"), node_get(node, "table")
  local names = { name }
  if from ~= nil and (node_tag(from) == T.TABLE or node_tag(from) == T.ALIAS) then
    names[2] = node_get(from, "name") .. "_" .. name
  end
  if node.key ~= name then names[#names + 1] = node.key end
  return names
end

local function missing(node)
  exc.raise("NoSuchColumnError", "Could not locate column in row for column '%s'; the statement given to " ..
    "from_statement() has to select it", tostring(node))
end

-- How the value of a row's column becomes that of a slot (rows are decoded already).
local function fill(obj, columns, row, sources, existing)
  for _, column in ipairs(columns) do
    local at = sources[column.node]
    if at and (not existing or rawget(obj, column.slot) == nil) then
      local value = row[at]
      if value == nil then value = symbols.null elseif value == core.null then value = symbols.JSON_NULL end
      rawset(obj, column.slot, value)
    end
  end
end

local function class_of(spec, row, sources, key)
  if not spec.idents then return spec.classes[1] end
  local number = spec.idents[row[sources[spec.discriminator]]]
  if not number or number == 0 then spec.unknown(row[sources[spec.discriminator]], key) end
  return spec.classes[number]
end

-- The object of a row; second result: was it made for it?
local function object_of(entity, spec, row, sources, token, populate)
  local key = {}
  for i, node in ipairs(spec.keys) do key[i] = row[sources[node]] end
  if key[1] == nil then return nil end
  local context, map = load.entity_of(entity)
  local identity = core.identity_key_with_token(token, unpack(key, 1, #spec.keys))
  local obj = map[identity]
  local class = class_of(spec, row, sources, identity)
  if obj then
    fill(obj, class.columns, row, sources, not populate)
    return obj, false
  end
  obj = instance.empty(class.mapper)
  rawset(obj, 1, context)
  rawset(obj, 2, identity)
  fill(obj, class.columns, row, sources)
  map[identity] = obj
  return obj, true
end

--- The objects and values that `stmt` selects, from rows that were read already: RETURNING of ORM statements.
-- Second result: the objects in the rows, with their mappers. The rows' columns are those of
-- `returning.lower(stmt)`, in that order.
function returning.of_rows(session, stmt, state, rows, fields, dialect)
  local self = plan_module.from_state(stmt, state, { columns = {} }, dialect)
  self.shape = self.shape or plan_module.shape_of(self)
  local list, seen, token = {}, {}, fields and fields.token
  local populate = fields and fields.populate_existing
  local options = fields and fields.options
  if fields then fields.token, fields.populate_existing, fields.options = nil, nil, nil end
  local gathered = load.gather(session, self, { stmt = stmt, token = token, populate_existing = populate,
    options = options, user_options = user_option.nodes(stmt) })
  for i = 1, #rows do
    local out = {}
    for k, spec in ipairs(self.specs) do
      if spec.kind == "value" then out[k] = rows[i][state.position[spec.node]]
      else
        local obj, fresh = object_of(gathered.run[k], spec, rows[i], state.position, token, populate)
        if obj then
          gathered:add(gathered.run[k], obj, fresh)
          seen[obj] = spec.mapper
        end
        out[k] = obj
      end
      if out[k] == nil then out[k] = core.null end
    end
    list[i] = self.single and out[1] or out
  end
  gathered:finish()
  if plan_module.has_groups(self.items) then
    for i = 1, #list do list[i] = bundle_row.row(self.items, list[i]) end
  end
  return entity_result.new(self, list, nil, fields), seen
end

--- INSERT, UPDATE or DELETE that returns the columns of the entities in its RETURNING.
function returning.flat(statement)
  local items = node_get(statement, "returning")
  for _, item in ipairs(items) do
    if node_tag(item) == T.ORM_ENTITY or node_tag(item) == T.ORM_BUNDLE then
      local query = require("alchemoon.sql.select").select(unpack(items))
      return core.node_with(statement, { returning = node_get(returning.lower(query, true).statement, "columns") })
    end
  end
  return statement
end

--- The same for a Result whose columns are found by name. `fields`: token, populate_existing, options.
function returning.of_result(session, stmt, result, dialect, fields)
  local state = returning.lower(stmt)
  local by_name = {}
  for i, name in ipairs(result:keys()) do by_name[name] = by_name[name] or i end
  for node in pairs(state.position) do
    local at
    for _, name in ipairs(names_of(node)) do at = at or by_name[name] end
    state.position[node] = at
  end
  for _, spec in ipairs(state.specs) do
    for _, key in ipairs(spec.keys or {}) do
      if not state.position[key] then missing(key) end
    end
    if spec.kind == "value" and not state.position[spec.node] then missing(spec.node) end
  end
  return returning.of_rows(session, stmt, state, result:all(), fields, dialect)
end

return returning
