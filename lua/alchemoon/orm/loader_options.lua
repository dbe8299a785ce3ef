--- Loader options: am.selectinload(User.posts):joinedload(Post.tags), am.Load(User):defer("*"), ...
--
-- An option is an immutable list of elements; a chained call copies it and adds one. In a statement it is an ORM_OPTION
-- node whose fingerprint tells its form and whose children are the entities and expressions in it, so that equal
-- statements find each other's plans while their values differ. option_tree.lua makes of all options of a statement
-- what the lowering asks; it also says which strategies do not fit a property.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local option_node = require "alchemoon.orm.option_node"
local options = require "alchemoon.options"
local strategy_error = require "alchemoon.orm.strategy_error"
local usage = require "alchemoon.usage"

local loader_options = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local unpack = table.unpack or unpack

---@class alchemoon.Load
local Load = { __name = "Load" }
Load.__index = Load
function Load:__tostring() return ("Load(%s)"):format(self.root and info.describe(self.root) or "*") end
loader_options.Load = Load

local ids = setmetatable({}, { __mode = "k" })
local last_id = 0

--- A number for a property or a mapper, the same as long as it lives.
function loader_options.id(thing)
  local id = ids[thing]
  if not id then
    last_id = last_id + 1
    id, ids[thing] = last_id, last_id
  end
  return id
end
local id_of = loader_options.id

-- --- one step of a path --------------------------------------------------------------------------

local function attribute_of(key)
  local node = coerce.element(key)
  if node == nil and type(key) == "string" then
    exc.raise("ArgumentError", "Strings are not accepted for attribute names in loader options; please use "
      .. "class-bound attributes directly.")
  end
  if node == nil or node_tag(node) ~= T.ORM_ATTR then
    exc.raise("ArgumentError", "expected ORM mapped attribute for loader strategy argument, got %s",
      coerce.describe(key))
  end
  return node
end

-- Nothing is loaded for a hybrid, whatever it computes.
local function refuse_hybrid(node)
  exc.raise("ArgumentError", "expected ORM mapped attribute for loader strategy argument, got the hybrid_property %s; "
    .. "name the attributes that it is computed from", tostring(node))
end

local function step_of(key)
  if key == "*" then return { wildcard = true } end
  local node = attribute_of(key)
  local prop = info.prop(node)
  if prop.kind == "synonym" then prop = prop.parent.prop[prop.name] end
  if prop.kind == "hybrid" then refuse_hybrid(node) end
  return { attr = node, prop = prop, entity = info.entity(node), of_type = info.of_type(node),
    criteria = info.criteria(node) }
end

--- The mapper at which a chain stands after a step.
local function target_entity(step)
  if step.of_type then return step.of_type end
  if step.prop.kind ~= "relationship" then return nil end
  return step.prop.target_alias and step.prop.target_alias.__entity__ or step.prop.mapper.entity
end

-- --- chains --------------------------------------------------------------------------------------

local function copy(self)
  local fresh = { root = self.root, steps = {}, elements = {} }
  for i, step in ipairs(self.steps) do fresh.steps[i] = step end
  for i, element in ipairs(self.elements) do fresh.elements[i] = element end
  return setmetatable(fresh, Load)
end

local function new(root) return setmetatable({ root = root, steps = {}, elements = {} }, Load) end

local function attribute_name(step) return info.mapper(step.entity).class_name .. "." .. step.prop.key end

