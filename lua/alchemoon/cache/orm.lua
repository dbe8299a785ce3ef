--- ORMCache: results of queries in cache regions.
--
-- A listener of do_orm_execute. A statement with FromCache (or a lazy load with RelationshipCache) is looked up by its
-- text, its values and the database that it goes to. An entry says which tables it came from and when its transaction
-- began; it counts as long as none of them was written since (watch.lua). A session that has written one of the tables
-- itself and not committed goes past the cache.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local event = require "alchemoon.event"
local cache_options = require "alchemoon.cache.options"
local pack = require "alchemoon.cache.pack"
local portion_of = require("alchemoon.execution_options").portion_of
local result_module = require "alchemoon.engine.result"
local serial = require "alchemoon.cache.serial"
local usage = require "alchemoon.usage"
local statement_key = require "alchemoon.cache.statement_key"
local watch = require "alchemoon.cache.watch"

local orm = { FromCache = cache_options.FromCache, RelationshipCache = cache_options.RelationshipCache }

---@class alchemoon.ORMCache
---@field cache_regions table<string, alchemoon.CacheRegion>
local ORMCache = { __name = "ORMCache" }
ORMCache.__index = ORMCache

local function backends_of(regions)
  return function()
    local list, seen = {}, {}
    for _, region in pairs(regions) do
      if region.backend and region.backend.check and not seen[region.backend] then
        seen[region.backend] = true
        list[#list + 1] = region.backend
      end
    end
    return list
  end
end

local function is_region(value) return type(value) == "table" and type(value.get_or_create) == "function" end

--- A cache of results: ORMCache{ default = region, … }.
---@param regions table<string, alchemoon.CacheRegion>
---@return alchemoon.ORMCache
function orm.ORMCache(regions)
  if type(regions) ~= "table" or is_region(regions) then
    exc.raise("ArgumentError", "ORMCache: a table of regions by name is needed: ORMCache{ default = region }")
  end
  for name, each in pairs(regions) do
    if not is_region(each) then
      exc.raise("ArgumentError", "ORMCache: '%s' is no region but %s; make_region():configure(...) makes one",
        tostring(name), type(each))
    end
  end
  return setmetatable({ cache_regions = regions, _watch = watch.new(backends_of(regions)), _places = {} }, ORMCache)
end

--- Listens to the sessions of a factory (or to one session, or all).
---@param target any
function ORMCache:listen_on_session(target)
  self._watch:listen(target)
  event.listen(target, "do_orm_execute", function(orm_context) return self:_do_orm_execute(orm_context) end,
    { retval = true })
end

local function region_of(self, option)
  local region = self.cache_regions[option.region]
  if not region then
    exc.raise("InvalidRequestError", "ORMCache has no region '%s'%s", option.region,
      require("alchemoon.options").hint(option.region, self.cache_regions))
  end
  return region
end

-- --- one execution ------------------------------------------------------------------------------------------

local function writes(orm_context)
  return orm_context.is_insert or orm_context.is_update or orm_context.is_delete
end

-- What cannot come from a cache: locks, refreshes, streams.
local function is_out_of_question(orm_context)
  if not orm_context.is_select or core.node_tag(orm_context.statement) ~= core.tags.SELECT then return true end
  if core.node_get(orm_context.statement, "for_update") ~= nil then return true end
  local own = orm_context.execution_options
  local load = own._orm_load
  return portion_of(own) ~= nil or own.stream_results or own.populate_existing
    or load ~= nil and (load.run.fixed ~= nil or load.run.populate_existing)
end

-- The listeners behind this one go first: they may add conditions, and what is kept must be what they leave.
local function others_first(orm_context)
  local listeners = orm_context._listeners
  if orm_context.session._shards then return nil end
  for i = orm_context._next_event, #listeners do
    orm_context._next_event = i + 1
    local result = listeners[i](orm_context)
    if result ~= nil and result ~= false then return result end
  end
  return nil
end

local function overlaps(tags, set)
  for _, tag in ipairs(tags) do
    if set[tag] then return true end
  end
  return false
end

-- Executes the statement; what is to be kept, and the result as it is.
local function load_now(self, orm_context, found, backend)
  local session = orm_context.session
  local epoch = self._watch:epoch(session, backend)
  local frozen = orm_context:invoke_statement():freeze()
  local _, changed = self._watch:changed(session)
  local packed, tables = pack.rows(session, frozen.data)
  if not packed then return nil, frozen end
  for from in pairs(found.tables) do tables[from] = true end
  local tags = watch.tags_of(tables)
  if epoch == nil or overlaps(tags, changed) or backend:check(tags, epoch) ~= "fresh" then return nil, frozen end
  return { text = found.text, tags = tags, epoch = epoch, data = serial.encode(packed) }, frozen
end

local function result_of(session, found, entry)
  local ok, packed = serial.decode(entry.data)
  local rows = ok and pack.restore(session, found.registry, packed, found.user_options)
  if not rows then return nil end
  return result_module.from_list(found.shape(), rows)
end

-- Through the region: asked first, filled if what it has is stale or was made from other text.
local function through(self, orm_context, region, found, option)
  local session, backend = orm_context.session, region.backend
  local _, changed = self._watch:changed(session)
  local function valid(entry)
    return type(entry) == "table" and entry.text == found.text and not overlaps(entry.tags, changed)
      and backend:check(entry.tags, entry.epoch) == "fresh"
  end
  local frozen
  local function create()
    local entry
    entry, frozen = load_now(self, orm_context, found, backend)
    return entry
  end
  local entry
  if option.ignore_expiration or next(changed) ~= nil then -- nobody is waited for while rows may be locked
    entry = region:get(found.key, { expiration_time = option.expiration_time,
      ignore_expiration = option.ignore_expiration })
    if not valid(entry) then entry = create() end
  else
    entry = region:get_or_create(found.key, create, { expiration_time = option.expiration_time, valid = valid,
      should_cache_fn = function(made) return made ~= nil end })
  end
  if frozen then return frozen() end
  return result_of(session, found, entry) or orm_context:invoke_statement()
end

--- The listener.
function ORMCache:_do_orm_execute(orm_context)
  local session = orm_context.session
  if writes(orm_context) then
    self._watch:statement(session, orm_context.statement)
    return nil
  end
  local option = cache_options.of(orm_context)
  if not option or is_out_of_question(orm_context) then return nil end
  local result = others_first(orm_context)
  if result ~= nil then return result end
  session:_autoflush()
  local region = region_of(self, option)
  if not region.backend then exc.raise("InvalidRequestError", "No backend is configured on this region.") end
  if not region.backend.check then
    exc.raise("InvalidRequestError", "a region with the backend '%s' cannot keep results of queries",
      region.backend_name)
  end
  local found = statement_key.of(orm_context, option)
  self._places[found.place.name] = found.place
  return through(self, orm_context, region, found, option)
end

-- --- by hand ------------------------------------------------------------------------------------------------

--- Forgets the result of a statement with these parameters, in the region of the option, for every database that it
-- was asked of.
---@param statement any
---@param parameters table?
---@param option table   the FromCache of the statement
function ORMCache:invalidate(statement, parameters, option)
  if type(statement) == "table" and statement.__clause_element__ then statement = statement:__clause_element__() end
  local region = region_of(self, option)
  for _, place in pairs(self._places) do
    region:delete(statement_key.at(statement, parameters, option, place))
  end
end

--- What came from these classes or tables is void: after changes that no session made.
---@param ... any   mapped classes or tables
function ORMCache:invalidate_tables(...)
  local tables = {}
  for i = 1, select("#", ...) do
    local item = select(i, ...)
    local mapper = type(item) == "table" and rawget(item, "__mapper__")
    if mapper then
      for _, from in ipairs(mapper.tables) do tables[from] = true end
    else
      tables[item] = true
    end
  end
  local tags = watch.tags_of(tables)
  for _, backend in ipairs(backends_of(self.cache_regions)()) do backend:bump(tags) end
end

usage.check_receivers(ORMCache, "cache", usage.receiver_of(ORMCache))
usage.close_class(ORMCache, "ORMCache")

return orm
