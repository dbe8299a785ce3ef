--- Operations on what stands beside the tables: PostgreSQL's enumerations, and sequences.
local am = require "alchemoon"
local options = require "alchemoon.options"

--- Adds them to the operations.
return function(methods, need_list)

-- --- enumerations --------------------------------------------------------------------------------------------

-- Are all old values there, in their order?
local function only_added(old, new)
  local at = 1
  for _, value in ipairs(new) do
    if value == old[at] then at = at + 1 end
  end
  return at > #old
end

-- A default that names a value which goes away stays away.
local function still_valid(default, values)
  local named = default:match "^'(.*)'" or default
  for _, value in ipairs(values) do
    if value == named then return true end
  end
  return default:sub(1, 1) ~= "'"
end

local ENUM = { schema = true, existing_values = true, columns = true }

--- Gives an enumeration the values `values` in that order. `existing_values`: what it has; `columns`: a list of
-- { table, column, default = SQL text or nil } that use it, needed when values go away or change places. Rows with a
-- value that goes away must be changed before.
function methods.alter_enum(self, name, values, opts)
  opts = options.read("alter_enum", opts, ENUM)
  if self._context.dialect_name ~= "postgresql" then return end
  local impl, old = self._impl, need_list("alter_enum", opts.existing_values, "existing_values")
  local full = impl:table_name(name, opts.schema)
  if self._guard then self._guard("alter_enum", name, values, opts) end
  if only_added(old, need_list("alter_enum", values, "the second argument")) then
    local known = {}
    for _, value in ipairs(old) do known[value] = true end
    for i, value in ipairs(values) do
      if not known[value] then
        impl:run(("ALTER TYPE %s ADD VALUE %s%s"):format(full, impl:literal(value), i > 1 and
          " AFTER " .. impl:literal(values[i - 1]) or old[1] and " BEFORE " .. impl:literal(old[1]) or ""))
      end
    end
    return
  end
  local former = name .. "_former"
  local quoted = {}
  for i, value in ipairs(values) do quoted[i] = impl:literal(value) end
  impl:run(("ALTER TYPE %s RENAME TO %s"):format(full, impl:quote(former)))
  impl:run(("CREATE TYPE %s AS ENUM (%s)"):format(full, table.concat(quoted, ", ")))
  for _, pair in ipairs(opts.columns or {}) do
    local schema, table_name = pair[1]:match "^(.*)%.([^.]+)$"
    local column = impl:quote(pair[2])
    local alter = ("ALTER TABLE %s ALTER COLUMN %s "):format(impl:table_name(table_name or pair[1], schema), column)
    if pair.default then impl:run(alter .. "DROP DEFAULT") end
    impl:run(("%sTYPE %s USING %s::text::%s"):format(alter, full, column, full))
    if pair.default and still_valid(pair.default, values) then impl:run(alter .. "SET DEFAULT " .. pair.default) end
  end
  impl:run("DROP TYPE " .. impl:table_name(former, opts.schema))
end

function methods.create_enum(self, name, values, opts)
  opts = options.read("create_enum", opts, { schema = true })
  if self._context.dialect_name ~= "postgresql" then return end
  local quoted = {}
  for i, value in ipairs(need_list("create_enum", values, "the second argument")) do
    quoted[i] = self._impl:literal(value)
  end
  self._impl:run(("CREATE TYPE %s AS ENUM (%s)"):format(self._impl:table_name(name, opts.schema),
    table.concat(quoted, ", ")))
end

function methods.drop_enum(self, name, opts)
  opts = options.read("drop_enum", opts, { schema = true, if_exists = true })
  if self._context.dialect_name ~= "postgresql" then return end
  self._context.made_types = nil
  self._impl:run(("DROP TYPE %s%s"):format(opts.if_exists and "IF EXISTS " or "",
    self._impl:table_name(name, opts.schema)))
end

-- --- sequences -----------------------------------------------------------------------------------------------

local HAS_SEQUENCES = { postgresql = true, mariadb = true, default = true }

--- Makes a sequence; options as of am.Sequence.
function methods.create_sequence(self, name, opts)
  if not HAS_SEQUENCES[self._context.dialect_name] then return end
  self._impl:execute(am.CreateSequence(am.Sequence(name, opts or {})))
end

function methods.drop_sequence(self, name, opts)
  opts = options.read("drop_sequence", opts, { schema = true, if_exists = true })
  if not HAS_SEQUENCES[self._context.dialect_name] then return end
  self._impl:execute(am.DropSequence(am.Sequence(name, { schema = opts.schema }), { if_exists = opts.if_exists }))
end

local WORDS = { { "start", "START WITH" }, { "increment", "INCREMENT BY" }, { "minvalue", "MINVALUE" },
  { "maxvalue", "MAXVALUE" }, { "cache", "CACHE" } }
local ALTER = { schema = true, start = true, increment = true, minvalue = true, maxvalue = true, cache = true,
  cycle = true, restart = true, data_type = true }

-- A number, or digits: LuaJIT's numbers end at 2^53.
local function integer_text(value)
  if type(value) == "string" and value:match "^%-?%d+$" then return value end
  return ("%d"):format(value)
end

--- Changes options of a sequence; minvalue and maxvalue false: none. restart = n sets the next value.
function methods.alter_sequence(self, name, opts)
  opts = options.read("alter_sequence", opts, ALTER)
  if not HAS_SEQUENCES[self._context.dialect_name] then return end
  local parts = {}
  if opts.data_type then parts[1] = "AS " .. self._impl:type_text(opts.data_type) end
  for _, pair in ipairs(WORDS) do
    local value = opts[pair[1]]
    if value == false then parts[#parts + 1] = "NO " .. pair[2]
    elseif value ~= nil then parts[#parts + 1] = pair[2] .. " " .. integer_text(value) end
  end
  if opts.cycle ~= nil then parts[#parts + 1] = opts.cycle and "CYCLE" or "NO CYCLE" end
  if opts.restart ~= nil then parts[#parts + 1] = "RESTART WITH " .. integer_text(opts.restart) end
  if #parts == 0 then return end
  self._impl:run(("ALTER SEQUENCE %s %s"):format(self._impl:table_name(name, opts.schema), table.concat(parts, " ")))
end

end