-- `step` may stand neither below the last relationship of the chain nor at its beginning.
local function does_not_link(self, step)
  local last = self.steps[#self.steps]
  if not last then
    exc.raise("ArgumentError", "%s", ('ORM mapped attribute "%s" does not link mapped class "%s"'):format(
      attribute_name(step), info.describe(self.root)))
  end
  local from = attribute_name(last)
  local at = target_entity(last)
  if at and at ~= last.prop.mapper.entity then
    exc.raise("ArgumentError", "%s", ('ORM mapped entity or attribute "%s" does not link from relationship '
      .. '"%s.of_type(%s)".'):format(attribute_name(step), from, info.describe(at)))
  end
  local hint, sub = "", info.mapper(step.entity)
  if sub:isa(last.prop.mapper) then
    local name = info.is_aliased(step.entity) and info.describe(step.entity) or sub.class_name
    hint = ('  Did you mean to use "%s.of_type(%s)" or "loadopt.options(selectin_polymorphic(%s, [%s]), ...)" ?')
      :format(from, name, last.prop.mapper.class_name, name)
  end
  exc.raise("ArgumentError", "%s", ('ORM mapped entity or attribute "%s" does not link from relationship "%s".%s')
    :format(attribute_name(step), from, hint))
end

-- Did selectin_polymorphic() at the end of the chain name the class, or one below it?
local function names_subclass(self, mapper)
  for _, element in ipairs(self.elements) do
    local here = element.kind == "polymorphic" and #element.path == #self.steps
    for i, step in ipairs(here and element.path or {}) do here = here and self.steps[i].prop == step.prop end
    for _, named in ipairs(here and element.mappers or {}) do
      if mapper:isa(named) or named:isa(mapper) then return true end
    end
  end
  return false
end

-- May the attribute follow at the end of the chain? `within`: it is said by options(), for which the chain may have
-- named subclasses by selectin_polymorphic().
local function check_link(self, step, within)
  local at
  local last = self.steps[#self.steps]
  if last then
    at = target_entity(last)
    if not at then
      local strategy = self.elements[#self.elements].strategy
      if strategy then strategy_error.raise(strategy, last.prop) end
      exc.raise("ArgumentError", "Mapped attribute '%s' does not refer to a mapped entity", tostring(last.prop))
    end
  else
    at = self.root
  end
  if step.wildcard or at == nil then return end
  if info.is_aliased(at) then
    if step.entity ~= at then does_not_link(self, step) end
    return
  end
  if info.is_aliased(step.entity) then does_not_link(self, step) end
  local here, there = info.mapper(at), info.mapper(step.entity)
  if here:isa(there) then return end
  if there:isa(here) and (last and last.of_type ~= nil or within and names_subclass(self, there)) then return end
  does_not_link(self, step)
end

-- A copy with one step more at its end; the element says what is to happen there.
local function extended(self, key, element, stays)
  local fresh = copy(self)
  local step = step_of(key)
  if fresh.root == nil and not step.wildcard then
    fresh.root = step.entity
  end
  if fresh.steps[#fresh.steps] and fresh.steps[#fresh.steps].wildcard then
    exc.raise("ArgumentError", "%s", "Wildcard token cannot be followed by another entity")
  end
  check_link(fresh, step)
  local path = {}
  for i, known in ipairs(fresh.steps) do path[i] = known end
  path[#path + 1] = step
  element.path = path
  fresh.elements[#fresh.elements + 1] = element
  if not stays then fresh.steps[#fresh.steps + 1] = step end
  return fresh
end

-- --- relationships -------------------------------------------------------------------------------

local function relationship_option(name, strategy, valid)
  return function(self, ...)
    local args, opts = options.split(...)
    opts = options.read(name, opts, valid or {})
    if args.n == 0 then exc.raise("ArgumentError", "%s() needs an attribute, such as User.posts, or \"*\"", name) end
    for i = 1, args.n do
      self = extended(self, args[i], { kind = "relationship", opts = opts, strategy = i == args.n and strategy or nil })
    end
    return self
  end
end

local RELATIONSHIP = {
  selectinload = { "selectin", { recursion_depth = true } }, joinedload = { "joined", { innerjoin = true } },
  subqueryload = { "subquery" }, immediateload = { "immediate", { recursion_depth = true } },
  lazyload = { "select" }, noload = { "noload" }, autoload = { "auto" }, defaultload = { nil },
}
for name, spec in pairs(RELATIONSHIP) do Load[name] = relationship_option(name, spec[1], spec[2]) end

local raise_always = relationship_option("raiseload", "raise", { sql_only = false })
local raise_on_sql = relationship_option("raiseload", "raise_on_sql", { sql_only = false })
--- raiseload(attribute, { sql_only = true }): reading it is an error (only if it would need SQL).
---@param ... any
---@return alchemoon.Load
function Load:raiseload(...)
  local _, opts = options.split(...)
  if opts and opts.sql_only then return raise_on_sql(self, ...) end
  return raise_always(self, ...)
end

--- contains_eager(attribute, { alias = entity or FROM element }): the statement joins to it by itself.
---@param ... any
---@return alchemoon.Load
function Load:contains_eager(...)
  local args, opts = options.split(...)
  opts = options.read("contains_eager", opts, { alias = true })
  if args.n == 0 then exc.raise("ArgumentError", "contains_eager() needs an attribute, such as User.posts") end
  for i = 1, args.n do
    local element = { kind = "relationship", opts = {}, strategy = "joined", contains_eager = true,
      on_the_way = i < args.n or nil }
    if i == args.n and opts.alias ~= nil then
      element.alias = coerce.element(opts.alias)
      if element.alias == nil then
        exc.raise("ArgumentError", "contains_eager(): alias must be an aliased class or a FROM element, got %s",
          coerce.describe(opts.alias))
      end
    end
    self = extended(self, args[i], element)
  end
  return self
end

-- --- columns -------------------------------------------------------------------------------------

-- The attributes that an option for columns is about: a composite stands for its parts.
local function column_keys(key)
  if key == "*" then return { key } end
  local step = step_of(key)
  if step.prop.kind ~= "composite" then return { key } end
  local keys = {}
  for _, part in ipairs(step.prop:parts()) do
    if part.kind == "column" then keys[#keys + 1] = require("alchemoon.orm.entity").attribute(step.entity, part) end
  end
  return keys
end

local function column_option(self, key, element)
  for _, each in ipairs(column_keys(key)) do
    local own = { kind = "column" }
    for name, value in pairs(element) do own[name] = value end
    self = extended(self, each, own, true)
  end
  return self
end

--- defer(attribute, ..., { raiseload = true }): not loaded until it is read. Several attributes are a path.
---@param ... any
---@return alchemoon.Load
function Load:defer(...)
  local args, opts = options.split(...)
  opts = options.read("defer", opts, { raiseload = false })
  for i = 1, args.n do self = column_option(self, args[i], { deferred = true, raiseload = opts.raiseload }) end
  return self
end

--- undefer(attribute, ...): loaded at once.
---@param ... any
---@return alchemoon.Load
function Load:undefer(...)
  for i = 1, select("#", ...) do
    self = column_option(self, (select(i, ...)), { deferred = false })
  end
  return self
end

--- undefer_group(name): all deferred columns of that group.
---@param name string
---@return alchemoon.Load
function Load:undefer_group(name)
  if type(name) ~= "string" then exc.raise("ArgumentError", "undefer_group() needs the name of a group") end
  return column_option(self, "*", { group = name })
end

-- Are the attributes of an entity attributes of the root, too?
local function is_within(root, entity)
  if info.is_aliased(root) or info.is_aliased(entity) then return root == entity end
  return info.mapper(root):isa(info.mapper(entity))
end

--- load_only(attribute, ..., { raiseload = true }): these columns and no others.
---@param ... any
---@return alchemoon.Load
function Load:load_only(...)
  local args, opts = options.split(...)
  opts = options.read("load_only", opts, { raiseload = false })
  local is_bound = self.root ~= nil
  for i = 1, is_bound and 0 or args.n do
    if args[i] == "*" then
      exc.raise("ArgumentError", "expected ORM mapped attribute for loader strategy argument; load_only() says which "
        .. "attributes are loaded, of one class: load_only(Class.attribute, ...)")
    end
  end
  local fresh = column_option(self, "*", { deferred = true, raiseload = opts.raiseload, keep_keys = true })
  if fresh.root == nil and args[1] ~= nil then
    fresh.root = step_of(args[1]).entity
  end
  for i = 1, args.n do
    local step = step_of(args[i])
    if step.prop and step.prop.hybrid then refuse_hybrid(step.attr) end
    local entity = i > 1 and step.entity
    if entity and not is_bound and #fresh.steps == 0 and not is_within(fresh.root, entity) then
      exc.raise("ArgumentError", "Can't apply wildcard ('*') or load_only() loader option to multiple entities in the "
        .. "same option. Use separate options per entity.")
    end
    fresh = column_option(fresh, args[i], { deferred = false })
  end
  return fresh
end

--- with_expression(attribute, expression): what a query_expression() attribute is filled with.
---@param key any
---@param expression any
---@return alchemoon.Load
function Load:with_expression(key, expression)
  return column_option(self, key, { expression = coerce.expr(expression) })
end

--- selectin_polymorphic({ Manager, Engineer }): columns of these subclasses by statements of their own.
---@param list table[]
---@return alchemoon.Load
function Load:selectin_polymorphic(list)
  if type(list) ~= "table" then exc.raise("ArgumentError", "selectin_polymorphic() needs a list of classes") end
  local fresh, mappers = copy(self), {}
  for i, cls in ipairs(list) do mappers[i] = info.mapper(info.expect_entity(cls, "selectin_polymorphic()")) end
  local path = {}
  for i, step in ipairs(fresh.steps) do path[i] = step end
  fresh.elements[#fresh.elements + 1] = { kind = "polymorphic", mappers = mappers, path = path }
  return fresh
end

--- options(option, ...): several options below the same path.
---@param ... alchemoon.Load
---@return alchemoon.Load
function Load:options(...)
  local fresh = copy(self)
  for i = 1, select("#", ...) do
    local sub = select(i, ...)
    if getmetatable(sub) ~= Load then
      exc.raise("ArgumentError", "Loader option %s is not compatible with the Load.options() method.",
        coerce.describe(sub))
    end
    for _, element in ipairs(sub.elements) do
      local first = element.path[1]
      if first and not first.wildcard then check_link(fresh, first, true) end
      local path = {}
      for k, step in ipairs(fresh.steps) do path[k] = step end
      for _, step in ipairs(element.path) do path[#path + 1] = step end
      local added = {}
      for key, value in pairs(element) do added[key] = value end
      added.path = path
      fresh.elements[#fresh.elements + 1] = added
    end
  end
  return fresh
end

-- --- as a node -----------------------------------------------------------------------------------

local function add_entity(parts, children, entity)
  if entity == nil then
    parts[#parts + 1] = "-"
  elseif info.is_aliased(entity) then
    parts[#parts + 1] = "a"
    children[#children + 1] = entity
  else
    parts[#parts + 1] = "m" .. id_of(info.mapper(entity))
  end
end

local function add_opts(parts, element)
  local names = {}
  for name in pairs(element.opts or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = name .. "=" .. tostring(element.opts[name]) end
end

-- Parts are the text of an option's cache key, children the nodes in it.
local function add_step(parts, children, step)
  if step.wildcard then
    parts[#parts + 1] = "*"
    return
  end
  parts[#parts + 1] = "p" .. id_of(step.prop)
  if step.of_type then add_entity(parts, children, step.of_type) end
  for _, criterion in ipairs(step.criteria) do
    parts[#parts + 1] = "c"
    children[#children + 1] = criterion
  end
end

-- Everything that changes what is loaded is part of the cache key.
local function add_element(parts, children, element)
  parts[#parts + 1] = ("|%s %s%s"):format(element.kind, tostring(element.strategy),
    element.on_the_way and "?" or element.contains_eager and "!" or "")
  for _, step in ipairs(element.path) do add_step(parts, children, step) end
  add_opts(parts, element)
  if element.kind == "column" then
    parts[#parts + 1] = ("%s/%s/%s/%s"):format(tostring(element.deferred), tostring(element.raiseload),
      tostring(element.group), tostring(element.keep_keys))
  end
  for _, mapper in ipairs(element.mappers or {}) do parts[#parts + 1] = "m" .. id_of(mapper) end
  if element.alias then children[#children + 1] = element.alias end
  if element.expression then children[#children + 1] = element.expression end
end

--- The node that stands for the option in a statement.
function Load:_as_node()
  return option_node(self, function()
    local parts, children = {}, {}
    add_entity(parts, children, self.root)
    for _, element in ipairs(self.elements) do add_element(parts, children, element) end
    return table.concat(parts, " "), children
  end)
end

-- --- public --------------------------------------------------------------------------------------

--- An option that starts at an entity: am.Load(User):selectinload(User.posts).
---@param entity any   a class or an alias
---@return alchemoon.Load
function loader_options.load(entity)
  return new(info.expect_entity(entity, "Load()"))
end

local public = {}
loader_options.public = public
setmetatable(Load, { __call = function(_, entity) return loader_options.load(entity) end })
public.Load = loader_options.load

for _, name in ipairs { "selectinload", "joinedload", "subqueryload", "immediateload", "lazyload", "noload", "autoload",
  "defaultload", "raiseload", "contains_eager", "load_only", "undefer_group", "with_expression" } do
  --- A loader option for an attribute path: what the method of that name does, for the statement's entities.
  ---@param ... any   attributes; options last
  ---@return alchemoon.Load
  public[name] = function(...) return Load[name](new(nil), ...) end
end

-- am.defer(User.bio), am.defer(User.posts, Post.body): all but the last are a path.
local function column_path(name, required)
  --- For columns, the last of a path.
  ---@param ... any   attributes; options last
  ---@return alchemoon.Load
  public[name] = function(...)
    local args, opts = options.split(...)
    if args.n < required then exc.raise("ArgumentError", "%s() needs an attribute, such as User.bio", name) end
    local self = new(nil)
    for i = 1, args.n - 1 do self = self:defaultload(args[i]) end
    return Load[name](self, args[args.n], opts or {})
  end
end
column_path("defer", 1)

--- am.undefer(attribute, ...): deferred columns are loaded at once.
---@param ... any
---@return alchemoon.Load
function public.undefer(...)
  local n = select("#", ...)
  if n < 1 then exc.raise("ArgumentError", "undefer() needs an attribute, such as User.bio") end
  local self = new(nil)
  for i = 1, n - 1 do self = self:defaultload((select(i, ...))) end
  return self:undefer((select(n, ...)))
end

--- am.selectin_polymorphic(Employee, { Manager, Engineer })
---@param base table
---@param list table[]
---@return alchemoon.Load
function public.selectin_polymorphic(base, list)
  return loader_options.load(base):selectin_polymorphic(list)
end

--- The Load objects among the options of a statement.
function loader_options.of(stmt)
  local list = {}
  for _, node in ipairs(node_get(stmt, "options")) do
    local option = node_tag(node) == T.ORM_OPTION and node_get(node, "option")
    if getmetatable(option) == Load then list[#list + 1] = option end
  end
  return list
end

loader_options.step_of, loader_options.target_entity, loader_options.new = step_of, target_entity, new
loader_options.unpack = unpack
usage.check_receivers(Load, "option", usage.receiver_of(Load))
usage.close_class(Load, "Load", { root = true }, true)

return loader_options
