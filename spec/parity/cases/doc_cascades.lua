-- Cascades of relationships, post_update, keys that change, and rows that refer to themselves.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship

local e = p.engine()
local function pk() return Column(Integer, { primary_key = true }) end
local function ids(items) return p.map(items, function(x) return x.id end) end
local session = am.Session(e)
local function begin(base)
  base.metadata:create_all(e)
  p.forget()
end
local function finish(base)
  session:close()
  p.sql()
  base.metadata:drop_all(e)
  p.forget()
end

step "save-update"
local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = pk(),
  mails = relationship("Mail", { back_populates = "user", order_by = "Mail.id" }),
  notes = relationship("Note", { cascade = "all, delete-orphan", order_by = "Note.id" }),
})
local Mail = Base:model("Mail", {
  __tablename__ = "mails",
  id = pk(),
  user_id = Column(ForeignKey("users.id")),
  text = Column(String),
  user = relationship("User", { back_populates = "mails" }),
})
local Note = Base:model("Note", { __tablename__ = "notes", id = pk(), user_id = Column(ForeignKey("users.id")) })
begin(Base)
local user = User{ id = 1 }
local m1, m2 = Mail{ id = 1 }, Mail{ id = 2 }
user.mails = { m1, m2 }
session:add(user)
say(session:contains(user), session:contains(m1), session:contains(m2))
local m3 = Mail{ id = 3 }
user.mails:append(m3)
say(session:contains(m3))
user.mails:remove(m3)
say(session:contains(m3), m3.user)
session:add(m3)
session:commit()
local m4 = Mail{ id = 4 }
m4.user = user
say(session:contains(m4), user.mails:contains(m4))
session:add(m4)
session:flush()
local u2 = User{ id = 2 }
m1.user = u2
say(session:contains(u2), ids(user.mails), ids(u2.mails))
session:commit()
step "an object of another session"
local other = am.Session(e)
local m = other:get(Mail, 2)
p.error(function() session:add(m) end)
other:close()
step "delete"
local note = Note{ id = 1 }
user.notes:append(note)
session:commit()
session:delete(user)
say(session.deleted:contains(note), session.deleted:contains(m2))
session:commit()
say(am.inspect(note).was_deleted, am.inspect(note).detached, m2.user_id)
step "delete-orphan"
user = User{ id = 3, notes = { Note{ id = 2 }, Note{ id = 3 } } }
session:add(user)
session:commit()
local gone = user.notes:pop(1)
say(session:contains(gone), session.deleted:contains(gone))
session:commit()
say(am.object_session(gone), ids(user.notes))
local moved = user.notes[1]
local u4 = User{ id = 4 }
session:add(u4)
u4.notes = { moved }
user.notes:remove(moved)
session:commit()
say(moved.user_id, session:scalars(select(Note.id)):all())
local never = Note{ id = 9 }
u4.notes:append(never)
u4.notes:remove(never)
say(session:contains(never))
session:add(Note{ id = 10 })
session:commit()
say(session:scalars(select(Note.id):order_by(Note.id)):all())
step "expunge, refresh, merge"
session:expunge(u4)
say(session:contains(u4), session:contains(moved))
local back = session:merge(u4)
say(back == u4, ids(back.notes), back.notes[1] == moved)
session:refresh(back)
m2.text = "x"
m2.user = back
session:flush()
session:expunge(m2)
say(session:contains(back))
session:rollback()
finish(Base)

step "wrong cascades"
p.error(function() relationship("X", { cascade = "all, everything" }) end)
Base = am.declarative_base()
local Pet = Base:model("Pet", {
  __tablename__ = "pets",
  id = pk(),
  owner_id = Column(ForeignKey("owners.id")),
  owner = relationship("Owner", { cascade = "all, delete-orphan" }),
})
Base:model("Owner", { __tablename__ = "owners", id = pk() })
p.error(function() Pet() end)
Base.registry:dispose()
Base = am.declarative_base()
local Pet2 = Base:model("Pet2", {
  __tablename__ = "pets",
  id = pk(),
  owner_id = Column(ForeignKey("owners.id")),
  owner = relationship("Owner2", { cascade = "all, delete-orphan", single_parent = true }),
})
local Owner2 = Base:model("Owner2", { __tablename__ = "owners", id = pk() })
begin(Base)
local o = Owner2{ id = 1 }
local a = Pet2{ id = 1, owner = o }
p.error(function() Pet2{ id = 2, owner = o } end)
session:add(a)
session:commit()
a.owner = nil
session:commit()
say(session:scalars(select(Owner2.id)):all(), a.owner_id)
finish(Base)

