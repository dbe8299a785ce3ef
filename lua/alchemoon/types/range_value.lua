--- Values of PostgreSQL's range and multirange columns: `am.Range`, `am.MultiRange`.
--
-- A range lies between two cuts. A cut is a point just before or just after a value, or an infinity; "[1" cuts before
-- 1, "(1" and "1]" after 1, "1)" before 1. All questions about ranges are comparisons of cuts. Over integers and dates
-- the cut after a value is the cut before the next one, which is why [1,3] and [1,4) are the same range.
--
-- An object holds lower, upper, bounds and emptiness in slots 1 to 4, so that every name goes through the metatable:
-- ranges are immutable.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local lists = require "alchemoon.lists"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local LOWER, UPPER, BOUNDS, EMPTY = 1, 2, 3, 4
local VALID_BOUNDS = { ["[)"] = true, ["(]"] = true, ["()"] = true, ["[]"] = true }
local VALID_OPTIONS = { bounds = true, empty = true }

local Range = {}
local methods = {}

---@class alchemoon.Range
---@field lower any      nil: no lower bound
---@field upper any
---@field bounds string  "[)", "(]", "()" or "[]"
---@field empty boolean
---@field isempty boolean
---@field is_empty boolean
---@field lower_inc boolean
---@field upper_inc boolean
---@field lower_inf boolean
---@field upper_inf boolean

local function is_range(value) return getmetatable(value) == Range end

--- am.Range(lower, upper, bounds, empty): bounds "[)", "[]", "()" or "(]"; nil is unbounded.
---@param lower any
---@param upper any
---@param bounds string?
---@param empty boolean?
---@return alchemoon.Range
local function make(lower, upper, bounds, empty)
  local range = {}
  if not empty then range[LOWER], range[UPPER] = lower, upper end
  range[BOUNDS], range[EMPTY] = bounds, empty
  return setmetatable(range, Range)
end

local EMPTY_RANGE = make(nil, nil, "[)", true)

-- ---- cuts ----

--- The value after `value` where values are discrete; nil where they are dense.
local function successor(value)
  local kind = type(value)
  if kind == "number" then
    if math.type then
      if math.type(value) ~= "integer" then return nil end
    elseif value % 1 ~= 0 then
      return nil
    end
    return value + 1
  elseif kind == "cdata" then
    return value + 1
  elseif core.value_kind(value) == "date" then
    return value + core.timedelta { days = 1 }
  end
  return nil
end

local function kind_of(value)
  local kind = type(value)
  if kind == "cdata" then return "number" end
  if kind ~= "userdata" then return kind end
  kind = core.value_kind(value) or kind
  return kind == "decimal" and "number" or kind
end

local function compare_values(a, b)
  local kind, other = kind_of(a), kind_of(b)
  if kind ~= other then
    exc.raise("ArgumentError", "cannot compare a range's %s with a %s; use values of the range's own type", kind, other)
  end
  if core.value_kind(a) == "decimal" then return a:compare(b) end
  if core.value_kind(b) == "decimal" then return -b:compare(a) end
  if a == b then return 0 end
  return a < b and -1 or 1
end

--- A cut is (value, after): value nil and after < 0 or > 0 for the infinities.
local function cut(value, after)
  if after == 1 then
    local next_value = successor(value)
    if next_value ~= nil then return next_value, 0 end
  end
  return value, after
end

local function lower_cut(range)
  local value = range[LOWER]
  if value == nil then return nil, -2 end
  return cut(value, range[BOUNDS]:byte(1) == 40 and 1 or 0)
end

local function upper_cut(range)
  local value = range[UPPER]
  if value == nil then return nil, 2 end
  return cut(value, range[BOUNDS]:byte(2) == 93 and 1 or 0)
end

local function compare_cuts(a, a_after, b, b_after)
  if a == nil or b == nil then
    local x, y = a == nil and a_after or 0, b == nil and b_after or 0
    return x == y and 0 or x < y and -1 or 1
  end
  local order = compare_values(a, b)
  if order ~= 0 then return order end
  return a_after == b_after and 0 or a_after < b_after and -1 or 1
end

local function compare_lowers(a, b)
  local x, x_after = lower_cut(a)
  return compare_cuts(x, x_after, lower_cut(b))
end

local function compare_uppers(a, b)
  local x, x_after = upper_cut(a)
  return compare_cuts(x, x_after, upper_cut(b))
end

local function compare_upper_lower(a, b)
  local x, x_after = upper_cut(a)
  return compare_cuts(x, x_after, lower_cut(b))
