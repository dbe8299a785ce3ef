-- Imperative mapping of hierarchies: single, joined and concrete, polymorphic_union, with_polymorphic.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, func = am.select, am.func

local reg = am.registry()
local md = reg.metadata
local Person, Boss, Worker, Slave, Plain = { __name__ = "Person" }, { __name__ = "Boss" }, { __name__ = "Worker" },
  { __name__ = "Slave" }, { __name__ = "Plain" }
local Site, Node, Leaf, Root = { __name__ = "Site" }, { __name__ = "Node" }, { __name__ = "Leaf" },
  { __name__ = "Root" }

local sites = am.Table("sites", md,
  am.Column("id", am.Integer, { primary_key = true }), am.Column("town", am.String(10)))
local people = am.Table("people", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(10)), am.Column("t", am.String(1)), am.Column("site_id", am.ForeignKey("sites.id")),
  am.Column("extra", am.String(10)))
local bosses = am.Table("bosses", md, am.Column("id", am.ForeignKey("people.id"), { primary_key = true }),
  am.Column("car", am.String(10)))
local workers = am.Table("workers", md, am.Column("id", am.ForeignKey("people.id"), { primary_key = true }),
  am.Column("hours", am.Integer), am.Column("own", am.String(10)))
local leaves = am.Table("leaves", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("label", am.String(10)), am.Column("green", am.Integer))
local roots = am.Table("roots", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("label", am.String(10)), am.Column("depth", am.Integer))

reg:map_imperatively(Site, sites, { properties = {
  people = am.relationship(Person, { back_populates = "site", order_by = people.c.id }) } })
local pm = reg:map_imperatively(Person, people, { polymorphic_on = people.c.t, polymorphic_identity = "p",
  properties = {
  kind = people.c.t, site = am.relationship(Site, { back_populates = "people" }), extra = am.deferred(people.c.extra),
  loud = am.column_property(func.upper(people.c.name)) } })
local bm = reg:map_imperatively(Boss, bosses, { inherits = Person, polymorphic_identity = "b",
  properties = { auto = am.synonym("car") } })
local wm = reg:map_imperatively(Worker, workers, { inherits = pm, polymorphic_identity = "w", properties = {
  own_name = workers.c.own } })
local sm = reg:map_imperatively(Slave, nil, { inherits = Worker, polymorphic_identity = "s" })
local plain = reg:map_imperatively(Plain, people, {
  exclude_properties = { "t", "extra" }, primary_key = { people.c.id } })
local union = am.polymorphic_union({ leaf = leaves, root = roots }, "type", "nodes")
local nm = reg:map_imperatively(Node, union, { polymorphic_on = union.c.type, with_polymorphic = { "*", union } })
reg:map_imperatively(Leaf, leaves, { inherits = Node, concrete = true, polymorphic_identity = "leaf" })
reg:map_imperatively(Root, roots, { inherits = Node, concrete = true, polymorphic_identity = "root" })
am.configure_mappers()
local function cname(c) return c.name end
local function class(m) return m.class_ end
for _, m in ipairs { pm, bm, wm, sm, plain, nm } do
  say(m.class_, m.single, m.concrete, m.polymorphic_identity, p.sorted(m.attrs:keys()), map(m.primary_key, cname))
end
say(map(sm:iterate_to_root(), class), p.sorted(p.collect(pm.self_and_descendants, function(m)
  return m.class_.__name__
end)), sm:isa(pm), pm:common_parent(bm), bm.base_mapper == pm)
local e = p.engine()
md:create_all(e)
p.forget()
local s = am.Session(e)
step "texts"
say(select(Boss))
say(select(Worker.own_name))
say(select(Slave))
say(select(Plain))
say(select(Node):order_by(Node.label))
say(select(Person):where(Person.loud:eq("X")))
say(select(am.with_polymorphic(Person, { Boss, Worker })))
step "rows"
local rome = Site{ town = "rome" }
local b = Boss{ name = "bo", auto = "red", site = rome }
local w = Worker{ name = "wo", hours = 3, extra = "e" }
local sl = Slave{ name = "sl", hours = 9 }
rome.people:append(w)
s:add_all{ b, w, sl }
s:commit()
say(map(rome.people, function(x) return { x.__class__, x.kind, x.loud } end))
say(b.car)
say(b.id, am.inspect(b).identity, w.name)
s:expunge_all()
for x in s:scalars(select(Person):order_by(Person.id)) do say(x.__class__, x.name, p.sorted(am.inspect(x).unloaded)) end
say(map(s:scalars(select(Worker):order_by(Worker.id)), function(x) return x.__class__ end))
say(s:get(Plain, 1).name, rawequal(s:get(Person, 1), s:get(Boss, 1)))
step "change"
w = s:get(Worker, 2)
w.hours, w.name = 4, "wu"
say(w.extra)
s:flush()
s:delete(s:get(Person, 1))
s:commit()
say(s:scalars(select(Person.loud):order_by(Person.id)):all())
step "concrete"
s:add_all{ Leaf{ label = "l", green = 1 }, Root{ label = "r", depth = 2 } }
s:flush()
s:expunge_all()
for x in s:scalars(select(Node):order_by(Node.label)) do say(x.__class__, x.label, p.sorted(am.inspect(x).unloaded)) end
say(map(s:scalars(select(Leaf)), function(x) return x.__class__ end))
s:rollback()
step "wrong"
error_of(function() reg:map_imperatively(Boss, bosses) end)
error_of(function() reg:map_imperatively({ __name__ = "Lost" }, am.Table("nokey", md, am.Column("x", am.Integer))) end)
error_of(function()
  reg:map_imperatively({ __name__ = "Lost2" }, sites, { inherits = Person, polymorphic_identity = "z" })
end)
local Thing = { __name__ = "Thing" }
error_of(function() am.inspect(Thing) end)
error_of(function() s:add(setmetatable({}, { __index = Thing })) end)
error_of(function() s:get(Thing, 1) end)
error_of(function() select(Thing) end)
p.sql()
