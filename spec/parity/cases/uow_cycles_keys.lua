-- Units of work: cycles, post_update, trees, natural keys, row counts, orders of statements, moves of children,
-- passive deletes.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, forget, map = p.say, p.step, p.sql, p.error, p.forget, p.map
local Column, Integer, String, FK, select, func = am.Column, am.Integer, am.String, am.ForeignKey, am.select, am.func
local inspect, text = am.inspect, am.text
local Base = am.declarative_base()
local code = Column(String(3), { primary_key = true })
local capital_id = Column(FK("city.id", { name = "fk_capital" }))
local Country = Base:model("Country", {
  __tablename__ = "country",
  code = code,
  capital_id = capital_id,
  cities = am.relationship("City", { back_populates = "country", foreign_keys = "City.country_code",
    order_by = "City.name",
    cascade = "all, delete-orphan" }),
  capital = am.relationship("City", { foreign_keys = capital_id, post_update = true }),
})
local city_id, city_name = Column(Integer, { primary_key = true }), Column(String(10))
local country_code = Column(FK("country.code", { onupdate = "CASCADE" }), { nullable = false })
local City = Base:model("City", {
  __tablename__ = "city",
  id = city_id,
  name = city_name,
  country_code = country_code,
  country = am.relationship(Country, { back_populates = "cities", foreign_keys = country_code }),
  twins = am.relationship("City", { secondary = "twin", primaryjoin = "City.id==twin.c.a",
    secondaryjoin = "City.id==twin.c.b",
    order_by = "City.id", back_populates = "twin_of" }),
  twin_of = am.relationship("City", { secondary = "twin", primaryjoin = "City.id==twin.c.b",
    secondaryjoin = "City.id==twin.c.a",
    order_by = "City.id", back_populates = "twins" }),
})
am.Table("twin", Base.metadata, Column("a", FK("city.id"), { primary_key = true }), Column("b", FK("city.id"),
  { primary_key = true }))
local nid = Column(Integer, { primary_key = true })
local nname, parent_id, next_id = Column(String(10)), Column(FK("node.id")), Column(FK("node.id"))
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = nid,
  name = nname,
  parent_id = parent_id,
  next_id = next_id,
  children = am.relationship("Node", { foreign_keys = parent_id, back_populates = "parent",
    cascade = "all, delete-orphan", order_by = "Node.id" }),
  parent = am.relationship("Node", { foreign_keys = parent_id, remote_side = nid, back_populates = "children" }),
  next = am.relationship("Node", { foreign_keys = next_id, remote_side = nid, post_update = true }),
})
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  org = Column(String(5), { primary_key = true }),
  num = Column(Integer, { primary_key = true, autoincrement = false }),
  title = Column(String(10)),
  pages = am.relationship("Page", { back_populates = "doc", order_by = "Page.pos", cascade = "all, delete-orphan",
    passive_deletes = true,
    passive_updates = true }),
})
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  org = Column(String(5)),
  num = Column(Integer),
  pos = Column(Integer),
  doc = am.relationship(Doc, { back_populates = "pages" }),
  __table_args__ = { am.ForeignKeyConstraint({ "org", "num" }, { "doc.org", "doc.num" }, { ondelete = "CASCADE",
    onupdate = "CASCADE" }) },
})
local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("pragma foreign_keys = on") end)
end
Base.metadata:create_all(e)
forget()
local s = am.Session(e)
local function name(c) return c.name end
step "a cycle of two tables"
local oslo, bergen = City{ name = "oslo" }, City{ name = "bergen" }
local no = Country{ code = "no", cities = { oslo, bergen }, capital = oslo }
s:add(no)
s:commit()
sql()
no.capital = bergen
s:flush()
sql()
local se = Country{ code = "se", cities = { City{ name = "lund" } } }
oslo.twins:append(se.cities[1])
bergen.twin_of:append(se.cities[1])
s:add(se)
s:commit()
sql()
say(map(oslo.twins, name), map(se.cities[1].twins, name), map(oslo.twin_of, name))
forget()
step "moved and orphaned"
oslo.country = se
s:flush()
sql()
say(map(no.cities, name), map(se.cities, name))
oslo.twins:clear()
no.cities:append(oslo)
s:commit()
sql()
no.capital = nil
no.cities:remove(bergen)
s:commit()
sql()
step "natural key"
no.code = "nor"
s:commit()
sql()
say(oslo.country_code, no.code, inspect(no).identity)
forget()
no.capital = oslo
s:commit()
s:delete(no)
forget()
s:commit()
sql()
step "a tree and a ring"
local root = Node{ name = "root", children = { Node{ name = "a", children = { Node{ name = "a1" } } },
  Node{ name = "b" } } }
root.children[1].next, root.children[2].next = root.children[2], root.children[1]
s:add(root)
s:commit()
local a, b = root.children[1], root.children[2]
local a1 = a.children[1]
forget()
b.children:append(a1)
a1.name = "moved"
a.next = nil
s:flush()
b.next = nil
s:flush()
forget()
s:delete(a)
s:commit()
forget()
say(map(root.children, name), a1.parent.name, b.next)
forget()
root.children[1].children[1].next = root
a1.parent = nil
s:flush()
forget()
s:rollback()
s:delete(root)
forget()
s:commit()
sql()
local x, y = Node{ name = "x" }, Node{ name = "y" }
x.parent, y.parent = y, x
s:add(x)
error_(function() s:flush() end)
s:rollback()
local z = Node{ name = "z" }
z.next = z
s:add(z)
s:commit()
say(z.next == z)
forget()
step "composite keys"
local d = Doc{ org = "o", num = 1, title = "t", pages = { Page{ pos = 2 }, Page{ pos = 1 } } }
s:add(d)
s:commit()
sql()
say(map(d.pages, function(g) return g.pos end))
d.num = 5
forget()
s:commit()
sql()
say(map(d.pages, function(g) return { g.org, g.num, g.pos } end), inspect(d).identity)
s:expire(d)
local _ = d.title
s:delete(d)
forget()
s:commit()
sql()
say(s:scalar(select(func.count(Page.id))))
local d1 = Doc{ org = "o", num = 1, title = "one" }
s:add(d1)
s:commit()
s:delete(d1)
s:add(Doc{ org = "o", num = 1, title = "two" })
forget()
s:commit()
sql()
step "row counts"
d = s:scalars(select(Doc)):one()
s:execute(Doc.__table__:delete())
d.title = "x"
error_(function() s:flush() end)
s:rollback()
d = s:scalars(select(Doc)):one()
s:execute(Doc.__table__:delete())
s:delete(d)
error_(function() s:flush() end)
s:rollback()
local pc, q = City{ name = "p", country_code = "se" }, City{ name = "q", country_code = "se" }
pc.twins:append(q)
s:add(pc)
s:commit()
say(#pc.twins)
s:execute(text("delete from twin"))
pc.twins:remove(q)
error_(function() s:flush() end)
s:rollback()
say(map(pc.twins, name))
forget()
