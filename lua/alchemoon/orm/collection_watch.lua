--- Lists and sets that were changed behind their methods: table.insert(user.posts, post), user.posts[1] = other.
--
-- Lua reports neither an assignment to a key that is there nor what table.remove does. So a collection that is read
-- keeps a copy of its items, its own methods keep the copy in step (collections.lua), and `watch.sweep` finds what else
-- happened and does it once more with events. Objects whose collections were read stand in
-- `session.collection_reads`, in order and held strongly: a change is not lost with its object. A look demotes them to
-- `session.collections_seen`, weak, for a reference that the program kept; only commit() looks there, so that a
-- flush costs what was read since the last one. Those that were demoted last are held until the transaction ends
-- (`session.collections_held`), and one is looked at once more when it is held no longer.
local collections = require "alchemoon.orm.collections"
local raw_list = require "alchemoon.orm.raw_list"

local watch = {}
local getmetatable, rawget, rawset, pairs = getmetatable, rawget, rawset, pairs
local copy_of, in_step, items_of = raw_list.copy, raw_list.in_step, raw_list.items
local missing_in, write = raw_list.missing_in, raw_list.write
local COPY, PROXIES = collections.COPY, collections.PROXIES
local MOST_READS = 1000 -- held strongly without a look
local MOST_HELD = 1000 -- of those that have been looked at

local function set_of(items)
  local set = {}
  for i = 1, #items do set[items[i]] = true end
  return set
end

-- What is read often is read by index, not by rawget: an object answers a number, and a list its own keys, as they are.

-- Puts the collection back to what is known and does the difference with events; then the wanted order.
local function do_again(obj, prop, list, known)
  local hooks, adapter = collections.hooks, prop.adapter
  local wanted = items_of(list)
  local gone, new = missing_in(wanted, known), missing_in(known, wanted)
  local stays, was = set_of(wanted), set_of(known)
  write(list, known)
  -- An item that only comes or goes once more has no events: table.insert of Lua 5.4 appends what it moves.
  for _, pair in ipairs(gone) do
    local item = pair[1]
    if not stays[item] then hooks.remove(obj, prop, item) end
    adapter.take(list, item)
  end
  for _, pair in ipairs(new) do
    local item = pair[1]
    adapter.put(list, was[item] and item or hooks.append(obj, prop, item))
  end
  local now = copy_of(list)
  if #missing_in(now, wanted) == 0 and #missing_in(wanted, now) == 0 then
    write(list, wanted)
    if list.reorder then list:reorder() end
  end
  rawset(list, COPY, copy_of(list))
end

--- Looks at one collection, and at what happened to it. Is there one that somebody has read?
local function look_at(obj, prop)
  local list = obj[prop.slot]
  if type(list) ~= "table" or not rawget(list, COPY) then return false end
  local proxies = rawget(list, PROXIES)
  if proxies then collections.hooks.take_in(proxies) end
  local known = rawget(list, COPY)
  if not in_step(list, known) then do_again(obj, prop, list, known) end
  return true
end

collections.hooks.look = look_at

-- Found again when the class got more attributes or was configured.
local function watched_props(m)
  local props = rawget(m, "watched_props")
  if not props or props.n ~= #m.props or props.configured ~= m.configured then
    props = { n = #m.props, configured = m.configured }
    for _, prop in ipairs(m.props) do
      if prop.is_watched then props[#props + 1] = prop end
    end
    m.watched_props = props
  end
  return props
end

--- Looks at all collections of an object; true if somebody has read any.
function watch.look(obj)
  local any = false
  local props = watched_props(getmetatable(obj).__mapper__)
  for i = 1, #props do any = look_at(obj, props[i]) or any end
  return any
end

local function differs(obj)
  local props = watched_props(getmetatable(obj).__mapper__)
  for i = 1, #props do
    local prop = props[i]
    local list = obj[prop.slot]
    local known = type(list) == "table" and rawget(list, COPY)
    if known and (rawget(list, PROXIES) or not in_step(list, known)) then return true end
  end
  return false
end

local function belongs_to(session, obj)
  local context = obj[1]
  return context ~= nil and context.session == session
end

-- Those that a program may still hold, in the order in which they were seen first.
local function look_at_seen(session)
  local seen, changed = session.collections_seen, {}
  for obj in pairs(seen) do
    if not belongs_to(session, obj) then seen[obj] = nil
    elseif differs(obj) then changed[#changed + 1] = obj end
  end
  table.sort(changed, function(a, b) return seen[a] < seen[b] end)
  for _, obj in ipairs(changed) do watch.look(obj) end
end

-- An object was looked at, and the program may have one of its collections at hand.
local function demote(session, seen, obj)
  local held = session.collections_held
  if not held then
    held = {}
    session.collections_held = held
  end
  local number = seen[obj]
  if number and held[number % MOST_HELD] == obj then return end
  number = (session.collections_seen_count or 0) + 1
  session.collections_seen_count, seen[obj] = number, number
  local place = number % MOST_HELD
  local oldest = held[place]
  held[place] = obj
  if oldest and belongs_to(session, oldest) then watch.look(oldest) end
end

--- Finds what was changed since it was read. `all`: also in what an earlier sweep has seen.
---@param session Session
---@param all boolean?
function watch.sweep(session, all)
  local reads = session.collection_reads
  if reads then
    session.collection_reads = false -- a listener may read others
    local seen = session.collections_seen
    if not seen then
      seen = setmetatable({}, { __mode = "k" })
      session.collections_seen = seen
    end
    for i = 1, #reads do
      local obj = reads[i]
      if belongs_to(session, obj) and watch.look(obj) then demote(session, seen, obj) end
    end
  end
  if all and session.collections_seen then look_at_seen(session) end
end

--- Notes that a collection of an object was read, if the session does not know yet.
---@param session Session
---@param obj table
function watch.note(session, obj)
  local reads = session.collection_reads
  if reads and #reads >= MOST_READS then
    watch.sweep(session)
    reads = false
  end
  if not reads then
    reads = {}
    session.collection_reads = reads
  end
  if reads[obj] then return end
  reads[obj] = true
  reads[#reads + 1] = obj
end

--- What a read of the attribute gives: the collection, watched from now on.
function watch.read(obj, list)
  if rawget(list, COPY) == nil then rawset(list, COPY, copy_of(list)) end
  local context = obj[1]
  local session = context and context.session
  if session then
    local reads = session.collection_reads
    if not reads or not reads[obj] then watch.note(session, obj) end
  end
  return list
end

--- An object that enters a session: its collections may have been read, and changed, before.
---@param session Session
---@param obj table
function watch.enter(session, obj)
  if watch.look(obj) then watch.note(session, obj) end
end

return watch
