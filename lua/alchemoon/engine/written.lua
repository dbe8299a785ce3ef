--- What a result tells about the INSERT or UPDATE that made it: keys, values of the server, parameters, columns
-- with defaults. The fields of `info` come from the compiler (sql/execute.lua, sql/inserted.lua).
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local written = { fields = {}, methods = {} }
local fields, methods = written.fields, written.methods

local function compiled_info(self)
  local info = self._info
  if not info or not info.compiled then
    exc.raise("InvalidRequestError", "Statement is not a compiled expression construct.")
  end
  return info
end

local function one_execution(info, what, instead)
  if info.is_many then
    exc.raise("InvalidRequestError",
      "This statement was an executemany call; if %s is supported, please use .%s.", what, instead)
  end
end

local function value_of(self, info, name)
  local value = info[name]
  if type(value) == "function" then return value(self) end
  return value
end

local function insert_info(self)
  local info = compiled_info(self)
  if not info.is_insert then
    exc.raise("InvalidRequestError", "Statement is not an insert() expression construct.")
  end
  return info
end

local function unless_returning(self, info, name)
  if info.entry and info.entry.info.returning and #info.entry.info.returned == 0 then
    exc.raise("InvalidRequestError", "Can't call inserted_primary_key when returning() is used.")
  end
  return value_of(self, info, name)
end

--- result.inserted_primary_key: the key of the row that was inserted.
function fields.inserted_primary_key(self)
  local info = compiled_info(self)
  one_execution(info, "primary key returning", "inserted_primary_key_rows")
  insert_info(self)
  return unless_returning(self, info, "inserted_primary_key")
end

--- result.inserted_primary_key_rows: the keys of all inserted rows.
function fields.inserted_primary_key_rows(self)
  return unless_returning(self, insert_info(self), "inserted_primary_key_rows")
end

--- result.returned_defaults: what return_defaults() brought of the row.
function fields.returned_defaults(self)
  local info = self._info
  if not info then return nil end
  one_execution(info, "return defaults", "returned_defaults_rows")
  return value_of(self, info, "returned_defaults")
end

--- result.returned_defaults_rows: the same of all rows.
function fields.returned_defaults_rows(self)
  return self._info and value_of(self, self._info, "returned_defaults_rows")
end

-- Parameters by bind name, as they were executed.
local function parameters(info)
  local entry = info.entry
  local function one(set)
    local values = {}
    for i, bind in ipairs(entry.binds) do
      local value = core.params_value(entry.compiled, info.stmt, entry.keys, set, i)
      values[bind.name or bind.key] = value == nil and core.null or value
    end
    return values
  end
  if not info.is_many then return one(info.set) end
  local list = {}
  for i, set in ipairs(info.sets) do list[i] = one(set) end
  return list
end

--- The parameters of an INSERT by name: a table, or a list of tables when it ran with many sets.
function methods:last_inserted_params() return parameters(insert_info(self)) end

--- The same for an UPDATE.
function methods:last_updated_params()
  local info = compiled_info(self)
  if not info.is_update then
    exc.raise("InvalidRequestError", "Statement is not an update() expression construct.")
  end
  return parameters(info)
end

local function written_info(self)
  local info = compiled_info(self)
  if not info.is_insert and not info.is_update then
    exc.raise("InvalidRequestError", "Statement is not an insert() or update() expression construct.")
  end
  return info
end

--- Columns whose defaults ran before the statement.
function methods:prefetch_cols()
  local entry, list, prefetched = written_info(self).entry, {}, {}
  for _, pair in ipairs(entry.info.prefetch) do
    prefetched[core.node_get(pair, "value")] = core.node_get(pair, "key")
  end
  for _, bind in ipairs(entry.binds) do
    local is_default = bind.extract == 0 and not bind.required -- neither from the statement nor asked for by name
    list[#list + 1] = prefetched[bind.bind] or is_default and bind.column or nil
  end
  return list
end

--- Columns whose values the server made and nobody knows yet.
function methods:postfetch_cols()
  local list = {}
  for i, column in ipairs(written_info(self).entry.info.postfetch) do list[i] = column end
  return list
end

--- Did the server make values that nobody knows yet?
function methods:lastrow_has_defaults()
  local info = self._info
  return info and (info.is_insert or info.is_update) and #info.entry.info.postfetch > 0 or false
end

--- Is rowcount the number of rows that matched? With many sets of parameters, too?
function methods.supports_sane_rowcount() return true end
methods.supports_sane_multi_rowcount = methods.supports_sane_rowcount

return written
