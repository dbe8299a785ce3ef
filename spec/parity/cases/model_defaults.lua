-- Defaults of all kinds: values, functions, SQL, onupdate, of the server, computed; when each fires.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select, func = am.select, am.func

local function sorted(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = item end
  table.sort(out)
  return out
end

local Base = am.declarative_base()
local count = 0

local function number()
  count = count + 1
  return count
end
local function slug(context) return context:get_current_parameters().title:lower() end
local function touched(context)
  local seen = {}
  for key in pairs(context:get_current_parameters()) do
    if key == "title" or key == "state" then seen[#seen + 1] = key end
  end
  return "touched:" .. table.concat(sorted(seen), ",")
end

local Doc = Base:model("Doc", {
  __tablename__ = "docs",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  state = am.Column(am.String(20), { default = "draft" }),
  num = am.Column(am.Integer, { default = number }),
  slug = am.Column(am.String(20), { default = slug }),
  upper = am.Column(am.String(20), { default = func.upper("abc") }),
  sub = am.Column(am.Integer, { default = select(func.count(am.literal(1))):scalar_subquery() }),
  open = am.Column(am.Boolean, { default = true }),
  rev = am.Column(am.Integer, { default = 1, onupdate = function() return 100 end }),
  touch = am.Column(am.String(40), { onupdate = touched }),
  low = am.Column(am.String(20), { onupdate = func.lower("XYZ") }),
  srv = am.Column(am.String(20), { server_default = "srv" }),
  srv_num = am.Column(am.Integer, { server_default = am.text("40 + 2") }),
  maybe = am.Column(am.String(20), { insert_default = "maybe" }),
})
local Eager = Base:model("Eager", {
  __tablename__ = "eager",
  __mapper_args__ = { eager_defaults = true },
  id = am.Column(am.Integer, { primary_key = true }),
  x = am.Column(am.Integer, { server_default = am.text("7") }),
  y = am.Column(am.Integer, { onupdate = func.abs(-9) }),
  twice = am.Column(am.Integer, am.Computed("x * 2")),
})
local Lazy = Base:model("Lazy", {
  __tablename__ = "lazy",
  __mapper_args__ = { eager_defaults = false },
  id = am.Column(am.Integer, { primary_key = true }),
  x = am.Column(am.Integer, { server_default = am.text("7") }),
  y = am.Column(am.Integer, { server_default = am.FetchedValue(), server_onupdate = am.FetchedValue() }),
  twice = am.Column(am.Integer, am.Computed("x * 2")),
})
local Auto = Base:model("Auto", {
  __tablename__ = "auto",
  id = am.Column(am.Integer, am.Identity{ start = 5, increment = 5 }, { primary_key = true }),
  name = am.Column(am.String(5)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local c = Doc.__table__.c
say(c.state.default.is_scalar, c.num.default.is_callable, c.upper.default.is_clause_element, c.state.default.arg)
say(c.srv.server_default.arg, c.title.default, c.rev.onupdate.is_callable, c.maybe.default.arg)
am.Session(e, function(s)
  local function unloaded(o) return sorted(am.inspect(o).unloaded) end
  step "all defaults"
  local a = Doc{ title = "One" }
  say(a.state, a.num, a.open)
  s:add(a)
  s:flush()
  say(a.state, a.num, a.slug, a.open, a.rev, a.touch, a.low, a.maybe)
  say(unloaded(a))
  say(a.upper, a.sub, a.srv, a.srv_num)
  step "given"
  local b = Doc{ title = "Two", state = "x", num = 50, slug = "own", upper = "u", sub = 9, srv = "mine" }
  s:add(b)
  s:flush()
  say(b.state, b.num, b.slug, b.upper, b.sub, b.srv, b.srv_num, b.maybe)
  step "null()"
  local n = Doc{ title = "Nul", state = am.null_() }
  s:add(n)
  s:flush()
  say(n.state)
  step "expression value"
  local x = Doc{ title = "Exp", num = select(func.max(c.num) + 1):scalar_subquery(), slug = func.lower("SLUG") }
  s:add(x)
  s:flush()
  say(am.inspect(x).unloaded:contains("num"), x.num, x.slug)
  step "update"
  a.title = "Uno"
  s:flush()
  say(a.rev, a.touch, unloaded(a), a.low)
  step "update with own value"
  a.state, a.rev, a.touch, a.low = "done", 7, "hand", "hand"
  s:flush()
  say(a.rev, a.touch, a.low)
  step "same value is no update"
  a.title = "Uno"
  say(am.inspect(a).modified, s:is_modified(a), s.dirty)
  s:flush()
  step "expression update"
  a.num = c.num + 10
  s:flush()
  say(am.inspect(a).unloaded:contains("num"), a.num)
  step "core insert and update"
  s:execute(am.insert(Doc), { { title = "Four" }, { title = "Five", state = "x" } })
  s:execute(am.update(Doc):where(Doc.title:eq("Four")):values{ state = "upd" })
  say(s:execute(select(Doc.title, Doc.state, Doc.num, Doc.slug, Doc.rev, Doc.touch, Doc.low)
    :where(Doc.title:in_{ "Four", "Five" }):order_by(Doc.id)):all())
  step "eager"
  local g = Eager{}
  s:add(g)
  s:flush()
  say(unloaded(g), g.x, g.twice)
  step "eager update"
  g.x = 8
  s:flush()
  say(g.y, g.twice)
  step "lazy"
  local z = Lazy{}
  s:add(z)
  s:flush()
  say(unloaded(z))
  say(z.x, z.y, z.twice)
  step "lazy update"
  z.x = 3
  s:flush()
  say(unloaded(z))
  say(z.twice, z.y)
  step "identity"
  s:add_all{ Auto{ name = "a" }, Auto{ name = "b" } }
  s:flush()
  s:expire_all()
  say(s:scalars(select(Auto.name):order_by(Auto.id)):all())
  step "computed is not to be written"
  s:commit()
  s:add(Lazy{ twice = 4 })
  error_of(function() s:flush() end)
  s:rollback()
  p.forget()
end)