end

local function check(other, method)
  if not is_range(other) then
    exc.raise("ArgumentError", "Range:%s expects an am.Range, got %s", method, kind_of(other))
  end
  return other
end

-- ---- methods ----

--- Is every point of this range in `other`?
---@param other alchemoon.Range
---@return boolean
function methods:contained_by(other)
  check(other, "contained_by")
  if self[EMPTY] then return true end
  if other[EMPTY] then return false end
  return compare_lowers(self, other) >= 0 and compare_uppers(self, other) <= 0
end

--- Is the value, or every point of the other range, in this one?
---@param value any
---@return boolean
function methods:contains(value)
  if is_range(value) then return value:contained_by(self) end
  if self[EMPTY] or value == nil then return false end
  local low, low_after = lower_cut(self)
  local high, high_after = upper_cut(self)
  return compare_cuts(low, low_after, value, 0) <= 0 and compare_cuts(high, high_after, value, 1) >= 0
end

--- Have the two ranges points in common?
---@param other alchemoon.Range
---@return boolean
function methods:overlaps(other)
  check(other, "overlaps")
  if self[EMPTY] or other[EMPTY] then return false end
  return compare_upper_lower(self, other) > 0 and compare_upper_lower(other, self) > 0
end

--- Does all of this range come before the other?
---@param other alchemoon.Range
---@return boolean
function methods:strictly_left_of(other)
  check(other, "strictly_left_of")
  if self[EMPTY] or other[EMPTY] then return false end
  return compare_upper_lower(self, other) <= 0
end

--- Does all of this range come after the other?
---@param other alchemoon.Range
---@return boolean
function methods:strictly_right_of(other)
  check(other, "strictly_right_of")
  return other:strictly_left_of(self)
end

--- Does this range begin no earlier than the other?
---@param other alchemoon.Range
---@return boolean
function methods:not_extend_left_of(other)
  check(other, "not_extend_left_of")
  if self[EMPTY] or other[EMPTY] then return false end
  return compare_lowers(self, other) >= 0
end

--- Does this range end no later than the other?
---@param other alchemoon.Range
---@return boolean
function methods:not_extend_right_of(other)
  check(other, "not_extend_right_of")
  if self[EMPTY] or other[EMPTY] then return false end
  return compare_uppers(self, other) <= 0
end

--- Do the two ranges touch without overlapping?
---@param other alchemoon.Range
---@return boolean
function methods:adjacent_to(other)
  check(other, "adjacent_to")
  if self[EMPTY] or other[EMPTY] then return false end
  return compare_upper_lower(self, other) == 0 or compare_upper_lower(other, self) == 0
end

--- Smallest range with all points of both, which must overlap or touch.
---@param other alchemoon.Range
---@return alchemoon.Range
function methods:union(other)
  check(other, "union")
  if self[EMPTY] then return other end
  if other[EMPTY] then return self end
  if not self:overlaps(other) and not self:adjacent_to(other) then
    exc.raise("ArgumentError", "the union of %s and %s is no range: they neither overlap nor touch",
      tostring(self), tostring(other))
  end
  local low = compare_lowers(self, other) <= 0 and self or other
  local high = compare_uppers(self, other) >= 0 and self or other
  return make(low[LOWER], high[UPPER], low[BOUNDS]:sub(1, 1) .. high[BOUNDS]:sub(2), false)
end

--- The points of this range that are not in `other`, which must not split it in two.
---@param other alchemoon.Range
---@return alchemoon.Range
function methods:difference(other)
  check(other, "difference")
  if self[EMPTY] or other[EMPTY] or not self:overlaps(other) then return self end
  local keeps_left, keeps_right = compare_lowers(self, other) < 0, compare_uppers(self, other) > 0
  if keeps_left and keeps_right then
    exc.raise("ArgumentError", "%s minus %s is no range: it would fall into two", tostring(self), tostring(other))
  elseif keeps_left then
    return make(self[LOWER], other[LOWER],
      self[BOUNDS]:sub(1, 1) .. (other[BOUNDS]:sub(1, 1) == "[" and ")" or "]"), false)
  elseif keeps_right then
    return make(other[UPPER], self[UPPER],
      (other[BOUNDS]:sub(2) == "]" and "(" or "[") .. self[BOUNDS]:sub(2), false)
  end
  return EMPTY_RANGE
end

