--- Bulk operations: rows given as tables of attributes (or as objects), written without unit of work, cascades and
-- events.
--
-- Also what session:execute(insert(Class), rows) and update by primary key stand on (dml_insert.lua, orm_dml.lua).
local composite = require "alchemoon.orm.composite"
local core = require "alchemoon.core"
local dml = require "alchemoon.sql.dml"
local exc = require "alchemoon.exc"
local execute = require "alchemoon.sql.execute"
local options = require "alchemoon.options"
local access = require "alchemoon.orm.access"
local attributes = require "alchemoon.orm.attributes"
local binds = require "alchemoon.orm.binds"
local collection_changes = require "alchemoon.orm.collection_changes"
local flush_plan = require "alchemoon.orm.flush_plan"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local statements = require "alchemoon.orm.flush_statements"
local persist_insert = require "alchemoon.orm.persist_insert"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"

local bulk = {}
local null = symbols.null
local rawget, rawset = rawget, rawset
local unpack = table.unpack or unpack -- luacheck: ignore 113 143

-- --- rows -----------------------------------------------------------------------------------------------

local function key_set(params)
  local names = {}
  for name in pairs(params) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, "\0")
end

-- Composite attributes of a row become its columns.
local function expand_composites(mapper, row)
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "composite" and row[prop.key] ~= nil then
      local values = row[prop.key]
      if values ~= null then values = composite.values_in(values) end
      for i, part in ipairs(prop:parts(mapper)) do
        row[part.key] = values == null and null or values[i]
      end
      row[prop.key] = nil
    end
  end
end

--- The attributes of a row with composites replaced by their parts; `given` itself if there is none.
function bulk.with_parts(mapper, given)
  if mapper.composite_list == nil then return given end
  local row = {}
  for key, value in pairs(given) do row[key] = value end
  expand_composites(mapper, row)
  return row
end

local function is_json(prop)
  return prop ~= nil and prop.kind == "column" and attributes.is_json_type(core.node_type(prop.columns[1]))
end

-- Keys may be attributes or columns; a synonym's value is that of what it names.
local function copy_row(mapper, given)
  local row = {}
  for key, value in pairs(given) do
    if type(key) ~= "string" then
      key = core.node_tag(key) == core.tags.ORM_ATTR and core.node_get(key, "name") or key.key
    end
    local prop = mapper.prop[key]
    if prop and prop.kind == "synonym" then key = prop.name end
    if value == null and is_json(mapper.prop[key]) then value = symbols.JSON_NULL end -- as in the slot of an object
    row[key] = value
  end
  expand_composites(mapper, row)
  return row
end

--- Copies of the rows that a program gives: by attribute, with synonyms and composites as what they stand for.
function bulk.rows_of_mappings(mapper, mappings)
  if type(mappings) ~= "table" then
    exc.raise("ArgumentError", "bulk operation on %s: expected a list of tables of attributes, got %s",
      mapper.class_name, exc.show_value(mappings))
  end
  local rows = {}
  for i = 1, #mappings do
    if type(mappings[i]) ~= "table" or getmetatable(mappings[i]) ~= nil then
      exc.raise("ArgumentError", "bulk operation on %s: item %d must be a table of attributes, got %s",
        mapper.class_name, i,
        type(mappings[i]))
    end
    rows[i] = copy_row(mapper, mappings[i])
  end
  return rows
end

-- An UPDATE needs the key and the version, whatever has changed.
local function row_of_object(mapper, obj, changed_only)
  local row = {}
  local changes = access.changes_of(obj) or {}
  local search = {}
  for _, slot in ipairs(mapper.pk_slots) do search[slot] = true end
  if mapper.version_id_slot then search[mapper.version_id_slot] = true end
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" and prop.slot then
      local value = rawget(obj, prop.slot)
      if value ~= nil and (not changed_only or changes[prop.slot] ~= nil
        or search[prop.slot]) then row[prop.key] = value end
    end
  end
  return row
end

-- --- INSERT ---------------------------------------------------------------------------------------------

