--- Expressions given as text: "and_(User.id == Address.user_id, func.length(Address.email) > 3)".
--
-- A small evaluator, not Lua's: it knows names, attributes, calls, literals and operators, in Lua's and in Python's
-- spelling, and can reach nothing that `lookup` does not hand out.
local exc = require "alchemoon.exc"

local expression_text = {}

-- --- words ---------------------------------------------------------------------------------------------------------

local OPERATORS = { "==", "!=", "~=", "<=", ">=", "..", "//", "**", "<<", ">>", "<", ">", "+", "-", "*", "/", "%",
  "&", "|",
  "~", "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "^" }

local function fail(text, at, what)
  exc.raise("InvalidRequestError", "the expression '%s' cannot be read: %s at position %d", text, what, at)
end

-- A quoted string, with the escapes that Python and Lua share; the place after it.
local function read_string(text, at)
  local quote = text:sub(at, at)
  local i, out = at + 1, {}
  while true do
    local ch = text:sub(i, i)
    if ch == "" then fail(text, at, "a string without end") end
    if ch == quote then return table.concat(out), i + 1 end
    if ch == "\\" then
      i = i + 1
      ch = text:sub(i, i)
      ch = ch == "n" and "\n" or ch == "t" and "\t" or ch
    end
    out[#out + 1] = ch
    i = i + 1
  end
end

-- Each token knows its place, for messages.
local function tokens(text)
  local list, at = {}, 1
  while true do
    at = text:match("^%s*()", at)
    local ch = text:sub(at, at)
    if ch == "" then break end
    local token = { at = at }
    local name = text:match("^[%a_][%w_]*", at)
    local number = text:match("^0[xX]%x+", at) or text:match("^%d+%.?%d*[eE][+-]?%d+", at)
      or text:match("^%d+%.%d+", at)
      or text:match("^%d+", at)
    if name then token.kind, token.value, at = "name", name, at + #name
    elseif number then token.kind, token.value, at = "number", tonumber(number), at + #number
    elseif ch == "'" or ch == '"' then
      token.kind = "string"
      token.value, at = read_string(text, at)
    else
      local found
      for _, operator in ipairs(OPERATORS) do
        if text:sub(at, at + #operator - 1) == operator then
          found = operator
          break
        end
      end
      if not found then fail(text, at, "unexpected '" .. ch .. "'") end
      token.kind, token.value, at = "op", found, at + #found
    end
    list[#list + 1] = token
  end
  list[#list + 1] = { kind = "end", at = #text + 1 }
  return list
end

-- --- evaluation ----------------------------------------------------------------------------------------------------

local Parser = {}
Parser.__index = Parser

local function sql() return require "alchemoon.sql.coerce" end

local function expr(value)
  local stands_for = type(value) == "table" and rawget(value, "__value")
  if stands_for then return stands_for end
  return value
end

local METHOD = { ["=="] = "eq", ["!="] = "ne", ["~="] = "ne", ["<"] = "lt", ["<="] = "le", [">"] = "gt", [">="] = "ge",
  ["+"] = "add", ["-"] = "sub", ["*"] = "mul", ["/"] = "truediv", ["%"] = "mod", [".."] = "concat", ["//"] = "floordiv",
  ["**"] = "pow", ["^"] = "pow", ["<<"] = "bitwise_lshift", [">>"] = "bitwise_rshift" }

local function operate(op, left, right)
  left, right = expr(left), expr(right)
  if op == "and" or op == "&" then
    return require("alchemoon.orm.sql").and_ { sql().condition(left, "&"), sql().condition(right, "&") }
  elseif op == "or" or op == "|" then
    left = sql().condition(left, "|")
    return left:or_(sql().condition(right, "|"))
  end
  if sql().element(left) == nil then left = sql().expr(left) end
  return left[METHOD[op]](left, right)
end

local BINARY = { ["or"] = 1, ["and"] = 2, ["|"] = 5, ["&"] = 6, ["=="] = 4, ["!="] = 4, ["~="] = 4, ["<"] = 4,
  ["<="] = 4,
  [">"] = 4, [">="] = 4, ["<<"] = 7, [">>"] = 7, [".."] = 8, ["+"] = 9, ["-"] = 9, ["*"] = 10, ["/"] = 10, ["//"] = 10,
  ["%"] = 10, ["**"] = 12, ["^"] = 12 }
local UNARY = 11
local WORDS = { True = true, ["true"] = true, False = false, ["false"] = false }

function Parser:peek() return self.list[self.i] end
function Parser:next()
  local token = self.list[self.i]
  self.i = self.i + 1
  return token
end
function Parser:is(value)
  local token = self.list[self.i]
  return token.kind == "op" and token.value == value
end
function Parser:accept(value)
  if self:is(value) then
    self.i = self.i + 1
    return true
  end
  return false
end
function Parser:expect(value)
  if not self:accept(value) then fail(self.text, self:peek().at, ("'%s' expected"):format(value)) end
end

-- Items up to a closing bracket; `name = value` goes into the options table.
function Parser:items(close)
  local list, opts = { n = 0 }, nil
  while not self:is(close) do
    local token, after = self.list[self.i], self.list[self.i + 1]
    if token.kind == "name" and after.kind == "op" and after.value == "=" then
      self.i = self.i + 2
      opts = opts or {}
      opts[token.value] = expr(self:expression(0))
    else
      list.n = list.n + 1
      list[list.n] = expr(self:expression(0))
    end
    if not self:accept(",") then break end
  end
  self:expect(close)
  return list, opts
end

-- `(a, b)` and `(a,)` are lists, `(a)` is a.
function Parser:primary()
  local token = self:next()
  if token.kind == "number" or token.kind == "string" then return token.value end
  if token.kind == "name" then
    if WORDS[token.value] ~= nil then return WORDS[token.value] end
    if token.value == "None" or token.value == "nil" then return require "alchemoon.null" end
    return self.lookup(token.value)
  end
  if token.kind == "op" then
    if token.value == "(" then
      local list = self:items(")")
      if list.n == 1 and self.list[self.i - 2].value ~= "," then return list[1] end
      return list
    elseif token.value == "[" then return (self:items("]"))
    elseif token.value == "{" then
      local list, opts = self:items("}")
      if opts and list.n == 0 then return opts end
      return list
    end
  end
  return fail(self.text, token.at, "a name or a value expected")
end

local unpack = table.unpack or unpack

-- Options come last, as they stand in a call of Lua.
local function call(target, list, opts, receiver)
  local args = { n = 0 }
  local function push(value)
    args.n = args.n + 1
    args[args.n] = value
  end
  if receiver ~= nil then push(receiver) end
  for i = 1, list.n do push(list[i]) end
  if opts then push(opts) end
  return target(unpack(args, 1, args.n))
end

-- Members and calls; `receiver` is the owner of the last member, which a call gets as self.
function Parser:postfix()
  local value, receiver = self:primary(), nil
  while true do
    if self:accept(".") or self:accept(":") then
      local token = self:next()
      if token.kind ~= "name" then fail(self.text, token.at, "a name expected") end
      local owner = expr(value)
      local at = type(value) == "table" and rawget(value, "__member")
      if at then value, receiver = at(token.value), nil
      else
        value = owner[token.value]
        -- a method in either spelling: x.desc() and x:desc()
        receiver = owner
        if value == nil then fail(self.text, token.at, ("'%s' is not known"):format(token.value)) end
      end
    elseif self:accept("(") then
      local list, opts = self:items(")")
      local target = value
      if type(target) ~= "function" and not (getmetatable(target) and getmetatable(target).__call) then
        fail(self.text, self:peek().at, "something that cannot be called is called")
      end
      value = call(target, list, opts, type(target) == "function" and receiver or nil)
      receiver = nil
    elseif self:accept("[") then
      local list = self:items("]")
      value, receiver = expr(value)[list[1]], nil
    else
      return value
    end
  end
end

function Parser:unary()
  local token = self:peek()
  if token.kind == "name" and token.value == "not" or self:is("~") then
    self.i = self.i + 1
    local operand = expr(self:expression(token.value == "not" and 3 or UNARY))
    return sql().condition(operand, "not"):not_()
  elseif self:accept("-") then
    local operand = expr(self:expression(UNARY))
    if type(operand) == "number" then return -operand end
    return operand:neg()
  end
  return self:postfix()
end

-- Precedence climbing: operators that bind tighter than `limit` belong to this operand.
function Parser:expression(limit)
  local left = self:unary()
  while true do
    local token = self:peek()
    local op = (token.kind == "op" or token.kind == "name") and token.value or nil
    local precedence = op and BINARY[op]
    if not precedence or precedence <= limit then return left end
    self.i = self.i + 1
    left = operate(op, left, self:expression(precedence))
  end
end

--- The value of an expression. `lookup(name)` gives the value of a free name; a value with a function `__member`
-- answers for its attributes itself, one with `__value` stands for that value.
function expression_text.evaluate(text, lookup)
  local parser = setmetatable({ text = text, list = tokens(text), i = 1, lookup = lookup }, Parser)
  local value = parser:expression(0)
  if parser:peek().kind == "op" and parser:is(",") then
    local list = { n = 1, expr(value) }
    while parser:accept(",") do
      if parser:peek().kind == "end" then break end
      list.n = list.n + 1
      list[list.n] = expr(parser:expression(0))
    end
    value = list
  end
  local token = parser:peek()
  if token.kind ~= "end" then fail(text, token.at, ("unexpected '%s'"):format(tostring(token.value))) end
  return expr(value)
end

return expression_text
