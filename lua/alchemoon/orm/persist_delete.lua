--- DELETEs of a flush, found by primary key (and version), row counts checked.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local flush_plan = require "alchemoon.orm.flush_plan"
local statements = require "alchemoon.orm.flush_statements"
local warn = require "alchemoon.orm.warn"

local persist_delete = {}
local rawget, getmetatable = rawget, getmetatable

-- The key as the database has it, whatever was assigned since.
local function make_row(plan, mapper, obj, version)
  local params = {}
  for i = 1, #plan.pks do
    local pk = plan.pks[i]
    local value = access.committed_at(obj, mapper, pk.slot)
    if value == nil then
      exc.raise("FlushError", "Can't delete from table %s using NULL for primary key value on column %s",
        plan.from.name,
        plan.from.name .. "." .. pk.column.name)
    end
    params[pk.key] = value
  end
  if version ~= nil and plan.version then params[plan.version_key] = version end
  return params
end

local MISMATCH = "DELETE statement on table '%s' expected to delete %d row(s); %d were matched.  Please set "
  .. "confirm_deleted_rows=false within the mapper configuration to prevent this warning."

-- A row that was not there is somebody else's doing: an error with a version, else a warning.
local function emit(base, owner, plan, conn, rows)
  local dialect = conn.dialect
  local many_ok = dialect.supports_sane_multi_rowcount ~= false
  local statement = statements.delete(owner, plan.from)
  local matched
  if plan.version and not many_ok then
    matched = 0
    for i = 1, #rows do matched = matched + conn:execute(statement, rows[i]).rowcount end
  else
    matched = statements.run(conn, statement, rows).rowcount
  end
  if base.confirm_deleted_rows == false or matched < 0 or matched == #rows or not (many_ok
    or #rows == 1) then return end
  local name = plan.from.description or plan.from.name
  if plan.version then exc.raise("StaleDataError", MISMATCH, name, #rows, matched) end
  warn(MISMATCH, name, #rows, matched)
end

--- The DELETEs from one table for the objects of work.deletes.
function persist_delete.table(_, base, from, owner, work)
  local rows, plan, conn = {}, nil, nil
  for i = 1, #work.deletes do
    local obj = work.deletes[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    local own_plan = flush_plan.of(mapper, from)
    if own_plan then
      local own_conn = work.conn or work.conn_of(obj)
      if conn and own_conn ~= conn then
        emit(base, owner, plan, conn, rows)
        rows = {}
      end
      plan, conn = plan or own_plan, own_conn
      rows[#rows + 1] = make_row(own_plan, mapper, obj, work.version[obj])
    end
  end
  if #rows > 0 then emit(base, owner, plan, conn, rows) end
end

return persist_delete
