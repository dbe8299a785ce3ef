-- A joined class below one that is mapped to a SELECT: rows go into the tables of both.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql = p.say, p.step, p.sql
local Column, Integer, String, FK = am.Column, am.Integer, am.String, am.ForeignKey

local reg = am.registry()
local base = am.Table("base", reg.metadata, Column("id", Integer, { primary_key = true }), Column("type", String(9)),
  Column("info", String(9)))
local child = am.Table("child", reg.metadata, Column("child_id", FK "base.id", { primary_key = true }),
  Column("name", String(9)))
local leaf = am.Table("leaf", reg.metadata, Column("leaf_id", FK "child.child_id", { primary_key = true }),
  Column("size", Integer))
local chosen = am.select(base):alias "chosen"

local Base, Child, Leaf = { __name = "Base" }, { __name = "Child" }, { __name = "Leaf" }
reg:map_imperatively(Base, chosen, { polymorphic_on = chosen.c.type, polymorphic_identity = "base" })
reg:map_imperatively(Child, child, { inherits = Base, polymorphic_identity = "child" })
reg:map_imperatively(Leaf, leaf, { inherits = Child, polymorphic_identity = "leaf" })
local db = p.engine()
reg.metadata:create_all(db)
p.forget()

step("written")
local s = am.Session(db)
local one
for _, each in ipairs { Base { id = 3, info = "b" }, Child { id = 12, name = "c", info = "i" },
  Leaf { id = 20, name = "l", size = 4 }, Child { name = "n" } } do
  s:add(each)
  s:flush()
  one = each
end
say(one.id, one.child_id)
s:commit()
sql()
s:close()

step("read and changed")
s = am.Session(db)
for _, each in ipairs(s:query(Base):order_by(Base.id):all()) do
  say(am.inspect(each).mapper.class.__name, each.id, each.info)
end
one = s:query(Leaf):one()
say(one.id, one.child_id, one.leaf_id, one.name, one.size)
one.info, one.name, one.size = "x", "y", 5
s:flush()
sql()
s:commit()
say(one.info, one.name, one.size)
sql()
s:close()

step("deleted")
s = am.Session(db)
s:delete(s:get(Base, 20))
s:delete(s:get(Child, 12))
s:commit()
sql()
say(s:query(Base):count(), s:query(Child):count())
s:close()
