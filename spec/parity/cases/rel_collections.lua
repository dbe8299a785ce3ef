-- Relationships, a chat: set, keyed and custom collections, dynamic and write_only, passive_deletes, save-update and
-- delete cascades limited, single_parent, events of collections, lists assigned, sliced and cleared.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()
local membership = am.Table("membership", Base.metadata,
  am.Column("room_id", am.ForeignKey("rooms.id"), { primary_key = true }),
  am.Column("user_id", am.ForeignKey("users.id"), { primary_key = true }))

local Room = Base:model("Room", {
  __tablename__ = "rooms",
  id = am.Column(am.Integer, { primary_key = true }),
  topic = am.Column(am.String(20)),
  users = am.relationship("User", { secondary = membership, collection_class = "set", back_populates = "rooms" }),
  labels = am.relationship("Label", { collection_class = am.attribute_keyed_dict("key"),
    cascade = "all, delete-orphan" }),
  posts = am.relationship("Post", { lazy = "dynamic", back_populates = "room", order_by = "Post.id",
    cascade = "all, delete-orphan" }),
  logs = am.relationship("Log", { lazy = "write_only", passive_deletes = true, cascade = "all, delete-orphan",
    order_by = "Log.id" }),
  pinned_id = am.Column(am.ForeignKey("pins.id")),
  pinned = am.relationship("Pin", { single_parent = true, cascade = "all, delete-orphan" }),
  notes = am.relationship("Note", { cascade = "save-update, merge", order_by = "Note.id" }),
})

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  rooms = am.relationship(Room, { secondary = membership, back_populates = "users", order_by = Room.id }),
})

local Label = Base:model("Label", {
  __tablename__ = "labels",
  id = am.Column(am.Integer, { primary_key = true }),
  room_id = am.Column(am.ForeignKey("rooms.id")),
  key = am.Column(am.String(10)),
  value = am.Column(am.String(10)),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  room_id = am.Column(am.ForeignKey("rooms.id")),
  body = am.Column(am.String(30)),
  room = am.relationship(Room, { back_populates = "posts" }),
})

local Log = Base:model("Log", {
  __tablename__ = "logs",
  id = am.Column(am.Integer, { primary_key = true }),
  room_id = am.Column(am.ForeignKey("rooms.id", { ondelete = "CASCADE" })),
  line = am.Column(am.String(30)),
})

local Pin = Base:model("Pin", { __tablename__ = "pins", id = am.Column(am.Integer, { primary_key = true }) })

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  room_id = am.Column(am.ForeignKey("rooms.id")),
})

local function names(xs) return parity.sorted(map(xs, function(x) return x.name end)) end

for _, target in ipairs{ Room.users, Room.labels, Room.posts } do
  am.event.listen(target, "append", function(_, v) say("append", target.key, v) end)
  am.event.listen(target, "remove", function(_, v) say("remove", target.key, v) end)
end
local e = parity.engine()
if e.dialect.name == "sqlite" then
  am.event.listen(e, "connect", function(conn) conn:execute("PRAGMA foreign_keys = ON") end)
end
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
local ann, bob, cyd = User{ id = 1, name = "ann" }, User{ id = 2, name = "bob" }, User{ id = 3, name = "cyd" }
local room = Room{ id = 1, topic = "lua" }
step("set")
room.users:add(ann)
room.users:add(ann)
bob.rooms:append(room)
room.users:add(cyd)
room.users:discard(cyd)
room.users:discard(cyd)
say(names(room.users), #room.users, room.users:contains(ann), cyd.rooms, map(bob.rooms, function(r) return r.topic end))
parity.refused(function() room.users:remove(cyd) end)
step("keyed")
room.labels["lang"] = Label{ id = 1, key = "lang", value = "lua" }
room.labels:set(Label{ id = 2, key = "os", value = "any" })
room.labels["lang"] = Label{ id = 3, key = "lang", value = "c" }
local values = {}
for k, v in room.labels:items() do values[k] = v.value end
say(values)
step("flush")
bob.rooms:remove(room)
s:add(room)
s:flush()
bob.rooms:append(room)
room.posts:append(Post{ id = 1, body = "hi" })
room.posts:append(Post{ id = 2, body = "there" })
room.logs:add(Log{ id = 1, line = "open" })
room.logs:add_all{ Log{ id = 2, line = "join" }, Log{ id = 3, line = "talk" } }
room.pinned = Pin{ id = 1 }
room.notes = { Note{ id = 1 }, Note{ id = 2 } }
s:commit()
sql()
step("dynamic")
local function body(p) return p.body end
local function id_of(x) return x.id end
say(map(room.posts, body), room.posts:count(), room.posts:filter(Post.body:eq("hi")):one().id)
say(room.posts:filter_by{ id = 2 }:first().body, map(room.posts:order_by(nil):order_by(Post.id:desc()), id_of))
local first = room.posts[1]
room.posts:remove(first)
room.posts:append(Post{ id = 5, body = "new" })
say(map(room.posts, body), am.inspect(first).deleted)
sql()
step("write only")
say(map(s:scalars(room.logs:select():where(Log.id:gt(1))), function(l) return l.line end))
room.logs:remove(s:get(Log, 2))
s:flush()
s:execute(room.logs:insert(), { { id = 10, line = "bulk" }, { id = 11, line = "more" } })
s:execute(room.logs:update():values{ line = Log.line .. "!" }:where(Log.id:gt(5)))
s:execute(room.logs:delete():where(Log.id:eq(11)))
say(s:execute(am.select(Log.id, Log.room_id, Log.line):order_by(Log.id)):all())
sql()
step("changes")
room.users = { ann, cyd }
say(names(room.users), names(am.inspect(room).attrs.users.history.added),
  names(am.inspect(room).attrs.users.history.deleted))
room.labels = { os = Label{ id = 4, key = "os", value = "bsd" } }
s:commit()
sql()
local now, keys = names(room.users), {}
for k in room.labels:items() do keys[#keys + 1] = k end
say(now, parity.sorted(keys), map(bob.rooms, id_of))
step("list")
room.notes:pop(1)
room.notes:insert(1, Note{ id = 7 })
say(map(room.notes, id_of))
room.notes:insert(1, Note{ id = 8 })
say(room.notes:pop().id, map(room.notes, id_of))
s:commit()
sql()
step("single parent")
local fresh = Pin{ id = 5 }
local spare = Room{ id = 2, pinned = fresh }
parity.error(function() return Room{ id = 3, pinned = fresh } end)
say(spare.pinned == fresh, s:contains(fresh))
room.pinned = Pin{ id = 2 }
s:flush()
sql()
step("delete")
room.notes:clear()
room.users:discard(cyd)
s:commit()
parity.forget()
s:delete(room)
s:commit()
sql()
say(map({ Room, User, Label, Post, Log, Pin, Note }, function(c) return s
  :scalar(am.select(am.func.count()):select_from(c)) end))