--- The points in both.
---@param other alchemoon.Range
---@return alchemoon.Range
function methods:intersection(other)
  check(other, "intersection")
  if not self:overlaps(other) then return EMPTY_RANGE end
  local low = compare_lowers(self, other) >= 0 and self or other
  local high = compare_uppers(self, other) <= 0 and self or other
  return make(low[LOWER], high[UPPER], low[BOUNDS]:sub(1, 1) .. high[BOUNDS]:sub(2), false)
end

--- Have the two ranges the same bounds?
---@param other alchemoon.Range
---@return boolean
function methods:eq(other) return self == other end

local properties = {
  lower = function(self) return self[LOWER] end,
  upper = function(self) return self[UPPER] end,
  bounds = function(self) return self[BOUNDS] end,
  empty = function(self) return self[EMPTY] end,
  isempty = function(self) return self[EMPTY] end,
  is_empty = function(self) return self[EMPTY] end,
  lower_inc = function(self) return self[BOUNDS]:sub(1, 1) == "[" end,
  upper_inc = function(self) return self[BOUNDS]:sub(2) == "]" end,
  lower_inf = function(self) return not self[EMPTY] and self[LOWER] == nil end,
  upper_inf = function(self) return not self[EMPTY] and self[UPPER] == nil end,
}

-- ---- text ----

local function quote(text)
  if text == "" or text:find('[%s"\\,%(%)%[%]]') then
    return '"' .. text:gsub('["\\]', "\\%0") .. '"'
  end
  return text
end

local function bound_text(value)
  if type(value) == "cdata" then return core.int64_digits(value) end
  return core.value_text(value) or tostring(value)
end

local function between_bounds(range, text_of)
  if range[EMPTY] then return "empty" end
  local low, high, bounds = range[LOWER], range[UPPER], range[BOUNDS]
  return bounds:sub(1, 1) .. (low == nil and "" or text_of(low)) .. "," .. (high == nil and "" or text_of(high))
    .. bounds:sub(2)
end

--- The text that PostgreSQL reads. `encode` maps a bound to text; tostring by default.
---@param range alchemoon.Range
---@param encode (fun(value: any): string)?
---@return string
local function print_range(range, encode)
  encode = encode or bound_text
  return between_bounds(range, function(value) return quote(encode(value)) end)
end

local function malformed(text, reason)
  exc.raise("ArgumentError", "'%s' is not a range: %s", text, reason)
end