-- Names of attributes become keys of columns; the class fills in version and discriminator.
local function insert_params(plan, row, render_nulls)
  local params = {}
  for _, entry in ipairs(plan.columns) do
    local value = row[entry.name]
    if value ~= nil and (value ~= null or render_nulls or entry.evaluates_none) then
      params[entry.key] = entry.json and flush_plan.json_param(value) or value
    end
  end
  if plan.version and plan.mapper.version_id_generator then
    params[plan.version_key] = plan.mapper.version_id_generator(nil)
  end
  local discriminator = plan.mapper.polymorphic_identity ~= nil and plan.by_slot[plan.mapper.polymorphic_slot]
  if discriminator and row[discriminator.name] == nil then
    params[discriminator.key] = plan.mapper.polymorphic_identity
  end
  return params
end

local function take_keys(plan, rows, keys)
  for i, row in ipairs(rows) do
    if keys[i] == nil then persist_insert.no_key(plan.mapper, #rows > 1) end
    for k, pk in ipairs(plan.pks) do
      local name = plan.by_slot[pk.slot].name
      if (row[name] == nil or row[name] == null) and keys[i][k] ~= nil then row[name] = keys[i][k] end
    end
  end
end

-- Keys of a table go into the attributes of the tables below it.
local function take_equated(plan, rows)
  for _, equated in ipairs(plan.equated) do
    local mapper = equated[1]
    for _, pair in ipairs(equated[2]) do
      local from, to = mapper.name_of[mapper.column_slot[pair[1]]], mapper.name_of[mapper.column_slot[pair[2]]]
      if from ~= to then
        for _, row in ipairs(rows) do row[to] = row[from] end
      end
    end
  end
end

-- Does a row bring its key, and all that would be fetched of what the server fills in?
local function is_complete(plan, params, eager)
  for _, pk in ipairs(plan.pks) do
    if params[plan.by_slot[pk.slot].key] == nil then return false end
  end
  if not eager then return true end
  for _, entry in ipairs(plan.server) do
    if params[entry.key] == nil then return false end
  end
  return true
end

-- The INSERT that brings keys back, and what the server fills in if that is wanted.
local function returning_insert(plan, many, eager)
  local columns, name = {}, "key"
  if #plan.server > 0 and eager then
    name = "server"
    for i, entry in ipairs(plan.server) do columns[i] = entry.column end
  elseif many then
    for i, pk in ipairs(plan.pks) do columns[i] = pk.column end
  else
    return statements.insert(plan.from)
  end
  return statements.insert_returning(plan.from, name, columns)
end

-- RETURNING only where the rows lack something that the caller wants to know.
local function emit_inserts(conn, plan, rows, params, with_keys, of_statement)
  local eager = with_keys and persist_insert.prefers_eager(plan.mapper.base, conn.dialect, plan)
  if not with_keys or is_complete(plan, params[1], eager) then
    statements.run(conn, statements.insert(plan.from), params)
    return
  end
  local statement = returning_insert(plan, #params > 1, eager and not of_statement)
  if #params == 1 then
    local given = next(params[1]) ~= nil and params[1] or execute.NO_COLUMNS
    take_keys(plan, rows, { conn:execute(statement, given).inserted_primary_key })
  else
    take_keys(plan, rows, conn:execute(statement, params).inserted_primary_key_rows)
  end
end

--- The names of the parameters in a statement's own clauses.
function bulk.bind_names(statement)
  local names, seen = {}, {}
  local function walk(node)
    if node == nil or seen[node] then return end
    seen[node] = true
    if core.node_tag(node) == core.tags.BIND then names[core.node_get(node, "name") or ""] = true end
    for _, child in ipairs(core.node_children(node)) do walk(child) end
  end
  walk(statement)
  return names
end

-- An INSERT with RETURNING of keys and of what the author asked for: `found[row][place]` gets the values. `own`: with
-- values that the author's statement gives to all rows.
local function emit_returning(conn, plan, rows, params, wanted, found, own)
  local columns, at = {}, {}
  for i, pk in ipairs(plan.pks) do
    columns[i], at[pk.column] = pk.column, i
  end
  for _, column in ipairs(wanted) do
    if not at[column.node] then
      columns[#columns + 1] = column.node
      at[column.node] = #columns
    end
  end
  columns[#columns + 1] = { sort_by_parameter_order = true }
  local statement = (own or dml.insert(plan.from)):returning(unpack(columns))
  local keys = {}
  for i, row in ipairs(conn:execute(statement, params):all()) do
    keys[i] = { row:unpack(1, #plan.pks) }
    for _, column in ipairs(wanted) do found[rows[i]][column.place] = row[at[column.node]] end
  end
  take_keys(plan, rows, keys)
end

-- Rows with the same columns go together: one statement per group, in the order of the rows.
local function insert_into(conn, mapper, from, rows, opts, with_keys)
  local plan = flush_plan.of(mapper, from)
  local group, params, set = {}, {}, nil
  local wanted = opts.returning and opts.returning(from) or {}
  local own = opts.values and opts.values(from)
  local own_names = own and bulk.bind_names(own)
  local function flush_group()
    if #group > 0 and (#wanted > 0 or own) then
      emit_returning(conn, plan, group, params, wanted, opts.found, own)
    elseif #group > 0 then
      emit_inserts(conn, plan, group, params, with_keys, opts.of_statement)
    end
    group, params = {}, {}
  end
  for _, row in ipairs(rows) do
    local one = insert_params(plan, row, opts.render_nulls)
    if own_names then
      for name in pairs(own_names) do one[name] = row[name] end
    end
    local own_set = key_set(one)
    if own_set ~= set then
      flush_group()
      set = own_set
    end
    group[#group + 1], params[#params + 1] = row, one
  end
  flush_group()
  if with_keys then take_equated(plan, rows) end
end

--- Inserts rows: attribute → value; they are completed with keys when `return_defaults` or when there are more
-- tables.
-- `returning(table)` names the columns { node =, place = } that its INSERT brings back into `found[row][place]`;
-- `values(table)` is the author's INSERT into it, if that gives values of its own.
---@param conn table
---@param mapper table
---@param rows table[]
---@param opts {return_defaults: boolean?, render_nulls: boolean?, of_statement: boolean?, returning: function?,
--- values: function?, found: table?}
function bulk.insert(conn, mapper, rows, opts)
  local tables = {}
  for _, pair in ipairs(flush_plan.tables(mapper.base)) do
    if flush_plan.of(mapper, pair[1]) then tables[#tables + 1] = pair[1] end
  end
  for i, from in ipairs(tables) do
    insert_into(conn, mapper, from, rows, opts, opts.return_defaults or i < #tables)
  end
end

-- --- UPDATE ---------------------------------------------------------------------------------------------

--- Refuses a row, given by attributes, without its primary key.
function bulk.check_key(plan, row)
  local names = {}
  for _, pk in ipairs(plan.pks) do
    local name = plan.by_slot[pk.slot].name
    if row[name] == nil or row[name] == null then names[#names + 1] = plan.from.name .. "." .. pk.column.name end
  end
  if #names == 0 then return end
  local e = exc.InvalidRequestError(("No primary key value supplied for column(s) %s; per-row ORM Bulk UPDATE by "
    .. "Primary Key requires that records contain primary key values"):format(table.concat(names, ", ")))
  e.code = "bupq"
  error(e, 0)
end

--- What a row, given by attributes, writes to a table, as parameters; without its primary key.
function bulk.written_params(plan, row)
  local params, is_pk = {}, {}
  for _, pk in ipairs(plan.pks) do is_pk[pk.slot] = true end
  for _, entry in ipairs(plan.columns) do
    local value = row[entry.name]
    if value ~= nil and not is_pk[entry.slot] then
      params[entry.key] = entry.json and flush_plan.json_param(value) or value
    end
  end
  return params
end

--- Adds the key that the WHERE of an UPDATE looks for.
function bulk.put_key(plan, row, params)
  for _, pk in ipairs(plan.pks) do params[pk.label] = row[plan.by_slot[pk.slot].name] end
end

-- Values, and the set of columns that tells which rows share a statement; nil if nothing is to be written.
local function update_params(plan, row)
  local params = bulk.written_params(plan, row)
  local version = plan.version and row[plan.mapper.name_of[plan.version_slot]]
  if version ~= nil then params[plan.version_key] = nil end
  local counts_up = version ~= nil and plan.mapper.version_id_generator -- also where nothing else changed
  if next(params) == nil and not counts_up then return nil end
  bulk.check_key(plan, row)
  if version ~= nil then
    params[plan.version_label] = version
    if plan.mapper.version_id_generator then params[plan.version_key] = plan.mapper.version_id_generator(version) end
  end
  local set = key_set(params)
  bulk.put_key(plan, row, params)
  return params, set
end

-- Rows with a version go one by one, as those of a flush do.
local function run_updates(conn, statement, plan, params)
  if not plan.version then return statements.run(conn, statement, params).rowcount end
  local count = 0
  for _, row in ipairs(params) do count = count + conn:execute(statement, row).rowcount end
  return count
end

local function emit_updates(conn, mapper, plan, params)
  local count = run_updates(conn, statements.update(mapper, plan.from), plan, params)
  local checked = #params == 1 or plan.version or conn.dialect.supports_sane_multi_rowcount ~= false
  if checked and count >= 0 and count ~= #params then
    exc.raise("StaleDataError", "UPDATE statement on table '%s' expected to update %d row(s); %d were matched.",
      plan.from.description or plan.from.name, #params, count)
  end
end

--- Updates rows found by their primary key attributes.
function bulk.update(conn, mapper, rows)
  for _, pair in ipairs(flush_plan.tables(mapper.base)) do
    local plan = flush_plan.of(mapper, pair[1])
    if plan then
      local group, set = {}, nil
      for _, row in ipairs(rows) do
        local params, own_set = update_params(plan, row)
        if params then
          if own_set ~= set and #group > 0 then
            emit_updates(conn, mapper, plan, group)
            group = {}
          end
          set = own_set
          group[#group + 1] = params
        end
      end
      if #group > 0 then emit_updates(conn, mapper, plan, group) end
    end
  end
end

-- --- the session's methods ------------------------------------------------------------------------------

-- Calls fn(conn) in a subtransaction, as a flush does.
local function in_transaction(session, mapper, fn)
  if session.connection_callable then
    exc.raise("NotSupportedError", "connection_callable / per-instance sharding not supported in bulk_insert()")
  end
  if session._flushing then exc.raise("InvalidRequestError", "Session is already flushing") end
  session._flushing = true
  local transaction
  local ok, e = pcall(function()
    transaction = session:_autobegin():_begin(false)
    fn(transaction:connection_for_mapper(mapper))
    transaction:commit()
  end)
  session._flushing = false
  if ok then return end
  if transaction and transaction._state ~= "closed" then pcall(transaction.rollback, transaction, false, e) end
  error(e, 0)
end

local function insert_mappings(session, entity, mappings, opts)
  opts = options.read("bulk_insert_mappings", opts, { return_defaults = false, render_nulls = false })
  local mapper = binds.mapper_of(entity)
  local rows = bulk.rows_of_mappings(mapper, mappings)
  in_transaction(session, mapper, function(conn)
    bulk.insert(conn, mapper, rows, opts)
  end)
  if opts.return_defaults then
    for i, row in ipairs(rows) do
      for key, value in pairs(row) do mappings[i][key] = value end
    end
  end
end

local function update_mappings(session, entity, mappings)
  local mapper = binds.mapper_of(entity)
  local rows = bulk.rows_of_mappings(mapper, mappings)
  in_transaction(session, mapper, function(conn) bulk.update(conn, mapper, rows) end)
end

-- The attributes that take_equated() fills in.
local function equated_names(mapper)
  local names = {}
  for _, pair in ipairs(flush_plan.tables(mapper.base)) do
    local plan = flush_plan.of(mapper, pair[1])
    for _, equated in ipairs(plan and plan.equated or {}) do
      for _, columns in ipairs(equated[2]) do
        local from, to = equated[1].name_of[equated[1].column_slot[columns[1]]],
          equated[1].name_of[equated[1].column_slot[columns[2]]]
        if from ~= to then names[to] = true end
      end
    end
  end
  return names
end

-- What a pending object held in its relationships is news to the next flush, which finds it persistent.
local function keep_relationships(obj, mapper)
  for _, prop in ipairs(mapper.props) do
    local value = prop.kind == "relationship" and prop.slot and rawget(obj, prop.slot) or nil
    if value ~= nil and prop.uselist and prop.adapter then collection_changes.entry(obj, prop, {})
    elseif value ~= nil and not prop.uselist and not prop.viewonly then
      instance.changes_for_write(obj)[prop.slot] = null
    end
  end
end

-- The keys that are known: all of them with `return_defaults`, else those that the tables of subclasses needed.
-- `given`: the changes of each object, where all keys came.
local function take_back(mapper, objects, rows, given)
  local equal = equated_names(mapper)
  for i, obj in ipairs(objects) do
    for _, slot in ipairs(mapper.pk_slots) do
      local value = rows[i][mapper.name_of[slot]]
      if value ~= nil then rawset(obj, slot, value) end
    end
    for name in pairs(equal) do -- the keys of subclasses' tables, where they are attributes of their own
      local prop = mapper.prop[name]
      if prop and prop.slot and rawget(obj, prop.slot) == nil then rawset(obj, prop.slot, rows[i][name]) end
    end
    if given then
      rawset(obj, 2, (identity.key_of(obj, mapper)))
      local context = rawget(obj, 1)
      if context == nil then
        rawset(obj, 1, states.DETACHED_INSERTED)
        instance.keep_changes(obj, given[i])
      elseif context.lifecycle == "pending" and context.session then
        states.stored_in_bulk(context.session, obj, mapper, given[i])
        keep_relationships(obj, mapper)
      end
    end
  end
end

-- What the program has set in a new object, as changes: it stays changed, for no flush has seen it.
local function given_to(obj, mapper)
  local changes = {}
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" and prop.slot and rawget(obj, prop.slot) ~= nil then
      changes[prop.slot] = symbols.NO_VALUE
    end
  end
  return next(changes) ~= nil and changes or nil
end

local function save_group(session, mapper, objects, is_update, opts)
  local rows, given = {}, {}
  for i, obj in ipairs(objects) do
    rows[i] = row_of_object(mapper, obj, is_update and opts.update_changed_only)
    if not is_update and opts.return_defaults then given[i] = given_to(obj, mapper) end
  end
  in_transaction(session, mapper, function(conn)
    if is_update then return bulk.update(conn, mapper, rows) end
    bulk.insert(conn, mapper, rows, opts)
  end)
  if not is_update then take_back(mapper, objects, rows, opts.return_defaults and given) end
end

-- Class by class in the order in which they came, new objects before those that are there.
local function sort_groups(groups)
  local rank, count = {}, 0
  for _, group in ipairs(groups) do
    if not rank[group.mapper] then
      count = count + 1
      rank[group.mapper] = count
    end
  end
  table.sort(groups, function(a, b)
    if a.mapper ~= b.mapper then return rank[a.mapper] < rank[b.mapper] end
    return b.is_update and not a.is_update
  end)
end

-- Groups neighbours of one class and one kind of statement, or all of them where the order does not matter.
local function save_objects(session, objects, opts)
  opts = options.read("bulk_save_objects", opts, { return_defaults = false, update_changed_only = options.TRUE,
    preserve_order = options.TRUE })
  if type(objects) ~= "table" then
    exc.raise("ArgumentError", "bulk_save_objects: expected a list of objects, got %s", type(objects))
  end
  local groups, at = {}, {}
  for _, obj in ipairs(objects) do
    local mapper = states.mapper_of(obj)
    local is_update = rawget(obj, 2) ~= nil
    local last = groups[#groups]
    local key = mapper.class_name .. (is_update and "+" or "-")
    if not opts.preserve_order then last = at[key] end
    if not last or last.mapper ~= mapper or last.is_update ~= is_update then
      last = { mapper = mapper, is_update = is_update, objects = {} }
      groups[#groups + 1], at[key] = last, last
    end
    last.objects[#last.objects + 1] = obj
  end
  if not opts.preserve_order then sort_groups(groups) end
  for _, group in ipairs(groups) do save_group(session, group.mapper, group.objects, group.is_update, opts) end
end

--- Gives a session's method table its bulk methods.
function bulk.install(_, exclusive)
  exclusive("bulk_insert_mappings", insert_mappings)
  exclusive("bulk_update_mappings", update_mappings)
  exclusive("bulk_save_objects", save_objects)
end


return bulk
