--- Imperative mapping: a class that the user wrote as a plain table is laid over a table that stands already.
--
-- What the class's own keys declare about behaviour (validators, reconstructors, hybrids, proxies) counts as in a
-- declarative body; what is mapped comes from the table and from `properties` alone.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local body_scan = require "alchemoon.orm.body"
local classes = require "alchemoon.orm.classes"
local mapper = require "alchemoon.orm.mapper"
local properties = require "alchemoon.orm.properties"

local imperative = {}
local tags = core.tags

local NO_MAPPER_ARGUMENT = { properties = true, class_name = true }
local OPTIONS = { class_name = true }
for key in pairs(mapper.ARGS) do OPTIONS[key] = true end

local function class_name(cls, local_table, given)
  if given then return given end
  local name = rawget(cls, "__name") or rawget(cls, "__name__")
  if name then return name end
  return core.node_tag(local_table) == tags.TABLE and core.node_get(local_table, "name") or "?"
end

-- Takes the marks out of the class: a validator's function stays as a method of that name.
local function take_marks(cls)
  local marks = { validators = {}, reconstructors = {}, descriptors = {} }
  local names = {}
  for key in next, cls do
    if type(key) == "string" then names[#names + 1] = key end
  end
  table.sort(names)
  for _, key in ipairs(names) do
    local value = rawget(cls, key)
    if properties.is_validates(value) then
      for _, name in ipairs(value.names) do
        local other = marks.validators[name]
        if other then
          exc.raise("InvalidRequestError", "A validation function for mapped attribute '%s' on mapper %s already " ..
            "exists.", name, tostring(class_name(cls)))
        end
        marks.validators[name], value.attr_key = value, key
      end
      rawset(cls, key, value.fn)
    elseif properties.is_reconstructor(value) then
      marks.reconstructors[key] = value.fn
      rawset(cls, key, value.fn)
    elseif properties.is_descriptor(value) then
      marks.descriptors[key] = value
      rawset(cls, key, nil)
    elseif core.node_tag(value) then -- a column that the class shows until it is mapped
      rawset(cls, key, nil)
    end
  end
  return marks
end

-- What stands under `properties`: columns become column properties, descriptors go their own way.
local function take_properties(given, descriptors)
  local declared = {}
  for key, value in pairs(given or {}) do
    local prop = properties.is(value) and value or properties.of_columns(value)
    if prop then declared[#declared + 1] = { key = key, prop = prop }
    elseif properties.is_descriptor(value) then descriptors[key] = value
    else exc.raise("ArgumentError", "map_imperatively: '%s' is no property but %s", key, type(value)) end
  end
  table.sort(declared, function(a, b)
    local x, y = body_scan.number(a.prop), body_scan.number(b.prop)
    if x ~= y then return x < y end
    return a.key < b.key
  end)
  return declared
end

local function mapper_of(value)
  if value == nil then return nil end
  local found = type(value) == "table" and (rawget(value, "is_mapper") and value or rawget(value, "__mapper__"))
  if not found then exc.raise("UnmappedClassError", "Class '%s' is not mapped", tostring(value)) end
  return found
end

--- registry:map_imperatively(class, table, { properties, inherits, ... }) → mapper. Without a table the options may
-- stand in its place: a subclass that shares the table of the class that it inherits from. Methods come from the class
-- and its `__mixins__`; a mixin's columns are the table's business here.
function imperative.map(reg, cls, local_table, opts)
  if type(cls) ~= "table" then
    exc.raise("ArgumentError", "map_imperatively: the class must be a table, got %s", type(cls))
  end
  if opts == nil and core.node_tag(local_table) == nil and type(local_table) == "table" then
    opts, local_table = local_table, nil
  end
  opts = options.read("map_imperatively", opts, OPTIONS)
  if rawget(cls, "__mapper__") then
    exc.raise("ArgumentError", "Class '%s' already has a primary mapper defined. ", tostring(cls))
  end
  if local_table ~= nil and not coerce.IS_FROM[core.node_tag(local_table)] then
    exc.raise("ArgumentError", "FROM expression, such as a Table or alias() object expected for argument " ..
      "'local_table'; got %s.", type(local_table) == "string" and "'" .. local_table .. "'" or tostring(local_table))
  end
  local name, parent = class_name(cls, local_table, opts.class_name), mapper_of(opts.inherits)
  if local_table == nil and parent == nil then
    exc.raise("ArgumentError", "Mapper[%s(nil)] has nil for a primary table argument and does not specify 'inherits'",
      name)
  end
  local marks = take_marks(cls)
  local declared = take_properties(opts.properties, marks.descriptors)
  classes.new(name, parent and parent.class or nil, rawget(cls, "__mixins__"), cls)
  rawget(cls, "__members").registry = reg
  local args = {}
  for key, value in pairs(opts) do
    if not NO_MAPPER_ARGUMENT[key] then args[key] = value end
  end
  reg:add_class(name, cls)
  local m = mapper.new { class = cls, class_name = name, registry = reg, local_table = local_table, args = args,
    inherits = parent, declared = declared, descriptors = marks.descriptors, validators = marks.validators,
    reconstructors = marks.reconstructors, is_imperative = true }
  rawset(cls, "__table__", m.local_table)
  reg:add_mapper(m)
  return m
end

return imperative