--- One bound from `at`: its text (nil if there is none) and the position after it.
local function read_bound(text, at)
  local parts, first = {}, at
  while true do
    local stop = text:find('[",\\%)%]]', at)
    if not stop then malformed(text, "it has no end") end
    parts[#parts + 1] = text:sub(at, stop - 1)
    local char = text:sub(stop, stop)
    if char == "\\" then
      parts[#parts + 1] = text:sub(stop + 1, stop + 1)
      at = stop + 2
    elseif char == '"' then
      at = stop + 1
      while true do
        stop = text:find('["\\]', at)
        if not stop then malformed(text, "a quote is not closed") end
        parts[#parts + 1] = text:sub(at, stop - 1)
        if text:sub(stop, stop) == "\\" or text:sub(stop + 1, stop + 1) == '"' then
          parts[#parts + 1] = text:sub(stop + 1, stop + 1)
          at = stop + 2
        else
          at = stop + 1
          break
        end
      end
    else
      if stop == first then return nil, stop end
      return table.concat(parts), stop
    end
  end
end

--- One range from `at`, and the position after it.
local function read_range(text, at, decode)
  if text:sub(at, at + 4):lower() == "empty" then return EMPTY_RANGE, at + 5 end
  local open = text:match("^[%[%(]", at)
  if not open then malformed(text, "it begins with neither bracket nor 'empty'") end
  local low, comma = read_bound(text, at + 1)
  if text:sub(comma, comma) ~= "," then malformed(text, "there is no comma") end
  local high, close = read_bound(text, comma + 1)
  local last = text:sub(close, close)
  if last == "," then malformed(text, "there are two commas") end
  if low ~= nil and decode then low = decode(low) end
  if high ~= nil and decode then high = decode(high) end
  return make(low, high, open .. last, false), close + 1
end

--- A range from PostgreSQL's text. `decode` maps the text of a bound to its value.
---@param text string
---@param decode (fun(text: string): any)?
---@return alchemoon.Range
local function parse_range(text, decode)
  local range, after = read_range(text, text:match("^%s*()"), decode)
  if text:find("%S", after) then malformed(text, "something follows it") end
  return range
end

-- ---- class ----

local unknown = usage.misspelt_attribute("Range", {}, methods, properties)
Range.__index = function(self, key)
  local property = properties[key]
  if property then return property(self) end
  local method = methods[key]
  if method ~= nil then return method end
  return unknown(key)
end
Range.__newindex = function(_, key)
  exc.raise("ArgumentError", "ranges are immutable: '%s' cannot be set; make a new am.Range", tostring(key))
end
Range.__eq = function(a, b)
  if not is_range(a) or not is_range(b) then return false end
  if a[EMPTY] or b[EMPTY] then return a[EMPTY] == b[EMPTY] end
  return compare_lowers(a, b) == 0 and compare_uppers(a, b) == 0
end
Range.__tostring = function(self) return between_bounds(self, bound_text) end -- for people: without quotes
Range.__name = "am.Range"

--- Arithmetic with an SQL expression or an object of the program is that one's business. Dates and decimals would hand
-- it back.
local function operator(event, method)
  return function(a, b)
    if is_range(a) and is_range(b) then return methods[method](a, b) end
    local foreign = is_range(a) and b or a
    local mt = (type(foreign) == "table" or core.node_tag(foreign)) and getmetatable(foreign)
    local handler = type(mt) == "table" and mt[event]
    if not handler then exc.raise("ArgumentError", "a range and a %s have no %s", kind_of(foreign), method) end
    return handler(a, b)
  end
end
Range.__add = operator("__add", "union")
Range.__sub = operator("__sub", "difference")
Range.__mul = operator("__mul", "intersection")
Range.__shl = operator("__shl", "strictly_left_of")
Range.__shr = operator("__shr", "strictly_right_of")

local range_class = { parse = parse_range, print = print_range, is = is_range }

--- am.Range(lower, upper, { bounds = "[)", empty = false })
setmetatable(range_class, {
  __call = function(_, lower, upper, opts)
    if opts == nil and type(lower) == "table" and getmetatable(lower) == nil then lower, opts = nil, lower end
    if opts == nil and type(upper) == "table" and getmetatable(upper) == nil then upper, opts = nil, upper end
    opts = options.read("Range", opts, VALID_OPTIONS)
    local bounds = opts.bounds or "[)"
    if not VALID_BOUNDS[bounds] then
      exc.raise("ArgumentError", "Range: bounds '%s' is not one of '[)', '(]', '()', '[]'", tostring(bounds))
    end
    if lower == null then lower = nil end
    if upper == null then upper = nil end
    return make(lower, upper, bounds, opts.empty and true or false)
  end,
})

-- ---- multiranges ----

local MultiRange = { __name = "am.MultiRange" }
MultiRange.__index = MultiRange

local function is_multirange(value) return getmetatable(value) == MultiRange end

local function print_multirange(list, encode)
  local parts = {}
  for i, range in ipairs(list) do parts[i] = print_range(check(range, "print"), encode) end
  return "{" .. table.concat(parts, ",") .. "}"
end

MultiRange.__tostring = function(self) return print_multirange(self) end
MultiRange.__eq = lists.equal

--- Is the value or range in one of the ranges?
---@param value any
---@return boolean
function MultiRange:contains(value)
  for _, range in ipairs(self) do
    if range:contains(value) then return true end
  end
  return false
end

local multirange_class = { print = print_multirange, is = is_multirange }

--- A multirange from PostgreSQL's text '{[1,2),[5,)}'.
---@param text string
---@param decode (fun(text: string): any)?
---@return table
function multirange_class.parse(text, decode)
  local list, at = {}, text:match("^%s*{%s*()")
  if not at then malformed(text, "a multirange begins with '{'") end
  while text:sub(at, at) ~= "}" do
    list[#list + 1], at = read_range(text, at, decode)
    local comma = text:match("^%s*,%s*()", at)
    at = comma or text:match("^%s*()", at)
    if not comma and text:sub(at, at) ~= "}" then malformed(text, "a '}' is missing") end
  end
  if text:find("%S", at + 1) then malformed(text, "something follows it") end
  return setmetatable(list, MultiRange)
end

setmetatable(multirange_class, {
  --- am.MultiRange{ range, ... }: a list of ranges that knows it is one.
  ---@param list alchemoon.Range[]?
  ---@return alchemoon.Range[]
  __call = function(_, list)
    local copy = {}
    for i, range in ipairs(list or {}) do copy[i] = check(range, "MultiRange") end
    return setmetatable(copy, MultiRange)
  end,
})

return { Range = range_class, MultiRange = multirange_class }
