--- Registries: which classes belong together by name, and when mappers are configured.
--
-- A new mapper waits until first use; then all waiting mappers of all registries are configured in the order in which
-- they were made, so that messages and back references never depend on hash order.
local exc = require "alchemoon.exc"
local event = require "alchemoon.event"
local options = require "alchemoon.options"
local classes = require "alchemoon.orm.classes"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local select_columns = require "alchemoon.orm.select_columns"
local warn = require "alchemoon.orm.warn"
local usage = require "alchemoon.usage"

local registry = {}

local waiting = {}          -- mappers in order of creation
local parked = {}           -- registry whose configuration failed → its mappers that wait
local configuring = false
local pending = instance.pending

registry.events = nil       -- dispatch node of "all mappers", set by events_orm.lua

---@class alchemoon.registry
local Registry = { __name = "registry" }

local all = setmetatable({}, { __mode = "k" }) -- mapper → number
local made = 0

--- All mappers that are alive, in the order in which they were made.
function registry.all_mappers()
  local list = {}
  for m in pairs(all) do list[#list + 1] = m end
  table.sort(list, function(a, b) return all[a] < all[b] end)
  return list
end

--- Tells that a mapper must be configured (again) before anything is done with it.
function registry.wait(m)
  if not all[m] then
    made = made + 1
    all[m] = made
  end
  waiting[#waiting + 1] = m
  m.registry.told = nil
  pending.any = true
end

function mapper.registry_changed(m) registry.wait(m) end

local function fire(node, name, ...)
  if node and node[name] then event.fire(node[name], ...) end
end

local function failed(m)
  exc.raise("InvalidRequestError", "One or more mappers failed to initialize - can't proceed with initialization of " ..
    "other mappers. Triggering mapper: '%s'. Original exception was: %s", tostring(m), tostring(m.configure_failed))
end

-- One failed registry does not stop the others: its mappers wait aside until one of its own classes is used.
local function park(reg)
  local kept, aside = {}, {}
  for _, m in ipairs(waiting) do
    if m.registry == reg then aside[#aside + 1] = m else kept[#kept + 1] = m end
  end
  waiting, parked[reg] = kept, aside
end

local function unpark(reg)
  for _, m in ipairs(parked[reg]) do waiting[#waiting + 1] = m end
  parked[reg] = nil
end

local function refresh_pending() pending.any = #waiting > 0 or next(parked) ~= nil end

--- Makes a property of a mapper ready: what it refers to is found, attribute_instrument is fired.
function registry.initialise(m, prop)
  if prop.init and not prop.initialised then
    local ok, err = pcall(prop.init, prop)
    if not ok then
      m.configure_failed = err
      error(err, 0)
    end
    prop.initialised = true
  end
  registry.attribute_ready(m, prop)
end

-- False if a listener wants it later.
local function configure_one(m)
  if m.configure_failed then failed(m) end
  if m.configured or m.disposed then return true end
  local dispatch = not m.was_configured and m.dispatch -- later it is configured again for what was added to it
  if dispatch and dispatch.before_mapper_configured then
    for _, listener in ipairs(dispatch.before_mapper_configured) do
      if listener(m, m.class) == registry.EXT_SKIP then return false end
    end
  end
  for _, prop in ipairs(select_columns.ordered(m)) do -- what is added meanwhile makes a new list
    if prop.parent == m then registry.initialise(m, prop) else registry.attribute_ready(m, prop) end
  end
  m.configured, m.was_configured = true, true
  if dispatch then fire(dispatch, "mapper_configured", m, m.class) end
  return true
end

local function second_pass(done)
  for _, m in ipairs(done) do
    for _, prop in ipairs(m.props) do
      if prop.parent == m and prop.post_init and not prop.post_initialised then
        prop.post_initialised = true
        prop:post_init()
      end
    end
  end
end

-- Lists (and marks) the registries whose classes those of `reg` refer to or inherit from, over any number of steps.
local function list_dependencies(reg, list)
  local function visit(other)
    if list[other] then return end
    list[other], list[#list + 1] = true, other
    list_dependencies(other, list)
  end
  for _, m in ipairs(reg.mapper_list) do
    if m.inherits then visit(m.inherits.registry) end
    for _, prop in ipairs(m.props) do
      if prop.kind == "relationship" and prop.mapper then visit(prop.mapper.registry) end
    end
  end
  return list
end

-- The first use of a registry that came through, but refers to one that failed, hears of it.
local function check_dependencies(scope)
  if scope.told or next(parked) == nil then return end
  scope.told = true
  for _, reg in ipairs(list_dependencies(scope, {})) do
    for _, m in ipairs(parked[reg] or {}) do
      if m.configure_failed then failed(m) end
      if m.parked_error then
        m.configure_failed = m.parked_error
        error(m.parked_error, 0)
      end
    end
  end
end

-- Configures what waits. An error of a registry that `scope` does not refer to is left for those who use its classes.
local function run(scope)
  require("alchemoon.orm.concrete").map_waiting()
  for i = 1, #waiting do require("alchemoon.orm.concrete").install_unions(waiting[i]) end
  local done, skipped, i = {}, {}, 1
  while waiting[i] do
    local m = waiting[i]
    local ok, configured = pcall(configure_one, m)
    if ok then
      table.insert(configured and done or skipped, m)
      i = i + 1
    else
      park(m.registry)
      if scope == nil or scope == m.registry then error(configured, 0) end
      m.parked_error, m.configure_failed = configured, nil
      i = 1
    end
  end
  second_pass(done)
  waiting = skipped
end

-- Configures what waits of one registry, with `cascade` of those that it depends on, too; the others go on waiting.
local function run_alone(reg, cascade)
  local list, i = { reg, [reg] = true }, 1
  while list[i] do
    local own, others = {}, {}
    for _, m in ipairs(waiting) do table.insert(m.registry == list[i] and own or others, m) end
    waiting = own
    local ok, err = pcall(run, list[i])
    for _, m in ipairs(waiting) do others[#others + 1] = m end
    waiting = others
    table.sort(waiting, function(a, b) return all[a] < all[b] end)
    if not ok then error(err, 0) end
    list_dependencies(list[i], list)
    if not cascade and #list > 1 then
      exc.raise("InvalidRequestError", "configure was called with cascade=False but additional registries remain; " ..
        "pass { cascade = true } to configure these also")
    end
    i = i + 1
  end
end

-- Calls __declare_first__ or __declare_last__ of every mapped class that has it.
local function call_hooks(name)
  for _, m in ipairs(registry.all_mappers()) do
    local hook = not m.disposed and classes.immediate(m.class, name)
    if hook then hook(m.class) end
  end
end

--- Configures the mappers that wait; true if there were any. `user`: the mapper on whose behalf (its registry must
-- come through), nil: whoever waits. `work`: what is done about them, if not all are configured.
function registry.configure(user, work)
  if configuring or not pending.any then return false end
  local scope = user and user.registry
  if scope and parked[scope] then unpark(scope) end
  if #waiting == 0 then
    if scope then check_dependencies(scope) end
    return false
  end
  configuring = true
  local ok, err = pcall(function()
    fire(registry.events, "before_configured")
    call_hooks "__declare_first__"
    if work then return work() end
    run(scope)
    if scope then check_dependencies(scope) end
  end)
  configuring = false
  refresh_pending()
  if not ok then error(err, 0) end
  fire(registry.events, "after_configured")
  call_hooks "__declare_last__"
  return true
end

--- am.configure_mappers(): every registry, those that failed before included.
function registry.configure_all()
  for reg in pairs(parked) do unpark(reg) end
  return registry.configure()
end
instance.configure = registry.configure

local function answer(name) return setmetatable({}, { __tostring = function() return name end }) end
--- A listener of before_mapper_configured returns it to leave a mapper unconfigured for now.
registry.EXT_SKIP = answer "EXT_SKIP"
--- What listeners with retval may return, to no effect: as with SQLAlchemy all of them are called.
registry.EXT_CONTINUE, registry.EXT_STOP = answer "EXT_CONTINUE", answer "EXT_STOP"

--- am.registry{ metadata, class_registry, constructor, type_annotation_map }
---@param opts table?
---@return alchemoon.registry
function registry.new(opts)
  opts = options.read("registry", opts, { metadata = true, class_registry = true, constructor = true,
    type_annotation_map = true, default_lazy = true, naming_convention = true })
  local metadata = opts.metadata
  if metadata == nil then
    metadata = require("alchemoon.schema").MetaData { naming_convention = opts.naming_convention }
  elseif opts.naming_convention ~= nil then
    metadata.naming_convention = opts.naming_convention
  end
  local self = setmetatable({
    metadata = metadata, class_registry = opts.class_registry or {}, namesakes = {}, mapper_list = {},
    constructor = opts.constructor,
    type_annotation_map = opts.type_annotation_map or {}, default_lazy = opts.default_lazy,
  }, Registry)
  registry.known[self] = true
  return self
end

--- All mappers of all registries.
function registry.all()
  local list = {}
  for known in pairs(registry.known) do
    for _, m in ipairs(known.mapper_list) do list[#list + 1] = m end
  end
  return list
end
registry.known = setmetatable({}, { __mode = "k" })

--- All registries that are alive, in no particular order.
function registry.all_registries()
  local list = {}
  for known in pairs(registry.known) do list[#list + 1] = known end
  return list
end

--- Makes a class findable by its name.
function Registry:add_class(name, cls)
  local known = self.class_registry[name]
  if known and known ~= cls then
    self.namesakes[name] = self.namesakes[name] or setmetatable({ [known] = true }, { __mode = "k" })
    self.namesakes[name][cls] = true
    warn("This declarative base already contains a class with the same class name and module name as " ..
      "%s, and will be replaced in the string-lookup table.", name)
  end
  self.class_registry[name] = cls
end

function Registry:add_mapper(m)
  table.insert(self.mapper_list, m)
  registry.wait(m)
end

local function has_waiting(reg)
  if parked[reg] then return true end
  for _, m in ipairs(waiting) do
    if m.registry == reg then return true end
  end
  return false
end

--- registry:configure{ cascade }: what waits of this registry alone. If it depends on others, by relationships or
-- inheritance, `cascade` is needed.
---@param opts table?   cascade: also the registries that this one depends on
function Registry:configure(opts)
  opts = options.read("registry:configure", opts, { cascade = false })
  if not has_waiting(self) then return end
  registry.configure({ registry = self }, function() run_alone(self, opts.cascade) end)
end

-- Other registries with classes that refer to those of `reg` or inherit from them, those of the others included.
local function list_dependents(reg)
  local list = {}
  for _, other in ipairs(registry.all_registries()) do
    if other ~= reg and list_dependencies(other, {})[reg] then list[#list + 1] = other end
  end
  return list
end

local function forget_mappers(self)
  for _, m in ipairs(self.mapper_list) do
    m.disposed = true
    registry.class_disposed(m)
    local cls = m.class
    for _, key in ipairs { "__mapper__", "__index", "__newindex" } do rawset(cls, key, nil) end
    local meta = getmetatable(cls)
    for key in pairs(meta.attrs) do meta.attrs[key] = nil end
    meta.__call = function() exc.raise("UnmappedClassError", "Class '%s' is not mapped", m.class_name) end
    if m.inherits then
      for i, sub in ipairs(m.inherits.subclasses) do
        if sub == m then table.remove(m.inherits.subclasses, i) break end
      end
    end
  end
  local kept = {}
  for _, m in ipairs(waiting) do
    if not m.disposed then kept[#kept + 1] = m end
  end
  waiting, parked[self] = kept, nil
  refresh_pending()
  self.held = nil
  self.mapper_list, self.class_registry, self.namesakes = {}, {}, {}
end

--- Forgets all mappers of this registry; their classes become plain tables again. If others depend on it, `cascade` is
-- needed, and they are disposed of, too.
---@param opts table?   cascade: also the registries that depend on this one
function Registry:dispose(opts)
  opts = options.read("registry:dispose", opts, { cascade = false })
  local dependents = list_dependents(self)
  if #dependents > 0 and not opts.cascade then
    exc.raise("InvalidRequestError", "Registry has dependent registries that are not disposed; pass cascade=True to " ..
      "clear these also: registry:dispose { cascade = true }")
  end
  for _, other in ipairs(dependents) do forget_mappers(other) end
  forget_mappers(self)
end

--- Forgets all mappers of all registries.
function registry.dispose_all()
  for _, known in ipairs(registry.all_registries()) do forget_mappers(known) end
end

--- registry:generate_base{ cls, name }
---@param opts table?
---@return table
function Registry:generate_base(opts)
  opts = options.read("generate_base", opts, { cls = true, name = "Base", mapper = true, constructor = true,
    metaclass = true, class_registry = true })
  local mixins = opts.cls
  if mixins ~= nil and (classes.is(mixins) or mixins[1] == nil) then mixins = { mixins } end
  local base = classes.new(opts.name, nil, mixins)
  local members = rawget(base, "__members")
  members.metadata, members.registry = self.metadata, self
  local constructor = opts.constructor or self.constructor
  if constructor then members.__init__ = constructor end
  return base
end

--- registry:map_declaratively(body or class): maps a table written like the body of Base:model.
---@param body table
---@return alchemoon.Mapper
function Registry:map_declaratively(body)
  local declarative = require "alchemoon.orm.declarative"
  return declarative.map_class(self, body)
end

--- registry:mapped(name, body): a class without base.
---@param name string
---@param body table
---@return table
function Registry:mapped(name, body)
  local declarative = require "alchemoon.orm.declarative"
  return declarative.model(self:generate_base {}, name, body)
end

--- registry:map_imperatively(class, table, { properties, inherits, ... }) → mapper. The class is a plain table; a
-- class without a table of its own (single-table inheritance) needs none.
---@param cls table
---@param local_table any
---@param opts table?
---@return alchemoon.Mapper
function Registry:map_imperatively(cls, local_table, opts)
  return require("alchemoon.orm.imperative").map(self, cls, local_table, opts)
end

--- The class of that name, or nil.
function Registry:find(name)
  local namesakes = self.namesakes[name]
  if namesakes and next(namesakes, (next(namesakes))) ~= nil then
    exc.raise("InvalidRequestError", "Multiple classes found for path \"%s\" in the registry of this declarative " ..
      "base. Please use a fully module-qualified path.", name)
  end
  return self.class_registry[name]
end

function Registry.__tostring(self) return ("registry(%d mappers)"):format(#self.mapper_list) end

local unknown = usage.misspelt_attribute("registry", { constructor = true, default_lazy = true, told = true,
  held = true }, Registry, { mappers = true })

function Registry.__index(self, key)
  if key == "mappers" then
    local list = {}
    for i, m in ipairs(rawget(self, "mapper_list")) do list[i] = m end
    return list
  end
  local method = Registry[key]
  if method ~= nil then return method end
  return unknown(key)
end

usage.check_receivers(Registry, "registry", usage.receiver_of(Registry))

registry.Registry = Registry
return registry
