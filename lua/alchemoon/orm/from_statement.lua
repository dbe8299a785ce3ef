--- select(User):from_statement(statement): entities out of the rows of any statement.
--
-- The columns of the entities are looked for among those of the result: as the same column (or one that stands for it),
-- then by name; by name alone where the text is the author's. A column that is not there stays unloaded; a primary key
-- must be there.
local core = require "alchemoon.core"
local entity_result = require "alchemoon.orm.entity_result"
local exc = require "alchemoon.exc"
local execute = require "alchemoon.sql.execute"
local execution = require "alchemoon.orm.execution"
local load = require "alchemoon.orm.load"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lowering = require "alchemoon.orm.lowering"
local plan_module = require "alchemoon.orm.plan"
local user_option = require "alchemoon.orm.user_option"

local from_statement = {}
local T = core.tags
local portion_of = require("alchemoon.execution_options").portion_of
local node_get, node_tag = core.node_get, core.node_tag
local null = core.null
local IS_DML = { [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }

-- --- finding columns ----------------------------------------------------------------------------

-- The very column first, then one that descends from it.
local function by_object(entry, node)
  for i, column in ipairs(entry.columns) do
    for _, object in ipairs(column.objects) do
      if object == node then return i end
      if node_tag(object) == T.ORM_ATTR and node_get(object, "column") == node then return i end
    end
  end
  if node_tag(node) ~= T.COLUMN then return nil end
  for i, column in ipairs(entry.columns) do
    for _, object in ipairs(column.objects) do
      local inner = node_tag(object) == T.ORM_ATTR and node_get(object, "column") or object
      if node_tag(inner) == T.COLUMN and core.shares_lineage(inner, node) then return i end
    end
  end
  return nil
end

-- Names under which a column may stand in a text: id, users_id.
local function by_name(names, node)
  if node_tag(node) == T.LABEL then
    return names[node_get(node, "name") or false]
  end
  if node_tag(node) ~= T.COLUMN then return nil end
  local name = node_get(node, "name")
  local from = node_get(node, "table")
  local table_name = from and node_tag(from) ~= T.JOIN and node_get(from, "name")
  return table_name and names[table_name .. "_" .. name] or names[name] or names[node_get(node, "key_name") or false]
end

-- Does the text decide about the columns of the result?
local function is_textual(entry) return #entry.columns == 0 or entry.make_shape ~= nil
  and not entry.info.columns_ordered end

-- The nodes that the statement's own entities speak of. What contains_eager() fills needs columns of its own.
local function asked_for(plan)
  local set = {}
  for _, spec in ipairs(plan.specs) do
    if spec.kind == "value" then set[spec.node] = true
    elseif not spec.parent then
      for _, node in ipairs(spec.keys) do set[node] = true end
      if spec.discriminator then set[spec.discriminator] = true end
      for _, class in ipairs(spec.classes) do
        for _, column in ipairs(class.columns) do set[column.node] = true end
      end
    end
  end
  return set
end

-- Key of a result column → its position.
local function positions(columns)
  local at = {}
  for i, column in ipairs(columns) do at[column.key] = at[column.key] or i end
  return at
end

-- Is a column of the result known to be that of a table? Then it is no other table's of the same name.
local function is_of_table(column)
  for _, object in ipairs(column.objects) do
    local inner = node_tag(object) == T.ORM_ATTR and node_get(object, "column") or object
    if node_tag(inner) == T.COLUMN and node_get(inner, "table") then return true end
  end
  return false
end

-- Node → position in the result, for every column that the specs speak of.
local function find_sources(plan, names)
  local sources = {}
  local keys = not names and positions(plan.entry.columns)
  local own = keys and asked_for(plan)
  local function find(node)
    if sources[node] ~= nil then return end
    local at = not names and by_object(plan.entry, node) or nil
    if not at and names then at = by_name(names, node) end
    if not at and keys and (plan.loose or own[node]) then
      at = by_name(keys, node)
      if at and not own[node] and is_of_table(plan.entry.columns[at]) then at = nil end
    end
    sources[node] = at or false
  end
  for _, list in ipairs { plan.state.primary, plan.state.secondary } do
    for _, node in ipairs(list) do find(node) end
  end
  for node, at in pairs(sources) do
    if not at then sources[node] = nil end
  end
  return sources
end

-- The column that says of which class a row is, also where there is no choice.
local function discriminator_of(spec)
  if spec.discriminator or spec.kind == "value" then return spec.discriminator end
  local prop = spec.mapper.polymorphic_prop
  for _, column in ipairs(prop and spec.classes[1].columns or {}) do
    if column.slot == prop.slot then return column.node end
  end
  return nil
end

-- The first column without which nothing can be made of the rows, identity and class of an entity or a value, that they
-- do not have; nil if all are there.
local function lacking(specs, sources)
  for _, spec in ipairs(specs) do
    for _, node in ipairs(spec.keys or {}) do
      if not sources[node] then return node end
    end
    local lead = spec.kind == "value" and spec.node or discriminator_of(spec)
    if lead and not sources[lead] then return lead end
  end
  return nil
end

local function refuse(node)
  exc.raise("NoSuchColumnError", "Could not locate column in row for column '%s'; the statement given to "
    .. "from_statement() has to select it", tostring(node))
end

-- contains_eager() of what the statement does not have: the attribute is loaded when it is read. `place`: where the
-- specs stand that are left.
local function without_absent(specs, sources)
  local kept, place = {}, {}
  for i, spec in ipairs(specs) do
    local is_absent = spec.parent ~= nil and not place[spec.parent]
    for _, node in ipairs(spec.parent and spec.keys or {}) do is_absent = is_absent or not sources[node] end
    if not is_absent then
      kept[#kept + 1] = spec
      place[i] = #kept
    elseif spec.parent then
      local eager = specs[spec.parent].eager
      for k = #eager, 1, -1 do
        if eager[k] == spec.prop then table.remove(eager, k) end
      end
    end
  end
  for i, spec in ipairs(kept) do spec.index, spec.parent = i, spec.parent and place[spec.parent] end
  return kept
end

-- --- plans ---------------------------------------------------------------------------------------

local CLAUSES = { "where", "having", "joins", "order_by", "group_by", "limit", "offset", "fetch" }

-- Clauses that were added after from_statement() would be lost.
local function refuse_clauses(stmt)
  for _, name in ipairs(CLAUSES) do
    local said = node_get(stmt, name)
    if type(said) == "table" and #said > 0 or said ~= nil and type(said) ~= "table" then
      exc.raise("InvalidRequestError", "A SELECT with from_statement() takes its rows as that statement gives them "
        .. "and can have no %s of its own; say it in the statement given to from_statement()",
        (name:upper():gsub("_", " ")))
    end
  end
end

-- The entities say what is wanted, the inner statement where it stands: columns are found by object or by name.
local function make_plan(stmt, inner, dialect, schema_map)
  refuse_clauses(stmt)
  local outer = core.node_with(stmt, { from_statement = false })
  local lowered = lowering.statement(outer, { no_joins = true, no_defaults = true })
  local tag = node_tag(inner)
  local _, _, is_orm = core.node_flags(inner)
  local criteria = lower_criteria.of(stmt)
  local is_query, given = tag == T.SELECT or tag == T.COMPOUND, nil
  if is_orm and (criteria or not is_query) then
    given = lowering.statement(inner, { for_statement = is_query, criteria = criteria })
  end
  local entry = execute.compile(inner, dialect, nil, false, schema_map, given)
  local state, found = lowered.state, nil
  if is_query then state.multi_row = nil end -- what a SELECT joins it repeats itself
  local by_names, loose = is_textual(entry), tag == T.TEXTUAL_SELECT
  if not by_names then
    found = find_sources({ state = state, specs = state.specs, entry = entry, loose = loose }, nil)
    state.specs = without_absent(state.specs, found)
  end
  local plan = plan_module.from_state(stmt, state, entry, dialect)
  plan.shape = plan.shape or plan_module.shape_of(plan) -- without entities, too
  plan.by_name, plan.sources, plan.variants = by_names, found, {}
  plan.lacking = found and lacking(state.specs, found) -- said when the statement has been executed
  return plan
end

-- A text's columns are known once it runs.
local function bind_names(plan, cursor)
  if plan.lacking then refuse(plan.lacking) end
  local parts, names = {}, {}
  for i, column in ipairs(cursor:columns()) do
    parts[i] = column.name
    if names[column.name] == nil then names[column.name] = i end
  end
  local key = table.concat(parts, "\0")
  local known = plan.variants[key]
  if not known then
    known = { sources = find_sources(plan, names), programs = {} }
    known.lacking = lacking(plan.specs, known.sources)
    plan.variants[key] = known
  end
  if known.lacking then refuse(known.lacking) end
  plan.sources, plan.programs = known.sources, known.programs
end

local function plan_of(stmt, inner, conn, opts)
  local cache = opts.compiled_cache
  if cache == nil then cache = conn.engine._compiled_cache end
  if cache == false or cache == null then cache = nil end
  local key = execute.key_of(stmt, conn.dialect.name, nil, nil, opts.schema_translate_map) .. "\5"
  local found = cache and cache:get(key)
  if found then return found, true end
  found = make_plan(stmt, inner, conn.dialect, opts.schema_translate_map)
  if cache then cache:put(key, found) end
  return found, cache and false or nil
end

--- Executes select(...):from_statement(...) and returns the result.
function from_statement.execute(session, stmt, params, opts, arguments, conn)
  local inner = node_get(stmt, "from_statement")
  if IS_DML[node_tag(inner)] then -- has defaults and many sets of parameters: the public way
    local returning = require "alchemoon.orm.returning"
    local result = execution.run(session, returning.flat(inner), params, nil, nil, conn)
    return returning.of_result(session, stmt, result, conn.dialect, { token = opts.identity_token,
      populate_existing = opts.populate_existing })
  end
  local plan, cached = plan_of(stmt, inner, conn, opts)
  local how = { populate_existing = opts.populate_existing, stmt = stmt, node = inner,
    token = opts.identity_token, arguments = arguments, user_options = user_option.nodes(stmt),
    trail = session.dispatch.do_orm_execute and user_option.trail(stmt) or nil,
    late = (plan.by_name or plan.lacking) and bind_names or nil }
  local load_handler, set = require "alchemoon.orm.load_handler", load.parameters(params)
  if portion_of(opts) then return load_handler.in_chunks(session, conn, plan, inner, set, cached, opts, how) end
  local list, finish, has_new = load.rows(session, conn, plan, inner, set, cached, opts, how)
  return entity_result.of_rows(session, plan, load_handler.regroup(plan, list), finish, has_new)
end

return from_statement
