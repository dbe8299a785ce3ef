--- assert_sql(stmt, text, opts): the text of a construct, and what must hold for every construct besides.
--
-- opts: dialect (default "default"), params (name → value, compared when given), positional, literal_binds,
-- render_postcompile, paramstyle, any other option of compile{}. White space does not count. Each call also
-- checks: compiling twice gives the same text, the structural key is stable, the tree can be printed,
-- parameters stand in the order of the text, and the expression can stand in parentheses.
local am = require "alchemoon"
local core = require "alchemoon.core"
local luassert = require "luassert"

local sql = {}

local function plain(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end
sql.plain = plain

local function compile(stmt, opts)
  if core.node_tag(stmt) == core.tags.TYPE then
    return { sql = stmt:compile { dialect = opts.dialect or "default" }, params = {}, positional = {} }
  end
  local given = {}
  for key, value in pairs(opts) do
    if key ~= "params" and key ~= "positional" and key ~= "nested" then given[key] = value end
  end
  given.dialect = given.dialect or "default"
  if given.dialect == "string" then given.dialect = nil end
  return stmt:compile(given)
end

-- The names of a text with :name placeholders, in order.
local function names_in(text)
  local out = {}
  text = text:gsub("'[^']*'", "''"):gsub("::%u%w*", "")
  for name in text:gmatch(":([%a_][%w_]*)") do out[#out + 1] = name end
  return out
end

local function check_order(stmt, opts)
  if opts.literal_binds or opts.render_postcompile then return end
  local named = {}
  for key, value in pairs(opts) do named[key] = value end
  named.paramstyle = "named"
  local compiled = compile(stmt, named)
  local text = compiled.sql:gsub("__%[POSTCOMPILE_([^%]]*)%]", ":%1")
  luassert.same(names_in(text), compiled.positional, "parameters in the order of the text")
end

local function check_nested(stmt, opts)
  local tag = core.node_tag(stmt)
  if tag == core.tags.TYPE or core.node_type(stmt) == nil or opts.nested == false then return end
  local group = core.node(core.tags.GROUPING, { element = stmt }, core.node_type(stmt))
  local once, inside = compile(stmt, opts), compile(group, opts)
  luassert.are.equal("(" .. once.sql .. ")", inside.sql)
end

---@param stmt any
---@param text string
---@param opts table?
function sql.assert_sql(stmt, text, opts)
  opts = opts or {}
  local key = core.node_key(stmt)
  local compiled = compile(stmt, opts)
  luassert.are.equal(plain(text), plain(compiled.sql))
  luassert.are.equal(compiled.sql, compile(stmt, opts).sql)
  luassert.are.equal(key, core.node_key(stmt))
  luassert.is_true(#core.node_dump(stmt) > 0)
  check_order(stmt, opts)
  check_nested(stmt, opts)
  if opts.params then luassert.same(opts.params, compiled.params) end
  if opts.positional then luassert.same(opts.positional, compiled.positional) end
  return compiled
end

--- What tostring() shows of a construct, in one line: for fragments that are no statements.
---@param text string
---@param node any
function sql.says(text, node) luassert.equal(text, (tostring(node):gsub("%s+", " "))) end

--- Building or compiling fails with an error of that class (and, if given, a message that has the pattern).
---@param class_name string
---@param build function   returns the construct
---@param dialect string?
---@param pattern string?
function sql.assert_refused(class_name, build, dialect, pattern)
  local ok, err = pcall(function() return compile(build(), { dialect = dialect or "string" }) end)
  luassert.is_false(ok, "an error is expected")
  if not am.exc.is(err, am.exc[class_name]) then error(err, 0) end
  if pattern then luassert.matches(pattern, tostring(err)) end
  return err
end

return sql
