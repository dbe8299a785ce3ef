--- What a class body and its mixins declare, gathered in the order in which it was written.
local core = require "alchemoon.core"
local annotation = require "alchemoon.orm.annotation"
local exc = require "alchemoon.exc"
local classes = require "alchemoon.orm.classes"
local warn = require "alchemoon.orm.warn"
local instance = require "alchemoon.orm.instance"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local properties = require "alchemoon.orm.properties"
local sorted = require("alchemoon.keys").sorted
local sql_classes = require "alchemoon.sql.classes"
local types = require "alchemoon.types"

local body = {}
local tags = core.tags

local SPECIAL = { __tablename__ = true, __table__ = true, __table_args__ = true, __mapper_args__ = true,
  __mixins__ = true, __abstract__ = true, __extends__ = true, __autoload_with__ = true, __name = true,
  __name__ = true, __mro__ = true, __class__ = true, __subclasses = true, __parent = true, __members = true,
  __index = true, __newindex = true, __mapper__ = true }

-- What a class without a table of its own lacks one of.
local SAYS_WHERE = { __tablename__ = true, __table__ = true, __abstract__ = true, __extends__ = true }

--- Ends a message about a class without a table: the key of its body that was probably meant to name one.
---@param cls table
---@return string
function body.misspelt_special(cls)
  for _, key in ipairs(sorted(rawget(cls, "__members"))) do
    if key:sub(1, 2) == "__" and not SPECIAL[key] then
      local near = options.nearest(key, SAYS_WHERE)
      if near then return ("  It has '%s'; did you mean '%s'?"):format(key, near) end
    end
  end
  return ""
end

--- The creation number of a column or property.
function body.number(value)
  if core.node_tag(value) then
    local item = require "alchemoon.schema.item"
    local extra = item.peek(value)
    return extra and extra.number or 0
  end
  return value.number or 0
end

--- Is it a column that a table can have? literal_column() and column() are expressions to a class.
function body.is_column(value)
  return core.node_tag(value) == tags.COLUMN and core.node_get(value, "schema") ~= nil
end
local is_column = body.is_column

function body.is_declared(value)
  return is_column(value) or annotation.is(value) or properties.is(value) or properties.is_declared_attr(value)
    or properties.is_descriptor(value) or properties.is_validates(value) or properties.is_reconstructor(value)
end

local is_declared = body.is_declared

-- Says what looks like an attribute and is none. It is not refused: it may be a constant of the class.
local function warn_of_unmapped(cls, key, value)
  if types.is_type(value) then
    warn("Attribute '%s' on class %s is a type, not a column; this won't be part of the declarative mapping. Write "
      .. "am.Column(type).", key, tostring(cls))
  elseif sql_classes.ColumnElement.is(value) then
    warn("Attribute '%s' on class %s appears to be a non-schema SQL expression object; this won't be part of "
      .. "the declarative mapping. To map arbitrary expressions, use ``column_property()`` or a similar function such "
      .. "as ``deferred()``, ``query_expression()`` etc. ", key, tostring(cls))
  end
end

-- `id = { am.Column(…) }` is hardly meant.
local function lone_column(value)
  return type(value) == "table" and getmetatable(value) == nil and #value == 1 and next(value, 1) == nil
    and (is_column(value[1]) or properties.is(value[1]))
end

--- Moves methods, constants and special names of a body into the class.
function body.take_plain(cls, from)
  for key, value in pairs(from) do
    if type(key) ~= "string" then
      exc.raise("ArgumentError", "model('%s'): the body has a %s key (%s); attributes are named", rawget(cls, "__name"),
        type(key), tostring(key))
    end
    if lone_column(value) then
      warn("Ignoring declarative-like list value of attribute '%s': possibly a copy-and-paste error with a comma " ..
        "accidentally placed at the end of the line?", key)
    elseif key ~= "__mixins__" and key ~= "__extends__"
      and (not is_declared(value) or SPECIAL[key]) then -- a declared_attr of a special name holds for subclasses too
      classes.put(cls, key, value)
      if not SPECIAL[key] then warn_of_unmapped(cls, key, value) end
    end
    if properties.is_validates(value) or properties.is_reconstructor(value) then classes.put(cls, key, value.fn) end
  end
end

local Scan = {}
Scan.__index = Scan

-- Keys of a table in the order in which their values were made.
local function sorted_keys(from)
  local keys = {}
  for key, value in pairs(from) do
    if type(key) == "string" and not SPECIAL[key] and is_declared(value) then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    local x, y = body.number(from[a]), body.number(from[b])
    if x ~= y then return x < y end
    return a < b
  end)
  return keys
end

