--- The N+1 detector: tells which lazy loads are repeated over the objects of one result, from which line of the
-- program, and which loader option would replace them. It costs nothing unless it is switched on.
--
-- Objects belong to the group of the statement that loaded them or, if they were in the session already, that brought
-- them again. What a lazy load brings belongs to a group of its own per group and attribute, so that loads of loads are
-- seen together too.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local Mapper = require("alchemoon.orm.mapper").Mapper
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local Session = require "alchemoon.orm.session"
local stack = require "alchemoon.stack"

local n_plus_one = {}
local logger = logging.getLogger "alchemoon.testing"

---@class alchemoon.NPlusOneReport
---@field attribute string     "Class.attribute"
---@field count integer        how many objects it was loaded for, one by one
---@field where string         file:line of the code that reads the attribute
---@field statement_where string?   file:line of the code that executed the statement
---@field remedy string        what to add to the statement
---@field message string       all of it in words
local Report = {}
Report.__index = Report
Report.__tostring = function(self) return self.message end

---@class alchemoon.NPlusOneDetector
local Detector = { __name = "NPlusOneDetector" }
Detector.__index = Detector

-- --- groups -------------------------------------------------------------------------------------------------

local function new_group(parent, step)
  local path = {}
  for i, each in ipairs(parent and parent.path or {}) do path[i] = each end
  if step then path[#path + 1] = step end
  return { path = path, below = {}, counts = {}, where = parent and parent.where }
end

-- The group of what is loaded for `step` of the objects of a group.
local function group_below(group, step)
  local found = group.below[step.name]
  if not found then
    found = new_group(group, step)
    group.below[step.name] = found
  end
  return found
end

-- --- what was read ------------------------------------------------------------------------------------------

local function step_of_relationship(prop)
  return { name = tostring(prop), option = prop.uselist and "selectinload" or "joinedload" }
end

local function remedy_of(group, step)
  if step.refresh then
    return "the objects were expired: read what is needed before the commit, set expire_on_commit = false, or load "
      .. "them again with one statement"
  end
  local text = "am"
  for _, each in ipairs(group.path) do
    text = ("%s%s%s(%s)"):format(text, text == "am" and "." or ":", each.option, each.name)
  end
  local argument = step.name
  if step.subclass then
    argument = ("{ %s }"):format(step.subclass)
    if text == "am" then argument = step.base_class .. ", " .. argument end
  end
  text = ("%s%s%s(%s)"):format(text, text == "am" and "." or ":", step.option, argument)
  return (":options(%s)"):format(text)
end

local function message_of(report, step)
  local to = report.statement_where and (" at %s"):format(report.statement_where) or ""
  if step.refresh then
    return ("N+1: %s was refreshed one by one for %d objects at %s; %s"):format(report.attribute, report.count,
      report.where, report.remedy)
  end
  return ("N+1: %s was loaded one by one for %d objects at %s; add %s to the statement%s"):format(
    report.attribute, report.count, report.where, report.remedy, to)
end

local function tell(self, report)
  if self.on_report then self.on_report(report) end
  if self.raise then exc.raise("InvalidRequestError", "%s", report.message) end
  if not self.on_report and not self._quiet then logger:warning("%s", report.message) end
end

local function program_line() return stack.caller(2) or "?" end

-- One more load of an attribute for an object of a group.
local function count(self, group, step, obj)
  local entry = group.counts[step.name]
  if not entry then
    entry = { n = 0, objects = setmetatable({}, { __mode = "k" }) }
    group.counts[step.name] = entry
  end
  if entry.objects[obj] then return end
  entry.objects[obj] = true
  entry.n = entry.n + 1
  entry.where = entry.where or program_line()
  local report = entry.report
  if report then
    report.count = entry.n
    report.message = message_of(report, step)
    return
  end
  if entry.n < self.threshold then return end
  report = setmetatable({ attribute = step.name, count = entry.n, where = entry.where,
    statement_where = group.where, remedy = remedy_of(group, step) }, Report)
  report.message = message_of(report, step)
  entry.report = report
  self._reports[#self._reports + 1] = report
  tell(self, report)
end

-- What is to be said of a column that is loaded alone: a deferred one, or one of a subclass, which a statement of the
-- base class leaves out; nil for others, which were expired.
local function step_of_column(mapper, prop)
  local name = mapper.class_name .. "." .. prop.key
  if prop.deferred then return { name = name, option = "undefer" } end
  if prop.parent.inherits then
    return { name = name, option = "selectin_polymorphic", base_class = mapper.base.class_name,
      subclass = mapper.class_name }
  end
end

-- Deferred columns, columns of subclasses, and refreshes: the object that is filled, and what of it.
local function column_step(load)
  local obj = load.run.fixed
  local mapper = obj and rawget(getmetatable(obj), "__mapper__")
  if not mapper then return nil end
  local names = load.run.names or {}
  for _, name in ipairs(names) do
    local prop = mapper.prop[name]
    local is_known = rawget(obj, mapper.pk_slots[1]) ~= nil -- not expired as a whole
    local step = is_known and prop and prop.kind == "column" and step_of_column(mapper, prop)
    if step then return obj, step end
  end
  return obj, { name = mapper.class_name, refresh = true }
end

-- --- listening ----------------------------------------------------------------------------------------------

local function concerns(self, context)
  if not self._engine then return true end
  local ok, bind = pcall(context.session.get_bind, context.session, context.bind_arguments)
  return ok and (bind == self._engine or bind.engine == self._engine)
end

local function executed(self, context)
  if not concerns(self, context) then return end
  self._session = context.session
  local load = (context.local_execution_options or {})._orm_load
  if not load or load.run.groups then -- a statement of the program, or one for many objects at once
    self._current = new_group()
    self._current.where = not load and program_line() or nil
    return
  end
  local obj, step
  if load.is_relationship_load and load.lazy_loaded_from then
    obj = load.lazy_loaded_from
    step = step_of_relationship(context.loader_strategy_path[#context.loader_strategy_path])
  elseif load.is_column_load then
    obj, step = column_step(load)
  end
  local group = obj and self._groups[obj]
  if not group then
    self._current = new_group()
    return
  end
  count(self, group, step, obj)
  self._current = group_below(group, step)
end

local function loaded(self, obj)
  if self._current then self._groups[obj] = self._current end
end

-- An object that was there already came with a statement that is not about it alone.
local function refreshed(self, obj, context)
  if self._current and context.session == self._session and context.refresh_state == nil then
    self._groups[obj] = self._current
  end
end

local OPTIONS = { threshold = 3, raise = false, on_report = true }

local function read_arguments(opts, fn)
  if type(opts) == "function" then opts, fn = nil, opts end
  opts = options.read("detect_n_plus_one", opts, OPTIONS)
  if type(opts.threshold) ~= "number" or opts.threshold < 2 then
    exc.raise("ArgumentError", "detect_n_plus_one: threshold must be a number, at least 2")
  end
  return opts, fn
end

--- Watches sessions for lazy loads that are repeated over the objects of one result. `target`: a session, a
-- sessionmaker, an engine (all sessions that use it), or nil (all sessions). Options: threshold (default 3 objects),
-- raise (the load that reaches it raises), on_report = function(report); without either, a warning goes to am.logging.
-- With a function as the last argument: calls it, stops, and returns the reports (no warnings) and its results.
---@param target any
---@param opts {threshold: integer?, raise: boolean?, on_report: function?}?
---@param fn function?
---@return alchemoon.NPlusOneDetector
function n_plus_one.detect(target, opts, fn)
  opts, fn = read_arguments(opts, fn)
  local self = setmetatable({ threshold = opts.threshold, raise = opts.raise, on_report = opts.on_report,
    _reports = {}, _groups = setmetatable({}, { __mode = "k" }) }, Detector)
  if require("alchemoon.orm.binds").is_bind(target) then
    self._engine, target = target.engine or target, Session
  elseif target == nil then
    target = Session
  end
  self._target = target
  function self._executed(context) executed(self, context) end
  function self._loaded(_, obj) loaded(self, obj) end
  function self._refreshed(obj, context) refreshed(self, obj, context) end
  event.listen(target, "do_orm_execute", self._executed)
  event.listen(target, "loaded_as_persistent", self._loaded)
  event.listen(Mapper, "refresh", self._refreshed)
  if not fn then return self end
  self._quiet = true
  return (function(ok, ...)
    self:stop()
    if ok then return self._reports, ... end
    return error((...), 0)
  end)(pcall(fn, self))
end

--- What was found so far: a list of reports, in the order in which they reached the threshold.
---@return alchemoon.NPlusOneReport[]
function Detector:reports() return self._reports end

--- Ends the watch.
function Detector:stop()
  if not self._target then return end
  event.remove(self._target, "do_orm_execute", self._executed)
  event.remove(self._target, "loaded_as_persistent", self._loaded)
  event.remove(Mapper, "refresh", self._refreshed)
  self._target = nil
end

--- Raises if anything was found.
function Detector:assert_none()
  if #self._reports == 0 then return end
  local lines = {}
  for i, report in ipairs(self._reports) do lines[i] = report.message end
  error(table.concat(lines, "\n"), 2)
end

return n_plus_one