step "database deletes"
Base = am.declarative_base()
local Box = Base:model("Box", {
  __tablename__ = "boxes",
  id = pk(),
  things = relationship("Thing", { back_populates = "box", cascade = "all, delete", passive_deletes = true }),
  kept = relationship("Kept", { passive_deletes = "all" }),
})
local Thing = Base:model("Thing", {
  __tablename__ = "things",
  id = pk(),
  box_id = Column(ForeignKey("boxes.id", { ondelete = "CASCADE" })),
  box = relationship("Box", { back_populates = "things" }),
})
local Kept = Base:model("Kept", {
  __tablename__ = "kept",
  id = pk(),
  box_id = Column(ForeignKey("boxes.id", { ondelete = "SET NULL" })),
})
begin(Base)
session:add(Box{ id = 1, things = { Thing{ id = 1 }, Thing{ id = 2 } }, kept = { Kept{ id = 1 } } })
session:commit()
session:delete(session:get(Box, 1))
session:commit()
local b = Box{ id = 2, things = { Thing{ id = 3 }, Thing{ id = 4 } } }
session:add(b)
session:flush()
session:delete(b)
session:flush()
session:rollback()
finish(Base)

step "post_update"
Base = am.declarative_base()
local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = Column(Integer, { primary_key = true, autoincrement = false }),
  gadget_id = Column(ForeignKey("gadgets.id", { name = "fk_gadget" })),
})
local gadget_id = Column(Integer, { primary_key = true, autoincrement = false })
local favorite_id = Column(ForeignKey("parts.id", { name = "fk_favorite" }))
local Gadget = Base:model("Gadget", {
  __tablename__ = "gadgets",
  id = gadget_id,
  favorite_id = favorite_id,
  parts = relationship(Part, { primaryjoin = gadget_id:eq(Part.gadget_id) }),
  favorite = relationship(Part, { primaryjoin = favorite_id:eq(Part.id), post_update = true }),
})
begin(Base)
local part = Part{ id = 5 }
local g = Gadget{ id = 7, parts = { part, Part{ id = 6 } }, favorite = part }
session:add(g)
session:commit()
say(g.favorite_id, ids(g.parts))
g.favorite = g.parts[2]
session:commit()
for _, x in ipairs(g.parts) do session:delete(x) end
session:delete(g)
session:commit()
finish(Base)

step "rows of one table"
Base = am.declarative_base()
local node_id = pk()
local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = node_id,
  parent_id = Column(ForeignKey("nodes.id")),
  name = Column(String),
  children = relationship("Node", { back_populates = "parent", order_by = "Node.id" }),
  parent = relationship("Node", { back_populates = "children", remote_side = { node_id } }),
})
begin(Base)
local root = Node{ id = 3, name = "root",
  children = { Node{ id = 2, name = "mid", children = { Node{ id = 1, name = "leaf" } } } } }
session:add(root)
session:commit()
say(root.children[1].children[1].parent.parent.name)
session:delete(root)
session:commit()
say(session:execute(select(Node.id, Node.parent_id):order_by(Node.id)):all())
finish(Base)

step "keys that change"
Base = am.declarative_base()
local Person = Base:model("Person", {
  __tablename__ = "people",
  name = Column(String(50), { primary_key = true }),
  ads = relationship("Ad", { passive_updates = false, order_by = "Ad.id" }),
})
local Ad = Base:model("Ad", {
  __tablename__ = "ads",
  id = pk(),
  name = Column(ForeignKey("people.name", { initially = "DEFERRED", deferrable = true })),
})
begin(Base)
local jo = Person{ name = "jo", ads = { Ad{ id = 1 }, Ad{ id = 2 } } }
session:add(jo)
session:commit()
jo.name = "joe"
session:commit()
say(p.map(jo.ads, function(x) return x.name end), am.inspect(jo).identity)
say(session:get(Person, "jo"), session:get(Person, "joe") == jo)
session:close()
p.sql()