function Scan:put(key, value)
  if key == "metadata" then
    exc.raise("InvalidRequestError", "Attribute name 'metadata' is reserved when using the Declarative API.")
  end
  self.entries[#self.entries + 1] = { key = key, value = value }
  self.seen[key] = true
end

local function bad_mixin_property()
  exc.raise("InvalidRequestError", "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must " ..
    "be declared as @declared_attr callables on declarative mixin classes.  For dataclass field() objects, use a " ..
    "lambda:")
end

-- Evaluates a declared_attr, once for each class; what it returns counts as written in the class.
local function evaluate(self, value)
  local known = self.results[value]
  if known then return known[1] end
  local result = value.fn(self.class)
  if properties.is_declared_attr(result) then result = evaluate(self, result) end
  if is_column(result) and core.node_get(result, "table") == nil and self.copies[result] then
    result = self.copies[result]
  end
  self.results[value] = { result }
  return result
end

local function annotated(self, value)
  if not annotation.is(value) then return value end
  if not self.copies[value] then
    self.copies[value] = annotation.column(value, self.class, instance.lookup(self.class, "registry"))
  end
  return self.copies[value]
end

-- A key to a column that has no table yet would point at the mixin's column, not at the copy that a class gets of it.
local function check_foreign_keys(column)
  for _, fk in ipairs(column.foreign_keys) do
    local target = core.node_get(fk, "target")
    if target and core.node_get(target, "table") == nil then
      exc.raise("InvalidRequestError", "Columns with foreign keys to non-table-bound columns must be declared as " ..
        "declared_attr functions on declarative mixin classes.")
    end
  end
end

-- The class's own copy of a mixin's column.
local function own_copy(self, column)
  if core.node_get(column, "table") ~= nil then return column end
  local copy = self.copies[column]
  if not copy then
    check_foreign_keys(column)
    copy = column:copy()
    self.copies[column] = copy
  end
  return copy
end

-- A hybrid is what it says of the class, which has the columns that it asks for.
local function is_hybrid(value)
  return type(value) == "table" and getmetatable(value) ~= nil and value.is_descriptor and value.of_class ~= nil
end

-- What a declared value is for the class that is being read: functions of declared_attr ask for `cls.name`.
local function seen_as(self, value, own, key)
  local made_here = properties.is_declared_attr(value)
  if made_here then value = evaluate(self, value) end
  value = annotated(self, value)
  if is_hybrid(value) then return value:of_class(self.class) end
  if is_column(value) then
    if not own and not made_here then return own_copy(self, value) end
    if own and core.node_get(value, "name") == nil then value.name = key end
  elseif properties.is(value) and value.kind == "column" then return value.columns[1] end
  return value
end

-- What a declared_attr sees of its class: own values before those of the bases.
function Scan:peek(key)
  local value = rawget(self.own, key)
  if value ~= nil and is_declared(value) then return seen_as(self, value, true, key) end
  for _, base in ipairs(rawget(self.class, "__mro__")) do
    local declared = rawget(base, "__declared") or base
    value = rawget(declared, key)
    if value ~= nil and is_declared(value) and not SPECIAL[key] then return seen_as(self, value, false) end
    if rawget(base, "__mapper__") then return base[key] end
  end
  return nil
end

-- A mixin serves many classes, so what it declares is copied for each.
-- Has the table that the class was given the column of a mixin already?
local function stands_in_table(self, key, column)
  local from = self.table_
  if core.node_tag(from) == nil then return false end
  return core.column_find(from, core.node_get(column, "name") or key) ~= nil
end

local function take_mixin_value(self, key, value)
  if is_column(value) and stands_in_table(self, key, value) then return nil end
  if annotation.is(value) then return self:put(key, annotated(self, value)) end
  if is_column(value) then return self:put(key, own_copy(self, value)) end
  if properties.is_declared_attr(value) then
    local result = evaluate(self, value)
    if result ~= nil then
      if is_declared(result) then self:put(key, result)
      else
        self.seen[key] = true
        classes.put(self.class, key, result)
      end
    end
    return nil
  end
  if properties.is(value) then
    if value.kind == "column" and value.deferred and is_column(value.columns[1])
      and core.node_get(value.columns[1], "table") == nil then
      local fresh = value:copy()
      fresh.columns[1] = value.columns[1]:copy()
      fresh.column = fresh.columns[1]
      self.copies[value.columns[1]] = fresh.columns[1]
      return self:put(key, fresh)
    end
    return bad_mixin_property()
  end
  return self:put(key, value)
end

local SPECIAL_FIELDS = { __tablename__ = "tablename", __table_args__ = "table_args", __mapper_args__ = "mapper_args",
  __table__ = "table_" }

local function special_value(self, value)
  if properties.is_declared_attr(value) then value = value.fn(self.class)
  elseif type(value) == "function" then value = value(self.class) end
  if value == null then return nil end -- none of its own, whatever a mixin says
  return value
end

-- __tablename__ and its like: the class's own, else of an unmapped base or a declared_attr.
local function take_special(self, from, own)
  for name, field in pairs(SPECIAL_FIELDS) do
    local value = classes.own_value(from, name)
    if value ~= nil and not self.special[name] then
      local mapped = not own and classes.is(from) and (rawget(from, "__mapper__") or rawget(from, "__held"))
      if not mapped or properties.is_declared_attr(value) then
        self.special[name] = true
        if value ~= false then self[field] = special_value(self, value) end
        if name == "__table_args__" then self.table_args_inherited = not own end
      end
    end
  end
end

-- The keys of a mixin or base: its columns come before what functions make, which is written later, so to speak.
local function mixin_keys(declared)
  local first, later = {}, {}
  for _, key in ipairs(sorted_keys(declared)) do
    local list = is_column(declared[key]) and first or later
    list[#list + 1] = key
  end
  for _, key in ipairs(later) do first[#first + 1] = key end
  return first
end

-- Own body, then mixins and unmapped bases; of what the mapped parent has already, only cascading attributes.
local function gather(self, own, parent)
  take_special(self, own, true)
  for _, key in ipairs(sorted_keys(own)) do
    local value = own[key]
    if properties.is_declared_attr(value) then
      if value.cascading then
        warn("Use of @declared_attr.cascading only applies to Declarative 'mixin' and 'abstract' classes.  " ..
          "Currently, this flag is ignored on mapped class %s", tostring(self.class))
      end
      value = evaluate(self, value)
    end
    value = annotated(self, value)
    if is_declared(value) then self:put(key, value)
    elseif value ~= nil then classes.put(self.class, key, value) end
  end
  local inherited = {}
  if parent then
    inherited[parent.class] = true
    for _, base in ipairs(rawget(parent.class, "__mro__")) do inherited[base] = true end
  end
  for _, base in ipairs(rawget(self.class, "__mro__")) do
    take_special(self, base, false)
    local declared = rawget(base, "__declared") or base
    for _, key in ipairs(mixin_keys(declared)) do
      local value = declared[key]
      local cascading = properties.is_declared_attr(value) and value.cascading
      if cascading and own[key] ~= nil then
        warn("Attribute '%s' on class %s cannot be processed due to @declared_attr.cascading; skipping", key,
          tostring(self.class))
      end
      if not self.seen[key] and own[key] == nil and (not inherited[base] or cascading) then
        take_mixin_value(self, key, value)
      end
    end
  end
end

-- Names columns, sorts them, splits what was gathered by kind.
local function name_column(key, column)
  if core.node_get(column, "name") == nil then column.name = key end
end

-- A column stands where it is met first: one of the body may be part of a composite, too.
local function place(self, column)
  if core.node_get(column, "table") ~= nil or self.placed[column] then return end
  self.placed[column] = true
  self.columns[#self.columns + 1] = column
end

-- Columns inside of properties belong to the table, too.
local function take_columns_of(self, key, prop)
  if prop.kind == "column" then
    for _, column in ipairs(prop.columns) do
      if is_column(column) and core.node_get(column, "table") == nil then
        name_column(key, column)
        self.columns[#self.columns + 1] = column
      end
    end
  elseif prop.kind == "composite" then
    for _, column in ipairs(prop.attrs) do
      if is_column(column) then place(self, column) end
    end
  end
end

-- table.sort is not stable, so the order of writing is a part of the key.
local function sort_columns(self)
  local order = {}
  for i, column in ipairs(self.columns) do
    local orm = column.orm_options
    order[column] = { orm and orm.sort_order or 0, i }
  end
  table.sort(self.columns, function(a, b)
    local x, y = order[a], order[b]
    if x[1] ~= y[1] then return x[1] < y[1] end
    return x[2] < y[2]
  end)
end

-- One column (or one column name) under several attributes.
local function warn_of_namesakes(self)
  local keys, order = {}, {}
  for _, entry in ipairs(self.entries) do
    local column = is_column(entry.value) and entry.value
    if not column and properties.is(entry.value) and entry.value.kind == "column" then
      column = entry.value.columns[1]
      if is_column(column) and core.node_get(column, "table") then column = nil end -- named by the property alone
    end
    if column and is_column(column) then
      name_column(entry.key, column)
      local name = core.node_get(column, "name")
      if not keys[name] then
        keys[name] = {}
        order[#order + 1] = name
      end
      table.insert(keys[name], entry.key)
    end
  end
  for _, name in ipairs(order) do
    if #keys[name] > 1 then
      table.sort(keys[name])
      warn("On class '%s', Column object '%s' named directly multiple times, only one will be used: %s. Consider " ..
        "using orm.synonym instead", rawget(self.class, "__name"), name, table.concat(keys[name], ", "))
    end
  end
end

-- A column of the body goes into the new table: another class cannot have it already.
local function refuse_foreign_column(self, key, column)
  local from = core.node_get(column, "table")
  if from and self.tablename and rawget(self.own, key) == column then
    exc.raise("ArgumentError", "Column object '%s' already assigned to Table '%s'", column.key,
      core.node_get(from, "name"))
  end
end

-- Which entry is a column, which a property, which only a value: only now are all of them known.
local function sort_out(self)
  warn_of_namesakes(self)
  for _, entry in ipairs(self.entries) do
    local key, value = entry.key, entry.value
    if is_column(value) then
      name_column(key, value)
      refuse_foreign_column(self, key, value)
      place(self, value)
      -- a key that is the column's own needs no property of its own
      if value.key ~= key or core.node_get(value, "table") ~= nil then self.renamed[value] = key end
    elseif properties.is(value) then
      take_columns_of(self, key, value)
      self.properties[#self.properties + 1] = { key = key, prop = value }
    elseif properties.is_descriptor(value) then self.descriptors[key] = value
    elseif properties.is_validates(value) then
      for _, name in ipairs(value.names) do
        local known = self.validators[name]
        if known then
          exc.raise("InvalidRequestError", "A validation function for mapped attribute '%s' on mapper " ..
            "Mapper[%s(%s)] already exists.", name, rawget(self.class, "__name"), self.tablename or self.table_ or "?")
        end
        self.validators[name], value.attr_key = value, key
      end
    elseif properties.is_reconstructor(value) then self.reconstructors[key] = value.fn end
  end
  sort_columns(self)
end

--- In place of a column that the base's table has already.
function Scan:exchange(column, known)
  for i, member in ipairs(self.columns) do
    if member == column then self.columns[i] = known end
  end
  local key = self.renamed[column]
  if key then self.renamed[column], self.renamed[known] = nil, key end
  if column.key ~= known.key then self.renamed[known] = column.key end
  for _, entry in ipairs(self.properties) do
    if entry.prop.kind == "column" then
      for i, member in ipairs(entry.prop.columns) do
        if member == column then entry.prop.columns[i] = known end
      end
    end
  end
  self.exchanged[column] = known
end

--- What the mapper is to map under names: list of { key, prop } in order.
function Scan:declared_list(more)
  local list = {}
  local function orm_property(column)
    local prop = properties.column({ column })
    local orm = column.orm_options or {}
    prop.deferred = properties.is_deferred(orm)
    prop.group, prop.raiseload = orm.deferred_group, orm.deferred_raiseload
    prop.active_history = orm.active_history or false
    prop.number = body.number(column)
    return prop
  end
  for _, entry in ipairs(self.entries) do
    local value = self.exchanged[entry.value] or entry.value
    if is_column(value) then
      local key = self.renamed[value] or value.key
      local prop = orm_property(value)
      prop.implicit = key == value.key and not prop.deferred or nil -- may be excluded from the mapping
      list[#list + 1] = { key = key, prop = prop }
    elseif properties.is(value) then list[#list + 1] = { key = entry.key, prop = value } end
  end
  local names = {}
  for key in pairs(more or {}) do names[#names + 1] = key end
  table.sort(names)
  for _, key in ipairs(names) do
    local value = more[key]
    list[#list + 1] = { key = key, prop = properties.of_columns(value) or value }
  end
  return list
end

--- The names of what was declared, in the order in which it was written: own things before those of mixins.
function Scan:names()
  local list = {}
  for i, entry in ipairs(self.entries) do list[i] = entry.key end
  return list
end

--- Reads a body. Returns a scan: columns, entries, tablename, table_, table_args, mapper_args, validators, descriptors,
-- reconstructors, copies (mixin column → copy), abstract.
function body.scan(cls, own, parent)
  local self = setmetatable({
    class = cls, entries = {}, seen = {}, copies = {}, special = {}, columns = {}, properties = {}, renamed = {},
    descriptors = {}, validators = {}, reconstructors = {}, exchanged = {}, results = {},
    own = own, placed = {},
  }, Scan)
  if own.__abstract__ then
    self.abstract = true
    -- what an abstract class declares is read anew by each of its subclasses
    rawset(cls, "__declared", own)
    return self
  end
  rawset(cls, "__scan", self)
  local ok, err = pcall(gather, self, own, parent)
  rawset(cls, "__scan", nil)
  if not ok then error(err, 0) end
  sort_out(self)
  return self
end

return body
