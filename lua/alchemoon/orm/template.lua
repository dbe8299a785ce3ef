--- Statements that loaders make: built once per property (or per plan), executed with values by name.
--
-- A template is { stmt, how, plans }. Its plans live with it, not in the engine's cache. `fetch` runs one and returns
-- the list of results; when somebody listens to do_orm_execute the statement takes the public way and the listener may
-- change or replace it.
local core = require "alchemoon.core"
local execute = require "alchemoon.sql.execute"
local load = require "alchemoon.orm.load"
local option_tree = require "alchemoon.orm.option_tree"
local plan_module = require "alchemoon.orm.plan"
local null = require "alchemoon.null"

local template = {}
local extract = core.extract
local running = coroutine.running
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- What with_expression() and and_() give belongs to the statement, so that its values can be exchanged with the others.
local function with_expressions(stmt, tree)
  local list = option_tree.expressions(tree)
  if #list == 0 then return stmt, false end
  local option = core.node(core.tags.ORM_OPTION, { fingerprint = "expressions", children = list,
    option = { expressions = list } })
  return core.node_append(stmt, "options", option), true
end

---@param stmt userdata
---@param how table?   see lower_select.lower
---@param criteria userdata[]?   with_loader_criteria nodes of the statement for whose objects this one is
function template.new(stmt, how, criteria)
  local has_values = criteria ~= nil
  if criteria then stmt = core.node_append(stmt, "options", unpack(criteria)) end
  if how and how.tree then
    local with_values
    stmt, with_values = with_expressions(stmt, how.tree)
    has_values = has_values or with_values
  end
  return { stmt = stmt, how = how, plans = {}, has_values = has_values }
end

-- Text that tells schema maps apart.
local function map_text(map)
  local parts = {}
  for from, to in pairs(map) do parts[#parts + 1] = tostring(from) .. "\0" .. tostring(to) end
  table.sort(parts)
  return table.concat(parts, "\1")
end

--- The plan of a template for a dialect and a schema map; `stmt` has the template's form.
function template.plan(self, stmt, dialect, schema_map)
  local key = dialect.name
  if stmt ~= self.stmt then
    local form = extract(stmt)
    self.form = self.form or extract(self.stmt)
    -- Other values: what the loads below keep of the plan must be nodes of the template, which rebind() knows.
    if form == self.form then stmt = self.stmt else key = form .. key end
  end
  if schema_map then key = key .. "\2" .. map_text(schema_map) end
  local found = self.plans[key]
  if found then return found, true end
  found = plan_module.make(stmt, dialect, schema_map, self.how)
  self.plans[key] = found
  return found, false
end

--- The values of binds in a template that came from one statement, or from one before it, are exchanged for those of an
-- equal one.
function template.rebind(stmt, origin)
  local old, new = {}, {}
  while origin do
    if origin.from ~= origin.to then
      local from, to = core.extract_binds(origin.from), core.extract_binds(origin.to)
      for i = 1, #from do old[#old + 1], new[#new + 1] = from[i], to[i] end
    end
    origin = origin.before
  end
  if #old == 0 then return stmt end
  return core.node_replace(stmt, function(node)
    if core.node_tag(node) ~= core.tags.BIND then return nil end
    for i = 1, #old do
      if old[i] == node then return new[i] end
    end
    return nil
  end)
end

-- The get_bind of a session that nobody has overridden.
local plain_get_bind
function template.set_plain_get_bind(fn) plain_get_bind = fn end

--- Is the session's get_bind its own?
function template.has_plain_bind(session) return session.get_bind == plain_get_bind end

local function options_of(conn, stmt, opts)
  if opts == nil or next(opts) == nil then return conn._execution_options end
  return execute.merged_options(conn, stmt, opts)
end

local function run_plan(session, conn, self, stmt, params, info)
  local opts = options_of(conn, stmt, info.options)
  local plan, cached = template.plan(self, stmt, conn.dialect, opts.schema_translate_map)
  return load.run(session, conn, plan, stmt, params, cached, opts, info.run), plan
end

-- For listeners of the engine, who are told of a result.
local function watched(session, conn, self, stmt, params, info)
  local list
  conn:_execute_watched(function(now, _, set)
    local plan
    list, plan = run_plan(session, conn, self, now, set and load.parameters(set) or params, info)
    return require("alchemoon.orm.entity_result").new(plan, list)
  end, stmt, params, info.options)
  return list
end

-- Runs it on the session's connection.
local function direct(session, self, stmt, params, info)
  if not info.no_autoflush and session.autoflush then session:_autoflush() end
  local bind = session.bind
  if not bind or next(session._binds) ~= nil or session.get_bind ~= plain_get_bind then
    bind = session:get_bind({ mapper = info.mapper, clause = stmt, identity_token = info.token })
  end
  local conn = session:_connection_for_bind(bind)
  local run = info.run
  if stmt == self.stmt and not info.options and not run.groups and run.token == nil then
    local plan = self.plans[conn.dialect.name]
    local list = plan and load.quick(session, conn, plan, stmt, params, run.fixed)
    if list then return list end
  end
  if conn:_is_watched() then return watched(session, conn, self, stmt, params, info) end
  return run_plan(session, conn, self, stmt, params, info)
end
template.direct = direct

-- By way of session:execute, for listeners.
local function listened(session, self, stmt, params, info)
  local options = {}
  for name, value in pairs(info.options or {}) do options[name] = value end
  options._orm_load = { is_column_load = info.is_column_load or false,
    is_relationship_load = info.is_relationship_load or false, lazy_loaded_from = info.lazy_loaded_from,
    path = info.path, trail = info.trail, template = self, run = info.run, token = info.token,
    no_autoflush = info.no_autoflush }
  if info.token ~= nil then options.identity_token = info.token end
  if info.user_options then stmt = core.node_append(stmt, "options", unpack(info.user_options)) end
  local result = require("alchemoon.orm.execution").execute(session, stmt, params, options,
    { mapper = info.mapper })
  if info.run.groups then -- grouped by the handler as long as it was ours
    local source = rawget(result, "_grouped")
    if source then return {} end
    return template.regroup(result, info)
  end
  local list = result:unique():scalars():all()
  for i = 1, #list do
    if list[i] == null then list[i] = nil end
  end
  return list
end

--- Rows (key, ..., object) that a listener's result brings, into the groups of a run.
function template.regroup(result, info)
  local groups = info.run.groups
  for row in result:unique() do
    local n = #row
    local values = {}
    for i = 1, n - 1 do
      values[i] = row[i]
      if values[i] == nil then values[i] = null end
    end
    local key = core.identity_key(unpack(values, 1, n - 1))
    local list = groups[key]
    if not list then
      list = {}
      groups[key] = list
    end
    list[#list + 1] = row[n]
  end
  return {}
end

--- Runs a template. `info`: mapper (for the engine), run (how, see load.lua), options, no_autoflush, lazy_loaded_from,
-- is_relationship_load, is_column_load, path, trail (see path.lua), token, origin, user_options.
---@return table list
function template.fetch(session, self, params, info)
  local stmt = self.stmt
  if self.has_values then stmt = template.rebind(stmt, info.origin) end
  local fn = session.dispatch.do_orm_execute and listened or direct
  if session._inside == (running() or "main") then return fn(session, self, stmt, params, info) end
  return session:_exclusive("load", fn, self, stmt, params, info)
end

return template
