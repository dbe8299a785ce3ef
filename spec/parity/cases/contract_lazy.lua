-- Each value of lazy: when the statement comes, which one, and what is refused.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, inspect = am.select, am.inspect

local Base = am.declarative_base()
local LAZY = { "select", "selectin", "joined", "subquery", "immediate", "raise", "raise_on_sql", "noload", "dynamic",
  "write_only" }
local models = {}
for _, lazy in ipairs(LAZY) do
  local Child = Base:model("Child_" .. lazy, {
    __tablename__ = "child_" .. lazy, id = Column(Integer, { primary_key = true }), name = Column(String(9)),
    parent_id = Column(ForeignKey("parent_" .. lazy .. ".id")) })
  local Parent = Base:model("Parent_" .. lazy, {
    __tablename__ = "parent_" .. lazy, id = Column(Integer, { primary_key = true }), name = Column(String(9)),
    children = relationship(Child, { lazy = lazy, order_by = Child.id, cascade = "all, delete-orphan",
      backref = lazy ~= "noload" and "parent" or nil }) })
  models[lazy] = { Parent, Child }
end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.configure_mappers()

local function names(children) return map(children, function(c) return c.name end) end

for _, lazy in ipairs(LAZY) do
  local Parent, Child = models[lazy][1], models[lazy][2]
  local session = am.Session(e)
  step(lazy)
  local one, two = Parent{ name = "one" }, Parent{ name = "two" }
  if lazy == "write_only" or lazy == "dynamic" then
    one.children:add(Child{ name = "a" })
    one.children:add_all{ Child{ name = "b" }, Child{ name = "c" } }
  else
    one.children:append(Child{ name = "a" })
    one.children:extend{ Child{ name = "b" }, Child{ name = "c" } }
  end
  session:add_all{ one, two }
  session:commit()
  p.forget()
  say(Parent.children.property.lazy)
  local found = session:scalars(select(Parent):order_by(Parent.id)):unique():all()
  say(map(found, function(x) return p.sorted(inspect(x).unloaded) end))
  sql()
  one, two = found[1], found[2]
  if lazy == "write_only" then
    say(session:scalars(one.children:select():where(Child.name:gt("a"))):all()[1].name)
    say(one.children:select())
    p.refused(function() return one.children[1].name end)
    p.refused(function() return #one.children:all() end)
    one.children:remove(session:get(Child, 1))
    session:flush()
    session:execute(one.children:insert(), { { name = "x" }, { name = "y" } })
    session:execute(one.children:update():where(Child.name:eq("x")):values{ name = "xx" })
    session:execute(one.children:delete():where(Child.name:eq("y")))
    say(names(session:scalars(one.children:select())))
    local h = inspect(one).attrs.children.history
    say({ #h.added, #h.unchanged, #h.deleted })
    p.error(function() one.children = {} end)
  elseif lazy == "dynamic" then
    say(names(one.children), one.children:count(), one.children:filter(Child.name:gt("a")):count())
    say(names(one.children:filter_by{ name = "c" }), one.children[1].name, names(one.children:slice(1, 3)))
    one.children:append(Child{ name = "d" })
    one.children:remove(one.children[1])
    say(names(inspect(one).attrs.children.history.added), names(inspect(one).attrs.children.history.deleted))
    session:flush()
    say(names(one.children:order_by(nil):order_by(Child.id:desc()):limit(2)), two.children:first())
  elseif lazy == "raise" then
    p.error(function() return one.children end)
    p.error(function() one.children = {} end)
    say(inspect(one).attrs.children.loaded_value)
    p.error(function() return session:get(Child, 1).parent.children end)
  elseif lazy == "raise_on_sql" then
    p.error(function() return one.children end)
    say(session:get(Child, 1).parent == one)
  else
    say(names(one.children), names(two.children))
    sql()
    session:expire(one)
    say(one.name)
    sql()
    say(names(one.children))
    sql()
    session:refresh(two)
    sql()
    session:expunge_all()
    say(names(session:get(Parent, 1).children))
  end
  sql()
  session:rollback()
  session:close()
  p.forget()
end
step "wrong"
p.error(function()
  Base:model("Y", {
    __tablename__ = "y", id = Column(Integer, { primary_key = true }), x_id = Column(ForeignKey("child_select.id")),
    x = relationship(models.select[2], { lazy = "sometimes" }) })
  am.configure_mappers()
end)
sql()
